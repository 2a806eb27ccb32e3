import type { ClientCore } from '../client/core.js'
import { sleep } from '../internal/sleep.js'
import { logRepeat } from '../observability/log-repeat.js'
import { blocked } from '../retry/blocked.js'
import { requestedDelay } from '../retry/requested-delay.js'

/** Decides about attempts of something that goes on where it broke, so that attempts are counted anew after progress. */
export class ResumingRetry {
  readonly #core: ClientCore
  readonly #signal: AbortSignal
  #failures = 0
  #taken = 0

  constructor(core: ClientCore, signal: AbortSignal) {
    this.#core = core
    this.#signal = signal
  }

  /** Waits before the next attempt, or throws the error when there is to be none. */
  async after(error: unknown, progressed: boolean): Promise<void> {
    const { retryer, retryMaxAttempts, retryQuota, logger } = this.#core
    this.#signal.throwIfAborted()
    this.#failures = progressed ? 1 : this.#failures + 1
    // A connection that broke after much came through is worth another one even when single requests are not repeated.
    const most = progressed ? Math.max(2, retryMaxAttempts) : retryMaxAttempts
    if (!retryer.isRetryable(error)) throw error
    if (this.#failures >= most) throw blocked(error, 'attempts')
    // What goes forward is no load in vain: only attempts that brought nothing are counted against the client's quota.
    if (progressed) {
      retryQuota.giveBack(this.#taken)
      this.#taken = 0
    } else {
      const tokens = retryQuota.take(error, this.#failures)
      if (tokens === undefined) throw blocked(error, 'quota')
      this.#taken += tokens
    }
    const delay = Math.max(retryer.delay(this.#failures, error), requestedDelay(error))
    logRepeat(logger, error, delay)
    if (delay > 0) await sleep(delay, this.#signal)
  }
}
