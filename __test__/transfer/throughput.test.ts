import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import { type HttpClient, type HttpRequest, ParamInvalidError, TimeoutError } from 'ferross'
import { ObjectBody } from '#src/pipeline/object-body.js'
import { RateLimiter } from '#src/transfer/rate-limit.js'
import { RateLimitedHttpClient } from '#src/transfer/rate-limit-http.js'
import { ThroughputWatch, type WatchClock } from '#src/transfer/throughput.js'
import { watchThroughput } from '#src/transfer/throughput-http.js'
import { never, Recorder } from '../files/recorder.js'
import { withFolder, withServer } from '../helpers/with-server.js'

const limits = { minThroughput: 1000, minThroughputWindow: 30_000 }

/** A clock that stands still until it is moved; timers fire on the way. */
class FakeClock implements WatchClock {
  time = 0
  #timers = new Set<{ at: number; callback: () => void }>()

  now = () => this.time

  after = (milliseconds: number, callback: () => void) => {
    const timer = { at: this.time + milliseconds, callback }
    this.#timers.add(timer)
    return () => void this.#timers.delete(timer)
  }

  get timers(): number {
    return this.#timers.size
  }

  pass(milliseconds: number): void {
    const end = this.time + milliseconds
    for (;;) {
      const [next] = [...this.#timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)
      if (next === undefined) break
      this.#timers.delete(next)
      this.time = next.at
      next.callback()
    }
    this.time = end
  }
}

function watched() {
  const clock = new FakeClock()
  const slow: TimeoutError[] = []
  const watch = new ThroughputWatch(limits, error => slow.push(error), clock)
  return { clock, slow, watch }
}

test('a silent connection is given up after the window, one that brings half of the rate after two', t => {
  for (const [bytes, seconds] of [
    [0, 30],
    [500, 59],
    [900, 291],
  ] as const) {
    const { clock, slow, watch } = watched()
    watch.go()
    for (let second = 1; second < seconds; second++) {
      clock.pass(1000)
      watch.moved(bytes)
    }
    t.is(slow.length, 0, `${bytes}`)
    clock.pass(1000)
    t.is(slow.length, 1, `${bytes}`)
    t.is(slow[0]?.phase, 'throughput')
    t.true(slow[0]?.retryable)
    t.is(clock.timers, 0, 'nothing is left that could fire')
  }
})

test('a connection that keeps the rate is never given up, however unevenly', t => {
  const pauses = fc.array(fc.integer({ min: 1, max: 29_000 }), { minLength: 1, maxLength: 60 })
  fc.assert(
    fc.property(pauses, gaps => {
      const { clock, slow, watch } = watched()
      watch.go()
      for (const gap of gaps) {
        clock.pass(gap)
        watch.moved(gap)
      }
      return slow.length === 0
    }),
  )
  t.pass()
})

test('what came fast before does not excuse a connection that drips now', t => {
  const { clock, slow, watch } = watched()
  watch.go()
  watch.moved(1e12)
  clock.pass(30_001)
  t.is(slow.length, 1)
})

test('time in which something else is waited for does not count, also when it overlaps', t => {
  const { clock, slow, watch } = watched()
  watch.go()
  clock.pass(20_000)
  watch.hold()
  watch.hold()
  clock.pass(1e9)
  watch.go()
  clock.pass(1e9)
  watch.go()
  clock.pass(9_000)
  t.is(slow.length, 0)
  clock.pass(1_001)
  t.is(slow.length, 1)
})

test('bytes handed over may take as long as the least rate permits', t => {
  const { clock, slow, watch } = watched()
  watch.handedOver(256_000)
  watch.go()
  clock.pass(255_000)
  t.is(slow.length, 0)
  clock.pass(2_000)
  t.is(slow.length, 1)
})

/** An HTTP client whose answer has a body that the test feeds, and that takes bodies when the test lets it. */
class ByHand implements HttpClient {
  readonly body = new PassThrough()
  readonly taken: Uint8Array[] = []
  take = () => {}

