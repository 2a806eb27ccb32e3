import type { IncomingHttpHeaders } from 'node:http'
import type { Dispatcher } from 'undici'
import { onAbort } from '../internal/on-abort.js'
import type { HttpRequest, HttpResponse } from './http-client.js'
import { ReceivedBody } from './received-body.js'
import { translateError } from './translate-error.js'

/** Follows one request through undici and makes the response of it. */
export class ResponseHandler implements Dispatcher.DispatchHandler {
  readonly response: Promise<HttpResponse>
  readonly #request: HttpRequest
  #resolve!: (response: HttpResponse) => void
  #reject!: (error: unknown) => void
  #controller: Dispatcher.DispatchController | undefined
  #body: ReceivedBody | undefined
  readonly #release: () => void

  constructor(request: HttpRequest) {
    this.#request = request
    this.response = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    this.#release = onAbort(request.signal, () => this.#abort())
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#request.signal?.aborted) this.#abort()
  }

  onResponseStart(controller: Dispatcher.DispatchController, statusCode: number, headers: IncomingHttpHeaders): void {
    if (statusCode < 200) return
    this.#body = new ReceivedBody(controller)
    this.#resolve({ statusCode, headers: flatten(headers), body: this.#body })
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#body?.accept(chunk)
  }

  onResponseEnd(): void {
    this.#release()
    this.#body?.finish()
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#release()
    const { signal } = this.#request
    const translated = signal?.aborted ? signal.reason : translateError(error, this.#request)
    this.#reject(translated)
    this.#body?.fail(translated instanceof Error ? translated : new Error(String(translated)))
  }

  /** A request that waits for a connection is given up at once, not when it gets one. */
  #abort(): void {
    const reason = this.#request.signal?.reason
    this.#reject(reason)
    this.#controller?.abort(reason instanceof Error ? reason : new Error(String(reason)))
  }
}

function flatten(headers: IncomingHttpHeaders): Record<string, string> {
  const flat: Record<string, string> = {}
  for (const name in headers) {
    const value = headers[name]
    if (value !== undefined) flat[name] = typeof value === 'string' ? value : value.join(', ')
  }
  return flat
}
