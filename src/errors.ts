/** Extra facts that any {@link OssError} may carry. */
export interface OssErrorOptions {
  /** What led to this error. */
  cause?: unknown
  /** Name of the operation, such as `PutObject`. */
  operation?: string | undefined
  /** Id of the request whose answer led to this error. */
  requestId?: string | undefined
  /** Whether the same call may succeed when tried again. @default false */
  retryable?: boolean
}

/**
 * Why a failure that is worth another attempt did not get one: all attempts were made (`attempts`), the body could be read only
 * once and was begun (`body`), the client's retry quota is used up (`quota`), or the wait would have ended after `totalTimeout`
 * (`deadline`).
 */
export type RetryBlock = 'attempts' | 'body' | 'quota' | 'deadline'

const brand = Symbol.for('ferross.error')

/**
 * Base of every error ferross raises, except an abort, which rejects with the signal's own reason.
 * `instanceof` holds across copies of the package in one process.
 */
export class OssError extends Error {
  /** Stable name of the kind of error, the service's code for a {@link ServiceError}. */
  readonly code: string
  /** Operation that failed, such as `PutObject`; absent outside operations. */
  operation?: string
  /** Identifies the request in the service's logs; absent when there was no answer. Quote it when asking for support. */
  requestId?: string
  /** How many times the request was sent; 0 when it failed before sending. */
  attempts = 0
  /** Whether the same call may succeed when tried again. The retry policy asks this and more. */
  readonly retryable: boolean
  /** Why there was no further attempt although the retry policy asked for one; absent when it did not ask. */
  retryBlockedBy?: RetryBlock

  constructor(code: string, message: string, options: OssErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = new.target.name
    this.code = code
    if (options.operation !== undefined) this.operation = options.operation
    if (options.requestId !== undefined) this.requestId = options.requestId
    this.retryable = options.retryable ?? false
    Object.defineProperty(this, brand, { value: lineage(new.target) })
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    const classes: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, brand) : undefined
    return Array.isArray(classes) && classes.includes(this.name)
  }
}

/** Names of a class and its ancestors: what `instanceof` compares between copies of the package. */
function lineage(start: { name: string }): string[] {
  const names: string[] = []
  for (let current: unknown = start; typeof current === 'function'; current = Object.getPrototypeOf(current)) {
    if (current.name) names.push(current.name)
  }
  return names
}

/** What the service said, as plain data: the constructor argument of {@link ServiceError}. */
export interface ServiceErrorFields {
  statusCode: number
  code: string
  message: string
  requestId: string
  ec: string
  hostId?: string
  timestamp?: Date
  /** Method and URL without its query. */
  requestTarget: string
  headers: Record<string, string>
  /** The answer's body as text, cut to a few KiB. */
  snapshot: string
  details: Record<string, string>
}

/** The service answered with an error. `code` is the service's own, such as `NoSuchKey`. */
export class ServiceError extends OssError {
  /** HTTP status of the answer. */
  readonly statusCode: number
  /** Identifies the request in the service's logs; empty when the answer has none. Quote it when asking for support. */
  override readonly requestId: string
  /** Finer error number, `NNNN-NNNNNNNN`, empty when the service gave none. Show it, do not branch on it. */
  readonly ec: string
  /** Host the service says it is. */
  readonly hostId?: string
  /** When the service answered: the `Date` header, or `ServerTime` of the body without one. */
  readonly timestamp?: Date
  /** Method and URL of the request, without the query. */
  readonly requestTarget: string
  /** Headers of the answer, names in lower case. */
  readonly headers: Record<string, string>
  /** Beginning of the answer's body. */
  readonly snapshot: string
  /** All children of the error document, by name. */
  readonly details: Record<string, string>

  constructor(fields: ServiceErrorFields, options: OssErrorOptions = {}) {
    super(fields.code, fields.message, options)
    this.statusCode = fields.statusCode
    this.requestId = fields.requestId
    this.ec = fields.ec
    if (fields.hostId !== undefined) this.hostId = fields.hostId
    if (fields.timestamp !== undefined) this.timestamp = fields.timestamp
    this.requestTarget = fields.requestTarget
    this.headers = fields.headers
    this.snapshot = fields.snapshot
    this.details = fields.details
  }
}