  async send({ body, signal }: HttpRequest) {
    this.body.on('error', () => {})
    const aborted = new Promise<never>((_, reject) => {
      signal?.addEventListener('abort', () => {
        this.body.destroy(signal.reason)
        reject(signal.reason)
      })
    })
    aborted.catch(() => {})
    const taking = async () => {
      if (body === undefined || body instanceof Uint8Array) return
      for await (const chunk of body) {
        this.taken.push(chunk)
        await new Promise<void>(resolve => {
          this.take = resolve
        })
      }
    }
    await Promise.race([taking(), aborted])
    return { statusCode: 200, headers: {}, body: this.body }
  }
}

const request = { method: 'GET', url: 'http://localhost/', headers: {}, timeouts: { connect: 0, readwrite: 0 } }
const turns = async () => {
  for (let turn = 0; turn < 20; turn++) await new Promise(resolve => setImmediate(resolve))
}

test('a body that drips ends with the error, whichever way it is read', async t => {
  for (const way of ['drained', 'streamed']) {
    const clock = new FakeClock()
    const hand = new ByHand()
    const { body, flow } = await watchThroughput(hand, limits, clock).send(request)
    const object = new ObjectBody(body, { operation: 'GetObject', flow })
    clock.pass(1e9)
    t.false(body.destroyed, 'nobody has asked for bytes yet')
    const reading = t.throwsAsync(
      way === 'drained'
        ? object.drainInto(() => {})
        : (async () => {
            for await (const _ of object);
          })(),
    )
    await turns()
    for (let second = 0; second < 70 && !body.destroyed; second++) {
      hand.body.write(Buffer.alloc(500))
      await turns()
      clock.pass(1000)
    }
    const error = await reading
    t.true(error instanceof TimeoutError && error.phase === 'throughput', way)
    t.true(clock.time - 1e9 >= 59_000, way)
    t.is(clock.timers, 0)
  }
})

test('a reader that takes its time is not taken for a slow connection', async t => {
  const clock = new FakeClock()
  const hand = new ByHand()
  const { body, flow } = await watchThroughput(hand, limits, clock).send(request)
  const object = new ObjectBody(body, { operation: 'GetObject', flow })
  let goOn = () => {}
  const reading = object.drainInto(
    () =>
      new Promise(resolve => {
        goOn = resolve
      }),
  )
  for (let chunk = 0; chunk < 5; chunk++) {
    hand.body.write(Buffer.alloc(10))
    await turns()
    clock.pass(1e7)
    goOn()
  }
  hand.body.end()
  await turns()
  goOn()
  await t.notThrowsAsync(reading)

  const streamed = new ByHand()
  const answer = await watchThroughput(streamed, limits, clock).send(request)
  const stream = new ObjectBody(answer.body, { operation: 'GetObject', flow: answer.flow })
  streamed.body.end(Buffer.alloc(1024 * 1024))
  stream.read(1)
  await turns()
  clock.pass(1e9)
  t.false(stream.destroyed)
  stream.destroy()
})

test('bytes that wait for a rate limit are not taken for slow ones, in both directions', async t => {
  const clock = new FakeClock()
  // Ten bytes per second are far below the least rate of a connection.
  const slowClock = { now: clock.now, sleep: async (milliseconds: number) => clock.pass(milliseconds) }
  const hand = new ByHand()
  const limited = new RateLimitedHttpClient(hand, new RateLimiter(10, slowClock))
  const sending = watchThroughput(limited, limits, clock).send({
    ...request,
    body: Readable.from([Buffer.alloc(4096)]),
  })
  let settled = false
  void sending.finally(() => {
    settled = true
  })
  while (!settled) {
    await turns()
    hand.take()
  }
  const { body, flow } = await sending
  const object = new ObjectBody(body, { operation: 'GetObject', flow })
  hand.body.end(Buffer.alloc(4096))
  let received = 0
  await object.drainInto(chunk => {
    received += chunk.length
  })
  t.is(received, 4096)
  t.true(clock.time > 700_000, 'it took long')
})

test('a body that is taken in drips ends with the error', async t => {
  const clock = new FakeClock()
  const hand = new ByHand()
  const body = Readable.from(Array.from({ length: 100 }, () => Buffer.alloc(500)))
  let error: unknown
  const sending = watchThroughput(hand, limits, clock)
    .send({ ...request, body })
    .catch(reason => {
      error = reason
    })
  for (let second = 0; second < 90 && error === undefined; second++) {
    await turns()
    clock.pass(1000)
    hand.take()
  }
  await sending
  t.true(error instanceof TimeoutError && error.phase === 'throughput')
  t.true(hand.taken.length >= 58 && hand.taken.length <= 62, `${hand.taken.length}`)
})

test('the signal of the request still ends it, and 0 means no watch', async t => {
  const clock = new FakeClock()
  const hand = new ByHand()
  const stop = new AbortController()
  const reason = new Error('enough')
  const sending = watchThroughput(hand, limits, clock).send({
    ...request,
    body: Readable.from([Buffer.alloc(1)]),
    signal: stop.signal,
  })
  await turns()
  stop.abort(reason)
  t.is(await t.throwsAsync(sending), reason)
  t.is(watchThroughput(hand, { ...limits, minThroughput: 0 }), hand)
})

/** A client whose connections are given up soon; attempts are plenty, because on a busy machine healthy ones may be slow. */
async function impatient(t: ExecutionContext) {
  const recorder = new Recorder(t)
  const limits = { minThroughput: 1024 * 1024, minThroughputWindow: 400 }
  const { client, server } = await withServer(t, { retryMaxAttempts: 20, httpClient: recorder, ...limits })
  const target = { bucket: 'examplebucket', key: 'dripping' }
  await client.putBucket({ bucket: target.bucket })
  const content = randomBytes(3 * 1024 * 1024)
  const path = join(withFolder(t), 'file')
  writeFileSync(path, content)
  return { client, server, recorder, target, content, path }
}

test('a part whose bytes nobody takes is sent again', async t => {
  const { client, recorder, target, content, path } = await impatient(t)
  let stalled = 0
  recorder.intercept = request => {
    if (!request.url.includes('partNumber=2') || stalled++ > 0) return undefined
    // The first piece is taken, as a socket's buffer does, and then no more.
    void (request.body as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]().next()
    return never(request)
  }
  await client.uploader({ partSize: 1_400_000 }).uploadFile(target, path)
  t.true(stalled >= 2)
  t.true((await (await client.getObject(target)).body!.bytes()).equals(content))
})

test('a part whose connection drips goes on from its byte over another', async t => {
  const { client, server, recorder, target, content, path } = await impatient(t)
  await client.putObject({ ...target, body: content })
  for (const to of ['file', 'stream'] as const) {
    recorder.ranges()
    server.faults.add({ operation: 'GetObject', nth: 2, stallResponseAfterBytes: 700_000 })
    const downloader = client.downloader({ partSize: 1_600_000, parallelNum: 1 })
    const chunks: Uint8Array[] = []
    const sink = new WritableStream<Uint8Array>({ write: chunk => void chunks.push(chunk.slice()) })
    if (to === 'file') await downloader.downloadFile(target, `${path}.copy`)
    else await downloader.downloadTo(target, sink)
    const bytes = to === 'file' ? readFileSync(`${path}.copy`) : Buffer.concat(chunks)
    t.true(bytes.equals(content), to)
    const resumed = recorder.ranges().filter(range => /^bytes=2\d{6}-3145727$/.test(range))
    t.true(resumed.length > 0, to)
  }
  server.faults.add({ operation: 'GetObject', stallResponseAfterBytes: 700_000 })
  const file = await client.openFile(target.bucket, target.key)
  const bytes = Buffer.alloc(content.length)
  await file.read(bytes)
  t.true(bytes.equals(content))
  await file.close()
})

test('limits that make no sense are refused by name', async t => {
  const { client } = await withServer(t)
  for (const options of [{ minThroughput: -1 }, { minThroughputWindow: 0 }, { minThroughput: 1.5 }]) {
    const error = t.throws(() => client.uploader(options), { instanceOf: ParamInvalidError })
    t.is(error?.field, Object.keys(options)[0])
  }
})
