// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the service has such placeholders
import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { CallbackError, callback, FixedDelayBackoff, OssError, ServiceError, StandardRetryer } from 'ferross'
import { call, goldenClient, RecordingClient } from '../helpers/golden.js'
import { withFolder, withServer } from '../helpers/with-server.js'

const object = { bucket: 'examplebucket', key: 'a.bin' }
const parameters = callback({ url: 'http://app.example.com/', body: 'key=${object}' })
const failed = {
  status: 203,
  headers: { 'content-type': 'application/xml', 'x-oss-request-id': '0123456789ABCDEF01234567', etag: '"E"' },
  body: '<Error><Code>CallbackFailed</Code><Message>Response body is not valid json format.</Message><EC>0007-00000202</EC></Error>',
}
const always = new StandardRetryer({ backoff: new FixedDelayBackoff(0), errorRetryables: [() => true] })

test('a failed callback is an error that says the object is stored', async t => {
  const transport = new RecordingClient(failed)
  const client = goldenClient(transport)
  const error = await t.throwsAsync(client.putObject({ ...object, body: 'x', ...parameters }), {
    instanceOf: CallbackError,
  })
  t.true(error instanceof ServiceError && error instanceof OssError)
  t.like(error, {
    code: 'CallbackFailed',
    statusCode: 203,
    ec: '0007-00000202',
    operation: 'PutObject',
    attempts: 1,
    name: 'CallbackError',
  })
  t.true(error?.stored)
  t.false(error?.retryable)
  t.is(error?.headers.etag, '"E"')
})

test('a callback counts however it was asked for', async t => {
  const ways = [
    { headers: { 'X-Oss-Callback': parameters.callback } },
    { parameters: { callback: parameters.callback } },
    { callback: parameters.callback },
  ]
  for (const way of ways) {
    const client = goldenClient(new RecordingClient(failed))
    await t.throwsAsync(client.putObject({ ...object, body: 'x', ...way }), { instanceOf: CallbackError })
  }
  const complete = { ...object, uploadId: 'u', callback: parameters.callback }
  await t.throwsAsync(call(goldenClient(new RecordingClient(failed)), 'completeMultipartUpload', complete), {
    instanceOf: CallbackError,
  })
  const input = {
    opName: 'PutObject',
    method: 'PUT' as const,
    ...object,
    body: 'x',
    parameters: { callback: parameters.callback },
  }
  await t.throwsAsync(goldenClient(new RecordingClient(failed)).invokeOperation(input), { instanceOf: CallbackError })
})

test('status 203 without a callback is a success', async t => {
  const client = goldenClient(new RecordingClient({ status: 203 }))
  t.is((await client.putObject({ ...object, body: 'x' })).statusCode, 203)
})

test('a failed callback is never sent again, whatever the retry policy and the code say', async t => {
  for (const body of [failed.body, failed.body.replace('CallbackFailed', 'BadRequest'), '', 'not xml']) {
    const transport = new RecordingClient({ ...failed, body })
    const client = goldenClient(transport, { retryer: always })
    await t.throwsAsync(client.putObject({ ...object, body: 'x', ...parameters }), { instanceOf: CallbackError })
    t.is(transport.requests.length, 1)
  }
})

test('an upload in parts whose callback fails leaves the object and removes nothing', async t => {
  const { server, client } = await withServer(t)
  await client.putBucket({ bucket: object.bucket })
  const content = randomBytes(350_000)
  const path = join(withFolder(t), 'source')
  writeFileSync(path, content)
  server.faults.add({ operation: 'CompleteMultipartUpload', status: 203, code: 'CallbackFailed', afterEffect: true })
  const upload = client
    .uploader({ partSize: 100 * 1024 })
    .uploadFile({ ...object, callback: parameters.callback }, path)
  const error = await t.throwsAsync(upload, { instanceOf: CallbackError })
  t.is(error?.operation, 'CompleteMultipartUpload')
  t.is(server.requests.count('CompleteMultipartUpload'), 1)
  t.is(server.requests.count('AbortMultipartUpload'), 0)
  t.true((await (await client.getObject(object)).body!.bytes()).equals(content))
})
