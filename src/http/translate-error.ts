import { ClientClosedError, OssError, RequestError, TimeoutError } from '../errors.js'
import type { HttpRequest } from './http-client.js'
import { tlsErrorOf } from './tls-error.js'
import { errors } from './undici.js'

/** Turns undici's and the system's errors into ours; an error thrown by the body itself passes as it is. */
export function translateError(error: unknown, request: HttpRequest): unknown {
  if (error instanceof OssError) return error
  if (error instanceof errors.ConnectTimeoutError)
    return new TimeoutError('connect', request.timeouts.connect, { cause: error })
  if (error instanceof errors.HeadersTimeoutError || error instanceof errors.BodyTimeoutError) {
    return new TimeoutError('readwrite', request.timeouts.readwrite, { cause: error })
  }
  if (error instanceof errors.ClientDestroyedError || error instanceof errors.ClientClosedError)
    return new ClientClosedError({ cause: error })
  if (error instanceof errors.UndiciError || isParserError(error) || isSystemError(error)) {
    return tlsErrorOf(error as Error) ?? new RequestError(`no answer: ${describe(error as Error)}`, { cause: error })
  }
  return error
}

/** The one error of undici that does not share its base class, whatever its types say. */
function isParserError(error: unknown): boolean {
  return error instanceof Error && error.name === 'HTTPParserError'
}

function isSystemError(error: unknown): boolean {
  return error instanceof Error && typeof (error as NodeJS.ErrnoException).code === 'string'
}

/** What an error says in one line. */
export function describe(error: Error): string {
  if (error.message !== '') return error.message
  // Happy-eyeballs failures are aggregates without a message of their own.
  const first = error instanceof AggregateError ? error.errors[0] : undefined
  return first instanceof Error ? first.message : ((error as NodeJS.ErrnoException).code ?? error.name)
}

/** As undici says it: whether the connection had brought bytes before tells whether the service is to blame. */
export function otherSideClosed({ bytesRead, bytesWritten }: { bytesRead: number; bytesWritten: number }): Error {
  return new errors.SocketError('other side closed', { bytesRead, bytesWritten } as ErrorOptions)
}
