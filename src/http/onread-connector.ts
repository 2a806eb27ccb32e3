import { connect as connectTcp, type Socket, type SocketConnectOpts } from 'node:net'
import { type ConnectionOptions, connect as connectTls } from 'node:tls'
import type { buildConnector } from 'undici'
import { ConnectAttempt } from './connect-attempt.js'
import { bare, type DialerOptions, dialer, nameOf } from './dialer.js'
import type { ProxyRoutes } from './proxy-routes.js'
import { unreachableProxy } from './tunnel.js'

/**
 * A connector for undici whose sockets read into one buffer each, again and again.
 *
 * Stock Node.js allocates 64 KiB for every read of a socket, and collecting that garbage costs more than moving the bytes:
 * receiving is two to four times cheaper this way. Node.js offers it as the `onread` option of `net.connect` and
 * `tls.connect`, but undici reads with `socket.read()` on `'readable'`; {@link serveReads} is the bridge between the two.
 * Whatever undici's handlers get is a view of that buffer: it must be copied, or used up, before they return.
 */
export interface OnreadConnectorOptions extends DialerOptions {
  /** Bytes per read at most. TLS gives 16 KiB at a time whatever is asked for. @default 256 KiB */
  readonly bufferSize?: number
  /** Further options of `tls.connect`: certificate authorities, client certificates. */
  readonly tls?: () => ConnectionOptions
  /** Which connections go through the tunnel of a proxy. @default none */
  readonly proxies?: ProxyRoutes | undefined
  /** Whether what it connects to is a proxy, so that errors say so. @default false */
  readonly toProxy?: boolean
  /** Gives up the connections that are not made yet. */
  readonly signal?: AbortSignal
}

/** TLS sessions kept for quicker handshakes, one per server name. */
const maxSessions = 100

/** Takes what a socket reads. */
export interface SocketReads {
  /** For `net.connect` and `tls.connect`. */
  readonly option: {
    readonly buffer: Uint8Array | (() => Uint8Array)
    readonly callback: (bytes: number, buffer: Uint8Array) => boolean
  }
  /** Called once with the socket. */
  serve(socket: Socket): void
}

/** Makes connections: for undici, or for someone who reads in another way. */
export type OnreadConnector = (
  target: buildConnector.Options & { readonly reads?: SocketReads },
  callback: buildConnector.Callback,
) => Socket

/** Makes the connector. */
export function onreadConnector(options: OnreadConnectorOptions): OnreadConnector {
  const sessions = new Map<string, Buffer>()
  const size = options.bufferSize ?? 256 * 1024
  const dial = dialer(options)
  return ({ hostname, host, protocol, port, servername, localAddress, reads = new ReadBridge(size) }, callback) => {
    const secure = protocol === 'https:'
    const name = servername ?? nameOf(host ?? hostname)
    const where = { host: bare(hostname), port: Number(port || (secure ? 443 : 80)) }
    const proxy = options.proxies?.(secure, where.host, where.port)
    const attempt = new ConnectAttempt(options, callback)
    const origin = `${protocol}//${host}`
    const explain = options.toProxy ? (error: Error) => unreachableProxy({ origin }, error) : undefined
    if (proxy && !secure) return dial.tunnel(attempt, proxy, where, socket => attempt.succeed(socket))
    const common = { ...where, onread: reads.option, ...(localAddress ? { localAddress } : {}) }
    const start = (through?: Socket) => {
      const socket = secure
        ? connectTls({
            ...options.tls?.(),
            ...dial.network,
            ...common,
            ...(through && { socket: through }),
            ...(name && { servername: name }),
            ALPNProtocols: ['http/1.1'],
            ...sessionOf(sessions, name),
          })
        : connectTcp({ ...dial.network, ...common } as SocketConnectOpts)
      if (secure && name) socket.on('session', (session: Buffer) => remember(sessions, name, session))
      // An alert after the handshake is emitted but leaves the socket open, and undici would report the end that follows.
      if (secure) socket.on('error', error => socket.destroy(error))
      reads.serve(socket)
      const event = secure ? 'secureConnect' : 'connect'
      if (through) through.on('error', error => socket.destroy(error))
      else dial.watch(socket, event, where.host)
      attempt.step(socket, event, () => attempt.succeed(socket), explain)
      return socket
    }
    return proxy ? dial.tunnel(attempt, proxy, where, start) : start()
  }
}

function sessionOf(sessions: Map<string, Buffer>, name: string | undefined): { session?: Buffer } {
  const session = name === undefined ? undefined : sessions.get(name)
  return session ? { session } : {}
}

function remember(sessions: Map<string, Buffer>, name: string, session: Buffer): void {
  sessions.delete(name)
  sessions.set(name, session)
  if (sessions.size <= maxSessions) return
  for (const oldest of sessions.keys()) {
    sessions.delete(oldest)
    break
  }
}

/**
 * Makes a socket with `onread` look like one that is read with `read()`. Bytes are offered at once, as a view of the buffer;
 * what is not taken at once is copied and the socket stopped, so a reader that pauses loses nothing, not even TLS records
 * that were already decrypted. A Node.js that ignores `onread` works too: `read` then finds the stream's own data.
 */
class ReadBridge implements SocketReads {
  readonly option: { buffer: Buffer; callback: (bytes: number, buffer: Uint8Array) => boolean }
  readonly #queue: Buffer[] = []
  #offered: Uint8Array | null = null
  #stopped = false
  #paused = false
  #socket: Socket | undefined

  constructor(size: number) {
    this.option = {
      buffer: Buffer.allocUnsafeSlow(size),
      callback: (bytes, buffer) => this.#received(buffer.subarray(0, bytes)),
    }
  }

  serve(socket: Socket): void {
    this.#socket = socket
    const read = socket.read
    socket.read = (size?: number) => this.#read(size, read)
    socket.unshift = (chunk: Uint8Array) => {
      // undici does this when it pauses, also with nothing left: reading on would only mean a copy of what comes next.
      this.#paused = true
      if (chunk.length > 0) this.#queue.unshift(Buffer.from(chunk))
      return true
    }
  }

  /** Says whether the socket may go on reading. */
  #received(chunk: Uint8Array): boolean {
    this.#paused = false
    if (this.#queue.length === 0) {
      this.#offered = chunk
      this.#socket?.emit('readable')
      chunk = this.#offered ?? chunk.subarray(chunk.length)
      this.#offered = null
    }
    if (chunk.length > 0) this.#queue.push(Buffer.from(chunk))
    this.#stopped = this.#paused || this.#queue.length > 0
    return !this.#stopped
  }

  #read(size: number | undefined, original: Socket['read']): Uint8Array | null {
    // Node.js itself calls read(0): to start reading, and to end the stream. It must not end before the queue is taken.
    if (size === 0) return this.#queue.length > 0 ? null : original.call(this.#socket, 0)
    if (this.#offered !== null) {
      const chunk = this.#offered
      this.#offered = null
      return chunk
    }
    const queued = this.#queue.shift()
    if (queued !== undefined) return queued
    if (this.#stopped) {
      this.#stopped = false
      this.#socket?._read(0)
    }
    return original.call(this.#socket)
  }
}
