import type { Dispatcher } from 'undici'
import { AnonymousCredentialsProvider } from '../credentials/anonymous.js'
import type { CredentialsProvider } from '../credentials/credentials.js'
import { ParamInvalidError, ParamRequiredError } from '../errors.js'
import { type ConnectionOptions, refuseUnused } from '../http/connection-options.js'
import type { HttpClient } from '../http/http-client.js'
import { UndiciHttpClient } from '../http/undici-client.js'
import { version } from '../internal/version.js'
import type { Logger } from '../observability/logger.js'
import { defaultRetryQuota } from '../retry/retry-quota.js'
import type { Retryer } from '../retry/retryer.js'
import { StandardRetryer } from '../retry/standard-retryer.js'
import type { Signer } from '../signing/signer.js'
import { SignerV1 } from '../signing/v1.js'
import { SignerV4 } from '../signing/v4.js'
import { type Endpoint, resolveEndpoint } from './endpoint.js'

/** Options of a {@link Client}. Times are in milliseconds, sizes in bytes. */
export interface ClientOptions extends ConnectionOptions {
  /** Region, such as `cn-hangzhou`: part of the signature, and of the host unless `endpoint` is given. */
  region?: string
  /** Where credentials come from. Use `AnonymousCredentialsProvider` to send unsigned requests. */
  credentialsProvider?: CredentialsProvider
  /** Host, or URL, to send requests to. Made from the region when absent. */
  endpoint?: string
  /** Carries the requests. @default a `UndiciHttpClient` made from the {@link ConnectionOptions} */
  httpClient?: HttpClient
  /** An undici dispatcher to carry the requests, instead of one made from the {@link ConnectionOptions}. */
  dispatcher?: Dispatcher
  /** How many times a request is sent at most. @default 3 */
  retryMaxAttempts?: number
  /** Decides about retries. @default a `StandardRetryer` */
  retryer?: Retryer
  /**
   * Tokens that all calls of the client have for retries, so that an outage does not multiply the load. A retry takes 5, or 10
   * when there was no answer; a call that succeeds after retries gives back what it took, one that succeeds at once brings 1.
   * Without enough of them a failure is thrown as it is, whatever its `retryable` says. 0 stands for no limit; to have no
   * retries, set `retryMaxAttempts` to 1. Retries after a kept connection turned out to be closed take none.
   * @default 500
   */
  retryQuota?: number
  /** Without progress in sending or receiving. @default 20000 */
  readwriteTimeout?: number
  /**
   * Until a call must be done, over all its attempts and the waits between them; then it fails with a `TimeoutError` of phase
   * `total` whose cause is the last attempt's error. No wait is begun that would end later. A call that answers with a stream
   * is done when the stream is handed over. Each request of a transfer is a call of its own. 0 for no limit. @default 0
   */
  totalTimeout?: number
  /** Follows redirects of GET and HEAD requests. @default false */
  enabledRedirect?: boolean
  /** Signature version. @default 'v4' */
  signatureVersion?: 'v4' | 'v1'
  /** Sends over HTTP instead of HTTPS; a scheme in `endpoint` wins. @default false */
  disableSsl?: boolean
  /** Puts the bucket into the path instead of the host. @default false, true for an address as endpoint */
  usePathStyle?: boolean
  /** The endpoint is a custom domain bound to the bucket. @default false */
  useCname?: boolean
  /** Uses the endpoint that answers IPv4 and IPv6. @default false */
  useDualstackEndpoint?: boolean
  /** Uses the global acceleration endpoint. @default false */
  useAccelerateEndpoint?: boolean
  /** Uses the endpoint inside the cloud's own network, free of traffic charges. @default false */
  useInternalEndpoint?: boolean
  /** Does not compare the CRC-64 of what was sent with the service's. @default false */
  disableUploadCrc64Check?: boolean
  /** Does not compare the CRC-64 of what was received with the service's. @default false */
  disableDownloadCrc64Check?: boolean
  /** Names of headers to sign besides the ones that always are. */
  additionalHeaders?: string[]
  /** Appended to the User-Agent. */
  userAgent?: string
  /** Id of a cloud box; signed instead of the region. */
  cloudBoxId?: string
  /** Takes the cloud box id from the endpoint's host. @default false */
  enableAutoDetectCloudBoxId?: boolean
  /** Account id, for operations whose host or path needs it. */
  accountId?: string
  /** Bytes of part buffers that all transfers of the client may hold together. @default 256 MiB */
  memoryLimit?: number
  /** Bytes per second that all bodies sent and received by the client may use together. @default unlimited */
  bandwidthLimit?: number
  /**
   * Is told of attempts (debug), retries (warn), failed calls (error) and transfers (info), with one record for each: `console`,
   * pino and winston will do. No record holds a secret, token, signature, header or body.
   */
  logger?: Logger
  /**
   * Bytes per second that each connection of a transfer or an opened file must bring: one that falls behind by what
   * `minThroughputWindow` at this rate would have moved is given up with a TimeoutError, and its part goes on over another.
   * Time in which a reader, a rate limit or a pause holds bytes back does not count. 0 for no such limit.
   * @default 1024
   */
  minThroughput?: number
  /** For how long a connection may be silent, and by how much it may fall behind. @default 30000 */
  minThroughputWindow?: number
}

