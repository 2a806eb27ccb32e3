import type { Socket } from 'node:net'
import { asError } from '../internal/as-error.js'
import { longestTimer } from '../internal/sleep.js'
import { ChunkedDecoder } from './chunked-decoder.js'
import type { HttpRequest, HttpResponse } from './http-client.js'
import type { SocketReads } from './onread-connector.js'
import type { Flow } from './received-body.js'
import type { RequestHead } from './request-head.js'
import { ResponseHandler } from './response-handler.js'
import { idleTime, malformed, parseResponseHead, type ResponseHead } from './response-head.js'
import { isSmall, sendBody, sendSmall } from './send-body.js'
import { otherSideClosed } from './translate-error.js'
import { errors } from './undici.js'

/** Bytes read at once where no reader offers memory of its own: heads, and answers about things other than bytes. */
const ownRoom = 32 * 1024
/** Longest head of an answer, as in undici. */
const longestHead = 16 * 1024
/** Nearly all heads are shorter: what is looked at first, so that a body behind the head need not become text. */
const usualHead = 1024
const nothing: Buffer = Buffer.alloc(0)

/** One request under way, and what its response can ask of the connection while it lasts. */
class Exchange implements Flow {
  readonly request: HttpRequest
  readonly handler: ResponseHandler
  /** Whether the socket has got the whole request. */
  sent = false
  head: ResponseHead | undefined
  /** Bytes of the body that are to come, where that is known. */
  left = 0
  chunks: ChunkedDecoder | undefined
  /** The connection until the exchange is over: then it may carry another one already. */
  flow: Flow | undefined

  constructor(request: HttpRequest, handler: ResponseHandler, flow: Flow) {
    this.request = request
    this.handler = handler
    this.flow = flow
  }

  pause(): void {
    this.flow?.pause()
  }

  resume(): void {
    this.flow?.resume()
  }

  abort(reason: Error): void {
    this.flow?.abort(reason)
  }
}

/**
 * A connection that carries one request after another and reads bodies straight into the memory of whoever wants them.
 *
 * It speaks HTTP/1.1 strictly: an answer that is not exactly what it should be ends the connection, and so does everything
 * else after which it is not certain where the next answer begins.
 */
