import type { buildConnector } from 'undici'
import { ClientClosedError } from '../errors.js'
import { onAbort } from '../internal/on-abort.js'
import { BulkConnection } from './bulk-connection.js'
import type { ConnectionBudget } from './connection-budget.js'
import type { HttpClient, HttpRequest, HttpResponse } from './http-client.js'
import type { OnreadConnector } from './onread-connector.js'
import { requestHead } from './request-head.js'
import { translateError } from './translate-error.js'

/** Settings of a {@link BulkLane}. */
export interface BulkLaneOptions {
  readonly connect: OnreadConnector
  readonly budget: ConnectionBudget
  /** Milliseconds after which an unused connection is closed. */
  readonly idleTimeout: number
  /** Carries what this lane cannot, and what finds all connections taken. */
  readonly otherwise: HttpClient
}

/**
 * Carries plain requests over connections of its own.
 *
 * undici's parser copies all that arrives into the memory of its WebAssembly module, and what it hands on must be copied once
 * more to where it belongs; compiling the parser costs as much as receiving hundreds of megabytes. Here bytes are read by the
 * system straight to where they are wanted, and a small request costs less than half of what it costs there. Whatever is not a
 * plain request for a plain answer goes to undici.
 */
export class BulkLane implements HttpClient {
  readonly #options: BulkLaneOptions
  readonly #hosts = new Map<string, Host>()
  #unusable = false
  #looked: Promise<void> | undefined

  constructor(options: BulkLaneOptions) {
    this.#options = options
    options.budget.onWaiting = origin => this.#hosts.get(origin)?.idle.shift()?.destroy()
  }

  async send(request: HttpRequest): Promise<HttpResponse> {
    const { url, signal } = request
    const hostStart = url.indexOf('://') + 3
    const pathStart = url.indexOf('/', hostStart)
    const head = requestHead(request, url.slice(hostStart, pathStart), url.slice(pathStart))
    signal?.throwIfAborted()
    const connection = head && (await this.#connection(url.slice(0, pathStart), request))
    return await (head && connection ? connection.exchange(request, head) : this.#options.otherwise.send(request))
  }

  /** Ends all connections, and what they carry with a {@link ClientClosedError}. */
  async close(): Promise<void> {
    for (const { connections } of this.#hosts.values())
      for (const connection of connections) connection.destroy(new ClientClosedError())
  }

  /** A connection of this lane; none where all that there may be are undici's. */
  async #connection(origin: string, request: HttpRequest): Promise<BulkConnection | undefined> {
    const { signal } = request
    while (!this.#unusable) {
      const host = this.#host(origin)
      // The one used last: what is not needed any more then ends by itself.
      let kept = host.idle.pop()
      if (!kept) {
        if (this.#options.budget.tryAcquire(origin)) return await this.#open(origin, host, request)
        if (host.connections.size === 0) return undefined
        kept = await this.#turn(host, signal)
      }
      if (!kept?.free) continue
      await this.#news()
      if (signal?.aborted) this.#keep(origin, host, kept)
      signal?.throwIfAborted()
      if (kept.free) return kept
    }
    return undefined
  }

  /**
   * Lets the event loop look at the sockets once. What came on a kept connection meanwhile, its end or bytes that nobody asked
   * for, would otherwise be found when the next request has been written, and be taken for its answer.
   */
  #news(): Promise<void> {
    this.#looked ??= new Promise(resolve => {
      setImmediate(() => {
        this.#looked = undefined
        resolve()
      })
    })
    return this.#looked
  }

  /** Waits until a connection is free, which it gives, or gone. */
  #turn(host: Host, signal: AbortSignal | undefined): Promise<BulkConnection | undefined> {
    return new Promise((resolve, reject) => {
      const wake = (connection?: BulkConnection) => {
        stopListening()
        resolve(connection)
      }
      const stopListening = onAbort(signal, () => {
        host.waiting = host.waiting.filter(other => other !== wake)
        reject(signal?.reason)
      })
      host.waiting.push(wake)
    })
  }

  #open(origin: string, host: Host, request: HttpRequest): Promise<BulkConnection | undefined> {
    const { connect, budget } = this.#options
    const { signal } = request
    const connection = new BulkConnection()
    host.connections.add(connection)
    const gone = () => {
      host.connections.delete(connection)
      host.idle = host.idle.filter(other => other !== connection)
      budget.release(origin)
      // One may make another connection; where none is left, all have to go another way.
      const { waiting } = host
      host.waiting = host.connections.size > 0 ? waiting.slice(1) : []
      for (const wake of host.connections.size > 0 ? waiting.slice(0, 1) : waiting) wake()
      if (host.connections.size === 0) this.#hosts.delete(origin)
    }
    connection.onFree = () => this.#keep(origin, host, connection)
    return new Promise((resolve, reject) => {
      const stopListening = onAbort(signal, () => reject(signal?.reason))
      connect({ ...targetOf(origin), reads: connection }, (error, socket) => {
        stopListening()
        if (error || !socket) {
          gone()
          reject(signal?.aborted ? signal.reason : translateError(error, request))
          return
        }
        connection.onClose = gone
        if (!connection.usable) {
          this.#unusable = true
          connection.destroy()
          resolve(undefined)
        } else if (signal?.aborted) this.#keep(origin, host, connection)
        else resolve(connection)
      })
    })
  }

  #keep(origin: string, host: Host, connection: BulkConnection): void {
    if (this.#options.budget.isWanted(origin)) {
      connection.destroy()
      return
    }
    const next = host.waiting.shift()
    if (next) next(connection)
    else {
      host.idle.push(connection)
      connection.idle(this.#options.idleTimeout)
    }
  }

  #host(origin: string): Host {
    let host = this.#hosts.get(origin)
    if (host === undefined) {
      host = { connections: new Set(), idle: [], waiting: [] }
      this.#hosts.set(origin, host)
    }
    return host
  }
}

/** Connections to one host. */
interface Host {
  /** All there are, those being made included. */
  readonly connections: Set<BulkConnection>
  /** Those that carry nothing, the one used last at the end. */
  idle: BulkConnection[]
  /** To be called with one that is free, or when one is gone. */
  waiting: ((connection?: BulkConnection) => void)[]
}

function targetOf(origin: string): buildConnector.Options {
  const { host, hostname, protocol, port } = new URL(origin)
  return { host, hostname, protocol, port }
}
