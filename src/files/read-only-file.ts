import { constants } from 'node:buffer'
import { Readable } from 'node:stream'
import type { ClientCore } from '../client/core.js'
import { ParamInvalidError } from '../errors.js'
import { type HeadObjectResult, headObject } from '../operations/index.js'
import { send } from '../pipeline/send.js'
import { checkFlag } from '../transfer/options.js'
import { watchedCore } from '../transfer/transfer-context.js'
import { AdaptiveReader } from './adaptive-reader.js'
import { FileClosedError } from './errors.js'
import { checkOpenOptions, type OpenFileOptions } from './open-options.js'
import { checkInteger, checkOptions, checkSignal } from './options.js'
import { PinnedObject } from './pinned-object.js'
import { TaskQueue } from './task-queue.js'

/** Options of a single read. */
export interface ReadOptions {
  /** Ends this read. The position stays where it was. */
  signal?: AbortSignal
}

/** What {@link ReadOnlyFile.seek} counts from. */
export type SeekOrigin = 'start' | 'current' | 'end'

/** Options of {@link ReadOnlyFile.createReadStream}. */
export interface ReadStreamOptions {
  /** Position to begin at. Without it, the file's position when the stream is first read. */
  start?: number
  /** Position to end at: the first byte that is left out. Without it, the object's end. */
  end?: number
  /** Bytes per chunk. @default 256 KiB */
  highWaterMark?: number
  /** Closes the file when the stream ends or is destroyed. @default false */
  autoClose?: boolean
}

const defaultChunk = 256 * 1024
/** Opens an object for reading. Costs one request. */
export async function openReadOnlyFile(
  core: ClientCore,
  bucket: string,
  key: string,
  options: OpenFileOptions = {},
): Promise<ReadOnlyFile> {
  checkOpenOptions(options)
  const { versionId, requestPayer, signal, offset = 0 } = options
  const address = {
    bucket,
    key,
    ...(versionId !== undefined && { versionId }),
    ...(requestPayer !== undefined && { requestPayer }),
  }
  const head = await send(core, headObject, address, signal ? { signal } : {})
  const object = new PinnedObject(watchedCore(core), address, head.contentLength ?? 0, head.etag)
  if (offset > object.size) throw new ParamInvalidError('offset', `is beyond the object's ${object.size} bytes`)
  return new ReadOnlyFile(object, head, options)
}

/**
 * An object that is read like a file: from any position, without holding more than a little of it in memory. It is pinned by
 * its entity tag, so all reads see one content; when the object is replaced they fail with {@link SourceChangedError}.
 * Calls may overlap: they are carried out in the order in which they were made.
 */
export class ReadOnlyFile implements AsyncIterable<Buffer> {
  /** Length of the object in bytes. */
  readonly size: number
  readonly #head: HeadObjectResult
  readonly #options: OpenFileOptions
  readonly #reader: AdaptiveReader
  readonly #queue = new TaskQueue()
  readonly #closing = new AbortController()
  #position: number

  /** @internal Use {@link Client.openFile}. */
  constructor(object: PinnedObject, head: HeadObjectResult, options: OpenFileOptions) {
    const { offset = 0, signal } = options
    this.size = object.size
    this.#head = head
    this.#options = options
    this.#reader = new AdaptiveReader(object, head.hashCrc64, options)
    this.#position = offset
    if (signal?.aborted) this.#shut(signal.reason)
    else signal?.addEventListener('abort', this.#aborted, { once: true })
  }

  readonly #aborted = () => this.#shut(this.#options.signal?.reason)

  /**
   * Reads bytes from the present position on and moves it. With a buffer, fills it and gives how many bytes were put there;
   * with a length, gives the bytes; with neither, gives all that are left. Fewer than asked for come only at the end of the
   * object, where reads give 0 or an empty buffer. A failed read does not move the position.
   *
   * @throws SourceChangedError when the object was replaced, FileClosedError, InconsistentError when the object was read
   * from beginning to end and its CRC-64 is not the service's
   */
  read(target: Uint8Array, options?: ReadOptions): Promise<number>
  read(length?: number, options?: ReadOptions): Promise<Buffer>
  async read(target?: Uint8Array | number, options: ReadOptions = {}): Promise<number | Buffer> {
    checkOptions('options', options, ['signal'])
    checkSignal(options.signal)
    if (target instanceof Uint8Array) return this.#enqueue(() => this.#read(target, options.signal), options.signal)
    if (target !== undefined && !(Number.isSafeInteger(target) && target >= 0)) {
      throw new ParamInvalidError('target', 'expected a buffer, or a length of at least 0')
    }
    return this.#enqueue(async () => {
      const length = Math.min(target ?? Number.POSITIVE_INFINITY, this.size - this.#position)
      if (length > constants.MAX_LENGTH) throw new ParamInvalidError('target', 'is more than fits into one buffer')
      const bytes = Buffer.allocUnsafe(length)
      await this.#read(bytes, options.signal)
      return bytes
    }, options.signal)
  }

