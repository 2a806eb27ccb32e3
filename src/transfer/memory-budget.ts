import { onAbort } from '../internal/on-abort.js'

interface Waiting {
  readonly bytes: number
  readonly grant: () => void
}

/**
 * A bound on the bytes that part buffers of all transfers of a client hold together. Requests are served in the order in
 * which they come, so a large one is not starved by small ones. One that is larger than the whole bound is served alone.
 *
 * Bytes fetched ahead for a stream are held for as long as its reader likes, and the reader may be another transfer of the
 * same client that needs memory itself. So they are never waited for, and take no more than half of the bound: whoever waits
 * in {@link MemoryBudget.acquire} gets its turn. (A part larger than half the bound is served beside them.)
 */
export class MemoryBudget {
  readonly limit: number
  #used = 0
  #ahead = 0
  #waiting: Waiting[] = []

  constructor(limit: number) {
    this.limit = limit
  }

  /** Bytes handed out at the moment. */
  get used(): number {
    return this.#used + this.#ahead
  }

  /** Waits for `bytes` and takes them; give them back with {@link MemoryBudget.release}. Rejects when aborted. */
  async acquire(bytes: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    if (this.tryAcquire(bytes)) return
    await new Promise<void>((resolve, reject) => {
      const entry: Waiting = {
        bytes,
        grant: () => {
          stopListening()
          resolve()
        },
      }
      const stopListening = onAbort(signal, () => {
        this.#waiting = this.#waiting.filter(other => other !== entry)
        reject(signal?.reason)
        this.#serve()
      })
      this.#waiting.push(entry)
    })
  }

  /** Takes `bytes` if they are to be had without waiting: {@link MemoryBudget.acquire} without a promise. */
  tryAcquire(bytes: number): boolean {
    const fits = this.#waiting.length === 0 && this.#fits(bytes)
    if (fits) this.#used += bytes
    return fits
  }

  /** Gives bytes back. */
  release(bytes: number): void {
    this.#used -= bytes
    this.#serve()
  }

  /** Takes bytes for fetching ahead if there are any to spare; give them back with {@link MemoryBudget.releaseAhead}. */
  tryAcquireAhead(bytes: number): boolean {
    const fits = this.#waiting.length === 0 && this.#ahead + bytes <= this.limit / 2 && this.used + bytes <= this.limit
    if (fits) this.#ahead += bytes
    return fits
  }

  /** Gives bytes fetched ahead back. */
  releaseAhead(bytes: number): void {
    this.#ahead -= bytes
    this.#serve()
  }

  #fits(bytes: number): boolean {
    return this.#used === 0 || this.used + bytes <= this.limit
  }

  #serve(): void {
    for (let next = this.#waiting[0]; next && this.#fits(next.bytes); next = this.#waiting[0]) {
      this.#waiting.shift()
      this.#used += next.bytes
      next.grant()
    }
  }
}