/** Options after defaults and checks: what the rest of the code reads. */
export interface ResolvedOptions {
  readonly endpoint: Endpoint
  readonly credentialsProvider: CredentialsProvider
  readonly anonymous: boolean
  readonly httpClient: HttpClient
  /** Whether the transport was made here and is closed with the client. */
  readonly ownsHttpClient: boolean
  readonly retryer: Retryer
  readonly retryMaxAttempts: number
  readonly retryQuota: number
  readonly connectTimeout: number
  readonly readwriteTimeout: number
  readonly totalTimeout: number
  readonly enabledRedirect: boolean
  readonly signer: Signer
  readonly signatureVersion: 'v4' | 'v1'
  readonly uploadCrc64Check: boolean
  readonly downloadCrc64Check: boolean
  readonly additionalHeaders: readonly string[]
  readonly userAgent: string
  readonly accountId: string | undefined
  readonly memoryLimit: number
  readonly bandwidthLimit: number | undefined
  readonly logger: Logger | undefined
  readonly minThroughput: number
  readonly minThroughputWindow: number
}

const defaultMemoryLimit = 256 * 1024 * 1024

/** Gives the default options, with yours put over them. */
export function loadDefault(overrides: ClientOptions = {}): ClientOptions {
  return {
    retryMaxAttempts: 3,
    connectTimeout: 10_000,
    readwriteTimeout: 20_000,
    signatureVersion: 'v4',
    maxConnections: 20,
    memoryLimit: defaultMemoryLimit,
    ...overrides,
  }
}

const logLevels = ['debug', 'info', 'warn', 'error'] as const

type Kind = 'string' | 'boolean' | 'milliseconds' | 'count' | 'positive integer' | 'object' | 'function' | 'any'

const kinds: { readonly [K in keyof Required<ClientOptions>]: Kind } = {
  region: 'string',
  credentialsProvider: 'object',
  endpoint: 'string',
  httpClient: 'object',
  dispatcher: 'object',
  retryMaxAttempts: 'any',
  retryer: 'object',
  retryQuota: 'count',
  connectTimeout: 'milliseconds',
  readwriteTimeout: 'milliseconds',
  totalTimeout: 'milliseconds',
  insecureSkipVerify: 'boolean',
  enabledRedirect: 'boolean',
  idleTimeout: 'positive integer',
  proxyHost: 'string',
  proxyFromEnvironment: 'boolean',
  noProxy: 'any',
  ca: 'any',
  cert: 'any',
  key: 'any',
  passphrase: 'string',
  pfx: 'object',
  lookup: 'function',
  dnsCacheTtl: 'milliseconds',
  signatureVersion: 'string',
  disableSsl: 'boolean',
  usePathStyle: 'boolean',
  useCname: 'boolean',
  useDualstackEndpoint: 'boolean',
  useAccelerateEndpoint: 'boolean',
  useInternalEndpoint: 'boolean',
  disableUploadCrc64Check: 'boolean',
  disableDownloadCrc64Check: 'boolean',
  additionalHeaders: 'object',
  userAgent: 'string',
  cloudBoxId: 'string',
  enableAutoDetectCloudBoxId: 'boolean',
  accountId: 'string',
  maxConnections: 'positive integer',
  memoryLimit: 'positive integer',
  bandwidthLimit: 'positive integer',
  logger: 'object',
  minThroughput: 'count',
  minThroughputWindow: 'positive integer',
}

const checks: Readonly<Record<Kind, [expectation: string, test: (value: unknown) => boolean]>> = {
  string: ['expected a string', value => typeof value === 'string'],
  boolean: ['expected a boolean', value => typeof value === 'boolean'],
  milliseconds: [
    'expected milliseconds, an integer of at least 0',
    value => Number.isSafeInteger(value) && Number(value) >= 0,
  ],
  count: ['expected an integer of at least 0', value => Number.isSafeInteger(value) && Number(value) >= 0],
  'positive integer': ['expected an integer of at least 1', value => Number.isSafeInteger(value) && Number(value) >= 1],
  object: ['expected an object', value => typeof value === 'object' && value !== null],
  function: ['expected a function', value => typeof value === 'function'],
  any: ['', () => true],
}

