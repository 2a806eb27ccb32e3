import type { ClientCore } from '../client/core.js'
import type { CipherSpec } from '../native/engine.js'
import { getEngine } from '../native/index.js'
import type { HeadObjectResult } from '../operations/index.js'
import { type DownloadableObject, type PartTarget, PinnedObject } from '../transfer/download-object.js'
import { type ByteRange, resolveRange } from '../transfer/download-range.js'
import type { DownloadRequest, DownloadResult } from '../transfer/download-request.js'
import type { PartBuffers } from '../transfer/gather.js'
import { checkAccepted, type EncryptionContext, layoutOf } from './context.js'
import { CtrCipher } from './ctr-cipher.js'
import { cutOut } from './cut.js'
import { Window } from './decrypting-body.js'
import { readEnvelope } from './envelope.js'
import { Gatherer } from './gatherer.js'
import { wholeOf } from './range.js'
import type { SealedCipher } from './sealed-cipher.js'
import { mapSegments } from './segments.js'

/** Finds an object to download and its key. Objects that are not encrypted are downloaded as they are, if that is accepted. */
export async function findDownloadable(
  { keys, settings }: EncryptionContext,
  core: ClientCore,
  request: DownloadRequest,
  signal: AbortSignal | undefined,
): Promise<DownloadableObject> {
  // Compressed on the way, ciphertext would be neither as long nor where it should be.
  const { acceptEncoding, rangeHeader, ...rest } = request
  const stored = await PinnedObject.find(core, rest, signal)
  const envelope = readEnvelope(stored.head.headers)
  checkAccepted(settings, envelope)
  const layout = layoutOf(envelope)
  const size = layout === undefined ? stored.size : mapSegments(stored.size, layout).plainLength
  const range = resolveRange(rangeHeader, size)
  if (envelope === undefined) return new StoredRange(stored, range)
  const { bucket, key } = request
  const cipher = await keys.open(envelope, { bucket, key }, signal)
  if (cipher instanceof CtrCipher) return new CtrDownload(stored, range, cipher)
  try {
    const object = new SealedDownload(stored, range, cipher as SealedCipher, layout as number)
    // Of an object that claims to be empty nothing else is read: its one segment must say so.
    if (size === 0) for await (const _ of object.readSegments(0, 0, signal));
    return object
  } catch (error) {
    cipher.destroy()
    throw error
  }
}

/** Some bytes of a stored object. */
class StoredRange implements DownloadableObject {
  readonly size: number
  readonly range: ByteRange
  readonly head: HeadObjectResult
  protected readonly stored: PinnedObject

  constructor(stored: PinnedObject, range: ByteRange, size = stored.size) {
    this.stored = stored
    this.range = range
    this.size = size
    this.head = stored.head
  }

  result(crc: bigint): DownloadResult {
    if (this.range.length === this.stored.size) return this.stored.result(crc)
    const { etag, versionId, headers } = this.head
    const { length: written } = this.range
    return { written, hashCrc64: crc.toString(), headers, ...(etag && { etag }), ...(versionId && { versionId }) }
  }

  read(offset: number, length: number, signal: AbortSignal, buffers?: PartBuffers): AsyncGenerator<Uint8Array[]> {
    return this.stored.read(offset, length, signal, buffers)
  }

  fetch(offset: number, length: number, signal: AbortSignal, target: PartTarget): Promise<void> {
    return this.stored.fetch(offset, length, signal, target)
  }
}

/** Gives ciphertext, whose checksum is the service's; it is decrypted where it is written. */
class CtrDownload extends StoredRange {
  readonly #cipher: CtrCipher

  constructor(stored: PinnedObject, range: ByteRange, cipher: CtrCipher) {
    super(stored, range)
    this.#cipher = cipher
  }

  cipherAt(offset: number): CipherSpec {
    return this.#cipher.spec(offset)
  }

  close(): void {
    this.#cipher.destroy()
  }
}

/** Gives plaintext, each segment of it after it was verified. Checksums are those of the plaintext. */
class SealedDownload extends StoredRange {
  readonly #cipher: SealedCipher
  readonly #segmentSize: number

  constructor(stored: PinnedObject, range: ByteRange, cipher: SealedCipher, segmentSize: number) {
    super(stored, range, mapSegments(stored.size, segmentSize).plainLength)
    this.#cipher = cipher
    this.#segmentSize = segmentSize
  }

  /** The service knows no checksum of the plaintext; the segments have spoken for it. */
  override result(crc: bigint): DownloadResult {
    const { etag, versionId, headers } = this.head
    const { length: written } = this.range
    const sums = { hashCrc64: crc.toString(), plainHashCrc64: crc.toString() }
    return { written, ...sums, headers, ...(etag && { etag }), ...(versionId && { versionId }) }
  }

  override read(offset: number, length: number, signal: AbortSignal): AsyncGenerator<Uint8Array[]> {
    return this.readSegments(offset, length, signal)
  }

  override async fetch(offset: number, length: number, signal: AbortSignal, target: PartTarget): Promise<void> {
    for await (const chunks of this.readSegments(offset, length, signal)) await target.write(chunks)
  }

  async *readSegments(offset: number, length: number, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array[]> {
    const wanted = length === 0 ? undefined : { start: offset, end: offset + length - 1 }
    const cut = cutOut(wanted, wholeOf(this.stored.size), this.#segmentSize)
    if (cut === undefined) return
    const { offset: first, length: stored = 0 } = cut.range
    const { stride, granule } = this.#cipher
    const window = new Window(cut.skip, length)
    const gathered = new Gatherer()
    let position = first
    const open = async (size: number) => {
      const sealed = gathered.takeCopy(size)
      const last = position + size === this.stored.size
      const spec = this.#cipher.spec((position / stride) * granule, last)
      const plain = sealed.subarray(0, await getEngine().openSegments(spec, sealed, signal))
      position += size
      return [window.cut(plain)]
    }
    for await (const chunks of this.stored.read(first, stored, signal ?? new AbortController().signal)) {
      for (const chunk of chunks) gathered.push(chunk)
      const whole = gathered.length - (gathered.length % stride)
      if (whole > 0) yield await open(whole)
    }
    if (gathered.length > 0) yield await open(gathered.length)
  }

  close(): void {
    this.#cipher.destroy()
  }
}
