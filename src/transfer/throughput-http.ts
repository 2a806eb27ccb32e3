import type { HttpClient, HttpRequest, HttpResponse } from '../http/http-client.js'
import { onAbort } from '../internal/on-abort.js'
import { isWireBody, type WireBody } from '../native/wire.js'
import { type ThroughputLimits, ThroughputWatch, type WatchClock } from './throughput.js'

/** Puts a {@link ThroughputWatch} on every exchange of an HTTP client, unless the limits say that there is none. */
export function watchThroughput(inner: HttpClient, limits: ThroughputLimits, clock?: WatchClock): HttpClient {
  return limits.minThroughput === 0 ? inner : new ThroughputHttpClient(inner, limits, clock)
}

/**
 * Gives exchanges up whose bytes drip. A body that is sent counts while the transport takes it; one that is received is
 * counted by whoever reads it, who knows when nobody wants more.
 */
class ThroughputHttpClient implements HttpClient {
  readonly #inner: HttpClient
  readonly #limits: ThroughputLimits
  readonly #clock: WatchClock | undefined

  constructor(inner: HttpClient, limits: ThroughputLimits, clock: WatchClock | undefined) {
    this.#inner = inner
    this.#limits = limits
    this.#clock = clock
  }

  async send(request: HttpRequest): Promise<HttpResponse> {
    const { signal, body } = request
    const stop = new AbortController()
    const watch = new ThroughputWatch(this.#limits, error => stop.abort(error), this.#clock)
    const stopListening = onAbort(signal, () => stop.abort(signal?.reason))
    const end = () => {
      stopListening()
      watch.end()
    }
    // Bytes in memory are small here: the transport's own deadline is enough for them.
    const watched = body === undefined || body instanceof Uint8Array ? body : sent(body, watch)
    try {
      const response = await this.#inner.send({ ...request, body: watched, signal: stop.signal, flow: watch })
      if (response.body.closed) end()
      else response.body.once('close', end)
      return { ...response, flow: watch }
    } catch (error) {
      end()
      throw error
    }
  }
}

function sent(body: AsyncIterable<Uint8Array>, watch: ThroughputWatch): AsyncIterable<Uint8Array> {
  const pieces = handed(body, watch)
  return isWireBody(body) ? sentOver(body, pieces, watch) : pieces
}

/** A wire tells how far it has come. */
function sentOver(body: WireBody, pieces: AsyncIterable<Uint8Array>, watch: ThroughputWatch): WireBody {
  return {
    [Symbol.asyncIterator]: () => pieces[Symbol.asyncIterator](),
    sendOver: async (wire, timeout) => {
      watch.go()
      try {
        const progress = await body.sendOver(wire, timeout)
        watch.moved(progress.count)
        return progress
      } finally {
        watch.hold()
      }
    },
  }
}

async function* handed(body: AsyncIterable<Uint8Array>, watch: ThroughputWatch): AsyncGenerator<Uint8Array> {
  for await (const chunk of body) {
    watch.handedOver(chunk.byteLength)
    watch.go()
    try {
      yield chunk
    } finally {
      watch.hold()
    }
  }
}
