import type { buildConnector } from 'undici'
import { onAbort } from '../internal/on-abort.js'
import { getEngine } from '../native/index.js'
import { WireError, type WireTls } from '../native/wire.js'
import { BulkConnection } from './bulk-connection.js'
import type { ConnectionBudget } from './connection-budget.js'
import { bare } from './dialer.js'
import type { HttpClient, HttpRequest, HttpResponse } from './http-client.js'
import { NativeConnection } from './native-connection.js'
import type { OnreadConnector, SocketReads } from './onread-connector.js'
import { requestHead } from './request-head.js'
import { translateError } from './translate-error.js'
import { errors } from './undici.js'

/** Settings of a {@link BulkLane}. */
export interface BulkLaneOptions {
  readonly connect: OnreadConnector
  readonly budget: ConnectionBudget
  /** Milliseconds after which an unused connection is closed. */
  readonly idleTimeout: number
  /** How TLS is to be made over wires, where it can be. */
  readonly wires: {
    readonly tls: () => WireTls | undefined
    /** Milliseconds until a connection must stand; 0 means no limit. */
    readonly timeout: number
  }
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
  /** Hosts that are not reached over wires. */
  readonly #wireless = new Set<string>()
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
  async #connection(origin: string, request: HttpRequest): Promise<LaneConnection | undefined> {
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

  async #open(origin: string, host: Host, request: HttpRequest): Promise<LaneConnection | undefined> {
    if (this.#hasWires(origin)) {
      const connection = await this.#openNative(origin, host, request)
      if (connection) return connection
      // It was given up, but may not be gone yet.
      if (!this.#options.budget.tryAcquire(origin)) return this.#connection(origin, request)
    }
    const connection = new BulkConnection()
    await this.#dial(origin, host, request, connection, targetOf(origin))
    if (connection.usable) return connection
    this.#unusable = true
    connection.destroy()
    return undefined
  }

  #hasWires(origin: string): boolean {
    if (this.#wireless.has(origin) || NativeConnection.count >= mostWires) return false
    const { wires } = this.#options
    return getEngine().openWire !== undefined && (!origin.startsWith('https:') || wires.tls() !== undefined)
  }

  /**
   * A connection over a wire. None where a wire cannot be had, or refuses the server's certificate or ways: Node.js has the
   * last word about those, and the better words.
   */
  async #openNative(origin: string, host: Host, request: HttpRequest): Promise<LaneConnection | undefined> {
    const { wires } = this.#options
    const { protocol, hostname, host: _, ...target } = targetOf(origin)
    const began = performance.now()
    const connection = new NativeConnection()
    const secure = protocol === 'https:'
    const port = target.port || (secure ? '443' : '80')
    await this.#dial(origin, host, request, connection, {
      protocol: 'http:',
      hostname,
      host: `${hostname}:${port}`,
      port,
    })
    const stopListening = onAbort(request.signal, () => connection.destroy())
    try {
      if (secure) connection.open(wires.tls(), bare(hostname))
      else connection.open()
      const left = wires.timeout === 0 ? 0 : Math.max(1, Math.ceil(wires.timeout - (performance.now() - began)))
      if (secure) await connection.handshake(left)
      return connection
    } catch (error) {
      connection.destroy()
      request.signal?.throwIfAborted()
      const code = error instanceof WireError ? error.code : undefined
      if (code === 'TimedOut')
        throw translateError(new errors.ConnectTimeoutError('no TLS connection in time'), request)
      if (code === undefined || code === 'Tls') this.#wireless.add(origin)
      return undefined
    } finally {
      stopListening()
    }
  }

  /** Makes a socket for the connection. */
  #dial(
    origin: string,
    host: Host,
    request: HttpRequest,
    connection: LaneConnection & SocketReads,
    target: buildConnector.Options,
  ): Promise<void> {
    const { connect, budget } = this.#options
    const { signal } = request
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
      connect({ ...target, reads: connection }, (error, socket) => {
        stopListening()
        if (error || !socket) {
          gone()
          reject(signal?.aborted ? signal.reason : translateError(error, request))
          return
        }
        connection.onClose = gone
        if (!signal?.aborted) resolve()
        else if (connection.free) this.#keep(origin, host, connection)
        else connection.destroy()
      })
    })
  }

  #keep(origin: string, host: Host, connection: LaneConnection): void {
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

/** Each has a native thread while it works. Whoever has more connections is served in another way. */
const mostWires = 64

/** A connection of either kind. */
type LaneConnection = BulkConnection | NativeConnection

/** Connections to one host. */
interface Host {
  /** All there are, those being made included. */
  readonly connections: Set<LaneConnection>
  /** Those that carry nothing, the one used last at the end. */
  idle: LaneConnection[]
  /** To be called when one is free or gone. */
  waiting: (() => void)[]
}

function targetOf(origin: string): buildConnector.Options {
  const { host, hostname, protocol, port } = new URL(origin)
  return { host, hostname, protocol, port }
}