/**
 * The object is stored, but the callback that the request asked for failed (status 203, mostly `CallbackFailed`): the
 * application's server did not answer in time or not as it should. Sending the object again would help nothing, so it is
 * never retried; tell the application some other way.
 */
export class CallbackError extends ServiceError {
  /** Always `true`: the upload itself is done. */
  readonly stored = true

  constructor(fields: ServiceErrorFields, options: OssErrorOptions = {}) {
    super(fields, { ...options, retryable: false })
  }
}

/** A required parameter is missing. */
export class ParamRequiredError extends OssError {
  /** Path of the parameter, such as `delete.objects`. */
  readonly field: string
  constructor(field: string, options?: OssErrorOptions) {
    super('ParamRequired', `missing required parameter: ${field}`, options)
    this.field = field
  }
}

/** A parameter or option has a value that cannot be used. */
export class ParamInvalidError extends OssError {
  /** Path of the parameter or name of the option. */
  readonly field: string
  constructor(field: string, expectation: string, options?: OssErrorOptions) {
    // Names may be the caller's, and a message is one line.
    const shown = field.replace(/[\p{Cc}\u2028\u2029]/gu, '?')
    super('ParamInvalid', `invalid parameter ${shown}: ${expectation}`, options)
    this.field = field
  }
}

/** The bucket name breaks OSS's rules: 3 to 63 of `a-z 0-9 -`, not beginning or ending with `-`. */
export class BucketNameInvalidError extends OssError {
  /** Always `bucket`. */
  readonly field = 'bucket'
  constructor(name: string, options?: OssErrorOptions) {
    const shown = JSON.stringify(name.length > 80 ? `${name.slice(0, 80)}…` : name)
    super('BucketNameInvalid', `invalid bucket name ${shown}: use 3 to 63 of a-z 0-9 -, no - at the ends`, options)
  }
}

/** The key breaks OSS's rules: 1 to 1024 characters. */
export class ObjectNameInvalidError extends OssError {
  /** Always `key`. */
  readonly field = 'key'
  constructor(length: number, options?: OssErrorOptions) {
    super('ObjectNameInvalid', `invalid key of ${length} characters: use 1 to 1024`, options)
  }
}

/** A presigned URL would live longer than the signature version permits (7 days under V4). */
export class PresignExpirationError extends OssError {
  constructor(options?: OssErrorOptions) {
    super('PresignExpiration', 'expires must not exceed 604800 seconds (7 days) with signature V4', options)
  }
}

/** The credentials provider gave no access key, or an empty one. */
export class CredentialsEmptyError extends OssError {
  constructor(options?: OssErrorOptions) {
    super(
      'CredentialsEmpty',
      'credentials are null or empty: set an access key id and secret, or sign anonymously',
      options,
    )
  }
}

/** The credentials provider failed; `cause` says how. Worth trying again. */
export class CredentialsFetchError extends OssError {
  constructor(cause: unknown, options?: OssErrorOptions) {
    super('CredentialsFetch', 'credentials could not be fetched', { retryable: true, ...options, cause })
  }
}

/** The request value cannot be written, such as two forms of one body given together. */
export class SerializationError extends OssError {
  constructor(message: string, options?: OssErrorOptions) {
    super('Serialization', message, options)
  }
}

/** No answer arrived: the connection was refused, reset, or broke off. `cause` has the system's error. */
export class RequestError extends OssError {
  constructor(message: string, options?: OssErrorOptions) {
    super('RequestError', message, { retryable: true, ...options })
  }
}

/** The proxy could not be reached, or refused to carry the request. A kind of {@link RequestError}. */
export class ProxyError extends RequestError {
  override readonly code = 'ProxyError'
  /** Scheme, host and port of the proxy; never its user or password. */
  readonly proxy: string
  /** Status the proxy answered with, 407 when it wants other proof of who asks; absent when it gave no answer. */
  readonly statusCode?: number
  constructor(message: string, fields: { proxy: string; statusCode?: number }, options?: OssErrorOptions) {
    super(`proxy ${fields.proxy}: ${message}`, options)
    this.proxy = fields.proxy
    if (fields.statusCode !== undefined) this.statusCode = fields.statusCode
  }
}

