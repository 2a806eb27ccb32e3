import type { buildConnector } from 'undici'
import { ClientClosedError } from '../errors.js'
import { onAbort } from '../internal/on-abort.js'
import { getEngine } from '../native/index.js'
import { WireError, type WireTls } from '../native/wire.js'
import type { ConnectionBudget } from './connection-budget.js'
import { bare } from './dialer.js'
import type { HttpClient, HttpRequest, HttpResponse } from './http-client.js'
import { NodeConnection } from './node-connection.js'
import type { OnreadConnector, SocketReads } from './onread-connector.js'
import { requestHead } from './request-head.js'
import { translateError } from './translate-error.js'
import { errors } from './undici.js'
import { WireConnection } from './wire-connection.js'

/** Settings of a {@link Http1Lane}. */
export interface Http1LaneOptions {
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
 * Carries plain requests over connections of its own.
 *
 * undici's parser copies all that arrives into the memory of its WebAssembly module, and what it hands on must be copied once
 * more to where it belongs; compiling the parser costs as much as receiving hundreds of megabytes. Here bytes are read by the
 * system straight to where they are wanted, and a small request costs less than half of what it costs there. Requests that
 * move much go over wires where there are some. Whatever is not a plain request for a plain answer goes to undici.
 */
export class Http1Lane implements HttpClient {
  readonly #options: Http1LaneOptions
  readonly #hosts = new Map<string, Host>()
  /** Hosts that are not reached over wires. */
  readonly #wireless = new Set<string>()
  #unusable = false
  #looked: Promise<void> | undefined

  constructor(options: Http1LaneOptions) {
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
  async #connection(origin: string, request: HttpRequest): Promise<LaneConnection | undefined> {
    const { signal } = request
    const native = request.bulk === true && this.#hasWires(origin)
    while (!this.#unusable) {
      const host = this.#host(origin)
      let kept = takeIdle(host, native)
      if (!kept && this.#options.budget.tryAcquire(origin)) return await this.#open(origin, host, request, native)
      // One of the other kind is better than none.
      kept ??= host.idle.pop()
      if (!kept && host.connections.size === 0) return undefined
      kept ??= await this.#turn(host, signal)
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
  #turn(host: Host, signal: AbortSignal | undefined): Promise<LaneConnection | undefined> {
    return new Promise((resolve, reject) => {
      const wake = (connection?: LaneConnection) => {
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

  async #open(origin: string, host: Host, request: HttpRequest, native: boolean): Promise<LaneConnection | undefined> {
    if (native && WireConnection.count < mostWires) {
      const connection = await this.#openWire(origin, host, request)
      if (connection) return connection
      // It was given up, but may not be gone yet.
      if (!this.#options.budget.tryAcquire(origin)) return this.#connection(origin, request)
    }
    const connection = new NodeConnection()
    await this.#dial(origin, host, request, connection, targetOf(origin))
    if (connection.usable) return connection
    this.#unusable = true
    connection.destroy()
    return undefined
  }

  #hasWires(origin: string): boolean {
    if (this.#wireless.has(origin)) return false
    const { wires } = this.#options
    return getEngine().openWire !== undefined && (!origin.startsWith('https:') || wires.tls() !== undefined)
  }

  /**
   * A connection over a wire. None where a wire cannot be had, or refuses the server's certificate or ways: Node.js has the
   * last word about those, and the better words.
   */
  async #openWire(origin: string, host: Host, request: HttpRequest): Promise<LaneConnection | undefined> {
    const { wires } = this.#options
    const { protocol, hostname, host: _, ...target } = targetOf(origin)
    const began = performance.now()
    const connection = new WireConnection()
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

/** Each has a native thread while it works. Whoever has more connections is served in another way. */
const mostWires = 64

/** A connection of either kind. */
type LaneConnection = NodeConnection | WireConnection

/** Connections to one host. */
interface Host {
  /** All there are, those being made included. */
  readonly connections: Set<LaneConnection>
  /** Those that carry nothing, the one used last at the end. */
  idle: LaneConnection[]
  /** To be called with one that is free, or when one is gone. */
  waiting: ((connection?: LaneConnection) => void)[]
}

/** An idle connection of one kind: the one used last, so that what is not needed any more ends by itself. */
function takeIdle({ idle }: Host, native: boolean): LaneConnection | undefined {
  const at = idle.findLastIndex(connection => connection instanceof WireConnection === native)
  return at < 0 ? undefined : idle.splice(at, 1)[0]
}

function targetOf(origin: string): buildConnector.Options {
  const { host, hostname, protocol, port } = new URL(origin)
  return { host, hostname, protocol, port }
}