function checkTypes(options: ClientOptions): void {
  for (const [name, value] of Object.entries(options)) {
    const kind = Object.hasOwn(kinds, name) ? kinds[name as keyof ClientOptions] : undefined
    if (kind === undefined) throw new ParamInvalidError(name, 'there is no option of this name')
    const [expectation, test] = checks[kind]
    if (value !== undefined && !test(value)) throw new ParamInvalidError(name, expectation)
  }
  const { retryMaxAttempts, signatureVersion, credentialsProvider, httpClient, additionalHeaders, logger } = options
  if (logger && logLevels.some(level => typeof logger[level] !== 'function')) {
    throw new ParamInvalidError('logger', `expected an object with methods ${logLevels.join(', ')}`)
  }
  if (retryMaxAttempts !== undefined && !Number.isSafeInteger(retryMaxAttempts)) {
    throw new ParamInvalidError('retryMaxAttempts', 'expected an integer')
  }
  if (signatureVersion !== undefined && signatureVersion !== 'v4' && signatureVersion !== 'v1') {
    throw new ParamInvalidError('signatureVersion', "expected 'v4' or 'v1'")
  }
  if (credentialsProvider && typeof credentialsProvider.getCredentials !== 'function') {
    throw new ParamInvalidError('credentialsProvider', 'expected an object with a getCredentials method')
  }
  if (httpClient && typeof httpClient.send !== 'function') {
    throw new ParamInvalidError('httpClient', 'expected an object with a send method')
  }
  if (httpClient) refuseUnused(options, 'httpClient')
  if (
    additionalHeaders &&
    !(Array.isArray(additionalHeaders) && additionalHeaders.every(name => typeof name === 'string'))
  ) {
    throw new ParamInvalidError('additionalHeaders', 'expected an array of header names')
  }
}

/** Options that become part of headers. */
const sent = ['region', 'cloudBoxId', 'accountId', 'userAgent'] as const

function checkSent(options: ClientOptions): void {
  for (const name of sent) {
    const value = options[name]
    const fits = name === 'userAgent' ? /^[\t\x20-\x7e\x80-\xff]*$/ : /^[\x21-\x7e]*$/
    if (value !== undefined && !fits.test(value))
      throw new ParamInvalidError(name, 'has characters that cannot be sent in a header')
  }
}

/** Checks options and fills in defaults. @throws ParamInvalidError or ParamRequiredError naming the option */
export function resolveOptions(options: ClientOptions): ResolvedOptions {
  if (typeof options !== 'object' || options === null) throw new ParamInvalidError('options', 'expected an object')
  checkTypes(options)
  checkSent(options)
  const endpoint = resolveEndpoint(options)
  const signatureVersion = options.signatureVersion ?? 'v4'
  const { credentialsProvider } = options
  if (credentialsProvider === undefined) throw new ParamRequiredError('credentialsProvider')
  const anonymous = credentialsProvider instanceof AnonymousCredentialsProvider
  if (signatureVersion === 'v4' && !anonymous && endpoint.region === '') throw new ParamRequiredError('region')
  const retryMaxAttempts = Math.max(1, options.retryMaxAttempts ?? options.retryer?.maxAttempts ?? 3)
  return Object.freeze({
    endpoint,
    credentialsProvider,
    anonymous,
    httpClient: options.httpClient ?? new UndiciHttpClient(options),
    ownsHttpClient: options.httpClient === undefined,
    retryer: options.retryer ?? new StandardRetryer({ maxAttempts: retryMaxAttempts }),
    retryMaxAttempts,
    retryQuota: options.retryQuota ?? defaultRetryQuota,
    connectTimeout: options.connectTimeout ?? 10_000,
    readwriteTimeout: options.readwriteTimeout ?? 20_000,
    totalTimeout: options.totalTimeout ?? 0,
    enabledRedirect: options.enabledRedirect ?? false,
    signer: signatureVersion === 'v1' ? new SignerV1() : new SignerV4(),
    signatureVersion,
    uploadCrc64Check: !options.disableUploadCrc64Check,
    downloadCrc64Check: !options.disableDownloadCrc64Check,
    additionalHeaders: Object.freeze([...(options.additionalHeaders ?? [])]),
    userAgent: userAgent(options.userAgent),
    accountId: options.accountId,
    memoryLimit: options.memoryLimit ?? defaultMemoryLimit,
    bandwidthLimit: options.bandwidthLimit,
    logger: options.logger,
    minThroughput: options.minThroughput ?? 1024,
    minThroughputWindow: options.minThroughputWindow ?? 30_000,
  })
}

function userAgent(suffix: string | undefined): string {
  const base = `ferross/${version} (${process.platform}/${process.arch};node/${process.versions.node})`
  return suffix === undefined ? base : `${base}/${suffix}`
}
