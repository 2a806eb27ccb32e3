import type { Retryer } from './retryer.js'

/** Never tries again: the first failure is the result. */
export class NopRetryer implements Retryer {
  readonly maxAttempts = 1

  isRetryable(): boolean {
    return false
  }

  delay(): number {
    return 0
  }
}
