import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import test from 'ava'
import type { HttpClient, HttpRequest } from 'ferross'
import { ParamInvalidError } from 'ferross'
import { type RateClock, RateLimiter } from '#src/transfer/rate-limit.js'
import { RateLimitedHttpClient } from '#src/transfer/rate-limit-http.js'
import { withFolder, withServer } from '../helpers/with-server.js'

/** A clock that goes on as fast as it is waited for. */
class VirtualClock implements RateClock {
  time = 0
  #waiting: { at: number; wake: () => void }[] = []

  now(): number {
    return this.time
  }

  sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const onAbort = () => reject(signal?.reason)
      signal?.addEventListener('abort', onAbort)
      const wake = () => {
        signal?.removeEventListener('abort', onAbort)
        resolve()
      }
      this.#waiting.push({ at: this.time + milliseconds, wake })
      setImmediate(() => this.#next())
    })
  }

  #next(): void {
    this.#waiting.sort((a, b) => a.at - b.at)
    const first = this.#waiting.shift()
    if (first === undefined) return
    this.time = Math.max(this.time, first.at)
    first.wake()
  }
}

test('bytes pass at the rate, from the first on', async t => {
  const clock = new VirtualClock()
  const limiter = new RateLimiter(1000, clock)
  for (let passed = 0; passed < 5000; passed += 100) await limiter.take(100)
  t.true(Math.abs(clock.time - 5000) <= 100, `${clock.time} ms`)
})

test('idleness saves up next to nothing', async t => {
  const clock = new VirtualClock()
  const limiter = new RateLimiter(1000, clock)
  await limiter.take(100)
  clock.time += 60_000
  const before = clock.time
  for (let passed = 0; passed < 1000; passed += 100) await limiter.take(100)
  t.true(clock.time - before >= 900)
})

test('those who share a limiter have the rate together', async t => {
  const clock = new VirtualClock()
  const limiter = new RateLimiter(1000, clock)
  const flow = async () => {
    for (let passed = 0; passed < 1000; passed += 50) await limiter.take(50)
  }
  await Promise.all([flow(), flow(), flow()])
  t.true(Math.abs(clock.time - 3000) <= 100, `${clock.time} ms`)
})

test('an abort ends the wait, and its bytes are free for others', async t => {
  const clock = new VirtualClock()
  const limiter = new RateLimiter(10, clock)
  const stop = new AbortController()
  const reason = new Error('enough')
  const waiting = limiter.take(1_000_000, stop.signal)
  stop.abort(reason)
  t.is(await t.throwsAsync(waiting), reason)
  await limiter.take(10)
  t.true(clock.time < 100_000_000)
  const before = clock.time
  await limiter.take(10)
  t.true(clock.time - before <= 1000)
})

test('a rate that is none is refused by name', async t => {
  for (const rate of [0, -1, 1.5, Number.NaN]) {
    t.is(t.throws(() => new RateLimiter(rate), { instanceOf: ParamInvalidError })?.field, 'bandwidthLimit')
  }
  const { client } = await withServer(t)
  t.is(
    t.throws(() => client.uploader({ bandwidthLimit: 0 }), { instanceOf: ParamInvalidError })?.field,
    'bandwidthLimit',
  )
})

/** A transport that gives back what it was sent. */
const echo: HttpClient = {
  async send({ body }: HttpRequest) {
    const chunks: Uint8Array[] = []
    for await (const chunk of body as AsyncIterable<Uint8Array>) chunks.push(chunk)
    return { statusCode: 200, headers: {}, body: Readable.from([Buffer.concat(chunks)]) }
  },
}

test('bodies pass unchanged and at the rate, both ways', async t => {
  const clock = new VirtualClock()
  const client = new RateLimitedHttpClient(echo, new RateLimiter(100_000, clock))
  const content = randomBytes(300_000)
  const request = { method: 'PUT', url: 'http://x/', headers: {}, timeouts: { connect: 0, readwrite: 0 } }
  const answer = await client.send({ ...request, body: content })
  const sent = clock.time
  t.true(Math.abs(sent - 3000) <= 100, `${sent} ms`)
  t.true(Buffer.concat(await answer.body.toArray()).equals(content))
  t.true(Math.abs(clock.time - sent - 3000) <= 200, `${clock.time - sent} ms`)
})

test('a body that is given up lets go of its source at once', async t => {
  const source = new Readable({ read() {} })
  const inner: HttpClient = { send: async () => ({ statusCode: 200, headers: {}, body: source }) }
  const client = new RateLimitedHttpClient(inner, new RateLimiter(1, new VirtualClock()))
  const request = { method: 'GET', url: 'http://x/', headers: {}, timeouts: { connect: 0, readwrite: 0 } }
  const { body } = await client.send(request)
  body.on('data', () => {})
  source.push(Buffer.alloc(1_000_000))
  body.destroy()
  t.true(source.destroyed)
})

test('a failing body fails behind the limit too', async t => {
  const broken = Readable.from(
    (async function* () {
      yield Buffer.alloc(10)
      throw new Error('broken')
    })(),
  )
  const inner: HttpClient = { send: async () => ({ statusCode: 200, headers: {}, body: broken }) }
  const client = new RateLimitedHttpClient(inner, new RateLimiter(1_000_000))
  const request = { method: 'GET', url: 'http://x/', headers: {}, timeouts: { connect: 0, readwrite: 0 } }
  const { body } = await client.send(request)
  t.is((await t.throwsAsync(body.toArray()))?.message, 'broken')
})

test('transfers and single requests arrive whole under the limits of client and transfer', async t => {
  const limit = 8 * 1024 * 1024
  const { client } = await withServer(t, { bandwidthLimit: limit })
  const target = { bucket: 'examplebucket', key: 'a' }
  await client.putBucket({ bucket: target.bucket })
  const content = randomBytes(1_500_000)
  const folder = withFolder(t)
  writeFileSync(join(folder, 'source'), content)
  const started = performance.now()
  const options = { partSize: 200 * 1024, bandwidthLimit: limit / 2 }
  await client.uploader(options).uploadFile(target, join(folder, 'source'))
  const { written } = await client.downloader(options).downloadFile(target, join(folder, 'copy'))
  t.is(written, content.length)
  // Timers end no earlier than asked: the limit is a lower bound of the time, whatever the machine is doing.
  t.true(performance.now() - started >= ((2 * content.length) / (limit / 2)) * 1000 - 150)
  const { body } = await client.getObject(target)
  t.true((await body!.bytes()).equals(content))
  await client.putObject({ ...target, body: Readable.from([content.subarray(0, 1000), content.subarray(1000)]) })
  t.is((await client.headObject(target)).contentLength, content.length)
})
