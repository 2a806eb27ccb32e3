/** Decides whether and when a failed request is tried again. */
export interface Retryer {
  /** How many times a request is sent at most, the first time included. */
  readonly maxAttempts: number
  /** Whether this failure is worth another attempt. */
  isRetryable(error: unknown): boolean
  /** How long to wait before the next attempt, in milliseconds. `attempt` is 1 before the first retry. */
  delay(attempt: number, error: unknown): number
}

/** How waiting times between attempts grow. */
export interface Backoff {
  /** Milliseconds to wait; `attempt` is 1 before the first retry. */
  delay(attempt: number, error: unknown): number
}
