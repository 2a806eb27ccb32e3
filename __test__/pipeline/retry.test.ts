import { Readable } from 'node:stream'
import test from 'ava'
import {
  defaultErrorRetryables,
  FixedDelayBackoff,
  type HttpClient,
  type OssError,
  RequestError,
  ServiceError,
  StandardRetryer,
} from 'ferross'
import { call, golden, goldenClient, RecordingClient } from '../helpers/golden.js'
import { withServer } from '../helpers/with-server.js'

interface Sequence {
  operation: string
  responses: number[]
  retryMaxAttempts?: number
  body?: 'none' | 'bytes' | 'one-shot stream'
  attempts: number
  success: boolean
}

const bodies = {
  none: () => undefined,
  bytes: () => Buffer.from('hello oss'),
  'one-shot stream': () => Readable.from([Buffer.from('hello '), Buffer.from('oss')]),
}

const quick = (maxAttempts = 3) => new StandardRetryer({ maxAttempts, backoff: new FixedDelayBackoff(0) })

test('requests are sent as often as the reference sends them', async t => {
  const { sequences } = golden<{ sequences: Sequence[] }>('retry.json')
  t.true(sequences.length > 0)
  for (const entry of sequences) {
    const name = JSON.stringify(entry)
    const transport = new RecordingClient(...entry.responses.map(status => ({ status })))
    const client = goldenClient(transport, { retryer: quick(entry.retryMaxAttempts) })
    const body = bodies[entry.body ?? 'none']()
    const request = { bucket: 'examplebucket', key: 'k', ...(body && { body }) }
    const outcome = await call(client, entry.operation, request).then(
      () => undefined,
      error => error as OssError,
    )
    t.is(transport.requests.length, entry.attempts, name)
    t.is(outcome === undefined, entry.success, name)
    if (outcome) {
      t.true(outcome instanceof ServiceError, name)
      t.is(outcome.attempts, entry.attempts, name)
    }
  }
  t.log(`${sequences.length} cases`)
})

test('a wrong clock is corrected from the ServerTime of the error, and stays corrected', async t => {
  const serverTime = new Date(Date.now() + 3 * 3600_000)
  const skewed = {
    status: 403,
    headers: { date: new Date(0).toUTCString() },
    body: `<Error><Code>RequestTimeTooSkewed</Code><Message>skewed</Message><ServerTime>${serverTime.toISOString()}</ServerTime></Error>`,
  }
  const transport = new RecordingClient(skewed, { status: 200 })
  const client = goldenClient(transport, { retryer: quick() })
  await client.putObject({ bucket: 'examplebucket', key: 'k' })
  await client.putObject({ bucket: 'examplebucket', key: 'k' })
  t.is(transport.requests.length, 3)
  const signedAt = transport.requests.map(({ headers }) => {
    const [, y, m, d, h, min, s] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(headers['x-oss-date'] ?? '') ?? []
    return Date.UTC(Number(y), Number(m) - 1, Number(d), Number(h), Number(min), Number(s))
  })
  for (const time of signedAt.slice(1)) t.true(Math.abs(time - serverTime.getTime()) < 60_000)
})

test('a failure without an answer is retried and carries its cause', async t => {
  let calls = 0
  const httpClient: HttpClient = {
    send: async () => {
      calls += 1
      throw new RequestError('no answer', { cause: Object.assign(new Error('reset'), { code: 'ECONNRESET' }) })
    },
  }
  const client = goldenClient(httpClient, { retryer: quick() })
  const error = await t.throwsAsync(client.getBucketAcl({ bucket: 'examplebucket' }), { instanceOf: RequestError })
  t.is(calls, 3)
  t.is(error?.operation, 'GetBucketAcl')
  t.is(error?.attempts, 3)
  t.is((error?.cause as NodeJS.ErrnoException | undefined)?.code, 'ECONNRESET')
})

test('an abort while waiting for the next attempt rejects with its reason', async t => {
  const stop = new AbortController()
  const transport = new RecordingClient({ status: 503 })
  const retryer = {
    maxAttempts: 3,
    isRetryable: () => true,
    delay: () => {
      queueMicrotask(() => stop.abort(new Error('enough')))
      return 3600_000
    },
  }
  const client = goldenClient(transport, { retryer })
  await t.throwsAsync(client.getBucketAcl({ bucket: 'examplebucket' }, { signal: stop.signal }), { message: 'enough' })
  t.is(transport.requests.length, 1)
})

test('an abort before the call sends nothing', async t => {
  const transport = new RecordingClient()
  const client = goldenClient(transport)
  const signal = AbortSignal.abort(new Error('never'))
  await t.throwsAsync(client.getBucketAcl({ bucket: 'examplebucket' }, { signal }), { message: 'never' })
  t.is(transport.requests.length, 0)
})

test('calls of a client share a quota for retries, and without it failures are thrown as they are', async t => {
  const outage = Array.from({ length: 20 }, () => ({ status: 500 }))
  const transport = new RecordingClient(...outage)
  const client = goldenClient(transport, { retryer: quick(), retryQuota: 15 })
  const fail = () => t.throwsAsync(client.getBucketAcl({ bucket: 'examplebucket' }), { instanceOf: ServiceError })
  const attempts = [await fail(), await fail(), await fail()]
  t.deepEqual(
    attempts.map(error => error?.attempts),
    [3, 2, 1],
  )
  t.true(attempts[2]?.retryable)
  t.is(transport.requests.length, 6)
  const free = goldenClient(new RecordingClient(...outage), { retryer: quick(), retryQuota: 0 })
  for (let count = 0; count < 5; count++) {
    const error = await t.throwsAsync(free.getBucketAcl({ bucket: 'examplebucket' }), { instanceOf: ServiceError })
    t.is(error?.attempts, 3)
  }
})

