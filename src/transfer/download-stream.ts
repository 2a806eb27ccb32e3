import { setMaxListeners } from 'node:events'
import type { AesCtr } from '../native/engine.js'
import { getEngine } from '../native/index.js'
import { AheadPart } from './download-ahead.js'
import { type DownloadableObject, totalLength } from './download-object.js'
import type { DownloaderOptions, DownloadRequest, DownloadResult } from './download-request.js'
import { type Part, planParts } from './part-plan.js'
import { TransferProgress } from './progress.js'
import type { ByteSink } from './stream-sink.js'
import type { TransferContext } from './transfer-context.js'

/**
 * One object on its way into a stream. The part whose turn it is goes straight through, so there is always progress; the
 * parts after it are fetched at the same time as far as memory is to be had, and wait.
 */
export class StreamDownload {
  readonly #context: TransferContext
  readonly #object: DownloadableObject
  readonly #sink: ByteSink
  readonly #options: DownloaderOptions
  readonly #progress: TransferProgress
  readonly #ahead: AheadPart[] = []
  #crc64 = 0n
  #plain = 0n
  #cipher: AesCtr | undefined

  constructor(
    context: TransferContext,
    object: DownloadableObject,
    sink: ByteSink,
    request: DownloadRequest,
    options: DownloaderOptions,
  ) {
    this.#context = context
    this.#object = object
    this.#sink = sink
    this.#options = options
    this.#progress = new TransferProgress([request.progressFn, options.onProgress], object.range.length)
  }

  /** Writes everything; the sink is not ended. */
  async run(): Promise<DownloadResult> {
    const { partSize, signal, control } = this.#options
    const { stopped } = this.#sink
    const stop = new AbortController()
    const combined = AbortSignal.any([...(signal ? [signal] : []), stopped, stop.signal])
    setMaxListeners(0, combined)
    const parts = planParts(this.#object.range.length, partSize as number)
    let current: AheadPart | undefined
    try {
      for (;;) {
        if (this.#ahead.length === 0) await control?.ready(combined)
        combined.throwIfAborted()
        current = this.#ahead.shift()
        const source = current?.read() ?? this.#begin(parts, combined)
        if (source === undefined) break
        for await (const chunks of source) {
          this.#fetchAhead(parts, combined)
          await this.#deliver(chunks, combined)
        }
        this.#context.parallelism.succeeded()
        await current?.close()
      }
      const result = this.#object.result(this.#crc64)
      return this.#object.cipherAt ? { ...result, plainHashCrc64: this.#plain.toString() } : result
    } catch (error) {
      stop.abort(error)
      await Promise.all([current, ...this.#ahead].map(part => part?.close()))
      if (signal?.aborted) throw signal.reason
      throw stopped.aborted ? stopped.reason : error
    }
  }

  #begin(parts: Generator<Part>, signal: AbortSignal): AsyncIterable<Uint8Array[]> | undefined {
    const part = nextOf(parts)
    return part && this.#read(part, signal)
  }

  /** Begins parts beforehand while slots and memory are to be had. */
  #fetchAhead(parts: Generator<Part>, signal: AbortSignal): void {
    const { control, partSize } = this.#options
    const { memory } = this.#context.core
    while (this.#ahead.length + 1 < this.#context.parallelism.current && !control?.paused && !signal.aborted) {
      if (!memory.tryAcquireAhead(partSize as number)) return
      const part = nextOf(parts)
      memory.releaseAhead((partSize as number) - (part?.length ?? 0))
      if (part === undefined) return
      this.#ahead.push(new AheadPart(this.#read(part, signal), memory, part.length))
    }
  }

  #read(part: Part, signal: AbortSignal): AsyncIterable<Uint8Array[]> {
    return this.#object.read(this.#object.range.offset + part.offset, part.length, signal)
  }

  async #deliver(chunks: readonly Uint8Array[], signal: AbortSignal): Promise<void> {
    const engine = getEngine()
    for (const chunk of chunks) {
      this.#crc64 = engine.crc64(chunk, this.#crc64)
      await this.#sink.write(this.#decrypted(chunk), signal)
    }
    this.#progress.add(totalLength(chunks))
  }

  /** Chunks come in order, so one key stream serves for all of them. */
  #decrypted(chunk: Uint8Array): Uint8Array {
    if (this.#object.cipherAt === undefined) return chunk
    this.#cipher ??= getEngine().aesCtr(this.#object.cipherAt(this.#object.range.offset))
    const plain = this.#cipher.apply(chunk, Buffer.allocUnsafeSlow(chunk.byteLength))
    this.#plain = getEngine().crc64(plain, this.#plain)
    return plain
  }
}

function nextOf(parts: Generator<Part>): Part | undefined {
  const { done, value } = parts.next()
  return done ? undefined : value
}
