import { ServiceError } from '../errors.js'

/** The longest wait that the service may ask for, in milliseconds: a wrong header must not stop a call for hours. */
const longestDelay = 60_000

/** Whether the service says that it gets too many requests. */
export function isThrottled(error: unknown): error is ServiceError {
  return error instanceof ServiceError && (error.statusCode === 429 || error.statusCode === 503)
}

/**
 * Milliseconds for which the service, or a proxy before it, asks to be left alone: `x-oss-qos-delay-time` or `Retry-After`, the
 * longer one; 0 when neither is there.
 */
export function requestedDelay(error: unknown): number {
  if (!isThrottled(error)) return 0
  const { headers } = error
  const stated = Number(headers['x-oss-qos-delay-time'])
  const delay = Math.max(Number.isFinite(stated) ? stated : 0, retryAfter(headers))
  return Math.min(delay, longestDelay)
}

/** `Retry-After` is a number of seconds, or a time by the clock of whoever wrote it. */
function retryAfter(headers: Record<string, string>): number {
  const stated = headers['retry-after']?.trim()
  if (stated === undefined) return 0
  if (/^\d+$/.test(stated)) return Number(stated) * 1000
  const now = Date.parse(headers.date ?? '')
  const wait = Date.parse(stated) - (Number.isNaN(now) ? Date.now() : now)
  return Number.isNaN(wait) ? 0 : Math.max(0, wait)
}
