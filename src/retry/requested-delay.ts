import { ServiceError } from '../errors.js'

/** The longest wait that the service may ask for, in milliseconds: a wrong header must not stop a call for hours. */
const longestDelay = 60_000

/** Whether the service says that it gets too many requests. */
export function isThrottled(error: unknown): error is ServiceError {
  return error instanceof ServiceError && (error.statusCode === 429 || error.statusCode === 503)
}

/** Milliseconds for which the service asks to be left alone, in `x-oss-qos-delay-time`; 0 when it does not. */
export function requestedDelay(error: unknown): number {
  if (!isThrottled(error)) return 0
  const stated = Number(error.headers['x-oss-qos-delay-time'])
  return Number.isFinite(stated) && stated > 0 ? Math.min(stated, longestDelay) : 0
}