/**
 * A TLS connection could not be made: a certificate is not trusted, or the two sides do not agree. A kind of
 * {@link RequestError}. Retried only when the reason may pass, which that of a certificate does not.
 */
export class TlsError extends RequestError {
  override readonly code = 'TlsError'
  /** Why, as Node.js and OpenSSL name it: `CERT_HAS_EXPIRED`, `SELF_SIGNED_CERT_IN_CHAIN`. */
  readonly reason: string
  constructor(message: string, reason: string, options?: OssErrorOptions) {
    super(`${message} (${reason})`, options)
    this.reason = reason
  }
}

/** The client, or the transport, was closed before or while the call was under way. Not retried. */
export class ClientClosedError extends OssError {
  constructor(options?: OssErrorOptions) {
    super('ClientClosed', 'the client is closed', options)
  }
}

/** An answer arrived but cannot be used: cut short, not what was asked for, or not readable. */
export class ResponseError extends OssError {
  constructor(message: string, options?: OssErrorOptions) {
    super('ResponseError', message, { retryable: true, ...options })
  }
}

/** A success answer's document is not what the operation promises. Not retried. */
export class DeserializationError extends OssError {
  constructor(message: string, options?: OssErrorOptions) {
    super('Deserialization', message, options)
  }
}

/** Connecting, sending or receiving made no progress for the time allowed, or too little (phase `throughput`). */
export class TimeoutError extends OssError {
  /** Which limit was reached. */
  readonly phase: 'connect' | 'readwrite' | 'throughput' | 'idle' | 'total'
  constructor(phase: TimeoutError['phase'], milliseconds: number, options?: OssErrorOptions) {
    super('Timeout', `${phase} timeout after ${milliseconds} ms`, { retryable: true, ...options })
    this.phase = phase
  }
}

/** The CRC-64 of the bytes here and at the service differ: they were damaged on the way. */
export class InconsistentError extends OssError {
  /** CRC-64 computed here, decimal. */
  readonly clientCrc: string
  /** CRC-64 the service reported, decimal. */
  readonly serverCrc: string
  constructor(clientCrc: string, serverCrc: string, options?: OssErrorOptions) {
    super('Inconsistent', `crc is inconsistent, client crc: ${clientCrc}, server crc: ${serverCrc}`, {
      retryable: true,
      ...options,
    })
    this.clientCrc = clientCrc
    this.serverCrc = serverCrc
  }
}

/** The file being uploaded, or the object being downloaded, changed while it was read. */
export class SourceChangedError extends OssError {
  constructor(message: string, options?: OssErrorOptions) {
    super('SourceChanged', message, options)
  }
}

/** A local file could not be read or written; `cause` has the system's error and `path` the file. */
export class FileError extends OssError {
  /** The file. */
  readonly path: string
  /** The system's code, such as `ENOENT`, `EACCES`, `EISDIR` or `ENOSPC`. */
  readonly systemCode: string
  constructor(action: 'read' | 'write', path: string, cause: unknown, options?: OssErrorOptions) {
    const systemCode = String((cause as NodeJS.ErrnoException | undefined)?.code ?? 'UNKNOWN')
    super('FileError', `cannot ${action} ${path}: ${systemCode}`, { ...options, cause })
    this.path = path
    this.systemCode = systemCode
  }
}

/** A checkpoint of a resumable transfer cannot be used or written. */
export class CheckpointError extends OssError {
  constructor(message: string, options?: OssErrorOptions) {
    super('Checkpoint', message, options)
  }
}

/** Encrypted content or its envelope cannot be decrypted. Says nothing more, by intent. */
export class DecryptionError extends OssError {
  constructor(message = 'the object cannot be decrypted with the keys at hand', options?: OssErrorOptions) {
    super('Decryption', message, options)
  }
}
