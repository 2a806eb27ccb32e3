import { connect as connectTcp, type Socket, type SocketConnectOpts } from 'node:net'
import { type ConnectionOptions, connect as connectTls } from 'node:tls'
import { type buildConnector, errors } from 'undici'

/**
 * A connector for undici whose sockets read into one buffer each, again and again.
 *
 * Stock Node.js allocates 64 KiB for every read of a socket, and collecting that garbage costs more than moving the bytes:
 * receiving is two to four times cheaper this way. Node.js offers it as the `onread` option of `net.connect` and
 * `tls.connect`, but undici reads with `socket.read()` on `'readable'`; {@link serveReads} is the bridge between the two.
 * Whatever undici's handlers get is a view of that buffer: it must be copied, or used up, before they return.
 */
export interface OnreadConnectorOptions {
  /** Milliseconds until the connection must stand, TLS included; 0 means no limit. */
  readonly timeout: number
  /** Bytes per read at most. TLS gives 16 KiB at a time whatever is asked for. @default 256 KiB */
  readonly bufferSize?: number
  /** Further options of `tls.connect`: certificate authorities, client certificates. */
  readonly tls?: ConnectionOptions
}

/** TLS sessions kept for quicker handshakes, one per server name. */
const maxSessions = 100

/** Makes the connector. */
export function onreadConnector(options: OnreadConnectorOptions): buildConnector.connector {
  const sessions = new Map<string, Buffer>()
  const size = options.bufferSize ?? 256 * 1024
  return ({ hostname, host, protocol, port, servername, localAddress }, callback) => {
    const secure = protocol === 'https:'
    const reads = new ReadBridge(size)
    const common = {
      host: hostname.replace(/^\[(.*)\]$/, '$1'),
      port: Number(port || (secure ? 443 : 80)),
      onread: reads.option,
      ...(localAddress ? { localAddress } : {}),
    }
    const name = servername ?? nameOf(host ?? hostname)
    const socket = secure
      ? connectTls({
          ...options.tls,
          ...common,
          ...(name && { servername: name }),
          ALPNProtocols: ['http/1.1'],
          ...sessionOf(sessions, name),
        })
      : connectTcp(common as SocketConnectOpts)
    if (secure && name) socket.on('session', (session: Buffer) => remember(sessions, name, session))
    reads.serve(socket)
    socket.setNoDelay(true)
    socket.setKeepAlive(true, 60_000)
    settle(socket, secure ? 'secureConnect' : 'connect', options.timeout, callback)
    return socket
  }
}

function nameOf(host: string): string | undefined {
  const name = host.replace(/:\d+$/, '')
  return /^[\d.]+$|:/.test(name) ? undefined : name
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

/** Reports the outcome of connecting, once. */
function settle(socket: Socket, event: string, timeout: number, callback: buildConnector.Callback): void {
  let timer: NodeJS.Timeout | undefined
  const onConnect = () => {
    stop()
    callback(null, socket)
  }
  const onError = (error: Error) => {
    stop()
    callback(error, null)
  }
  const stop = () => {
    clearTimeout(timer)
    socket.off(event, onConnect)
    socket.off('error', onError)
  }
  socket.once(event, onConnect)
  socket.once('error', onError)
  if (timeout > 0)
    timer = setTimeout(
      () => socket.destroy(new errors.ConnectTimeoutError(`no connection after ${timeout} ms`)),
      timeout,
    )
}

/**
 * Makes a socket with `onread` look like one that is read with `read()`. Bytes are offered at once, as a view of the buffer;
 * what is not taken at once is copied and the socket stopped, so a reader that pauses loses nothing, not even TLS records
 * that were already decrypted. A Node.js that ignores `onread` works too: `read` then finds the stream's own data.
 */
class ReadBridge {
  /** For `net.connect` and `tls.connect`. */
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
