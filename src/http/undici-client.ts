import { Agent, type Dispatcher, errors, ProxyAgent } from 'undici'
import { RequestError, TimeoutError } from '../errors.js'
import type { HttpClient, HttpRequest, HttpResponse } from './http-client.js'

/** Settings of {@link UndiciHttpClient}. */
export interface UndiciHttpClientOptions {
  /** Carries the requests instead of an agent made here; it is not closed by {@link UndiciHttpClient.close}. */
  dispatcher?: Dispatcher
  /** Connections per host at most. @default 20 */
  maxConnections?: number
  /** Milliseconds until a connection must stand, TLS included. @default 10000 */
  connectTimeout?: number
  /** Milliseconds after which an idle connection is closed: below the server's own limit. @default 50000 */
  idleTimeout?: number
  /** Accepts any TLS certificate. @default false */
  insecureSkipVerify?: boolean
  /** URL of an HTTP proxy, with user and password if it wants them. */
  proxyHost?: string
  /** Certificate authorities to trust besides none other, PEM. */
  ca?: string | Buffer | (string | Buffer)[]
}

/** Carries requests with undici: keep-alive connections, bodies as buffers, no redirects. */
export class UndiciHttpClient implements HttpClient {
  readonly #dispatcher: Dispatcher
  readonly #own: boolean

  constructor(options: UndiciHttpClientOptions = {}) {
    this.#own = options.dispatcher === undefined
    this.#dispatcher = options.dispatcher ?? makeDispatcher(options)
  }

  async send(request: HttpRequest): Promise<HttpResponse> {
    const pathStart = request.url.indexOf('/', request.url.indexOf('://') + 3)
    try {
      const response = await this.#dispatcher.request({
        origin: request.url.slice(0, pathStart),
        path: request.url.slice(pathStart),
        method: request.method as Dispatcher.HttpMethod,
        headers: request.headers as Record<string, string>,
        body: (request.body ?? null) as Dispatcher.DispatchOptions['body'] as null,
        headersTimeout: request.timeouts.readwrite,
        bodyTimeout: request.timeouts.readwrite,
        ...(request.signal && { signal: request.signal }),
      })
      return { statusCode: response.statusCode, headers: flatten(response.headers), body: response.body }
    } catch (error) {
      throw request.signal?.aborted ? request.signal.reason : translate(error, request)
    }
  }

  async close(): Promise<void> {
    if (this.#own) await this.#dispatcher.destroy()
  }
}

function makeDispatcher(options: UndiciHttpClientOptions): Dispatcher {
  const tls = {
    rejectUnauthorized: !options.insecureSkipVerify,
    ...(options.ca !== undefined && { ca: options.ca }),
  }
  const common = {
    connections: options.maxConnections ?? 20,
    keepAliveTimeout: options.idleTimeout ?? 50_000,
    keepAliveMaxTimeout: options.idleTimeout ?? 50_000,
    pipelining: 1,
    allowH2: false,
  }
  const connect = { timeout: options.connectTimeout ?? 10_000, ...tls }
  if (options.proxyHost === undefined) return new Agent({ ...common, connect })
  return new ProxyAgent({ ...common, ...proxyParts(options.proxyHost), connect, requestTls: tls })
}

function proxyParts(proxyHost: string): { uri: string; token?: string } {
  const url = new URL(proxyHost.includes('://') ? proxyHost : `http://${proxyHost}`)
  if (url.username === '') return { uri: url.href }
  const user = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`
  url.username = ''
  url.password = ''
  return { uri: url.href, token: `Basic ${Buffer.from(user).toString('base64')}` }
}

function flatten(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  const flat: Record<string, string> = {}
  for (const name in headers) {
    const value = headers[name]
    if (value !== undefined) flat[name] = typeof value === 'string' ? value : value.join(', ')
  }
  return flat
}

/** Turns undici's and the system's errors into ours; an error thrown by the body itself passes as it is. */
function translate(error: unknown, request: HttpRequest): unknown {
  if (error instanceof errors.ConnectTimeoutError)
    return new TimeoutError('connect', request.timeouts.connect, { cause: error })
  if (error instanceof errors.HeadersTimeoutError || error instanceof errors.BodyTimeoutError) {
    return new TimeoutError('readwrite', request.timeouts.readwrite, { cause: error })
  }
  if (error instanceof errors.UndiciError || isParserError(error) || isSystemError(error)) {
    return new RequestError(`no answer: ${describe(error as Error)}`, { cause: error })
  }
  return error
}

/** The one error of undici that does not share its base class, whatever its types say. */
function isParserError(error: unknown): boolean {
  return error instanceof Error && error.name === 'HTTPParserError'
}

function isSystemError(error: unknown): boolean {
  return error instanceof Error && typeof (error as NodeJS.ErrnoException).code === 'string' && !('attempts' in error)
}

function describe(error: Error): string {
  if (error.message !== '') return error.message
  // Happy-eyeballs failures are aggregates without a message of their own.
  const first = error instanceof AggregateError ? error.errors[0] : undefined
  return first instanceof Error ? first.message : ((error as NodeJS.ErrnoException).code ?? error.name)
}
