import { ResponseError } from '../errors.js'
import type { BufferPool } from '../native/engine.js'
import { getEngine } from '../native/index.js'
import { withRetry } from '../pipeline/retry.js'
import { type PinnedObject, readPlan } from './pinned-object.js'
import { unlessAborted } from './unless-aborted.js'

/** How far ahead a {@link Prefetcher} goes. */
export interface PrefetchSettings {
  /** Bytes per request. */
  readonly chunkSize: number
  /** Chunks that are held or on their way at a time. */
  readonly prefetchNum: number
}

/** A stretch of the object that is fetched ahead. */
interface Chunk {
  readonly start: number
  readonly buffer: Buffer
  readonly stop: AbortController
  /** Fulfilled when the whole buffer is filled. */
  readonly filled: Promise<void>
}

/**
 * Fetches the stretches after the current position side by side, each into a buffer of its own. Fetching ahead is a
 * convenience, so it never waits for memory: it takes at most half of what the client's transfers may use, if that is free
 * at the moment. Waiting could be for ever, where the transfer that holds the memory waits for this file.
 */
export class Prefetcher {
  readonly #object: PinnedObject
  readonly #settings: PrefetchSettings
  readonly #pool: BufferPool = getEngine().pool
  readonly #ending = new Set<Promise<void>>()
  #chunks: Chunk[] = []
  /** Place after the last chunk. */
  #next = 0

  constructor(object: PinnedObject, settings: PrefetchSettings) {
    this.#object = object
    this.#settings = settings
  }

  /**
   * Puts bytes from `position` on into `target`: as many as fit and the present chunk has. Gives 0 when there was no memory
   * to fetch ahead.
   */
  async read(position: number, target: Uint8Array, signal: AbortSignal): Promise<number> {
    const first = this.#chunks[0]
    if (!first || position < first.start || position >= first.start + first.buffer.length) {
      this.stop()
      this.#next = position
    }
    this.#fill()
    const chunk = this.#chunks[0]
    if (chunk === undefined) return 0
    await unlessAborted(chunk.filled, signal)
    const from = position - chunk.start
    const length = chunk.buffer.copy(target, 0, from, Math.min(chunk.buffer.length, from + target.length))
    if (from + length === chunk.buffer.length) {
      this.#chunks.shift()
      this.#discard(chunk)
      this.#fill()
    }
    return length
  }

  /** Ends all requests and gives the memory back. */
  stop(): void {
    for (const chunk of this.#chunks) this.#discard(chunk)
    this.#chunks = []
  }

  /** Waits until nothing is under way any more. Call {@link Prefetcher.stop} first. */
  async ended(): Promise<void> {
    await Promise.all(this.#ending)
  }

  #fill(): void {
    const { chunkSize, prefetchNum } = this.#settings
    const { size } = this.#object
    while (this.#chunks.length < prefetchNum && this.#next < size) {
      const length = Math.min(chunkSize, size - this.#next)
      if (!this.#reserve(length)) return
      this.#chunks.push(this.#start(this.#next, length))
      this.#next += length
    }
  }

  #reserve(bytes: number): boolean {
    const { memory } = this.#object.core
    const before = memory.used
    if (before + bytes > memory.limit / 2) return false
    const waiting = new AbortController()
    const granted = memory.acquire(bytes, waiting.signal)
    if (memory.used === before + bytes) return true
    // Somebody else waits in front.
    granted.catch(() => {})
    waiting.abort()
    return false
  }

  #start(start: number, length: number): Chunk {
    const buffer = this.#pool.acquire(length)
    const stop = new AbortController()
    const filled = this.#fetch(start, buffer, stop.signal)
    // Whoever reads the chunk learns of its failure; if nobody does, nobody needs to.
    filled.catch(() => {})
    return { start, buffer, stop, filled }
  }

  /** The buffer may be written to until the fetch has ended, so only then does it go back. */
  #discard({ buffer, stop, filled }: Chunk): void {
    stop.abort()
    const ending: Promise<void> = filled
      .catch(() => {})
      .then(() => {
        this.#pool.release(buffer)
        this.#object.core.memory.release(buffer.length)
        this.#ending.delete(ending)
      })
    this.#ending.add(ending)
  }

  async #fetch(start: number, buffer: Buffer, signal: AbortSignal): Promise<void> {
    const { core } = this.#object
    let done = 0
    while (done < buffer.length) {
      await withRetry(core, readPlan(core, signal), async () => {
        const before = done
        try {
          for await (const bytes of await this.#object.open(start + done, start + buffer.length, signal)) {
            if (bytes.length > buffer.length - done) throw new ResponseError('the answer is longer than the range')
            buffer.set(bytes, done)
            done += bytes.length
          }
          if (done < buffer.length) throw new ResponseError(`the answer ended after ${done} of ${buffer.length} bytes`)
        } catch (error) {
          // Attempts are counted for each byte that does not come, not for the whole chunk.
          if (done === before || !core.retryer.isRetryable(error)) throw error
        }
      })
    }
  }
}
