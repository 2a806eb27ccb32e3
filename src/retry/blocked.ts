import { OssError, type RetryBlock } from '../errors.js'

/** Notes on an error what kept it from being retried, and gives it back. */
export function blocked(error: unknown, by: RetryBlock): unknown {
  if (error instanceof OssError) error.retryBlockedBy = by
  return error
}
