import type { Socket } from 'node:net'
import { asError } from '../internal/as-error.js'
import { onAbort } from '../internal/on-abort.js'
import { getEngine } from '../native/index.js'
import { isWireBody, type Wire, WireError, type WireSink, type WireTls } from '../native/wire.js'
import { ChunkedDecoder } from './chunked-decoder.js'
import type { HttpRequest, HttpResponse } from './http-client.js'
import type { SocketReads } from './onread-connector.js'
import { ReceivedBody } from './received-body.js'
import type { RequestHead } from './request-head.js'
import { idleTime, malformed, parseResponseHead, type ResponseHead } from './response-head.js'
import { otherSideClosed, translateError } from './translate-error.js'
import { errors } from './undici.js'
import { untilBroken } from './until-broken.js'

/** Bytes that are received at once for whoever reads them in JavaScript. */
const room = 256 * 1024
/** A body up to this length leaves together with the head. */
const smallBody = 64 * 1024
const nothing = new Uint8Array(0)
/** Milliseconds after which an unused connection is looked at: whether the other side has closed it, or it was kept long enough. */
const lookAfter = 1000
/** Nothing is ever read into it. */
const scrap = Buffer.allocUnsafeSlow(1)

/** One request under way. */
interface Exchange {
  readonly request: HttpRequest
  readonly stopListening: () => void
  /** Called when the connection is destroyed, for whoever waits for something that would not notice. */
  break: (error: unknown) => void
  /** What a native thread does for it. It notices the end of the connection by itself. */
  work: Promise<unknown> | undefined
  /** Whether the whole request has been sent. */
  sent: boolean
  body: ReceivedBody | undefined
  paused: boolean
  pumping: boolean
  left: number
  chunks: ChunkedDecoder | undefined
  /** What was received and not taken, in the connection's room. */
  rest: Uint8Array
  keepAlive: boolean
}

/**
 * A connection whose bytes native threads move: from files and into files they do not pass through JavaScript at all. As
 * strict as {@link NodeConnection}, and for the same reasons.
 *
 * Node.js makes the socket and closes it, and never reads it: of bytes that it took, the wire would not know.
 */
export class WireConnection implements SocketReads {
  static #count = 0

  /** How many there are at the moment. */
  static get count(): number {
    return WireConnection.#count
  }

