import type { Client } from '../client/client.js'
import type { ClientCore } from '../client/core.js'
import { DecryptionError, ParamInvalidError } from '../errors.js'
import type { ProgressListener } from '../pipeline/context.js'
import type { ContentKeys } from './content-keys.js'
import { blockLength, ctrAlgorithm } from './ctr-cipher.js'
import type { Envelope } from './envelope.js'
import type { EncryptionSettings } from './options.js'
import { sealedAlgorithm, segmentSizeOf } from './seal-parameters.js'
import { sealedLength } from './segments.js'

/** What the operations of an {@link EncryptionClient} share. */
export interface EncryptionContext {
  readonly client: Client
  readonly core: ClientCore
  readonly settings: EncryptionSettings
  readonly keys: ContentKeys
}

/** Refuses what the settings do not accept: content must not lose its protection without a word. @throws DecryptionError */
export function checkAccepted({ accept }: EncryptionSettings, envelope: Envelope | undefined): void {
  if (envelope === undefined) {
    if (accept !== 'any') throw new DecryptionError('the object is not encrypted, which `accept` does not allow')
  } else if (accept === 'sealed' && envelope.cekAlgorithm !== sealedAlgorithm) {
    throw new DecryptionError('the object is not sealed, which `accept` does not allow')
  }
}

/** Segment size of a sealed object; `undefined` for any other. @throws DecryptionError for a format nobody knows */
export function layoutOf(envelope: Envelope | undefined): number | undefined {
  switch (envelope?.cekAlgorithm) {
    case undefined:
    case ctrAlgorithm:
      return undefined
    case sealedAlgorithm:
      return segmentSizeOf(envelope?.start as Uint8Array)
    default:
      throw new DecryptionError()
  }
}

/** Length of what is stored for so many bytes. */
export function storedLength(length: number, { format, segmentSize }: EncryptionSettings): number {
  return format === 'sealed' ? sealedLength(length, segmentSize) : length
}

/** Accepts options whose parts end with a cipher block or segment. @throws ParamInvalidError `partSize` */
export function checkAligned<T extends { partSize?: number }>(
  options: T,
  { format, segmentSize }: EncryptionSettings,
): T {
  const granule = format === 'sealed' ? segmentSize : blockLength
  if ((options.partSize ?? 0) % granule === 0) return options
  throw new ParamInvalidError('partSize', `expected a multiple of ${granule}, not ${options.partSize}`)
}

/** A listener that is told about plaintext where stored bytes are counted. */
export function plainProgress(
  listener: ProgressListener,
  granule: number,
  stride: number,
  total: number | undefined,
): ProgressListener {
  if (granule === stride) return (increment, transferred) => listener(increment, transferred, total)
  let reported = 0
  return (_increment, transferred) => {
    const whole = Math.floor(transferred / stride)
    const plain = whole * granule + Math.max(0, (transferred % stride) - (stride - granule))
    if (plain > reported) listener(plain - reported, plain, total)
    reported = Math.max(reported, plain)
  }
}
