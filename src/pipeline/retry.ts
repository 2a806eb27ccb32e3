import { setTimeout as sleep } from 'node:timers/promises'
import { refusesCredentials, renewCredentials } from '../credentials/refusal.js'
import { CallbackError, OssError, ServiceError } from '../errors.js'
import { requestedDelay } from '../retry/requested-delay.js'
import type { Retryer } from '../retry/retryer.js'
import type { PipelineContext } from './context.js'
import { serverTimeOf } from './service-error.js'
import { credentialsBehind } from './sign.js'

/** What decides about another attempt. */
export interface RetryPlan {
  readonly retryer: Retryer
  readonly maxAttempts: number
  /** Whether the request can be sent again now; false once a one-shot body has been touched. */
  readonly repeatable: () => boolean
  readonly signal?: AbortSignal | undefined
}

/**
 * Makes attempts until one succeeds or the plan says stop. The error of the last attempt is thrown as it is. Credentials that
 * the service refuses are renewed once; where that brings others, the next attempt is made at once, whatever the retryer says.
 * All other retries take from the client's quota, and wait at least as long as the service asks.
 */
export async function withRetry<T>(context: PipelineContext, plan: RetryPlan, attempt: () => Promise<T>): Promise<T> {
  const { retryQuota } = context
  let renewed = false
  let taken = 0
  for (let count = 1; ; count++) {
    plan.signal?.throwIfAborted()
    try {
      const result = await attempt()
      retryQuota.succeeded(taken)
      return result
    } catch (error) {
      if (plan.signal?.aborted) throw plan.signal.reason
      if (error instanceof OssError) error.attempts = count
      // The object is stored: whatever the policy says, sending it again would be wrong.
      if (error instanceof CallbackError) throw error
      correctClock(context, error)
      const refused = refusesCredentials(error) ? credentialsBehind(error) : undefined
      if (count >= plan.maxAttempts || !plan.repeatable()) {
        // Too late for this call, not for the next one.
        if (refused) context.credentialsProvider.invalidate?.(refused)
        throw error
      }
      if (refused && !renewed && (await renewCredentials(context.credentialsProvider, refused, plan.signal))) {
        renewed = true
        continue
      }
      if (!plan.retryer.isRetryable(error)) throw error
      const tokens = retryQuota.take(error, count)
      if (tokens === undefined) throw error
      taken += tokens
      await pause(Math.max(plan.retryer.delay(count, error), requestedDelay(error)), plan.signal)
    }
  }
}

async function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  if (milliseconds <= 0) return
  try {
    await sleep(milliseconds, undefined, signal ? { signal } : {})
  } catch (error) {
    throw signal?.aborted ? signal.reason : error
  }
}

/** The service says by how much the clock here is wrong: the next signature, and all later ones, take it into account. */
function correctClock(context: PipelineContext, error: unknown): void {
  if (!(error instanceof ServiceError) || error.code !== 'RequestTimeTooSkewed') return
  const serverTime = serverTimeOf(error)
  if (serverTime !== undefined) context.clockOffset = serverTime.getTime() - Date.now()
}
