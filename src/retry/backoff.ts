import { ParamInvalidError } from '../errors.js'
import type { Backoff } from './retryer.js'

/** Options of the backoffs whose delays grow. */
export interface JitterOptions {
  /** What grows: it is doubled for each attempt. Milliseconds. @default 200 */
  readonly baseDelay?: number | undefined
  /** Where growth ends. Milliseconds. @default 20000 */
  readonly maxBackoff?: number | undefined
  /** Source of chance: numbers from 0 up to, but not including, 1. @default Math.random */
  readonly random?: (() => number) | undefined
}

/** The same delay before every attempt. Good for tests, and for a service that is known to be back in a moment. */
export class FixedDelayBackoff implements Backoff {
  readonly #delay: number

  /**
   * @param delay milliseconds, 0 for none
   * @throws ParamInvalidError `delay` unless it is a number of at least 0
   */
  constructor(delay: number) {
    this.#delay = duration('delay', delay)
  }

  delay(): number {
    return this.#delay
  }
}

/**
 * Any delay up to the grown one: `random × min(baseDelay × 2^attempt, maxBackoff)`. Spreads clients that failed together
 * best, at the price of some very short delays.
 */
export class FullJitterBackoff implements Backoff {
  readonly #growth: Growth

  /** @throws ParamInvalidError naming the option that is not usable */
  constructor(options: JitterOptions = {}) {
    this.#growth = growth(options)
  }

  delay(attempt: number): number {
    return this.#growth.random() * ceiling(this.#growth, attempt)
  }
}

/** Half of the grown delay for certain, and any part of the other half: never immediately, never all at once. */
export class EqualJitterBackoff implements Backoff {
  readonly #growth: Growth

  /** @throws ParamInvalidError naming the option that is not usable */
  constructor(options: JitterOptions = {}) {
    this.#growth = growth(options)
  }

  delay(attempt: number): number {
    const half = ceiling(this.#growth, attempt) / 2
    return half + this.#growth.random() * half
  }
}

interface Growth {
  readonly baseDelay: number
  readonly maxBackoff: number
  readonly random: () => number
}

function growth(options: JitterOptions): Growth {
  const { baseDelay = 200, maxBackoff = 20_000, random = Math.random } = options
  if (typeof random !== 'function')
    throw new ParamInvalidError('random', 'expected a function that gives numbers in [0, 1)')
  return { baseDelay: duration('baseDelay', baseDelay), maxBackoff: duration('maxBackoff', maxBackoff), random }
}

function ceiling({ baseDelay, maxBackoff }: Growth, attempt: number): number {
  // A power that overflows is Infinity, which the limit absorbs; Infinity times a base of 0 would be no number.
  return Math.min(baseDelay * 2 ** Math.min(attempt, 1000), maxBackoff)
}

function duration(name: string, value: number): number {
  if (!Number.isFinite(value) || value < 0)
    throw new ParamInvalidError(name, 'expected milliseconds, a finite number of at least 0')
  return value
}