  readonly option = { buffer: scrap, callback: () => this.#unexpected() }
  /** Called when the connection can carry another request, or never again. */
  onFree: () => void = () => {}
  onClose: () => void = () => {}
  #socket!: Socket
  #wire: Wire | undefined
  #exchange: Exchange | undefined
  #room: Buffer | undefined
  #failure: Error | undefined
  #idleLimit: number | undefined
  #watch: NodeJS.Timeout | undefined
  #bytesWritten = 0
  #bytesRead = 0

  serve(socket: Socket): void {
    this.#socket = socket
    WireConnection.#count++
    socket.pause()
    socket.on('error', error => {
      this.#failure ??= error
    })
    socket.on('close', () => {
      WireConnection.#count--
      this.destroy()
      this.onClose()
    })
  }

  /** Makes the wire. @throws when there is none to be had */
  open(tls?: WireTls, name?: string): void {
    // Node.js tells it of TCP sockets on POSIX systems, though without promising it.
    const { _handle: handle } = this.#socket as { _handle?: { fd?: unknown } }
    const fd = handle?.fd
    if (typeof fd !== 'number' || fd < 0) throw new Error('the socket has no file descriptor')
    this.#wire = getEngine().openWire?.(fd, tls, name)
  }

  /** Makes the TLS connection. */
  async handshake(timeout: number): Promise<void> {
    await this.#wire?.handshake(timeout)
  }

  /** Whether another request can be sent. */
  get free(): boolean {
    return this.#exchange === undefined && !this.#socket.destroyed && this.#wire?.quiet() === true
  }

  /** Sends a request. The answer's body holds the connection until it was read. */
  async exchange(request: HttpRequest, head: RequestHead): Promise<HttpResponse> {
    if (!this.free) throw translateError(this.#closed(), request)
    if (request.signal?.aborted) {
      this.onFree()
      throw request.signal.reason
    }
    clearInterval(this.#watch)
    this.#socket.ref()
    const exchange = this.#begin(request)
    this.#exchange = exchange
    try {
      const answer = await this.#ask(exchange, head)
      return this.#answer(exchange, answer)
    } catch (error) {
      throw this.#fail(exchange, error)
    }
  }

  #begin(request: HttpRequest): Exchange {
    const { signal } = request
    const stopListening = onAbort(signal, () => this.destroy(asError(signal?.reason)))
    return {
      ...{ request, stopListening, break: () => {}, work: undefined, sent: false, body: undefined },
      ...{ paused: true, pumping: false, left: 0, chunks: undefined, rest: nothing, keepAlive: false },
    }
  }

  /** Waits for the next request, at most so long and no longer than the other side keeps the connection. */
  idle(milliseconds: number): void {
    const limit = idleTime(milliseconds, this.#idleLimit)
    if (limit <= 0) {
      this.destroy()
      return
    }
    this.#socket.unref()
    const until = performance.now() + limit
    const look = () => {
      if (performance.now() >= until || !this.free) this.destroy()
    }
    this.#watch = setInterval(look, Math.min(limit, lookAfter)).unref()
  }

  /** Ends the connection, and what it carries with this error. */
  destroy(error?: Error): void {
    if (error) this.#failure ??= error
    clearInterval(this.#watch)
    this.#wire?.close()
    this.#socket.destroy()
    const exchange = this.#exchange
    if (exchange === undefined) return
    exchange.break(this.#reasonOf(this.#closed()))
    // Memory that a native thread uses must not be given back before it has stopped.
    if (!exchange.work) this.#fail(exchange, this.#closed())
  }

  #unexpected(): boolean {
    this.destroy(new Error('Node.js read what was not for it'))
    return false
  }

  /** Calls the wire; what is under way ends with the connection. */
  async #on<T>(exchange: Exchange, work: (wire: Wire, timeout: number) => Promise<T>): Promise<T> {
    const working = work(this.#wire as Wire, exchange.request.timeouts.readwrite)
    exchange.work = working
    try {
      return await working
    } finally {
      exchange.work = undefined
    }
  }

  /** Sends the request and gives the head of the answer. */
  async #ask(exchange: Exchange, head: RequestHead): Promise<ResponseHead> {
    const { body, method } = exchange.request
    const text = Buffer.from(head.text, 'latin1')
    let first: Uint8Array = text
    if (body instanceof Uint8Array && body.byteLength <= smallBody) first = Buffer.concat([text, body])
    else if (head.length > 0) {
      first = nothing
      await this.#sendBody(exchange, text, head.length)
    }
    exchange.sent ||= first.length > 0 || head.length === 0
    for (;;) {
      const bytes = first
      const answer = await this.#on(exchange, (wire, timeout) => wire.exchange(bytes, timeout))
      this.#bytesWritten += bytes.length
      this.#bytesRead += answer.length
      const found = parseResponseHead(answer.toString('latin1'), answer.length - 2, method)
      // What comes before the answer itself, such as 100, is for those who asked for it.
      if (found.statusCode >= 200) return found
      first = nothing
    }
  }

  async #sendBody(exchange: Exchange, head: Uint8Array, length: number): Promise<void> {
    const { body } = exchange.request
    if (!(await this.#sendAll(exchange, head))) return
    let sent = 0
    if (isWireBody(body)) {
      while (sent < length) {
        const { count, answered } = await this.#on(exchange, (wire, timeout) => body.sendOver(wire, timeout))
        sent += count
        this.#bytesWritten += count
        if (answered) return
      }
    } else {
      const pieces = body instanceof Uint8Array ? [body] : (body ?? [])
      const broken = new Promise<never>((_, reject) => {
        exchange.break = reject
      })
      // Nobody may be waiting for a piece when it breaks.
      broken.catch(() => {})
      for await (const piece of untilBroken(pieces, broken)) {
        sent += piece.byteLength
        if (sent > length) break
        // An answer is noticed where sending would have to wait; small pieces never have to.
        if (!this.#wire?.quiet()) return
        if (!(await this.#sendAll(exchange, piece))) return
      }
    }
    if (sent !== length) throw new errors.RequestContentLengthMismatchError()
    exchange.sent = true
  }

  /** Says whether all of it was sent. */
  async #sendAll(exchange: Exchange, bytes: Uint8Array): Promise<boolean> {
    for (let done = 0; done < bytes.byteLength; ) {
      const rest = bytes.subarray(done)
      const { count, answered } = await this.#on(exchange, (wire, timeout) => wire.send(rest, timeout))
      done += count
      this.#bytesWritten += count
      if (answered && done < bytes.byteLength) return false
    }
    return true
  }

  #answer(exchange: Exchange, head: ResponseHead): HttpResponse {
    const { statusCode, headers, framing } = head
    if (framing === 'chunked') exchange.chunks = new ChunkedDecoder()
    else exchange.left = framing === 'close' ? Number.POSITIVE_INFINITY : framing
    exchange.keepAlive = head.keepAlive && framing !== 'close'
    this.#idleLimit = head.idleLimit
    const body = new ReceivedBody({
      pause: () => {
        exchange.paused = true
      },
      resume: () => {
        exchange.paused = false
        void this.#pump(exchange)
      },
      abort: reason => {
        if (this.#exchange === exchange) this.destroy(reason)
      },
      settled: async () => void (await exchange.work?.catch(() => {})),
      ...(typeof framing === 'number' && { deliver: (sink: WireSink) => this.#deliver(exchange, sink) }),
    })
    exchange.body = body
    if (framing === 0) this.#finish(exchange)
    return { statusCode, headers, body }
  }

  /** Receives for whoever reads in JavaScript, until he has enough. */
  async #pump(exchange: Exchange): Promise<void> {
    if (exchange.pumping) return
    exchange.pumping = true
    try {
      this.#take(exchange)
      while (this.#exchange === exchange && !exchange.paused) {
        const target = this.#roomFor(exchange)
        const count = await this.#on(exchange, (wire, timeout) => wire.receive(target, timeout))
        this.#bytesRead += count
        if (this.#exchange !== exchange) return
        if (count === 0) this.#ended(exchange)
        exchange.rest = target.subarray(0, count)
        this.#take(exchange)
      }
    } catch (error) {
      this.#fail(exchange, error)
    } finally {
      exchange.pumping = false
    }
  }

  /** Where the next bytes go: to the reader that offers memory, else to the own room. */
  #roomFor({ body, left, chunks }: Exchange): Uint8Array {
    const most = chunks ? room : Math.min(room, left)
    const direct = chunks ? undefined : body?.room()
    if (direct?.length) return direct.length > left ? direct.subarray(0, left) : direct
    if (this.#room === undefined || this.#room.length < most) this.#room = Buffer.allocUnsafeSlow(most)
    return this.#room.subarray(0, most)
  }

  /** Hands on what was received. */
  #take(exchange: Exchange): void {
    const body = exchange.body as ReceivedBody
    const { rest, chunks } = exchange
    if (rest.length === 0) return
    if (chunks) {
      exchange.rest = chunks.take(rest, chunk => {
        body.accept(chunk)
        return !exchange.paused
      })
      if (!chunks.done) return
      if (exchange.rest.length > 0) throw malformed('bytes follow it that nobody asked for')
    } else {
      exchange.rest = nothing
      exchange.left -= rest.length
      body.accept(rest)
      if (exchange.left > 0) return
    }
    this.#finish(exchange)
  }

  /** Lets the wire put the bytes where they belong. */
  async #deliver(exchange: Exchange, sink: WireSink): Promise<void> {
    try {
      while (exchange.left > 0) {
        const count = await this.#on(exchange, (wire, timeout) => sink(wire, exchange.left, timeout))
        exchange.left -= count
        this.#bytesRead += count
      }
    } catch (error) {
      throw this.#fail(exchange, error)
    }
    this.#finish(exchange)
  }

  /** The other side has closed the connection: for some answers that is how they end. */
  #ended(exchange: Exchange): void {
    if (exchange.left !== Number.POSITIVE_INFINITY) throw this.#closed()
    this.#finish(exchange)
  }

  /** The answer is complete. */
  #finish(exchange: Exchange): void {
    if (this.#exchange !== exchange) return
    this.#end(exchange)
    // An answer that comes before the request has ended leaves the rest of it on the connection.
    const again = exchange.sent && exchange.keepAlive && this.free
    if (!again) this.destroy()
    exchange.body?.finish()
    if (again) this.onFree()
  }

  /** What is under way ends with an error, or the signal's reason, which is returned. */
  #fail(exchange: Exchange, error: unknown): unknown {
    const { request, body } = exchange
    const reason = request.signal?.aborted ? request.signal.reason : translateError(this.#reasonOf(error), request)
    if (this.#exchange === exchange) {
      this.#end(exchange)
      this.destroy(asError(reason))
      body?.fail(asError(reason))
    }
    return reason
  }

  #end(exchange: Exchange): void {
    if (this.#exchange === exchange) this.#exchange = undefined
    exchange.stopListening()
  }

  /** Why it failed, as the other transports say it. A connection that was ended here was ended for a reason. */
  #reasonOf(error: unknown): unknown {
    if (!(error instanceof WireError || error instanceof errors.SocketError)) return error
    if (this.#failure) return this.#failure
    if (!(error instanceof WireError)) return error
    if (error.code === 'TimedOut')
      return this.#exchange?.body ? new errors.BodyTimeoutError() : new errors.HeadersTimeoutError()
    if (error.code === 'HeadTooLong') return new errors.HeadersOverflowError('the head of the answer is too long')
    return error.code === 'Closed' ? this.#closed() : error
  }

  #closed(): Error {
    return otherSideClosed({ bytesRead: this.#bytesRead, bytesWritten: this.#bytesWritten })
  }
}
