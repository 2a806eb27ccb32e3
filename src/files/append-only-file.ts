import { Readable } from 'node:stream'
import type { ClientCore } from '../client/core.js'
import { ParamInvalidError } from '../errors.js'
import { type HeadObjectResult, headObject } from '../operations/index.js'
import { type Body, isBody, toPayload } from '../pipeline/body.js'
import { send } from '../pipeline/send.js'
import { type AppendFileOptions, checkAppendOptions, checkWriteOptions, type WriteOptions } from './append-options.js'
import { type Appender, type AppendTarget, openAppender } from './appender.js'
import { FileClosedError } from './errors.js'
import { TaskQueue } from './task-queue.js'
import { unlessAborted } from './unless-aborted.js'

/** Streams are sent in pieces of at least this many bytes: each costs a request. */
const streamPiece = 4 * 1024 * 1024

/** Opens an object for appending at its end. Costs one request. */
export async function openAppendOnlyFile(
  core: ClientCore,
  bucket: string,
  key: string,
  options: AppendFileOptions = {},
): Promise<AppendOnlyFile> {
  checkAppendOptions(options)
  const { requestPayer, trafficLimit, createParameter, signal } = options
  const target = { bucket, key, requestPayer, trafficLimit, createParameter }
  return new AppendOnlyFile(core, target, await openAppender(core, target, signal), options)
}

/**
 * An object that grows like a log file. It keeps the position and a CRC-64 over everything, so it finds out what became of
 * a write whose answer was lost: no byte is stored twice, and other writers are noticed. Calls may overlap: they are
 * carried out in the order in which they were made. The first write creates the object if there is none.
 */
export class AppendOnlyFile {
  readonly #core: ClientCore
  readonly #target: AppendTarget
  readonly #appender: Appender
  readonly #signal: AbortSignal | undefined
  readonly #queue = new TaskQueue()
  readonly #bufferSize: number
  #buffer = Buffer.alloc(0)
  #buffered = 0
  /** The collected bytes were sent without success: they may be stored, so nothing may be added to them. */
  #failed = false
  #closed = false

  /** @internal Use {@link Client.appendFile}. */
  constructor(core: ClientCore, target: AppendTarget, appender: Appender, options: AppendFileOptions) {
    this.#core = core
    this.#target = target
    this.#appender = appender
    this.#signal = options.signal
    this.#bufferSize = options.bufferSize ?? 0
  }