test('calls that succeed fill the quota again', async t => {
  const answers = [500, 200, 500, 200, 500, 500, 200, 500, 200].map(status => ({ status }))
  const client = goldenClient(new RecordingClient(...answers), { retryer: quick(2), retryQuota: 5 })
  const put = () => client.putObject({ bucket: 'examplebucket', key: 'k' })
  await put()
  await put()
  t.is((await t.throwsAsync(put(), { instanceOf: ServiceError }))?.attempts, 2)
  await put()
  t.is((await t.throwsAsync(put(), { instanceOf: ServiceError }))?.attempts, 1, 'one token is not enough')
  await put()
})

test('connections that were closed while they were idle cost no tokens', async t => {
  const { client, server } = await withServer(t, { retryQuota: 5, maxConnections: 1 })
  await client.putBucket({ bucket: 'examplebucket' })
  for (let count = 0; count < 5; count++) {
    server.faults.add({ operation: 'GetBucketAcl', dropConnection: true })
    await client.getBucketAcl({ bucket: 'examplebucket' })
  }
  t.is(server.requests.count('GetBucketAcl'), 10)
})

test('the wait that the service asks for is the least there is', async t => {
  const throttled = { status: 503, headers: { 'x-oss-qos-delay-time': '120' } }
  const client = goldenClient(new RecordingClient(throttled, { status: 200 }), { retryer: quick() })
  const before = performance.now()
  await client.putObject({ bucket: 'examplebucket', key: 'k' })
  t.true(performance.now() - before >= 115)
})

test('a quota that is no number of tokens is refused', t => {
  for (const retryQuota of [-1, 1.5, '500', Number.POSITIVE_INFINITY]) {
    const error = t.throws(() => goldenClient(new RecordingClient(), { retryQuota } as never), {
      any: true,
    }) as OssError
    t.is(error.code, 'ParamInvalid')
  }
})

test('an error says what kept it from being retried', async t => {
  const failed = (config: object, request: object = {}, status = 500) => {
    const client = goldenClient(new RecordingClient({ status }), { retryer: quick(), ...config })
    return client.putObject({ bucket: 'examplebucket', key: 'k', ...request }).then(
      () => t.fail('it fails'),
      error => error as OssError,
    )
  }
  const all = (await failed({})) as OssError
  t.deepEqual([all.retryBlockedBy, all.attempts], ['attempts', 3])
  const once = (await failed({}, { body: Readable.from([Buffer.from('once')]) })) as OssError
  t.deepEqual([once.retryBlockedBy, once.attempts], ['body', 1])
  t.true(once.retryable, 'another call with another body may succeed')
  const poor = (await failed({ retryQuota: 4 })) as OssError
  t.deepEqual([poor.retryBlockedBy, poor.attempts], ['quota', 1])
  const wrong = (await failed({}, {}, 404)) as OssError
  t.deepEqual([wrong.retryBlockedBy, wrong.attempts], [undefined, 1])
})

test('a retryer may be given codes and functions of its own, besides the default ones', async t => {
  const document = (code: string) => `<Error><Code>${code}</Code><Message>m</Message></Error>`
  const answers = [
    { status: 409, body: document('FileImmutable') },
    { status: 404, body: document('NoSuchKey') },
    { status: 500 },
    { status: 200 },
  ]
  const transport = new RecordingClient(...answers)
  const retryer = new StandardRetryer({
    maxAttempts: 4,
    backoff: new FixedDelayBackoff(0),
    errorRetryables: [
      ...defaultErrorRetryables,
      'FileImmutable',
      error => error instanceof ServiceError && error.statusCode === 404,
    ],
  })
  await goldenClient(transport, { retryer }).putObject({ bucket: 'examplebucket', key: 'k' })
  t.is(transport.requests.length, 4)
  const wrong = [
    ['', 'empty'],
    [5, 'number'],
    [undefined, 'nothing'],
  ] as const
  for (const [value, name] of wrong) {
    const error = t.throws(() => new StandardRetryer({ errorRetryables: [value as never] }), { any: true }, name)
    t.is((error as unknown as OssError).code, 'ParamInvalid')
  }
})

test('URLs are presigned by the corrected clock', async t => {
  const serverTime = new Date('2031-05-06T07:08:09Z')
  const skewed = {
    status: 403,
    body: `<Error><Code>RequestTimeTooSkewed</Code><Message>m</Message><ServerTime>${serverTime.toISOString()}</ServerTime></Error>`,
  }
  const client = goldenClient(new RecordingClient(skewed, { status: 200 }), { retryer: quick() })
  await client.headObject({ bucket: 'examplebucket', key: 'k' }).catch(() => {})
  const { url, expiration } = await client.presign('getObject', { bucket: 'examplebucket', key: 'k' }, { expires: 60 })
  t.regex(url, /x-oss-date=20310506T07/)
  t.is(expiration.toISOString().slice(0, 13), '2031-05-06T07')
})
