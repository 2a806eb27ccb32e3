import test from 'ava'
import {
  DeserializationError,
  FixedDelayBackoff,
  InconsistentError,
  type OssError,
  RequestError,
  ServiceError,
  StandardRetryer,
  TimeoutError,
} from 'ferross'
import { goldenClient, RecordingClient } from '../helpers/golden.js'
import { withServer } from '../helpers/with-server.js'

const bucket = 'examplebucket'

test('every error that came of an answer has its request id', async t => {
  const { client, server } = await withServer(t, { retryMaxAttempts: 1 })
  await client.putBucket({ bucket })
  await client.putObject({ bucket, key: 'k', body: 'x'.repeat(10_000) })
  const ids = new Set<string | undefined>()
  const fails = async (work: Promise<unknown>, kind: abstract new (...args: never[]) => Error) => {
    const error = (await t.throwsAsync(work, { instanceOf: kind as never })) as OssError
    t.regex(error.requestId as string, /^[0-9A-F]{24}$/, error.code)
    ids.add(error.requestId)
  }
  await fails(client.getObject({ bucket, key: 'missing' }), ServiceError)
  server.faults.add({ operation: 'PutObject', wrongCrc: true })
  await fails(client.putObject({ bucket, key: 'other', body: 'y' }), InconsistentError)
  const read = async () => (await client.getObject({ bucket, key: 'k' })).body?.text()
  server.faults.clear()
  server.faults.add({ operation: 'GetObject', cutResponseAfterBytes: 50, count: 1 })
  await fails(read(), RequestError)
  server.faults.add({ operation: 'GetObject', corruptResponseByte: 50, count: 1 })
  await fails(read(), InconsistentError)
  t.is(ids.size, 4, 'each has its own')
})

test('a document that cannot be read, and a deadline after an answer, have it too', async t => {
  const headers = { 'x-oss-request-id': 'id-7' }
  const odd = goldenClient(new RecordingClient({ status: 200, headers, body: '<Wrong/>' }))
  const wrong = await t.throwsAsync(odd.getBucketAcl({ bucket }), { instanceOf: DeserializationError })
  t.is(wrong?.requestId, 'id-7')
  const retryer = new StandardRetryer({ backoff: new FixedDelayBackoff(60_000) })
  const late = goldenClient(new RecordingClient({ status: 503, headers }), { retryer, totalTimeout: 30_000 })
  const error = await t.throwsAsync(late.getBucketAcl({ bucket }), { instanceOf: TimeoutError })
  t.is(error?.requestId, 'id-7')
})

test('an error without an answer has none, not that of an attempt before', async t => {
  let calls = 0
  const broken = new RecordingClient({ status: 503, headers: { 'x-oss-request-id': 'id-1' } })
  const client = goldenClient(
    {
      send: request => {
        if (++calls === 1) return broken.send(request)
        return Promise.reject(new RequestError('no answer'))
      },
    },
    { retryer: new StandardRetryer({ maxAttempts: 2, backoff: new FixedDelayBackoff(0) }) },
  )
  const error = await t.throwsAsync(client.getBucketAcl({ bucket }), { instanceOf: RequestError })
  t.is(error?.attempts, 2)
  t.is(error?.requestId, undefined)
})
