import { Readable } from 'node:stream'
import type { FlowWatch, HttpClient, HttpRequest, HttpResponse } from '../http/http-client.js'
import type { RateLimiter } from './rate-limit.js'

/**
 * Puts a rate limit before any HTTP client: what is sent and what is received passes at the limiter's pace, whatever the
 * operation. Several may be put before each other: one for the client, one for a transfer.
 */
export class RateLimitedHttpClient implements HttpClient {
  readonly #inner: HttpClient
  readonly #limiter: RateLimiter

  constructor(inner: HttpClient, limiter: RateLimiter) {
    this.#inner = inner
    this.#limiter = limiter
  }

  async send(request: HttpRequest): Promise<HttpResponse> {
    const { body, signal, flow } = request
    const limited = body === undefined ? request : { ...request, body: paced(body, this.#limiter, signal, flow) }
    const response = await this.#inner.send(limited)
    return { ...response, body: new PacedBody(response.body, this.#limiter, flow) }
  }

  async close(): Promise<void> {
    await this.#inner.close?.()
  }
}

async function* paced(
  body: Uint8Array | AsyncIterable<Uint8Array>,
  limiter: RateLimiter,
  signal: AbortSignal | undefined,
  flow: FlowWatch | undefined,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of body instanceof Uint8Array ? [body] : body) {
    for (let at = 0; at < chunk.byteLength; at += limiter.piece) {
      const piece = chunk.subarray(at, at + limiter.piece)
      await inTurn(limiter, piece.byteLength, signal, flow)
      yield piece
    }
  }
}

/** Waits for the limiter, which is no fault of the network. */
async function inTurn(
  limiter: RateLimiter,
  bytes: number,
  signal: AbortSignal | undefined,
  flow: FlowWatch | undefined,
): Promise<void> {
  flow?.hold()
  try {
    await limiter.take(bytes, signal)
  } finally {
    flow?.go()
  }
}

/** A body that arrives no faster than the limiter lets it. The source is paused meanwhile, so its sender waits too. */
class PacedBody extends Readable {
  readonly #source: Readable
  readonly #limiter: RateLimiter
  readonly #flow: FlowWatch | undefined
  readonly #stop = new AbortController()
  #ended = false
  /** Chunks that are waiting for their turn. */
  #waiting = 0

  constructor(source: Readable, limiter: RateLimiter, flow: FlowWatch | undefined) {
    super({ highWaterMark: limiter.piece })
    this.#source = source
    this.#limiter = limiter
    this.#flow = flow
    source.on('data', chunk => void this.#pass(chunk))
    source.on('end', () => {
      this.#ended = true
      if (this.#waiting === 0) this.push(null)
    })
    source.on('error', error => this.destroy(error))
    source.on('close', () => {
      if (!this.#ended && !this.destroyed) this.destroy(new Error('the connection closed'))
    })
    source.pause()
  }

  async #pass(chunk: Uint8Array): Promise<void> {
    this.#source.pause()
    this.#waiting++
    try {
      let more = true
      for (let at = 0; at < chunk.byteLength; at += this.#limiter.piece) {
        const piece = chunk.subarray(at, at + this.#limiter.piece)
        await inTurn(this.#limiter, piece.byteLength, this.#stop.signal, this.#flow)
        more = this.push(piece)
      }
      this.#waiting--
      if (this.#ended && this.#waiting === 0) this.push(null)
      else if (more) this.#source.resume()
    } catch (error) {
      // Waiting is given up only when the body is destroyed, and then nobody listens any more.
      if (!this.destroyed) this.destroy(error as Error)
    }
  }

  override _read(): void {
    if (this.#waiting === 0) this.#source.resume()
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#stop.abort()
    this.#source.destroy()
    callback(error)
  }
}
