import { randomBytes } from 'node:crypto'
import { DecryptionError } from '../errors.js'
import type { ContentCipher } from './content-cipher.js'
import { blockLength, CtrCipher, ctrAlgorithm, keyLength, newStart, randomKey } from './ctr-cipher.js'
import type { Envelope } from './envelope.js'
import type { MasterCipher } from './master-cipher.js'
import { sameMatDesc } from './mat-desc.js'
import { type Location, newSeal, openSeal, saltOf, sealedAlgorithm } from './seal-parameters.js'
import { SealedCipher } from './sealed-cipher.js'
import { type SourceIdentity, sameMark, sourceMark } from './source-mark.js'

/** What new objects are written in. */
export interface WriteFormat {
  readonly format: 'ctr' | 'sealed'
  readonly segmentSize: number
  readonly bindLocation: boolean
}

/** A content key for a new object, and the envelope that is stored with it. */
export interface NewContent {
  readonly cipher: ContentCipher
  readonly envelope: Envelope
}

/** Makes the content keys of new objects and recovers those of stored ones. */
export class ContentKeys {
  readonly #master: MasterCipher
  readonly #decrypting: readonly MasterCipher[]
  readonly #write: WriteFormat

  constructor(master: MasterCipher, decrypting: readonly MasterCipher[], write: WriteFormat) {
    this.#master = master
    this.#decrypting = decrypting
    this.#write = write
  }

  /** Description of the master key that wraps new keys. */
  get matDesc(): string {
    return this.#master.matDesc
  }

  /** A key that nothing else uses. @param source the file that it is for, if it may have to be found again without a journal */
  async create(
    location: Location,
    signal: AbortSignal | undefined,
    source?: SourceIdentity | undefined,
  ): Promise<NewContent> {
    const { format, segmentSize, bindLocation } = this.#write
    const key = randomKey()
    const mark = source && sourceMark(key, source, location)
    const { wrapAlgorithm, matDesc } = this.#master
    if (format === 'ctr') {
      const iv = newStart(mark)
      const [wrappedKey, start] = await Promise.all([this.#wrap(key, signal), this.#wrap(iv, signal)])
      const envelope = { wrappedKey, start, cekAlgorithm: ctrAlgorithm, wrapAlgorithm, matDesc }
      return { cipher: new CtrCipher(key, iv), envelope }
    }
    try {
      const wrappedKey = await this.#wrap(key, signal)
      const seal = newSeal(key, segmentSize, bindLocation ? location : undefined, mark)
      const envelope = { wrappedKey, start: seal.parameters, cekAlgorithm: sealedAlgorithm, wrapAlgorithm, matDesc }
      return { cipher: new SealedCipher(seal), envelope }
    } finally {
      key.fill(0)
    }
  }

  /**
   * The key of a stored object. @param source the file that it must have been made for, if it matters
   * @throws DecryptionError, the same whatever is wrong
   */
  async open(
    envelope: Envelope,
    location: Location,
    signal: AbortSignal | undefined,
    source?: SourceIdentity | undefined,
  ): Promise<ContentCipher> {
    const master = this.#masterOf(envelope)
    if (master.wrapAlgorithm !== envelope.wrapAlgorithm) throw new DecryptionError()
    const markOf = source && ((key: Uint8Array) => sourceMark(key, source, location))
    switch (envelope.cekAlgorithm) {
      case ctrAlgorithm:
        return openCtr(master, envelope, signal, markOf)
      case sealedAlgorithm:
        return openSealed(master, envelope, location, signal, markOf)
      default:
        throw new DecryptionError()
    }
  }

  async #wrap(secret: Uint8Array, signal: AbortSignal | undefined): Promise<Uint8Array> {
    // The master cipher gets a copy: what it does with it must not reach the key in use.
    const copy = Uint8Array.from(secret)
    try {
      return await this.#master.encrypt(copy, signal)
    } finally {
      copy.fill(0)
    }
  }

  /** The cipher whose description is the envelope's; the main one where none is, as other SDKs do. */
  #masterOf({ matDesc }: Envelope): MasterCipher {
    const candidates = [...this.#decrypting, this.#master]
    return candidates.find(cipher => sameMatDesc(cipher.matDesc, matDesc)) ?? this.#master
  }
}

/** Gives the mark that a key must have; absent where it does not matter what the key was made for. */
type MarkOf = ((key: Uint8Array) => Uint8Array) | undefined

async function openCtr(
  master: MasterCipher,
  { wrappedKey, start }: Envelope,
  signal: AbortSignal | undefined,
  markOf: MarkOf,
): Promise<ContentCipher> {
  // Both are unwrapped before either is judged: what a caller sees does not depend on which one is damaged.
  const unwrapped = await Promise.allSettled([unwrap(master, wrappedKey, signal), unwrap(master, start, signal)])
  const [key, iv] = unwrapped.map(outcome => (outcome.status === 'fulfilled' ? outcome.value : undefined))
  const whole = key?.length === keyLength && iv?.length === blockLength
  if (whole && (markOf === undefined || sameMark(newStart(markOf(key)), iv))) return new CtrCipher(key, iv)
  key?.fill(0)
  iv?.fill(0)
  throw unwrapped.find(outcome => outcome.status === 'rejected')?.reason ?? new DecryptionError()
}

async function openSealed(
  master: MasterCipher,
  { wrappedKey, start }: Envelope,
  location: Location,
  signal: AbortSignal | undefined,
  markOf: MarkOf,
): Promise<ContentCipher> {
  const unwrapped = await unwrap(master, wrappedKey, signal)
  // A key of another length goes on as noise and fails where a wrong key of the right length does: at the commitment.
  const key = unwrapped.length === keyLength ? unwrapped : new Uint8Array(randomBytes(keyLength))
  try {
    const cipher = new SealedCipher(openSeal(key, start, location))
    if (markOf === undefined || sameMark(markOf(key), saltOf(start))) return cipher
    cipher.destroy()
    throw new DecryptionError()
  } finally {
    key.fill(0)
    unwrapped.fill(0)
  }
}

async function unwrap(master: MasterCipher, wrapped: Uint8Array, signal: AbortSignal | undefined): Promise<Uint8Array> {
  const answer = await master.decrypt(Uint8Array.from(wrapped), signal)
  if (!(answer instanceof Uint8Array)) throw new DecryptionError()
  return answer
}
