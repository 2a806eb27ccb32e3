import { ParamInvalidError } from '../errors.js'
import { type GetObjectRequest, type GetObjectResult, getObject } from '../operations/index.js'
import type { OperationOptions } from '../pipeline/context.js'
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
  const plan = {
    retryer: options.retryer ?? core.retryer,
    maxAttempts: Math.max(1, options.retryMaxAttempts ?? core.retryMaxAttempts),
    repeatable: () => true,
    signal: options.signal,
  }
  return withRetry(core, plan, async () => {
    // Retries of the head are counted here too: one attempt is one request.
    const { body, ...result } = await send(core, getObject, request, { ...options, retryMaxAttempts: 1 })
    await body?.pipeToFile(path)
    return result
  })
}
