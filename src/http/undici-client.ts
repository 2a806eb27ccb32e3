import { Agent, type Dispatcher, ProxyAgent } from 'undici'
import type { HttpClient, HttpRequest, HttpResponse } from './http-client.js'
import { onreadConnector } from './onread-connector.js'
import { ResponseHandler } from './response-handler.js'

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

  send(request: HttpRequest): Promise<HttpResponse> {
    const pathStart = request.url.indexOf('/', request.url.indexOf('://') + 3)
    const handler = new ResponseHandler(request)
    this.#dispatcher.dispatch(
      {
        origin: request.url.slice(0, pathStart),
        path: request.url.slice(pathStart),
        method: request.method as Dispatcher.HttpMethod,
        headers: request.headers as Record<string, string>,
        body: (request.body ?? null) as Dispatcher.DispatchOptions['body'] as null,
        headersTimeout: request.timeouts.readwrite,
        bodyTimeout: request.timeouts.readwrite,
        // Without this, undici closes the connection after each HEAD.
        reset: false,
      },
      handler,
    )
    return handler.response
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
  const timeout = options.connectTimeout ?? 10_000
  if (options.proxyHost === undefined) return new Agent({ ...common, connect: onreadConnector({ timeout, tls }) })
  const connect = { timeout, ...tls }
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
