import { ResponseError } from '../errors.js'
import { onAbort } from '../internal/on-abort.js'
import type { ObjectBody } from '../pipeline/object-body.js'
import { withRetry } from '../pipeline/retry.js'
import { type PinnedObject, readPlan } from './pinned-object.js'

/**
 * Reads an object through one connection that goes on to the object's end, as long as the reads follow one another. A body
 * that breaks off is asked for again from the byte it broke at.
 */
export class StreamReader {
  readonly #object: PinnedObject
  #body: ObjectBody | undefined
  #chunks: AsyncIterator<Uint8Array> | undefined
  #opening: AbortController | undefined
  /** What has arrived and was not taken yet. */
  #rest: Uint8Array = new Uint8Array()
  /** Place of the first byte of the rest. */
  #position = 0

  constructor(object: PinnedObject) {
    this.#object = object
  }

  /** Puts bytes from `position` on into `target`: at least one, at most as many as fit. */
  async read(position: number, target: Uint8Array, signal: AbortSignal): Promise<number> {
    if (position !== this.#position) this.stop()
    this.#position = position
    if (this.#rest.length === 0) this.#rest = await this.#nextChunk(signal)
    const taken = this.#rest.subarray(0, target.length)
    target.set(taken)
    this.#rest = this.#rest.subarray(taken.length)
    this.#position += taken.length
    return taken.length
  }

  /** Closes the connection and forgets what has arrived. */
  stop(): void {
    this.#opening?.abort()
    this.#body?.destroy()
    this.#opening = undefined
    this.#body = undefined
    this.#chunks = undefined
    this.#rest = new Uint8Array()
  }

  async #nextChunk(signal: AbortSignal): Promise<Uint8Array> {
    const { core } = this.#object
    if (this.#chunks !== undefined) {
      try {
        return await this.#takeChunk(signal)
      } catch (error) {
        // Bytes came before it broke, so the request for the next ones has all its attempts still.
        if (signal.aborted) throw signal.reason
        if (!core.retryer.isRetryable(error)) throw error
      }
    }
    return withRetry(core, readPlan(core, signal), () => this.#takeChunk(signal))
  }

  async #takeChunk(signal: AbortSignal): Promise<Uint8Array> {
    const stopListening = onAbort(signal, () => this.stop())
    try {
      this.#chunks ??= await this.#open()
      const { value, done } = await this.#chunks.next()
      if (done) throw new ResponseError(`the answer ended at byte ${this.#position} of ${this.#object.size}`)
      if (this.#position + value.length > this.#object.size) {
        throw new ResponseError('the answer is longer than the range that was asked for')
      }
      return value
    } catch (error) {
      this.stop()
      throw error
    } finally {
      stopListening()
    }
  }

  async #open(): Promise<AsyncIterator<Uint8Array>> {
    // The connection outlives the read that opens it, so it has a signal of its own.
    const opening = new AbortController()
    this.#opening = opening
    const body = await this.#object.open(this.#position, this.#object.size, opening.signal)
    if (opening.signal.aborted) {
      body.destroy()
      opening.signal.throwIfAborted()
    }
    this.#body = body
    return body[Symbol.asyncIterator]()
  }
}
