import type { buildConnector } from 'undici'
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
 * Carries requests of transfers over connections of its own.
 *
 * undici's parser copies all that arrives into the memory of its WebAssembly module, and what it hands on must be copied once
 * more to where it belongs; compiling the parser costs as much as receiving hundreds of megabytes. Here bytes are read by the
 * system straight to where they are wanted. Whatever is not a plain request for a plain answer goes to undici.
 */
export class BulkLane implements HttpClient {
  readonly #options: BulkLaneOptions
  readonly #hosts = new Map<string, Host>()
  #unusable = false

  constructor(options: BulkLaneOptions) {
    this.#options = options
    options.budget.onWaiting = origin => this.#hosts.get(origin)?.idle.shift()?.destroy()
  }

  async send(request: HttpRequest): Promise<HttpResponse> {
    const { url, signal } = request
    const pathStart = url.indexOf('/', url.indexOf('://') + 3)
    const origin = url.slice(0, pathStart)
    const head = requestHead(request, origin.slice(origin.indexOf('://') + 3), url.slice(pathStart))
    signal?.throwIfAborted()
    const connection = head && (await this.#connection(origin, request))
    return head && connection ? connection.exchange(request, head) : this.#options.otherwise.send(request)
  }

  /** Ends all connections, and what they carry with this error. */
  async close(error?: Error): Promise<void> {
    for (const { connections } of this.#hosts.values()) for (const connection of connections) connection.destroy(error)
  }

  /** A connection of this lane; none where all that there may be are undici's. */
  async #connection(origin: string, request: HttpRequest): Promise<BulkConnection | undefined> {
    while (!this.#unusable) {
      const host = this.#host(origin)
      // The one used last: what is not needed any more then ends by itself.
      for (let kept = host.idle.pop(); kept; kept = host.idle.pop()) if (kept.free) return kept
      if (this.#options.budget.tryAcquire(origin)) return this.#open(origin, host, request)
      if (host.connections.size === 0) return undefined
      await this.#turn(host, request.signal)
    }
    return undefined
  }

  /** Waits until a connection is free, or gone. */
  #turn(host: Host, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const wake = () => {
        stopListening()
        resolve()
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
    host.idle.push(connection)
    connection.idle(this.#options.idleTimeout)
    host.waiting.shift()?.()
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
  /** To be called when one is free or gone. */
  waiting: (() => void)[]
}

function targetOf(origin: string): buildConnector.Options {
  const { host, hostname, protocol, port } = new URL(origin)
  return { host, hostname, protocol, port }
}
