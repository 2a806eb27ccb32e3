import { Readable } from 'node:stream'
import { mock } from 'node:test'
import test from 'ava'
import {
  Client,
  FixedDelayBackoff,
  type HttpClient,
  type HttpRequest,
  type OssError,
  ServiceError,
  StandardRetryer,
  StaticCredentialsProvider,
  TimeoutError,
} from 'ferross'
import { goldenClient, RecordingClient } from '../helpers/golden.js'
import { withFolder, withServer } from '../helpers/with-server.js'

const bucket = 'examplebucket'

/** Answers nothing until it is told to stop. */
class SilentClient implements HttpClient {
  requests = 0

  send({ signal }: HttpRequest): Promise<never> {
    this.requests++
    return new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)))
  }
}

/** Virtual timers for one test: it must be serial, because they are those of the whole process. */
function withTimers() {
  mock.timers.enable({ apis: ['setTimeout'] })
  return { [Symbol.dispose]: () => mock.timers.reset() }
}

test('a call ends at its total timeout, whatever an attempt is doing', async t => {
  const transport = new SilentClient()
  const client = goldenClient(transport, { totalTimeout: 20 })
  const error = await t.throwsAsync(client.getBucketAcl({ bucket }), { instanceOf: TimeoutError })
  t.is(error?.phase, 'total')
  t.is(error?.message, 'total timeout after 20 ms')
  t.deepEqual([error?.operation, error?.attempts, error?.retryBlockedBy], ['GetBucketAcl', 1, 'deadline'])
  t.is(error?.cause, undefined)
  t.is(transport.requests, 1)
})

test.serial('the limit counts over attempts, and the last failure is the cause', async t => {
  using _timers = withTimers()
  const silent = new SilentClient()
  let calls = 0
  const httpClient: HttpClient = {
    send: request => (++calls === 1 ? new RecordingClient({ status: 503 }).send(request) : silent.send(request)),
  }
  const retryer = new StandardRetryer({ backoff: new FixedDelayBackoff(0) })
  const client = goldenClient(httpClient, { totalTimeout: 3600_000, retryer })
  const failed = t.throwsAsync(client.getBucketAcl({ bucket }), { instanceOf: TimeoutError })
  while (silent.requests === 0) await new Promise(setImmediate)
  mock.timers.tick(3600_000)
  const error = await failed
  t.is(error?.attempts, 2)
  t.true(error?.cause instanceof ServiceError)
  t.is((error?.cause as ServiceError | undefined)?.statusCode, 503)
})

test('no wait is begun that would end after the deadline', async t => {
  const transport = new RecordingClient({ status: 503 })
  const client = goldenClient(transport, {
    totalTimeout: 60_000,
    retryer: new StandardRetryer({ backoff: new FixedDelayBackoff(3600_000) }),
  })
  const error = await t.throwsAsync(client.getBucketAcl({ bucket }), { instanceOf: TimeoutError })
  t.deepEqual([error?.phase, error?.attempts, error?.retryBlockedBy], ['total', 1, 'deadline'])
  t.true(error?.cause instanceof ServiceError)
  t.is(transport.requests.length, 1)
})

test('neither is one that the service asks for', async t => {
  const transport = new RecordingClient({ status: 429, headers: { 'retry-after': '30' } }, { status: 200 })
  const retryer = new StandardRetryer({ backoff: new FixedDelayBackoff(0) })
  const client = goldenClient(transport, { retryer })
  const call = client.putObject({ bucket, key: 'k' }, { totalTimeout: 10_000 })
  const error = await t.throwsAsync(call, { instanceOf: TimeoutError })
  t.is((error?.cause as ServiceError | undefined)?.statusCode, 429)
})

test('the limit of a call replaces the one of the client, and 0 is none', async t => {
  const client = goldenClient(new RecordingClient({ status: 503 }, { status: 200 }), {
    totalTimeout: 10,
    retryer: new StandardRetryer({ backoff: new FixedDelayBackoff(15) }),
  })
  await t.notThrowsAsync(client.getBucketAcl({ bucket }, { totalTimeout: 0 }))
})

test('an abort under a deadline still rejects with its own reason', async t => {
  const stop = new AbortController()
  const client = goldenClient(new SilentClient(), { totalTimeout: 60_000 })
  const call = client.getBucketAcl({ bucket }, { signal: stop.signal })
  stop.abort(new Error('enough'))
  await t.throwsAsync(call, { message: 'enough' })
  const late = client.getBucketAcl({ bucket }, { signal: AbortSignal.abort(new Error('before')) })
  await t.throwsAsync(late, { message: 'before' })
})

test.serial('a body that was handed over is not under the limit any more', async t => {
  using _timers = withTimers()
  let send = () => {}
  const httpClient: HttpClient = {
    send: async () => {
      const body = new Readable({ read() {} })
      send = () => {
        body.push('late')
        body.push(null)
      }
      return { statusCode: 200, headers: {}, body }
    },
  }
  const client = goldenClient(httpClient, { totalTimeout: 15_000 })
  const { body } = await client.getObject({ bucket, key: 'k' })
  mock.timers.tick(3600_000)
  send()
  t.is(await body?.text(), 'late')
})

test('an object fetched into a file is under the limit to its last byte', async t => {
  const { client, server } = await withServer(t)
  await client.putBucket({ bucket })
  await client.putObject({ bucket, key: 'k', body: 'x'.repeat(100_000) })
  server.faults.add({ operation: 'GetObject', stallResponseAfterBytes: 10, count: 5 })
  const target = `${withFolder(t)}/k`
  const call = client.getObjectToFile({ bucket, key: 'k' }, target, { totalTimeout: 100 })
  const error = await t.throwsAsync(call, { instanceOf: TimeoutError })
  t.is(error?.phase, 'total')
})

test('a limit that is no time is refused', async t => {
  for (const totalTimeout of [-1, 1.5, Number.NaN, '5', Number.POSITIVE_INFINITY]) {
    const make = () =>
      new Client({
        region: 'cn-hangzhou',
        credentialsProvider: new StaticCredentialsProvider('ak', 'sk'),
        totalTimeout: totalTimeout as number,
      })
    t.is((t.throws(make, { any: true }) as unknown as OssError).code, 'ParamInvalid')
    const client = goldenClient(new RecordingClient())
    const call = client.getBucketAcl({ bucket }, { totalTimeout: totalTimeout as number })
    const error = (await t.throwsAsync(call, { any: true })) as unknown as OssError
    t.is(error.code, 'ParamInvalid')
    t.regex(error.message, /totalTimeout/)
  }
})

test.serial('hours of waiting between attempts pass at once under virtual timers', async t => {
  using _timers = withTimers()
  const transport = new RecordingClient({ status: 503 }, { status: 503 }, { status: 200 })
  const retryer = new StandardRetryer({ backoff: new FixedDelayBackoff(3600_000) })
  const call = goldenClient(transport, { retryer }).getObject({ bucket, key: 'k' })
  for (const sent of [1, 2]) {
    while (transport.requests.length < sent) await new Promise(setImmediate)
    await new Promise(setImmediate)
    mock.timers.tick(3600_000)
  }
  await call
  t.is(transport.requests.length, 3)
})
