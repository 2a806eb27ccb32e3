import { refusesCredentials, renewCredentials } from '../credentials/refusal.js'
import { CallbackError, OssError, ServiceError } from '../errors.js'
import { sleep } from '../internal/sleep.js'
import type { CallTrace } from '../observability/request-trace.js'
import { blocked } from '../retry/blocked.js'
import { requestedDelay } from '../retry/requested-delay.js'
import type { Retryer } from '../retry/retryer.js'
import type { PipelineContext } from './context.js'
import type { Deadline } from './deadline.js'
import { serverTimeOf } from './service-error.js'
import { credentialsBehind } from './sign.js'

/** What decides about another attempt. */
export interface RetryPlan {
  readonly retryer: Retryer
  readonly maxAttempts: number
  /** Whether the request can be sent again now; false once a one-shot body has been touched. */
  readonly repeatable: () => boolean
  /** The deadline's, where there is one. */
  readonly signal?: AbortSignal | undefined
  readonly deadline?: Deadline | undefined
  /** Is told of attempts that failed, and of the milliseconds until the next one. */
  readonly trace?: Pick<CallTrace, 'attemptFailed'> | undefined
}

/**
 * Makes attempts until one succeeds or the plan says stop. The error of the last attempt is thrown as it is. Credentials that
 * the service refuses are renewed once; where that brings others, the next attempt is made at once, whatever the retryer says.
 * All other retries take from the client's quota, wait at least as long as the service asks, and end before the deadline.
 */
export async function withRetry<T>(context: PipelineContext, plan: RetryPlan, attempt: () => Promise<T>): Promise<T> {
  const { signal, deadline, trace } = plan
  const retries = new Retries(context, plan)
  for (let count = 1; ; count++) {
    signal?.throwIfAborted()
    if (deadline) deadline.attempts = count
    try {
      const result = await attempt()
      retries.succeeded()
      return result
    } catch (error) {
      let wait: number
      try {
        wait = await retries.next(error, count)
      } catch (final) {
        trace?.attemptFailed(error)
        throw final
      }
      trace?.attemptFailed(error, wait)
      if (wait > 0) await sleep(wait, signal)
    }
  }
}

/** Decides about the attempts of one call. */
class Retries {
  readonly #context: PipelineContext
  readonly #plan: RetryPlan
  #renewed = false
  #taken = 0

  constructor(context: PipelineContext, plan: RetryPlan) {
    this.#context = context
    this.#plan = plan
  }

  succeeded(): void {
    this.#context.retryQuota.succeeded(this.#taken)
  }

  /** Milliseconds to wait before another attempt. Throws what the call is to reject with when there is to be none. */
  async next(error: unknown, count: number): Promise<number> {
    const { retryer, maxAttempts, repeatable, signal, deadline } = this.#plan
    const { retryQuota, credentialsProvider } = this.#context
    if (signal?.aborted) throw signal.reason
    if (error instanceof OssError) error.attempts = count
    if (deadline) deadline.failure = error
    // The object is stored: whatever the policy says, sending it again would be wrong.
    if (error instanceof CallbackError) throw error
    correctClock(this.#context, error)
    const refused = refusesCredentials(error) ? credentialsBehind(error) : undefined
    const obstacle = count >= maxAttempts ? 'attempts' : repeatable() ? undefined : 'body'
    if (obstacle !== undefined) {
      // Too late for this call, not for the next one.
      if (refused) credentialsProvider.invalidate?.(refused)
      throw retryer.isRetryable(error) ? blocked(error, obstacle) : error
    }
    if (refused && !this.#renewed && (await renewCredentials(credentialsProvider, refused, signal))) {
      this.#renewed = true
      return 0
    }
    if (!retryer.isRetryable(error)) throw error
    const tokens = retryQuota.take(error, count)
    if (tokens === undefined) throw blocked(error, 'quota')
    const wait = Math.max(retryer.delay(count, error), requestedDelay(error))
    if (deadline && wait >= deadline.left) {
      retryQuota.giveBack(tokens)
      throw deadline.expired()
    }
    this.#taken += tokens
    return wait
  }
}

/** The service says by how much the clock here is wrong: the next signature, and all later ones, take it into account. */
function correctClock(context: PipelineContext, error: unknown): void {
  if (!(error instanceof ServiceError) || error.code !== 'RequestTimeTooSkewed') return
  const serverTime = serverTimeOf(error)
  if (serverTime !== undefined) context.clockOffset = serverTime.getTime() - Date.now()
}