  /**
   * Moves the position, after the reads that were asked for before, and gives the new one. Nothing is sent.
   *
   * @throws ParamInvalidError `offset` for a place before the object's beginning or after its end; the position stays
   */
  async seek(offset: number, origin: SeekOrigin = 'start'): Promise<number> {
    if (!Number.isSafeInteger(offset)) throw new ParamInvalidError('offset', 'expected an integer')
    if (!['start', 'current', 'end'].includes(origin)) {
      throw new ParamInvalidError('origin', "expected 'start', 'current' or 'end'")
    }
    return this.#enqueue(() => {
      const from = origin === 'start' ? 0 : origin === 'end' ? this.size : this.#position
      const position = from + offset
      if (position < 0 || position > this.size) {
        throw new ParamInvalidError('offset', `leads to ${position}, outside the object's ${this.size} bytes`)
      }
      this.#position = position
      return position
    })
  }

  /** The position: where the next read begins, once those under way have ended. */
  tell(): number {
    return this.#position
  }

  /** The object's properties as they were when the file was opened. Nothing is sent. @throws FileClosedError */
  async stat(): Promise<HeadObjectResult> {
    this.#checkOpen()
    return this.#head
  }

  /** Closes the connections and ends reads under way with {@link FileClosedError}. May be called twice. */
  async close(): Promise<void> {
    this.#shut(new FileClosedError())
    await this.#reader.ended()
  }

  /** {@link ReadOnlyFile.close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** The bytes from the present position on, in pieces. Leaves the file open. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer, void, undefined> {
    yield* this.#pieces({})
  }

  /** A Node stream of the bytes from `start`, or the present position, on. It moves the position of the file. */
  createReadStream(options: ReadStreamOptions = {}): Readable {
    checkOptions('options', options, ['start', 'end', 'highWaterMark', 'autoClose'])
    checkInteger('start', options.start, 0)
    checkInteger('end', options.end, options.start ?? 0)
    checkInteger('highWaterMark', options.highWaterMark, 1)
    checkFlag('autoClose', options.autoClose)
    const highWaterMark = options.highWaterMark ?? defaultChunk
    const stream = Readable.from(this.#pieces(options), { objectMode: false, highWaterMark })
    if (options.autoClose) stream.once('close', () => this.close())
    return stream
  }

  async *#pieces({ start, end, highWaterMark }: ReadStreamOptions): AsyncGenerator<Buffer, void, undefined> {
    if (start !== undefined) await this.seek(start)
    for (;;) {
      const left = Math.max(0, (end ?? this.size) - this.#position)
      const piece = await this.read(Math.min(highWaterMark ?? defaultChunk, left))
      if (piece.length === 0) return
      yield piece
    }
  }

  #enqueue<T>(task: () => Promise<T> | T, signal?: AbortSignal): Promise<T> {
    return this.#queue.run(() => {
      this.#checkOpen()
      signal?.throwIfAborted()
      return task()
    })
  }

  #checkOpen(): void {
    this.#closing.signal.throwIfAborted()
  }

  #shut(reason: unknown): void {
    if (this.#closing.signal.aborted) return
    this.#closing.abort(reason)
    this.#options.signal?.removeEventListener('abort', this.#aborted)
    this.#reader.stop()
  }

  async #read(target: Uint8Array, signal: AbortSignal | undefined): Promise<number> {
    const wanted = target.subarray(0, Math.min(target.length, this.size - this.#position))
    const closing = this.#closing.signal
    await this.#reader.read(this.#position, wanted, signal ? AbortSignal.any([signal, closing]) : closing)
    this.#position += wanted.length
    return wanted.length
  }
}
