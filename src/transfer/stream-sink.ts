import { Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { ParamInvalidError } from '../errors.js'
import { onAbort } from '../internal/on-abort.js'
import { unlessAborted } from './transfer-abort.js'

/** What {@link Downloader.downloadTo} writes to. */
export type DownloadTarget = Writable | WritableStream<Uint8Array>

/** Bytes to be pushed, one chunk at a time: each waits until there is room for more. */
export interface ByteSink {
  /** Fires when the other side fails or closes early. */
  readonly stopped: AbortSignal
  /** Writes a chunk. Rejects with the error of the writable, or the signal's reason; nothing may be written after that. */
  write(chunk: Uint8Array, signal: AbortSignal): Promise<void>
  /** Ends the writable and waits until it has taken everything. Rejects when it fails, or with the signal's reason. */
  end(signal: AbortSignal | undefined): Promise<void>
  /** Destroys the writable, so that its reader knows that what came is not all. */
  fail(error: unknown): void
  /** Lets go of the writable as it is. */
  release(): void
}

/** Makes a sink of a writable. @throws ParamInvalidError for anything else, and for one that takes no more */
export function openSink(target: DownloadTarget): ByteSink {
  if (target instanceof Writable || isWritable(target)) return new NodeSink(target as Writable)
  if (target instanceof WritableStream) {
    if (target.locked) throw new ParamInvalidError('writable', 'the stream is being written to by somebody else')
    return new WebSink(target.getWriter())
  }
  throw new ParamInvalidError('writable', 'expected a Writable or a WritableStream')
}

/** Duplex streams and those of other libraries are no instances of Writable. */
function isWritable(target: unknown): boolean {
  const writable = target as Partial<Writable> | null
  return typeof writable?.write === 'function' && typeof writable.on === 'function'
}

class NodeSink implements ByteSink {
  readonly #stream: Writable
  readonly #stop = new AbortController()
  readonly #onError = (error: Error) => this.#stop.abort(error)
  readonly #onClose = () => this.#stop.abort(prematureClose())

  constructor(stream: Writable) {
    if (stream.destroyed || stream.writableEnded) {
      throw new ParamInvalidError('writable', 'the stream has been ended or destroyed already')
    }
    this.#stream = stream
    stream.on('error', this.#onError)
    stream.on('close', this.#onClose)
  }

  get stopped(): AbortSignal {
    return this.#stop.signal
  }

  async write(chunk: Uint8Array, signal: AbortSignal): Promise<void> {
    this.stopped.throwIfAborted()
    signal.throwIfAborted()
    if (!this.#stream.write(chunk)) await this.#drained(signal)
  }

  /** Resolves when there is room. Rejects when the stream fails or the signal fires. */
  #drained(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const done = (finish: () => void) => {
        this.#stream.off('drain', onDrain)
        stopListening()
        stopSignal()
        finish()
      }
      const onDrain = () => done(resolve)
      let stopSignal = () => {}
      let stopListening = () => {}
      this.#stream.on('drain', onDrain)
      stopListening = onAbort(this.stopped, () => done(() => reject(this.stopped.reason)))
      stopSignal = onAbort(signal, () => done(() => reject(signal.reason)))
    })
  }

  async end(signal: AbortSignal | undefined): Promise<void> {
    this.stopped.throwIfAborted()
    this.#stream.end()
    try {
      await finished(this.#stream, { readable: false, ...(signal && { signal }) })
    } catch (error) {
      throw signal?.aborted ? signal.reason : error
    }
    this.release()
  }

  fail(error: unknown): void {
    this.release()
    // Whoever destroys a stream must not be surprised by its error; others may listen for it.
    this.#stream.on('error', () => {})
    this.#stream.destroy(error instanceof Error ? error : undefined)
  }

  release(): void {
    this.#stream.off('error', this.#onError)
    this.#stream.off('close', this.#onClose)
  }
}

class WebSink implements ByteSink {
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>
  readonly #stop = new AbortController()

  constructor(writer: WritableStreamDefaultWriter<Uint8Array>) {
    this.#writer = writer
    writer.closed.then(
      () => this.#stop.abort(prematureClose()),
      error => this.#stop.abort(error),
    )
  }

  get stopped(): AbortSignal {
    return this.#stop.signal
  }

  async write(chunk: Uint8Array, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    await unlessAborted(this.#writer.write(chunk), signal)
  }

  async end(signal: AbortSignal | undefined): Promise<void> {
    await unlessAborted(this.#writer.close(), signal)
  }

  release(): void {
    this.#writer.releaseLock()
  }

  fail(error: unknown): void {
    this.#writer.abort(error).catch(() => {})
  }
}

function prematureClose(): Error {
  return Object.assign(new Error('the writable was closed before everything was written'), {
    code: 'ERR_STREAM_PREMATURE_CLOSE',
  })
}
