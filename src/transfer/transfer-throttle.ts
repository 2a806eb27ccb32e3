import { isThrottled, requestedDelay } from '../retry/requested-delay.js'
import type { Retryer } from '../retry/retryer.js'

export { isThrottled, requestedDelay }

/**
 * How many parts may move at a time: fewer when the service is short of breath, more again while all goes well. Halves on a
 * throttled answer and grows by one after as many successes as there are slots.
 */
export class AdaptiveParallelism {
  readonly #most: number
  readonly #moved: { parts: number } | undefined
  #current: number
  #successes = 0
  /** Answers to requests that were under way when the number was halved say nothing about the new number. */
  #ignored = 0

  /** @param moved where parts that were moved are counted */
  constructor(most: number, moved?: { parts: number }) {
    this.#most = most
    this.#moved = moved
    this.#current = most
  }

  /** Parts that may move at a time. */
  get current(): number {
    return this.#current
  }

  /** A request was refused because there are too many. */
  throttled(): void {
    if (this.#ignored > 0) {
      this.#ignored--
      return
    }
    this.#ignored = this.#current - 1
    this.#current = Math.max(1, Math.floor(this.#current / 2))
    this.#successes = 0
  }

  /** A part has been moved. */
  succeeded(): void {
    if (this.#moved) this.#moved.parts++
    this.#ignored = 0
    this.#successes++
    if (this.#successes < this.#current || this.#current >= this.#most) return
    this.#current++
    this.#successes = 0
  }
}

/** A retryer that waits at least as long as the service asks, and tells the transfer that it was throttled. */
export class ThrottleAwareRetryer implements Retryer {
  readonly maxAttempts: number
  readonly #inner: Retryer
  readonly #parallelism: AdaptiveParallelism

  constructor(inner: Retryer, parallelism: AdaptiveParallelism) {
    this.maxAttempts = inner.maxAttempts
    this.#inner = inner
    this.#parallelism = parallelism
  }

  isRetryable(error: unknown): boolean {
    return this.#inner.isRetryable(error)
  }

  delay(attempt: number, error: unknown): number {
    if (isThrottled(error)) this.#parallelism.throttled()
    return Math.max(this.#inner.delay(attempt, error), requestedDelay(error))
  }
}
