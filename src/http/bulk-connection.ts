import type { Socket } from 'node:net'
import { asError } from '../internal/as-error.js'
import { onAbort } from '../internal/on-abort.js'
import { ChunkedDecoder } from './chunked-decoder.js'
import type { HttpRequest, HttpResponse } from './http-client.js'
import type { SocketReads } from './onread-connector.js'
import { ReceivedBody } from './received-body.js'
import type { RequestHead } from './request-head.js'
import { malformed, parseResponseHead, type ResponseHead } from './response-head.js'
import { sendBody } from './send-body.js'
import { translateError } from './translate-error.js'
import { errors } from './undici.js'

/** Bytes read at once where no reader offers memory of its own: heads, and answers about things other than bytes. */
const ownRoom = 32 * 1024
/** Longest head of an answer, as in undici. */
const longestHead = 16 * 1024
const nothing = new Uint8Array(0)

/** One request under way. */
interface Exchange {
  readonly request: HttpRequest
  readonly resolve: (response: HttpResponse) => void
  readonly reject: (error: unknown) => void
  readonly stopListening: () => void
  /** Whether the socket has got the whole request. */
  sent: boolean
  head: ResponseHead | undefined
  body: ReceivedBody | undefined
  /** Bytes of the body that are to come, where that is known. */
  left: number
  chunks: ChunkedDecoder | undefined
}

/**
 * A connection that carries one request after another and reads bodies straight into the memory of whoever wants them.
 *
 * It speaks HTTP/1.1 strictly: an answer that is not exactly what it should be ends the connection, and so does everything
 * else after which it is not certain where the next answer begins.
 */
