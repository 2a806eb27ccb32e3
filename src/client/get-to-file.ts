import { ParamInvalidError } from '../errors.js'
import { logRepeat } from '../observability/log-repeat.js'
import { type GetObjectRequest, type GetObjectResult, getObject } from '../operations/index.js'
import type { OperationOptions } from '../pipeline/context.js'
import { withDeadline } from '../pipeline/deadline.js'
import { withRetry } from '../pipeline/retry.js'
import { send } from '../pipeline/send.js'
import type { ClientCore } from './core.js'

/** Fetches an object into a file, again from the start when the body breaks off. */
export async function getObjectToFile(
  core: ClientCore,
  request: GetObjectRequest,
  path: string,
  options: OperationOptions = {},
): Promise<Omit<GetObjectResult, 'body'>> {
  if (typeof path !== 'string' || path === '') throw new ParamInvalidError('path', 'expected a file path')
  // The time limit is for the whole body here, not for its beginning.
  return withDeadline(core, options, (within, deadline) => {
    const plan = {
      retryer: within.retryer ?? core.retryer,
      maxAttempts: Math.max(1, within.retryMaxAttempts ?? core.retryMaxAttempts),
      repeatable: () => true,
      signal: within.signal,
      deadline,
      trace: {
        attemptFailed: (error: unknown, wait?: number) => wait !== undefined && logRepeat(core.logger, error, wait),
      },
    }
    return withRetry(core, plan, async () => {
      // Retries of the head are counted here too: one attempt is one request.
      const once = { ...within, retryMaxAttempts: 1, totalTimeout: 0 }
      const { body, ...result } = await send(core, getObject, request, once)
      await body?.pipeToFile(path)
      return result
    })
  })
}
