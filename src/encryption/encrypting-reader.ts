import { SourceChangedError } from '../errors.js'
import type { FileStat, PartRead, PartReader, PartReadOptions } from '../native/engine.js'
import { getEngine } from '../native/index.js'
import type { ContentCipher } from './content-cipher.js'
import { CtrCipher } from './ctr-cipher.js'
import { SealedCipher } from './sealed-cipher.js'

/** The content differs from what was sent under the same key before: another key is needed. */
export class ReusedKeyError extends SourceChangedError {
  constructor(path: string) {
    super(`${path} changed since its upload began`)
  }
}

/** What has left of a part, and its checksums. */
interface Begun {
  readonly start: number
  length: number
  plain: bigint
  sent: bigint
}

/**
 * A file as its ciphertext will be: sizes, positions and checksums are those of what is sent, so that whoever sends it need
 * not know that it is encrypted.
 */
export class EncryptingReader implements PartReader {
  /** With the wrapped key, so that a journal of this file has it and belongs to it. */
  readonly opened: FileStat & { readonly envelope: string }
  /** Were a file that changed read again, other bytes would be encrypted with the same piece of the key stream. */
  readonly wholeParts = true
  /**
   * Sends each part once; when that fails it is read as a whole. Absent where it takes a comparison before anything is sent,
   * and for segments, which native threads do not seal on the way.
   */
  readonly send?: NonNullable<PartReader['send']>
  readonly #path: string
  readonly #plain: PartReader
  readonly #cipher: ContentCipher
  readonly #sent: ReadonlyMap<number, bigint>
  readonly #plainParts = new Map<number, { crc64: bigint; length: number }>()
  /** Beginnings of parts whose ciphertext has left, by position. */
  readonly #begun = new Map<number, Begun>()
  /** The same of parts that are under way, by where they go on. */
  readonly #last = new Map<number, Begun>()

  /** @param sent checksums of ciphertext that was sent under this key already, by position */
  constructor(
    path: string,
    plain: PartReader,
    cipher: ContentCipher,
    envelope: string,
    sent: ReadonlyMap<number, bigint>,
  ) {
    const { size, mtimeMs } = plain.opened
    this.opened = { size: cipher.cipherLength(size), mtimeMs, envelope }
    this.#path = path
    this.#plain = plain
    this.#cipher = cipher
    this.#sent = sent
    const send = plain.send?.bind(plain)
    if (cipher instanceof CtrCipher && send && sent.size === 0)
      this.send = (wire, offset, length, options) => this.#send(send, cipher, wire, offset, length, options)
  }

  async #send(
    send: NonNullable<PartReader['send']>,
    cipher: CtrCipher,
    ...[wire, offset, length, options]: Parameters<NonNullable<PartReader['send']>>
  ): ReturnType<NonNullable<PartReader['send']>> {
    // Whoever goes on begins where the last call ended.
    const begun = this.#last.get(offset) ?? { start: offset, length: 0, plain: 0n, sent: 0n }
    if (begun.length === 0 && this.#begun.has(offset)) throw new Error('a part is sent twice under one key')
    this.#last.delete(offset)
    const part = await send(wire, offset, length, { ...options, cipher: cipher.spec(offset) })
    const { crc64Combine } = getEngine()
    begun.plain = crc64Combine(begun.plain, part.plain, part.count)
    begun.sent = crc64Combine(begun.sent, part.sent, part.count)
    begun.length += part.count
    this.#begun.set(begun.start, begun)
    this.#notePlain(begun.start, begun.length, begun.plain)
    if (part.count < length) this.#last.set(offset + part.count, begun)
    return part
  }

  async read(offset: number, length: number, options: PartReadOptions = {}): Promise<PartRead> {
    const part =
      this.#cipher instanceof CtrCipher
        ? await this.#plain.read(offset, length, { ...options, cipher: this.#cipher.spec(offset) })
        : await this.#readSealed(this.#cipher as SealedCipher, offset, length, options)
    this.#notePlain(offset, length, part.crc64Plain)
    const before = this.#sent.get(offset)
    const begun = this.#begun.get(offset)
    // A checksum without a key is enough: who makes a change that it does not show knows the difference, which is all there is to learn.
    const same = begun === undefined || getEngine().crc64(part.buffer.subarray(0, begun.length)) === begun.sent
    if (same && (before === undefined || before === part.crc64Sent)) return part
    this.release(part.buffer)
    throw new ReusedKeyError(this.#path)
  }

  async #readSealed(cipher: SealedCipher, offset: number, length: number, options: PartReadOptions): Promise<PartRead> {
    const { size } = this.#plain.opened
    const start = this.#plainLength(offset)
    const wanted = Math.min(this.#plainLength(length), size - start)
    const engine = getEngine()
    const plain = await this.#plain.read(start, wanted, options)
    const buffer = engine.pool.acquire(length)
    try {
      // A file that became shorter gives a shorter part, which is noticed above.
      if (plain.buffer.length !== wanted) return { ...plain, buffer: buffer.subarray(0, 0) }
      const spec = cipher.spec(start, start + wanted === size)
      const crc64Sent = await engine.sealSegments(spec, plain.buffer, buffer, options.signal)
      return { buffer, crc64Plain: plain.crc64Plain, crc64Sent }
    } catch (error) {
      engine.pool.release(buffer)
      throw error
    } finally {
      this.#plain.release(plain.buffer)
    }
  }

  /** CRC-64 of the plaintext, decimal, once all of it was read. */
  get plainHashCrc64(): string {
    const parts = [...this.#plainParts].sort(([a], [b]) => a - b)
    const engine = getEngine()
    return parts.reduce((sum, [, part]) => engine.crc64Combine(sum, part.crc64, part.length), 0n).toString()
  }

  #notePlain(offset: number, length: number, crc64: bigint): void {
    const { size } = this.#plain.opened
    const start = this.#plainLength(offset)
    this.#plainParts.set(start, { crc64, length: Math.min(start + this.#plainLength(length), size) - start })
  }

  /** Bytes of plaintext in so many stored ones, of which the last segment may be counted as whole. */
  #plainLength(stored: number): number {
    if (!(this.#cipher instanceof SealedCipher)) return stored
    return Math.ceil(stored / this.#cipher.stride) * this.#cipher.granule
  }

  release(buffer: Buffer): void {
    this.#plain.release(buffer)
  }

  async stat(): Promise<FileStat> {
    const { size, mtimeMs } = await this.#plain.stat()
    return { size: this.#cipher.cipherLength(size), mtimeMs }
  }

  /** Leaves the file open: it is not this reader's. */
  async close(): Promise<void> {}
}
