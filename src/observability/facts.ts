import { OssError, ServiceError, TimeoutError } from '../errors.js'
import type { Outcome } from './events.js'

/** How something that rejected ended. */
export function outcomeOf(error: unknown, signal: AbortSignal | undefined): Outcome {
  return signal?.aborted && error === signal.reason ? 'aborted' : 'failed'
}

/** A short name for a failure. */
export function codeOf(error: unknown): string {
  if (error instanceof TimeoutError) return `${error.code}:${error.phase}`
  if (error instanceof OssError) return error.code
  return error instanceof Error ? error.name : 'unknown'
}

/** What a log says about an error: chosen facts, never the error itself with all that hangs on it. */
export function factsOf(error: unknown): Record<string, unknown> {
  const facts: Record<string, unknown> = { code: codeOf(error) }
  // What others threw, such as a body that fails while it is read, may say anything.
  if (!(error instanceof OssError)) return facts
  facts.error = error.name
  facts.reason = error.message
  if (error.retryBlockedBy !== undefined) facts.retryBlockedBy = error.retryBlockedBy
  if (error.requestId) facts.requestId = error.requestId
  if (error instanceof ServiceError) {
    facts.statusCode = error.statusCode
    facts.ec = error.ec
  }
  const { cause } = error
  if (cause !== undefined) facts.cause = codeOf(cause)
  return facts
}

/** A record's facts without those that are not known. */
export function known(facts: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined))
}
