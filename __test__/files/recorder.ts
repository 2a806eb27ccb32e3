import type { ExecutionContext } from 'ava'
import { type HttpClient, type HttpRequest, type HttpResponse, UndiciHttpClient } from 'ferross'

/** A transport that remembers what was sent, and lets a test take the place of the network. */
export class Recorder implements HttpClient {
  readonly #inner = new UndiciHttpClient()
  readonly sent: HttpRequest[] = []
  /** Decides about a request: an answer or a failure of its own, or `undefined` to pass it on. */
  intercept: (request: HttpRequest) => Promise<HttpResponse> | undefined = () => undefined

  constructor(t: ExecutionContext) {
    t.teardown(() => this.#inner.close())
  }

  send(request: HttpRequest): Promise<HttpResponse> {
    this.sent.push(request)
    return this.intercept(request) ?? this.#inner.send(request)
  }

  /** The ranges that were asked for, in order, since the last call. */
  ranges(): string[] {
    return this.sent.splice(0).flatMap(({ headers }) => headers.range ?? [])
  }
}

/** An answer that never comes: it rejects only when the request is aborted. */
export function never({ signal }: HttpRequest): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}