  /**
   * Appends bytes, or text as UTF-8, and gives their number. They must not be changed until then. If this fails, none of
   * them is taken: write the same ones again, which does not store them twice, or open the file anew. Writing nothing
   * creates the object if there is none.
   *
   * @throws AppendConflictError when somebody else changed the object, InconsistentError when bytes were damaged on the
   * way, FileClosedError
   */
  async write(data: Uint8Array | string, options: WriteOptions = {}): Promise<number> {
    checkWriteOptions(options)
    if (typeof data !== 'string' && !(data instanceof Uint8Array)) {
      throw new ParamInvalidError('data', 'expected bytes or a string')
    }
    const bytes = typeof data === 'string' ? Buffer.from(data, 'utf8') : data
    return this.#enqueue(async () => {
      await this.#take(bytes, this.#either(options.signal))
      return bytes.length
    })
  }

  /**
   * Appends everything a stream, or another body, gives, in pieces of 4 MiB or `bufferSize`, and gives the number of bytes.
   * If this fails, {@link AppendOnlyFile.tell} says how far it came.
   */
  async writeFrom(source: Body, options: WriteOptions = {}): Promise<number> {
    checkWriteOptions(options)
    if (!isBody(source))
      throw new ParamInvalidError('source', 'expected a stream, bytes, a string, a Blob or a FileBody')
    return this.#enqueue(async () => {
      const signal = this.#either(options.signal)
      try {
        return await this.#takeAll(source, signal)
      } catch (error) {
        // A stream that is waited for notices by itself only when it gives something.
        if (signal?.aborted && source instanceof Readable) source.destroy()
        throw error
      }
    })
  }

  /** Sends what was collected. If this fails, the bytes are kept, and the next flush sends them. */
  async flush(options: WriteOptions = {}): Promise<void> {
    checkWriteOptions(options)
    return this.#enqueue(() => this.#flush(this.#either(options.signal)))
  }

  /** Bytes of the object so far, those included that are collected but not sent. */
  tell(): number {
    return this.#appender.position + this.#buffered
  }

  /** Asks the service for the object's properties as they are now. @throws ServiceError `NoSuchKey` before the first write */
  async stat(options: WriteOptions = {}): Promise<HeadObjectResult> {
    checkWriteOptions(options)
    return this.#enqueue(() => {
      const { bucket, key, requestPayer } = this.#target
      const signal = this.#either(options.signal)
      const request = { bucket, key, ...(requestPayer !== undefined && { requestPayer }) }
      return send(this.#core, headObject, request, signal ? { signal } : {})
    })
  }

  /** Sends what was collected and closes the file. If sending fails the file stays open. May be called twice. */
  close(): Promise<void> {
    return this.#queue.run(async () => {
      if (!this.#closed) await this.#flush(this.#signal)
      this.#closed = true
      this.#buffer = Buffer.alloc(0)
    })
  }

  /** {@link AppendOnlyFile.close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #enqueue<T>(task: () => Promise<T>): Promise<T> {
    return this.#queue.run(() => {
      if (this.#closed) throw new FileClosedError()
      return task()
    })
  }

  #either(signal: AbortSignal | undefined): AbortSignal | undefined {
    return signal && this.#signal ? AbortSignal.any([signal, this.#signal]) : (signal ?? this.#signal)
  }

  /** Takes all of the bytes, or none: what was collected before goes first if both do not fit. */
  async #take(bytes: Uint8Array, signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted()
    if (this.#failed || this.#buffered + bytes.length > this.#bufferSize) await this.#flush(signal)
    if (bytes.length === 0 && (this.#appender.exists || this.#buffered > 0)) return
    if (bytes.length === 0 || bytes.length >= this.#bufferSize) return this.#appender.append(bytes, signal)
    if (this.#buffer.length === 0) this.#buffer = Buffer.allocUnsafe(this.#bufferSize)
    this.#buffer.set(bytes, this.#buffered)
    this.#buffered += bytes.length
  }

  async #flush(signal: AbortSignal | undefined): Promise<void> {
    if (this.#buffered === 0) return
    this.#failed = true
    await this.#appender.append(this.#buffer.subarray(0, this.#buffered), signal)
    this.#failed = false
    this.#buffered = 0
  }

  async #takeAll(source: Body, signal: AbortSignal | undefined): Promise<number> {
    signal?.throwIfAborted()
    const payload = await toPayload(source)
    let written = 0
    const pieces = payload.bytes ? [payload.bytes] : gather(payload.open(), this.#pieceSize(), signal)
    for await (const piece of pieces) {
      await this.#take(piece, signal)
      written += piece.length
    }
    if (written === 0) await this.#take(new Uint8Array(), signal)
    return written
  }

  #pieceSize(): number {
    return Math.max(this.#bufferSize, streamPiece)
  }
}

/** Joins small chunks, so that each request carries at least `size` bytes, save the last. */
async function* gather(
  source: AsyncIterable<Uint8Array>,
  size: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  const chunks = source[Symbol.asyncIterator]()
  let gathered: Uint8Array[] = []
  let length = 0
  let ended = false
  try {
    for (;;) {
      const { value, done } = await (signal ? unlessAborted(chunks.next(), signal) : chunks.next())
      if (done) break
      gathered.push(value)
      length += value.length
      if (length < size) continue
      yield Buffer.concat(gathered)
      gathered = []
      length = 0
    }
    ended = true
    if (length > 0) yield Buffer.concat(gathered)
  } finally {
    // A source that does not answer would not answer this either, so nobody waits for it.
    if (!ended) chunks.return?.()?.catch(() => {})
  }
}
