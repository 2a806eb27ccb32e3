import { Readable } from 'node:stream'
import { type HttpClient, type HttpRequest, type HttpResponse, RequestError, TimeoutError } from 'ferross'
import type { Random } from '../helpers/random.js'
import { ProcessDied, type Scheduler } from './scheduler.js'
import type { ServiceAnswer, ServiceRequest, SimulatedService } from './service.js'

/** What can happen to a request. */
const fates = [
  'lost',
  'answer lost',
  'timeout, performed later',
  '500',
  '500, performed',
  '503',
  'damaged on the way there',
  'damaged on the way back',
  'cut',
  'performed twice',
  'wrong range',
] as const
export type Fate = (typeof fates)[number] | 'well'

/** Carries requests to the simulated service: late, out of order, damaged, twice, or not at all. */
export class SimulatedNetwork implements HttpClient {
  readonly #service: SimulatedService
  readonly #scheduler: Scheduler
  readonly #random: Random
  readonly #rate: number
  /** Faults that are left: every run of bad luck ends. */
  #budget: number
  /** Faults that took place, by kind. */
  readonly struck = new Map<Fate, number>()

  constructor(service: SimulatedService, scheduler: Scheduler, random: Random, rate: number, budget: number) {
    this.#service = service
    this.#scheduler = scheduler
    this.#random = random
    this.#rate = rate
    this.#budget = budget
  }

  async send(request: HttpRequest): Promise<HttpResponse> {
    const { signal } = request
    signal?.throwIfAborted()
    const body = await bytesOf(request.body)
    const fate = this.#draw()
    let gone = false
    const survives = this.#random.chance(0.3)
    const answering = this.#scheduler.later(
      () => (gone ? undefined : this.#arrive(request, body, fate)),
      // A request on its way does not know that its sender is dead.
      () => survives && this.#service.answer(addressed(request, body)),
    )
    if (signal === undefined) return this.#respond(await answering, fate, signal)
    let stop = () => {}
    const aborted = new Promise<never>((_, reject) => {
      stop = () => {
        gone = true
        if (survives && !this.#scheduler.dead) this.#performLater(addressed(request, Buffer.from(body)))
        reject(signal.reason)
      }
      signal.addEventListener('abort', stop, { once: true })
    })
    try {
      return this.#respond(await Promise.race([answering, aborted]), fate, signal)
    } finally {
      signal.removeEventListener('abort', stop)
    }
  }

  #draw(): Fate {
    if (this.#budget === 0 || !this.#random.chance(this.#rate)) return 'well'
    this.#budget--
    const fate = this.#random.pick(fates)
    this.struck.set(fate, (this.struck.get(fate) ?? 0) + 1)
    return fate
  }

  #arrive(request: HttpRequest, body: Uint8Array, fate: Fate): ServiceAnswer {
    const arrived = addressed(request, Buffer.from(body))
    switch (fate) {
      case 'lost':
        throw lost()
      case 'timeout, performed later':
        this.#performLater(arrived)
        throw new TimeoutError('readwrite', 20_000)
      case '500':
        return failure(500)
      case '503':
        return failure(503)
      case 'damaged on the way there':
        if (arrived.body.length > 0 && request.method === 'PUT') flip(arrived.body, this.#random)
    }
    const answer = this.#service.answer(arrived)
    switch (fate) {
      case 'answer lost':
        throw lost()
      case '500, performed':
        return failure(500)
      case 'performed twice':
        this.#performLater(arrived)
        return answer
      case 'wrong range':
        return answer.headers['content-range'] === undefined
          ? answer
          : { ...answer, headers: { ...answer.headers, 'content-range': 'bytes 1-2/3' } }
      default:
        return answer
    }
  }

  #performLater(request: ServiceRequest): void {
    const perform = () => void this.#service.answer(request)
    this.#scheduler.later(perform, perform).catch(() => {})
  }

  #respond(answer: ServiceAnswer | undefined, fate: Fate, signal: AbortSignal | undefined): HttpResponse {
    if (answer === undefined) throw lost()
    const { status: statusCode, headers } = answer
    let bytes = Buffer.from(answer.body)
    const isContent = statusCode === 206 || (statusCode === 200 && headers['last-modified'] !== undefined)
    if (fate === 'damaged on the way back' && isContent && bytes.length > 0) flip(bytes, this.#random)
    const cut = fate === 'cut' && bytes.length > 0
    if (cut) bytes = bytes.subarray(0, this.#random.between(0, bytes.length))
    const body = new Readable({ read() {} })
    body.on('error', () => {})
    this.#deliver(body, bytes, cut, signal)
    return { statusCode, headers: { ...headers }, body }
  }

  /** Gives the body bit by bit. */
  async #deliver(body: Readable, bytes: Buffer, cut: boolean, signal: AbortSignal | undefined): Promise<void> {
    const stop = () => body.destroy(signal?.reason instanceof Error ? signal.reason : new Error('aborted'))
    signal?.addEventListener('abort', stop, { once: true })
    try {
      for (let at = 0; at < bytes.length && !body.destroyed; ) {
        const chunk = bytes.subarray(at, at + this.#random.between(1, 80_000))
        await this.#scheduler.later(() => !body.destroyed && body.push(chunk))
        at += chunk.length
      }
      await this.#scheduler.later(() => (cut ? body.destroy(lost()) : body.destroyed || body.push(null)))
    } catch (error) {
      body.destroy(error instanceof ProcessDied ? lost() : (error as Error))
    } finally {
      signal?.removeEventListener('abort', stop)
    }
  }
}

async function bytesOf(body: HttpRequest['body']): Promise<Uint8Array> {
  // Not copied: bytes that are given up before the answer is there are others by then.
  if (body === undefined || body instanceof Uint8Array) return body ?? new Uint8Array()
  const chunks: Uint8Array[] = []
  // A chunk is valid until the next one is asked for.
  for await (const chunk of body) chunks.push(Buffer.from(chunk))
  return chunks.length === 1 ? (chunks[0] as Uint8Array) : Buffer.concat(chunks)
}

function addressed({ method, url, headers }: HttpRequest, body: Uint8Array): ServiceRequest {
  const { pathname, searchParams } = new URL(url)
  return { method, key: pathname.split('/').slice(2).join('/'), query: searchParams, headers, body: Buffer.from(body) }
}

function flip(bytes: Buffer, random: Random): void {
  const at = random.between(0, bytes.length)
  bytes.writeUInt8(bytes.readUInt8(at) ^ 0x40, at)
}

function failure(status: number): ServiceAnswer {
  const body = Buffer.from(`<Error><Code>${status === 503 ? 'ServiceUnavailable' : 'InternalError'}</Code></Error>`)
  return { status, headers: { 'content-length': String(body.length) }, body }
}

function lost(): RequestError {
  return new RequestError('no answer: the simulated connection broke')
}
