import { setTimeout as wait } from 'node:timers/promises'
import { ParamInvalidError } from '../errors.js'

/** What a {@link RateLimiter} knows of time. A test passes its own and needs no waiting. */
export interface RateClock {
  /** Milliseconds since some fixed moment; never goes back. */
  now(): number
  /** Resolves after so many milliseconds, rejects when the signal fires. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>
}

const systemClock: RateClock = {
  now: () => performance.now(),
  sleep: (milliseconds, signal) => wait(milliseconds, undefined, signal ? { signal } : {}),
}

/** What may pass at once after idleness, as a share of a second. Small, so that the flow is even. */
const burstSeconds = 0.05
/** Bodies are let through in pieces that take about this long alone, so that several flows share the rate evenly. */
const pieceSeconds = 0.05
const smallestPiece = 1024
const largestPiece = 64 * 1024

/**
 * A token bucket: bytes pass at a steady rate, in the order in which they were announced. It keeps no queue and no timer of
 * its own: each taker is told the moment at which its bytes are due.
 */
export class RateLimiter {
  /** Bytes per second. */
  readonly rate: number
  /** Bodies should be announced in pieces of this many bytes. */
  readonly piece: number
  readonly #clock: RateClock
  /** When everything announced so far will have passed. */
  #due = Number.NEGATIVE_INFINITY

  /** @throws ParamInvalidError unless the rate is an integer of at least 1 */
  constructor(bytesPerSecond: number, clock: RateClock = systemClock) {
    if (!Number.isSafeInteger(bytesPerSecond) || bytesPerSecond < 1) {
      throw new ParamInvalidError('bandwidthLimit', 'expected an integer of at least 1 byte per second')
    }
    this.rate = bytesPerSecond
    this.piece = Math.max(smallestPiece, Math.min(largestPiece, Math.floor(bytesPerSecond * pieceSeconds)))
    this.#clock = clock
  }

  /** Resolves when `bytes` may pass. Rejects with the signal's reason; the bytes are then free for others. */
  async take(bytes: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    const now = this.#clock.now()
    const cost = (bytes / this.rate) * 1000
    this.#due = Math.max(this.#due, now - burstSeconds * 1000) + cost
    const delay = this.#due - now
    if (delay <= 0) return
    try {
      await this.#clock.sleep(delay, signal)
    } catch (error) {
      this.#due -= cost
      throw signal?.aborted ? signal.reason : error
    }
  }
}
