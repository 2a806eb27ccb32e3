import { ResponseError } from '../errors.js'
import type { HttpClient } from '../http/http-client.js'
import { UndiciHttpClient } from '../http/undici-client.js'
import { requireMilliseconds } from './options.js'

/** How a provider reaches the service that it asks. */
export interface TransportOptions {
  /**
   * Carries the requests, for instance through a proxy of its own or with a certificate authority of its own.
   * @default a `UndiciHttpClient` that takes the proxy from the environment; for the metadata service of ECS a direct connection
   */
  readonly httpClient?: HttpClient | undefined
  /** Until a connection must stand, and without progress once it does, in milliseconds. */
  readonly timeout?: number | undefined
}

/** A request for a small document. */
export interface TextRequest {
  readonly method: 'GET' | 'PUT' | 'POST'
  readonly url: string
  readonly headers?: Record<string, string>
  readonly body?: string
}

/** A small document. */
export interface TextResponse {
  readonly statusCode: number
  readonly headers: Record<string, string>
  readonly text: string
}

/** Far above any document with credentials, far below what could hurt. */
const sizeLimit = 256 * 1024

/** Asks for small documents. */
export class Transport {
  readonly #httpClient: HttpClient
  readonly #timeout: number

  /** @param local whether the service is one of this machine, which no proxy can stand for */
  constructor(options: TransportOptions, defaultTimeout: number, local = false) {
    this.#timeout = requireMilliseconds('timeout', options.timeout ?? defaultTimeout, 1)
    // Credentials are fetched rarely: a connection kept for long would only be found dead the next time.
    this.#httpClient =
      options.httpClient ??
      new UndiciHttpClient({
        connectTimeout: Math.ceil(this.#timeout),
        idleTimeout: 1_000,
        proxyFromEnvironment: !local,
      })
  }

  /** @throws RequestError, TimeoutError or ResponseError when no whole answer arrives; any status is an answer */
  async ask(request: TextRequest, signal: AbortSignal | undefined): Promise<TextResponse> {
    const body = request.body === undefined ? undefined : Buffer.from(request.body, 'utf8')
    const {
      statusCode,
      headers,
      body: received,
    } = await this.#httpClient.send({
      method: request.method,
      url: request.url,
      headers: { accept: '*/*', ...request.headers, ...(body && { 'content-length': String(body.length) }) },
      body,
      signal,
      timeouts: { connect: this.#timeout, readwrite: this.#timeout },
    })
    const chunks: Buffer[] = []
    let length = 0
    // Leaving the loop early destroys the stream, and with it the connection.
    for await (const chunk of received) {
      length += chunk.length
      if (length > sizeLimit) throw new ResponseError(`the answer is larger than ${sizeLimit} bytes`)
      chunks.push(chunk)
    }
    return { statusCode, headers, text: Buffer.concat(chunks).toString('utf8') }
  }
}
