import { type ErrorCode, errorCatalog } from './error-catalog.js'

/** What a {@link Failure} says beyond its code. */
export interface FailureOptions {
  /** In place of the catalog's message. */
  readonly message?: string
  /** In place of the catalog's status. */
  readonly status?: number
  /** In place of the catalog's finer number. */
  readonly ec?: string
  /** Further elements of the error document, in order. */
  readonly details?: Readonly<Record<string, string>>
  /** Further headers of the answer. */
  readonly headers?: Readonly<Record<string, string>>
}

/** The error a request is answered with. Raised anywhere below the dispatcher, which writes it. */
export class Failure extends Error {
  readonly code: string
  readonly status: number
  readonly ec: string
  readonly details: Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, string>>

  constructor(code: ErrorCode | (string & {}), options: FailureOptions = {}) {
    const known = Object.hasOwn(errorCatalog, code) ? errorCatalog[code as ErrorCode] : errorCatalog.InternalError
    super(options.message ?? (known === errorCatalog.InternalError ? code : known.message))
    this.name = 'Failure'
    this.code = code
    this.status = options.status ?? known.status
    this.ec = options.ec ?? known.ec
    this.details = options.details ?? {}
    this.headers = options.headers ?? {}
  }
}

/** The failure for a header or parameter that cannot be used. */
export function invalidArgument(name: string, value: string, message: string, ec?: string): Failure {
  return new Failure('InvalidArgument', {
    message,
    details: { ArgumentName: name, ArgumentValue: value },
    ...(ec === undefined ? {} : { ec }),
  })
}
