import { TimeoutError } from '../errors.js'
import type { FlowWatch } from '../http/http-client.js'

/** How little a connection may bring. */
export interface ThroughputLimits {
  /** Bytes per second; 0 for no limit. */
  readonly minThroughput: number
  /** Milliseconds for which nothing need come. */
  readonly minThroughputWindow: number
}

/** What a {@link ThroughputWatch} knows of time. A test passes its own and needs no waiting. */
export interface WatchClock {
  /** Milliseconds since some fixed moment; never goes back. */
  now(): number
  /** Calls back after so many milliseconds. Gives a function that takes this back. */
  after(milliseconds: number, callback: () => void): () => void
}

const systemClock: WatchClock = {
  now: () => performance.now(),
  after: (milliseconds, callback) => {
    // What arrived while the process was busy, or asleep, is looked at before anybody is blamed.
    const timer = setTimeout(() => setImmediate(callback), milliseconds)
    // Whoever waits for the connection keeps the process alive.
    timer.unref()
    return () => clearTimeout(timer)
  },
}

/**
 * Notices a connection that drips. It is a bucket that time empties at the least rate and bytes fill, up to what a window
 * holds: one that is silent runs dry after a window, one that brings half of the rate after two, one that keeps the rate
 * never, however unevenly. What is above the rate is not saved up.
 */
export class ThroughputWatch implements FlowWatch {
  readonly #rate: number
  readonly #window: number
  readonly #clock: WatchClock
  readonly #onSlow: (error: TimeoutError) => void
  readonly #capacity: number
  #level: number
  #holds = 1
  #since = 0
  #cancelTimer: (() => void) | undefined
  #ended = false

  constructor(
    { minThroughput, minThroughputWindow }: ThroughputLimits,
    onSlow: (error: TimeoutError) => void,
    clock: WatchClock = systemClock,
  ) {
    this.#rate = minThroughput / 1000
    this.#window = minThroughputWindow
    this.#capacity = this.#rate * minThroughputWindow
    this.#level = this.#capacity
    this.#onSlow = onSlow
    this.#clock = clock
  }

  go(): void {
    if (--this.#holds > 0) return
    this.#since = this.#clock.now()
    this.#arm()
  }

  hold(): void {
    if (this.#holds++ === 0) this.#empty()
  }

  moved(bytes: number): void {
    if (this.#holds === 0) this.#empty(bytes)
    else this.#fill(bytes, this.#capacity)
  }

  /** Bytes are handed over that may take as long as the least rate permits: nobody sees how far they have come. */
  handedOver(bytes: number): void {
    this.#fill(bytes, Math.max(this.#capacity, bytes))
  }

  /** The exchange is over. */
  end(): void {
    this.#ended = true
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
  }

  #fill(bytes: number, capacity: number): void {
    this.#level = Math.min(this.#level + bytes, Math.max(this.#level, capacity))
  }

  /** Lets time pass, and then the bytes that came at the end of it. */
  #empty(bytes = 0): void {
    const now = this.#clock.now()
    this.#level -= (now - this.#since) * this.#rate
    this.#since = now
    this.#fill(bytes, this.#capacity)
    if (this.#level > 0 || this.#ended) return
    this.end()
    this.#onSlow(new TimeoutError('throughput', this.#window))
  }

  /** One timer at most, which is late rather than set again for every piece. */
  #arm(): void {
    if (this.#cancelTimer !== undefined || this.#ended) return
    const wait = Math.max(1, Math.ceil(this.#level / this.#rate))
    this.#cancelTimer = this.#clock.after(wait, () => {
      this.#cancelTimer = undefined
      if (this.#holds > 0 || this.#ended) return
      this.#empty()
      this.#arm()
    })
  }
}