export class NodeConnection implements SocketReads, Flow {
  readonly option = { buffer: () => this.#space(), callback: (bytes: number) => this.#received(bytes) }
  /** Called when the connection can carry another request, or never again. */
  onFree: () => void = () => {}
  onClose: () => void = () => {}
  readonly #own = Buffer.allocUnsafeSlow(ownRoom)
  /** For what arrives while something that nobody took yet lies in the own room: TLS goes on giving what it has decrypted. */
  #spare: Buffer | undefined
  #socket!: Socket
  /** Memory that the next read fills. */
  #target: Uint8Array = nothing
  #exchange: Exchange | undefined
  /** The beginning of a head whose end is yet to come. */
  #partialHead = nothing
  /** What arrived while nobody takes it. The first of these may lie in the own room or the spare one, the others are copies. */
  #waiting: Uint8Array[] = []
  #paused = false
  #stopped = false
  #closed = false
  #ended = false
  #failure: Error | undefined
  /** Milliseconds for which the other side keeps an idle connection, where it says so. */
  #idleLimit: number | undefined
  /** Ends the connection when it is idle for so long. Goes off in vain while a request is under way. */
  #idleTimer: NodeJS.Timeout | undefined
  #idleTime = 0

  /** Whether this Node.js reads into memory that it is given. */
  get usable(): boolean {
    return this.#target !== nothing
  }

  /** Whether another request can be sent. */
  get free(): boolean {
    return this.#exchange === undefined && !this.#ended && !this.#socket.destroyed
  }

  serve(socket: Socket): void {
    this.#socket = socket
    socket.on('timeout', () => this.#timedOut())
    socket.on('end', () => {
      this.#ended = true
    })
    socket.on('error', error => {
      this.#failure ??= error
    })
    socket.on('close', () => {
      this.#closed = true
      clearTimeout(this.#idleTimer)
      this.onClose()
      if (this.#waiting.length === 0) this.#broken()
    })
  }

  /** Sends a request. The answer's body holds the connection until it was read. */
  exchange(request: HttpRequest, head: RequestHead): Promise<HttpResponse> {
    return new Promise((resolve, reject) => {
      const handler = new ResponseHandler(request, { resolve, reject })
      const exchange = new Exchange(request, handler, this)
      if (!this.free) return handler.onResponseError(exchange, otherSideClosed(this.#socket))
      if (request.signal?.aborted) return this.onFree()
      this.#exchange = exchange
      handler.onRequestStart(exchange)
      this.#socket.ref()
      this.#limit(request.timeouts.readwrite)
      const { body } = request
      if (isSmall(body)) {
        sendSmall(this.#socket, head, body)
        exchange.sent = true
      } else this.#send(exchange, head)
    })
  }

  #send(exchange: Exchange, head: RequestHead): void {
    const wanted = () => exchange === this.#exchange && exchange.head === undefined
    const handed = () => {
      exchange.sent = true
    }
    sendBody(this.#socket, head, exchange.request.body, wanted, handed).catch(error => {
      // Of a socket that was destroyed the reason is known better elsewhere; an answer that came ends the request anyway.
      if (exchange === this.#exchange && error?.code !== 'ERR_STREAM_DESTROYED') this.destroy(error)
    })
  }

  /** Waits for the next request, at most so long and no longer than the other side keeps the connection. */
  idle(milliseconds: number): void {
    const limit = idleTime(milliseconds, this.#idleLimit)
    if (limit <= 0) {
      this.destroy()
      return
    }
    this.#socket.unref()
    if (this.#idleTimer !== undefined && limit === this.#idleTime) this.#idleTimer.refresh()
    else {
      clearTimeout(this.#idleTimer)
      this.#idleTime = limit
      const end = () => this.#exchange === undefined && this.destroy()
      this.#idleTimer = setTimeout(end, Math.min(limit, longestTimer)).unref()
    }
  }

  /** Ends the connection, and what it carries with this error. */
  destroy(error?: Error): void {
    if (error) this.#failure ??= error
    this.#waiting = []
    this.#socket.destroy()
    this.#broken()
  }

  /** The reader takes no more for now. @internal */
  pause(): void {
    this.#paused = true
  }

  /** The reader goes on. @internal */
  resume(): void {
    if (!this.#paused) return
    this.#paused = false
    this.#guarded(() => {
      for (let chunk = this.#waiting.shift(); chunk; chunk = this.#waiting.shift()) {
        this.#process(chunk)
        if (this.#paused) return
      }
    })
    if (this.#closed && this.#waiting.length === 0) this.#broken()
    if (this.#paused || !this.#stopped) return
    this.#stopped = false
    const { timeouts } = this.#exchange?.request ?? {}
    if (timeouts) this.#socket.setTimeout(timeouts.readwrite)
    this.#socket.resume()
  }

  /** The response is not wanted. @internal */
  abort(reason: Error): void {
    this.destroy(reason)
  }

  /** Writing counts as well as reading: the socket looks whether what was given to it shrinks. Both begin the time anew. */
  #limit(milliseconds: number): void {
    if (this.#socket.timeout !== milliseconds) this.#socket.setTimeout(milliseconds)
  }

  /** Where the next bytes go: to the reader that offers memory, else to the own room. */
  #space(): Uint8Array {
    const exchange = this.#exchange
    const direct = exchange?.left && !this.#paused && this.#waiting.length === 0 ? exchange.handler.room() : undefined
    if (!exchange || !direct?.length) this.#target = this.#freeRoom()
    else this.#target = direct.length > exchange.left ? direct.subarray(0, exchange.left) : direct
    return this.#target
  }

  #freeRoom(): Uint8Array {
    if (this.#waiting[0]?.buffer !== this.#own.buffer) return this.#own
    this.#spare ??= Buffer.allocUnsafeSlow(ownRoom)
    return this.#spare
  }

  /** Says whether the socket may go on reading. */
  #received(bytes: number): boolean {
    const chunk = this.#target.subarray(0, bytes)
    if (this.#paused || this.#waiting.length > 0) this.#waiting.push(Buffer.from(chunk))
    else this.#guarded(() => this.#process(chunk))
    this.#stopped = this.#paused
    return !this.#paused
  }

  #guarded(work: () => void): void {
    try {
      work()
    } catch (error) {
      this.destroy(asError(error))
    }
  }

  #process(bytes: Uint8Array): void {
    let rest = bytes
    while (rest.length > 0) {
      const exchange = this.#exchange
      if (exchange === undefined) throw malformed('bytes follow it that nobody asked for')
      rest = exchange.head ? this.#takeBody(exchange, rest) : this.#takeHead(exchange, rest)
      if (this.#paused) break
    }
    if (rest.length > 0) this.#waiting.unshift(rest)
  }

  /** Takes a head, or a piece of one, and gives what follows it. */
  #takeHead(exchange: Exchange, bytes: Uint8Array): Uint8Array {
    const before = this.#partialHead.length
    const piece = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    const known = before === 0 ? piece : Buffer.concat([this.#partialHead, piece])
    let text = known.toString('latin1', 0, Math.min(usualHead, known.length))
    let end = text.indexOf('\r\n\r\n')
    if (end < 0 && known.length > usualHead) {
      text = known.toString('latin1', 0, Math.min(longestHead + 4, known.length))
      end = text.indexOf('\r\n\r\n')
    }
    if ((end < 0 ? known.length : end) > longestHead)
      throw new errors.HeadersOverflowError('the head of the answer is too long')
    if (end < 0) {
      this.#partialHead = before === 0 ? Buffer.from(known) : known
      return nothing
    }
    this.#partialHead = nothing
    const head = parseResponseHead(text, end + 2, exchange.request.method)
    const rest = bytes.subarray(end + 4 - before)
    // What comes before the answer itself, such as 100, is for those who asked for it.
    if (head.statusCode >= 200) this.#answer(exchange, head, rest.length)
    return rest
  }

  #answer(exchange: Exchange, head: ResponseHead, arrived: number): void {
    const { statusCode, headers, framing, idleLimit } = head
    exchange.head = head
    if (framing === 'chunked') exchange.chunks = new ChunkedDecoder()
    else exchange.left = framing === 'close' ? Number.POSITIVE_INFINITY : framing
    this.#idleLimit = idleLimit
    exchange.handler.onResponseStart(exchange, statusCode, headers)
    if (framing === 0) this.#finish(exchange)
    // What lies behind the head of a large answer stays where it is until somebody reads, and is then not copied twice.
    else if (exchange.request.bulk && framing !== arrived) exchange.handler.pause()
  }

  #takeBody(exchange: Exchange, bytes: Uint8Array): Uint8Array {
    const { handler, chunks } = exchange
    let rest: Uint8Array
    if (chunks) {
      rest = chunks.take(bytes, chunk => {
        handler.onResponseData(exchange, chunk)
        return !this.#paused
      })
      if (!chunks.done) return rest
    } else {
      // Over TLS this runs for every 16 KiB, and even a view costs.
      const all = bytes.length <= exchange.left
      const chunk = all ? bytes : bytes.subarray(0, exchange.left)
      rest = all ? nothing : bytes.subarray(chunk.length)
      exchange.left -= chunk.length
      handler.onResponseData(exchange, chunk)
      if (exchange.left > 0) return rest
    }
    if (this.#exchange === exchange) this.#finish(exchange)
    return rest
  }

  /** The answer is complete. */
  #finish(exchange: Exchange): void {
    this.#end(exchange)
    this.#paused = false
    const again = exchange.sent && exchange.head?.keepAlive && !this.#closed && !this.#ended
    // An answer that comes before the request has ended leaves the rest of it on the connection.
    if (!again) this.#socket.destroy()
    exchange.handler.onResponseEnd()
    if (again) this.onFree()
  }

  #end(exchange: Exchange): void {
    this.#exchange = undefined
    exchange.flow = undefined
  }

  /** Nothing has moved for as long as it may. */
  #timedOut(): void {
    const exchange = this.#exchange
    // Who does not read does not wait for the other side, and nobody waits for anything while the connection is idle.
    if (this.#paused || exchange === undefined) return
    const { bytesRead, writableLength } = this.#socket
    // Nor does who has yet to make what is to be sent.
    const ownFault = !exchange.sent && !exchange.head && writableLength === 0
    if (ownFault) this.#socket.setTimeout(exchange.request.timeouts.readwrite)
    // It may be this process that was busy: what has come meanwhile is looked at first.
    else
      setImmediate(() => {
        const moved = bytesRead !== this.#socket.bytesRead || writableLength !== this.#socket.writableLength
        if (moved || this.#paused || exchange !== this.#exchange) return
        this.destroy(exchange.head ? new errors.BodyTimeoutError() : new errors.HeadersTimeoutError())
      })
  }

  /** No more bytes will come: what is under way ends, with an error unless the answer ends with the connection. */
  #broken(): void {
    const exchange = this.#exchange
    if (exchange === undefined) return
    this.#end(exchange)
    const { handler, head } = exchange
    if (head?.framing === 'close' && this.#ended && !this.#failure) handler.onResponseEnd()
    else handler.onResponseError(exchange, this.#failure ?? otherSideClosed(this.#socket))
  }
}
