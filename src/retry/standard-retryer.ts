import { OssError, ParamInvalidError, ServiceError } from '../errors.js'
import { FullJitterBackoff } from './backoff.js'
import type { Backoff, Retryer } from './retryer.js'

/** Says whether a failure is worth another attempt: a function, or an error's `code`, such as `ObjectAlreadyExists`. */
export type ErrorRetryable = ((error: unknown) => boolean) | string

/** Options of {@link StandardRetryer}. */
export interface StandardRetryerOptions {
  /** How many times a request is sent at most, the first time included. Less than 1 counts as 1. @default 3 */
  readonly maxAttempts?: number | undefined
  /** How waiting times grow. @default full jitter, 200 ms doubled for each attempt, at most 20 s */
  readonly backoff?: Backoff | undefined
  /**
   * Checks and codes, any of which may call for another attempt. They replace the default ones; to add to those, pass
   * `[...defaultErrorRetryables, 'YourCode', yourCheck]`.
   * @default defaultErrorRetryables
   */
  readonly errorRetryables?: readonly ErrorRetryable[] | undefined
}

/** Whether an answer of this status and code is worth another attempt: it was the service's moment, not the request. */
export function isRetryableAnswer(statusCode: number, code: string): boolean {
  if (statusCode >= 500 || statusCode === 401 || statusCode === 408 || statusCode === 429) return true
  // The clock is corrected before the next attempt; a BadRequest is often a body that was damaged on the way.
  return code === 'RequestTimeTooSkewed' || code === 'BadRequest'
}

/**
 * What {@link StandardRetryer} retries unless told otherwise: errors that say so themselves (no or a broken answer, a
 * checksum that differs, credentials that could not be fetched), and answers with status 5xx, 401, 408 or 429 or with code
 * `RequestTimeTooSkewed` or `BadRequest`.
 */
export const defaultErrorRetryables: readonly ErrorRetryable[] = Object.freeze([
  (error: unknown) => error instanceof OssError && error.retryable,
  (error: unknown) => error instanceof ServiceError && isRetryableAnswer(error.statusCode, error.code),
])

/** The default policy: a few attempts, spaced out by chance. Holds no state: one instance serves any number of clients. */
export class StandardRetryer implements Retryer {
  readonly maxAttempts: number
  readonly #backoff: Backoff
  readonly #errorRetryables: readonly ErrorRetryable[]

  /** @throws ParamInvalidError naming the option that is not usable */
  constructor(options: StandardRetryerOptions = {}) {
    const { maxAttempts = 3, backoff = new FullJitterBackoff(), errorRetryables = defaultErrorRetryables } = options
    if (!Number.isInteger(maxAttempts)) throw new ParamInvalidError('maxAttempts', 'expected an integer')
    if (typeof backoff?.delay !== 'function')
      throw new ParamInvalidError('backoff', 'expected an object with a method delay')
    if (!Array.isArray(errorRetryables) || !errorRetryables.every(isCheck)) {
      throw new ParamInvalidError('errorRetryables', 'expected a list of functions and error codes')
    }
    this.maxAttempts = Math.max(1, maxAttempts)
    this.#backoff = backoff
    this.#errorRetryables = [...errorRetryables]
  }

  isRetryable(error: unknown): boolean {
    return this.#errorRetryables.some(check =>
      typeof check === 'string' ? error instanceof OssError && error.code === check : check(error),
    )
  }

  delay(attempt: number, error: unknown): number {
    return this.#backoff.delay(attempt, error)
  }
}

function isCheck(value: unknown): value is ErrorRetryable {
  return typeof value === 'function' || (typeof value === 'string' && value !== '')
}
