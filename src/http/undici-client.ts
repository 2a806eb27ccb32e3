import type { buildConnector, Dispatcher } from 'undici'
import { ClientClosedError } from '../errors.js'
import { ConnectionBudget } from './connection-budget.js'
import { type ConnectionOptions, connectionSettings, refuseUnused } from './connection-options.js'
import { DnsCache } from './dns-cache.js'
import type { HttpClient, HttpRequest, HttpResponse } from './http-client.js'
import { Http1Lane } from './http1-lane.js'
import { type OnreadConnector, onreadConnector } from './onread-connector.js'
import { type ProxyRoutes, proxyRoutes } from './proxy-routes.js'
import { ResponseHandler } from './response-handler.js'
import { tlsSettings } from './tls-options.js'
import { refusedByProxy } from './tunnel.js'
import { Agent } from './undici.js'
import { wireTls } from './wire-tls.js'

/** Settings of {@link UndiciHttpClient}. */
export interface UndiciHttpClientOptions extends ConnectionOptions {
  /** Carries the requests instead of an agent made from the other settings; {@link UndiciHttpClient.close} leaves it open. */
  dispatcher?: Dispatcher | undefined
}

/**
 * Carries requests: HTTP/1.1, keep-alive connections, bodies as buffers, no redirects. Plain ones go over connections of its own,
 * all others, and all where there is a proxy or a dispatcher, over undici's.
 */
export class UndiciHttpClient implements HttpClient {
  readonly #dispatcher: Dispatcher
  /** Connections to proxies that requests to HTTP endpoints are handed to; tunnels belong to the dispatcher. */
  readonly #forwarder: Dispatcher | undefined
  readonly #routes: ProxyRoutes | undefined
  readonly #own: boolean
  /** For plain requests, unless there is a proxy or a dispatcher. */
  readonly #lane: Http1Lane | undefined
  readonly #closing = new AbortController()

  /** @throws ParamInvalidError or ParamRequiredError naming the option that is not usable; passwords are not shown */
  constructor(options: UndiciHttpClientOptions = {}) {
    this.#own = options.dispatcher === undefined
    if (options.dispatcher) {
      refuseUnused(options, 'dispatcher')
      this.#dispatcher = options.dispatcher
      return
    }
    const { maxConnections, connectTimeout, idleTimeout, ...settings } = connectionSettings(options)
    const tls = tlsSettings(settings.tls)
    const common = {
      timeout: connectTimeout,
      dns: new DnsCache(settings.dns),
      proxyTls: tls.proxy,
      signal: this.#closing.signal,
    }
    const agent = {
      connections: maxConnections,
      keepAliveTimeout: idleTimeout,
      keepAliveMaxTimeout: idleTimeout,
      pipelining: 1,
      allowH2: false,
    }
    const proxies = proxyRoutes(settings.proxy)
    this.#routes = proxies
    const connect = onreadConnector({ ...common, tls: tls.target, proxies })
    const budget = new ConnectionBudget(maxConnections)
    this.#dispatcher = new Agent({ ...agent, connect: within(budget, connect) })
    if (!proxies) {
      const otherwise = { send: (request: HttpRequest) => this.#dispatch(request) }
      const wires = { tls: wireTls(settings.tls), timeout: connectTimeout }
      this.#lane = new Http1Lane({ connect, budget, idleTimeout, wires, otherwise })
    } else
      this.#forwarder = new Agent({ ...agent, connect: onreadConnector({ ...common, tls: tls.proxy, toProxy: true }) })
  }

  send(request: HttpRequest): Promise<HttpResponse> {
    if (this.#closing.signal.aborted) return Promise.reject(new ClientClosedError())
    return this.#lane ? this.#lane.send(request) : this.#dispatch(request)
  }

  #dispatch(request: HttpRequest): Promise<HttpResponse> {
    const { url } = request
    const pathStart = url.indexOf('/', url.indexOf('://') + 3)
    const origin = url.slice(0, pathStart)
    if (this.#forwarder && url.startsWith('http:')) return this.#forward(this.#forwarder, request, origin)
    return dispatch(this.#dispatcher, request, origin, url.slice(pathStart), request.headers)
  }

  /** Closes the connections and ends what is under way or waits with a {@link ClientClosedError}. */
  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return
    this.#closing.abort()
    await this.#lane?.close()
    if (this.#own) await Promise.all([this.#dispatcher.destroy(), this.#forwarder?.destroy()])
  }

  /** Hands a request to an HTTP endpoint over to its proxy, if it has one. */
  async #forward(forwarder: Dispatcher, request: HttpRequest, origin: string): Promise<HttpResponse> {
    const { url } = request
    const { host, hostname, port } = new URL(origin)
    const proxy = this.#routes?.(false, hostname, Number(port || 80))
    if (!proxy) return dispatch(this.#dispatcher, request, origin, url.slice(origin.length), request.headers)
    const headers: Record<string, string> = { host, ...request.headers }
    if (proxy.authorization !== undefined) headers['proxy-authorization'] = proxy.authorization
    const response = await dispatch(forwarder, request, proxy.origin, url, headers)
    if (response.statusCode !== 407) return response
    response.body.on('error', () => {}).destroy()
    throw refusedByProxy(proxy, 407)
  }
}

function dispatch(
  dispatcher: Dispatcher,
  request: HttpRequest,
  origin: string,
  path: string,
  headers: HttpRequest['headers'],
): Promise<HttpResponse> {
  return new Promise((resolve, reject) => {
    dispatcher.dispatch(
      {
        origin,
        path,
        method: request.method as Dispatcher.HttpMethod,
        headers: headers as Record<string, string>,
        body: (request.body ?? null) as Dispatcher.DispatchOptions['body'] as null,
        headersTimeout: request.timeouts.readwrite,
        bodyTimeout: request.timeouts.readwrite,
        // Without this, undici closes the connection after each HEAD.
        reset: false,
      },
      new ResponseHandler(request, { resolve, reject }),
    )
  })
}

/** Counts the connections that undici makes; one too many waits until another is closed. */
function within(budget: ConnectionBudget, connect: OnreadConnector): buildConnector.connector {
  return (target, callback) => {
    const origin = `${target.protocol}//${target.host}`
    budget.acquire(origin, () =>
      connect(target, (...outcome) => {
        const [error, socket] = outcome
        if (error || !socket) budget.release(origin)
        else socket.once('close', () => budget.release(origin))
        callback(...outcome)
      }),
    )
  }
}
