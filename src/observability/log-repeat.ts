import { OssError } from '../errors.js'
import { codeOf, factsOf, known } from './facts.js'
import { type Logger, log } from './logger.js'

/** Tells the logger that a body is asked for again: the call that brought its beginning has ended well, and says nothing. */
export function logRepeat(logger: Logger | undefined, error: unknown, retryInMs: number): void {
  if (logger === undefined) return
  const operation = error instanceof OssError ? error.operation : undefined
  log(logger, 'warn', {
    event: 'retry',
    message: `${operation ?? 'GetObject'}: the body failed with ${codeOf(error)}, again in ${Math.round(retryInMs)} ms`,
    ...known({ operation }),
    retryInMs,
    ...factsOf(error),
  })
}