export class BulkConnection implements SocketReads {
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
  #partialHead: Buffer = Buffer.alloc(0)
  /** What arrived while nobody takes it. The first of these may lie in the own room or the spare one, the others are copies. */
  #waiting: Uint8Array[] = []
  #paused = false
  #stopped = false
  #closed = false
  #ended = false
  #failure: Error | undefined
  #idleLimit: number | undefined

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
      this.onClose()
      if (this.#waiting.length === 0) this.#broken()
    })
  }

  /** Sends a request. The answer's body holds the connection until it was read. */
  exchange(request: HttpRequest, head: RequestHead): Promise<HttpResponse> {
    const { signal, timeouts } = request
    return new Promise((resolve, reject) => {
      if (!this.free) return reject(translateError(otherSideClosed(this.#socket), request))
      if (signal?.aborted) {
        this.onFree()
        return reject(signal.reason)
      }
      const stopListening = onAbort(signal, () => this.destroy(asError(signal?.reason)))
      const exchange: Exchange = {
        ...{ request, resolve, reject, stopListening },
        ...{ sent: false, head: undefined, body: undefined, left: 0, chunks: undefined },
      }
      this.#exchange = exchange
      this.#socket.ref()
      // Writing counts as well as reading: the socket looks whether what was given to it shrinks.
      this.#socket.setTimeout(timeouts.readwrite)
      const wanted = () => exchange === this.#exchange && exchange.head === undefined
      const handed = () => {
        exchange.sent = true
      }
      sendBody(this.#socket, head, request.body, wanted, handed).catch(error => {
        // Of a socket that was destroyed the reason is known better elsewhere; an answer that came ends the request anyway.
        if (exchange === this.#exchange && error?.code !== 'ERR_STREAM_DESTROYED') this.destroy(error)
      })
    })
  }

  /** Waits for the next request, at most so long and no longer than the other side keeps the connection. */
  idle(milliseconds: number): void {
    // The other side's limit less the time a request may be on its way, as undici reckons.
    const limit = this.#idleLimit === undefined ? milliseconds : Math.min(milliseconds, this.#idleLimit - 2000)
    if (limit <= 0) this.destroy()
    else this.#socket.unref().setTimeout(limit)
  }

  /** Ends the connection, and what it carries with this error. */
  destroy(error?: Error): void {
    if (error) this.#failure ??= error
    this.#waiting = []
    this.#socket.destroy()
    this.#broken()
  }

  /** Where the next bytes go: to the reader that offers memory, else to the own room. */
  #space(): Uint8Array {
    const { body, left } = this.#exchange ?? {}
    const direct = body && left && !this.#paused && this.#waiting.length === 0 ? body.room() : undefined
    if (!direct?.length) this.#target = this.#freeRoom()
    else this.#target = left !== undefined && direct.length > left ? direct.subarray(0, left) : direct
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
      rest = exchange.body ? this.#takeBody(exchange, exchange.body, rest) : this.#takeHead(exchange, rest)
      if (this.#paused) break
    }
    if (rest.length > 0) this.#waiting.unshift(rest)
  }

  /** Takes a head, or a piece of one, and gives what follows it. */
  #takeHead(exchange: Exchange, bytes: Uint8Array): Uint8Array {
    const before = this.#partialHead.length
    const piece = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    const known = before === 0 ? piece : Buffer.concat([this.#partialHead, piece])
    const end = known.indexOf('\r\n\r\n', Math.max(0, before - 3), 'latin1')
    if ((end < 0 ? known.length : end) > longestHead)
      throw new errors.HeadersOverflowError('the head of the answer is too long')
    if (end < 0) {
      this.#partialHead = before === 0 ? Buffer.from(known) : known
      return nothing
    }
    this.#partialHead = Buffer.alloc(0)
    const head = parseResponseHead(known.toString('latin1', 0, end), exchange.request.method)
    const rest = bytes.subarray(end + 4 - before)
    if (head.statusCode === 101) throw malformed('it changes to a protocol that nobody asked for')
    // What comes before the answer itself, such as 100, is for those who asked for it.
    if (head.statusCode >= 200) this.#answer(exchange, head)
    return rest
  }

  #answer(exchange: Exchange, head: ResponseHead): void {
    const { statusCode, headers, framing } = head
    exchange.head = head
    if (framing === 'chunked') exchange.chunks = new ChunkedDecoder()
    else exchange.left = framing === 'close' ? Number.POSITIVE_INFINITY : framing
    this.#idleLimit = head.idleLimit
    const body = new ReceivedBody({
      pause: () => {
        if (this.#exchange === exchange) this.#paused = true
      },
      resume: () => {
        if (this.#exchange === exchange) this.#resume()
      },
      abort: reason => {
        if (this.#exchange === exchange) this.destroy(reason)
      },
    })
    exchange.body = body
    // What lies behind the head stays where it is until somebody reads, and is then not copied twice.
    this.#paused = framing !== 0
    exchange.resolve({ statusCode, headers, body })
    if (framing === 0) this.#finish(exchange)
  }

  #takeBody(exchange: Exchange, body: ReceivedBody, bytes: Uint8Array): Uint8Array {
    let rest: Uint8Array
    if (exchange.chunks) {
      rest = exchange.chunks.take(bytes, chunk => {
        body.accept(chunk)
        return !this.#paused
      })
      if (!exchange.chunks.done) return rest
    } else {
      // Over TLS this runs for every 16 KiB, and even a view costs.
      const all = bytes.length <= exchange.left
      const chunk = all ? bytes : bytes.subarray(0, exchange.left)
      rest = all ? nothing : bytes.subarray(chunk.length)
      exchange.left -= chunk.length
      body.accept(chunk)
      if (exchange.left > 0) return rest
    }
    if (this.#exchange === exchange) this.#finish(exchange)
    return rest
  }

  /** The answer is complete. */
  #finish(exchange: Exchange): void {
    this.#exchange = undefined
    this.#paused = false
    exchange.stopListening()
    const again = exchange.sent && exchange.head?.keepAlive && !this.#closed && !this.#ended
    // An answer that comes before the request has ended leaves the rest of it on the connection.
    if (!again) this.#socket.destroy()
    exchange.body?.finish()
    if (again) this.onFree()
  }

  #resume(): void {
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

  /** Nothing has moved for as long as it may. */
  #timedOut(): void {
    const exchange = this.#exchange
    // Who does not read does not wait for the other side.
    if (this.#paused) return
    // Nor does who has yet to make what is to be sent.
    const ownFault = exchange && !exchange.sent && !exchange.head && this.#socket.writableLength === 0
    if (ownFault) this.#socket.setTimeout(exchange.request.timeouts.readwrite)
    else this.destroy(exchange?.head ? new errors.BodyTimeoutError() : new errors.HeadersTimeoutError())
  }

  /** No more bytes will come: what is under way ends, with an error unless the answer ends with the connection. */
  #broken(): void {
    const exchange = this.#exchange
    if (exchange === undefined) return
    this.#exchange = undefined
    exchange.stopListening()
    const { request, head, body } = exchange
    if (head?.framing === 'close' && this.#ended && !this.#failure) {
      body?.finish()
      return
    }
    const cause = this.#failure ?? otherSideClosed(this.#socket)
    const error = request.signal?.aborted ? request.signal.reason : translateError(cause, request)
    exchange.reject(error)
    body?.fail(asError(error))
  }
}

/** As undici says it: whether the connection had brought bytes before tells whether the service is to blame. */
function otherSideClosed({ bytesRead, bytesWritten }: Socket): Error {
  return new errors.SocketError('other side closed', { bytesRead, bytesWritten } as ErrorOptions)
}
