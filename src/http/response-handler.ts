import type { IncomingHttpHeaders } from 'node:http'
import type { Dispatcher } from 'undici'
import { TimeoutError } from '../errors.js'
import { asError } from '../internal/as-error.js'
import { onAbort } from '../internal/on-abort.js'
import { longestTimer } from '../internal/sleep.js'
import type { HttpRequest, HttpResponse } from './http-client.js'
import type { Flow, ReceivedBody } from './received-body.js'
import { ReceivedResponse } from './received-response.js'
import { translateError } from './translate-error.js'

/** Who waits for the response. */
export interface Waiting {
  resolve(response: HttpResponse): void
  reject(error: unknown): void
}

/** A body that nobody begins to read is given up after so many times the limit of the request for reading and writing. */
const unreadFactor = 3

/** Closes the connections of bodies that were dropped half-read. */
const dropped = new FinalizationRegistry((handler: ResponseHandler) => handler.drop())

/**
 * Follows one request, through undici or over a connection of ours, and makes the response of it.
 *
 * A body that makes its connection wait must not hold it for ever: not when nobody begins to read, which a timer notices, and
 * not when its reader is gone, which the garbage collector does. For that, nothing here refers to a body that waits.
 */
export class ResponseHandler implements Dispatcher.DispatchHandler, Flow {
  readonly #request: HttpRequest
  #waiting: Waiting | undefined
  #carrier: Flow | undefined
  /** Where bytes go while they flow: the response first, and once the connection had to wait the body. */
  #body: ReceivedResponse | ReceivedBody | undefined
  /** The body once it has made the connection wait. */
  #held: WeakRef<ReceivedBody> | undefined
  #unread: NodeJS.Timeout | undefined
  readonly #release: () => void

  constructor(request: HttpRequest, waiting: Waiting) {
    this.#request = request
    this.#waiting = waiting
    this.#release = onAbort(request.signal, () => this.#cancel())
  }

  onRequestStart(carrier: Flow): void {
    this.#carrier = carrier
    if (this.#request.signal?.aborted) this.#cancel()
  }

  onResponseStart(carrier: Flow, statusCode: number, headers: IncomingHttpHeaders): void {
    if (statusCode < 200) return
    this.#carrier = carrier
    const response = new ReceivedResponse(statusCode, flatten(headers), this)
    this.#body = response
    this.#waiting?.resolve(response)
    this.#waiting = undefined
  }

  onResponseData(_carrier: Flow, chunk: Uint8Array): void {
    this.#body?.accept(chunk)
  }

  onResponseEnd(): void {
    this.#release()
    this.#current?.finish()
    this.#body = undefined
  }

  onResponseError(_carrier: Flow, error: Error): void {
    this.#release()
    clearTimeout(this.#unread)
    const { signal } = this.#request
    const translated = signal?.aborted ? signal.reason : translateError(error, this.#request)
    this.#waiting?.reject(translated)
    this.#waiting = undefined
    this.#current?.fail(asError(translated))
    this.#body = undefined
  }

  /** Where the next bytes of the body may be put, for a carrier that can choose. */
  room(): Uint8Array | undefined {
    return this.#body?.room()
  }

  /** The reader is gone. */
  drop(): void {
    this.#carrier?.abort(new Error('the body was dropped before its end'))
  }

  get #current(): ReceivedResponse | ReceivedBody | undefined {
    return this.#body ?? this.#held?.deref()
  }

  /** The body takes no more for now. */
  pause(): void {
    this.#carrier?.pause()
    this.#hold()
  }

  /** The body is read on. */
  resume(): void {
    clearTimeout(this.#unread)
    this.#body ??= this.#held?.deref()
    this.#carrier?.resume()
  }

  /** The body is not wanted. */
  abort(reason: Error): void {
    clearTimeout(this.#unread)
    this.#carrier?.abort(reason)
  }

  /** The connection waits for the reader. */
  #hold(): void {
    if (!this.#body) return
    const body = this.#body instanceof ReceivedResponse ? this.#body.open() : this.#body
    this.#body = undefined
    if (this.#held) return
    this.#held = new WeakRef(body)
    dropped.register(body, this)
    const { readwrite } = this.#request.timeouts
    if (body.begun || readwrite <= 0) return
    const limit = Math.min(readwrite * unreadFactor, longestTimer)
    this.#unread = setTimeout(() => this.#held?.deref()?.fail(new TimeoutError('idle', limit)), limit).unref()
  }

  /** A request that waits for a connection is given up at once, not when it gets one. */
  #cancel(): void {
    const reason = this.#request.signal?.reason
    this.#waiting?.reject(reason)
    this.#waiting = undefined
    this.#carrier?.abort(asError(reason))
  }
}

/** Repeated headers come as arrays. The record is undici's, made for this response alone. */
function flatten(headers: IncomingHttpHeaders): Record<string, string> {
  for (const name in headers) {
    const value = headers[name]
    if (Array.isArray(value)) headers[name] = value.join(', ')
  }
  return headers as Record<string, string>
}
