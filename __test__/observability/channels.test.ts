import { AsyncLocalStorage } from 'node:async_hooks'
import { generateKeyPairSync } from 'node:crypto'
import { channel } from 'node:diagnostics_channel'
import { createReadStream, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { EncryptionClient, MasterRsaCipher, type RequestEvent, ServiceError } from 'ferross'
import { goldenClient, RecordingClient } from '../helpers/golden.js'
import { withFolder, withServer } from '../helpers/with-server.js'
import { copiesOf, listenTo, namesOf } from './listen.js'

test('a call is published with its attempt, its answer and its bytes', async t => {
  const bucket = 'one-call'
  const { client, server } = await withServer(t)
  await client.putBucket({ bucket })
  const heard = listenTo(t, bucket)
  const sent = await client.putObject({ bucket, key: 'a/b', body: 'hello' })
  t.deepEqual(namesOf(heard), ['request:start', 'attempt:start', 'attempt:end', 'request:end'])
  const [start, attemptStart, attemptEnd, end] = heard
  t.is(start?.event, end?.event as object, 'one object from start to end')
  t.is(attemptStart?.copy.request as object, start?.event as object)
  t.like(start?.copy, { operation: 'PutObject', bucket, key: 'a/b', region: 'cn-hangzhou', attempts: 0 })
  const host = server.endpoint.replace('http://', '')
  t.like(attemptStart?.copy, { number: 1, delayMs: 0, retryReason: undefined, host })
  t.like(attemptEnd?.copy, { statusCode: 200, requestId: sent.requestId, error: undefined })
  const { durationMs, ...rest }: RequestEvent = end!.copy
  t.true((durationMs as number) > 0)
  t.deepEqual(rest, {
    operation: 'PutObject',
    region: 'cn-hangzhou',
    bucket,
    key: 'a/b',
    host,
    attempts: 1,
    statusCode: 200,
    requestId: sent.requestId,
    bytesSent: 5,
    bytesReceived: 0,
    outcome: 'completed',
  })
  heard.length = 0
  const { body } = await client.getObject({ bucket, key: 'a/b' })
  t.is(heard.at(-1)?.copy.bytesReceived, 5)
  await body?.text()
  const large = Buffer.alloc(3 * 1024 * 1024)
  await client.putObject({ bucket, key: 'large', body: large })
  t.is(heard.at(-1)?.copy.bytesSent, large.length)
})

test('a repeated attempt says why, and how long was waited', async t => {
  const bucket = 'repeated'
  const { client, server } = await withServer(t)
  await client.putBucket({ bucket })
  server.faults.add({ operation: 'PutObject', bucket, status: 503, code: 'SlowDown', count: 1 })
  const heard = listenTo(t, bucket)
  await client.putObject({ bucket, key: 'k', body: 'hello' })
  t.deepEqual(namesOf(heard), [
    ...['request:start', 'attempt:start', 'attempt:error', 'attempt:start', 'attempt:end', 'request:end'],
  ])
  const [failed] = copiesOf(heard, 'attempt:error')
  t.like(failed, { number: 1, statusCode: 503, retryInMs: 0 })
  t.true(failed?.error instanceof ServiceError)
  t.is(failed?.requestId, (failed?.error as ServiceError | undefined)?.requestId)
  t.like(copiesOf(heard, 'attempt:start')[1], { number: 2, delayMs: 0, retryReason: 'SlowDown' })
  t.like(heard.at(-1)?.copy, { attempts: 2, statusCode: 200, bytesSent: 5, outcome: 'completed' })
})

test('a call that fails says how', async t => {
  const bucket = 'failing'
  const { client } = await withServer(t)
  await client.putBucket({ bucket })
  const heard = listenTo(t, bucket)
  const error = await t.throwsAsync(client.getObject({ bucket, key: 'missing' }), { instanceOf: ServiceError })
  t.deepEqual(namesOf(heard), ['request:start', 'attempt:start', 'attempt:error', 'request:error'])
  t.is(heard[2]?.copy.retryInMs, undefined)
  const { requestId, ec } = error as ServiceError
  t.like(heard[3]?.copy, { statusCode: 404, requestId, ec, attempts: 1, outcome: 'failed' })
  t.is(heard[3]?.copy.error, error)
})

test('a call that never gets as far as sending fails without an attempt', async t => {
  const heard = listenTo(t, 'NO')
  await t.throwsAsync(goldenClient(new RecordingClient()).getBucketAcl({ bucket: 'NO' }))
  t.deepEqual(namesOf(heard), ['request:start', 'request:error'])
  t.like(heard[1]?.copy, { attempts: 0, outcome: 'failed' })
})

test('what the caller ends is aborted, not failed', async t => {
  const bucket = 'aborted'
  const heard = listenTo(t, bucket)
  const signal = AbortSignal.abort(new Error('enough'))
  await t.throwsAsync(goldenClient(new RecordingClient()).getBucketAcl({ bucket }, { signal }), { message: 'enough' })
  t.like(heard.at(-1), { name: 'request:error', copy: { outcome: 'aborted' } })
})

test('a transfer is published with its size and parts, and its calls belong to it', async t => {
  const bucket = 'transfers'
  const { client } = await withServer(t)
  await client.putBucket({ bucket })
  const folder = withFolder(t)
  const size = 250 * 1024
  writeFileSync(join(folder, 'f'), Buffer.alloc(size, 'f'))
  const heard = listenTo(t, bucket)
  const around = new AsyncLocalStorage<object>()
  const starts = channel('ferross:transfer:start')
  starts.bindStore(around, event => event as object)
  t.teardown(() => void starts.unbindStore(around))
  const parents = new Set<unknown>()
  const requests = channel('ferross:request:start')
  const listener = (event: unknown) => {
    if ((event as RequestEvent).bucket === bucket) parents.add(around.getStore())
  }
  requests.subscribe(listener)
  t.teardown(() => void requests.unsubscribe(listener))

  const progress: number[] = []
  const onProgress = (_increment: number, transferred: number) => void progress.push(transferred)
  await client.uploader({ partSize: 100 * 1024 }).uploadFile({ bucket, key: 'k' }, join(folder, 'f'), { onProgress })
  const [start] = heard
  t.like(start, { name: 'transfer:start', copy: { kind: 'upload', bucket, key: 'k', bytes: 0, parts: 0 } })
  t.deepEqual([...parents], [start?.event])
  const [end] = copiesOf(heard, 'transfer:end')
  t.like(end, { size, bytes: size, parts: 3, outcome: 'completed' })
  t.true((end?.durationMs as number) > 0)
  t.is(progress.at(-1), size, 'the caller hears of progress as ever')

  await client.copier({ partSize: 100 * 1024 }).copy({ bucket, key: 'copy', sourceKey: 'k' })
  await client.downloader({ partSize: 100 * 1024 }).downloadFile({ bucket, key: 'copy' }, join(folder, 'g'))
  const [, copied, loaded] = copiesOf(heard, 'transfer:end')
  t.like(copied, { kind: 'copy', key: 'copy', size, bytes: size, parts: 0 })
  t.like(loaded, { kind: 'download', key: 'copy', size, bytes: size, parts: 3 })

  const missing = client.downloader().downloadFile({ bucket, key: 'missing' }, join(folder, 'h'))
  const error = await t.throwsAsync(missing, { instanceOf: ServiceError })
  t.like(copiesOf(heard, 'transfer:error')[0], { kind: 'download', outcome: 'failed', error })
  const signal = AbortSignal.abort(new Error('enough'))
  await t.throwsAsync(client.uploader().uploadFile({ bucket, key: 'k' }, join(folder, 'f'), { signal }))
  t.like(copiesOf(heard, 'transfer:error')[1] ?? {}, { kind: 'upload', outcome: 'aborted' })
})

test('operations on folders are transfers too', async t => {
  const bucket = 'folders'
  const { client } = await withServer(t)
  await client.putBucket({ bucket })
  const folder = withFolder(t)
  mkdirSync(join(folder, 'sub'))
  for (const name of ['a', 'b', 'sub/c']) writeFileSync(join(folder, name), name)
  const heard = listenTo(t, bucket)
  await client.uploadDirectory({ bucket, prefix: 'p' }, folder)
  await client.downloadDirectory({ bucket, prefix: 'p' }, join(folder, 'back'))
  await client.sync({ from: folder, to: { bucket, prefix: 'q' } })
  await client.sweepMultipartUploads({ bucket }, { olderThan: 1000 })
  await client.deletePrefix({ bucket, prefix: 'p/' })
  const ends = copiesOf(heard, 'transfer:end').filter(({ kind }) => kind !== 'upload' && kind !== 'download')
  t.deepEqual(
    ends.map(({ kind, key, files }) => [kind, key, files]),
    [
      ['upload-directory', 'p', 3],
      ['download-directory', 'p', 3],
      ['sync', 'q', 6],
      ['sweep', undefined, 0],
      ['delete-prefix', 'p/', 3],
    ],
  )
})

test('nobody hears of anything any more after the last one stopped listening', async t => {
  const heard: unknown[] = []
  const listener = (event: unknown) => void heard.push(event)
  const ends = channel('ferross:request:end')
  const client = goldenClient(new RecordingClient())
  ends.subscribe(listener)
  await client.putObject({ bucket: 'for-a-while', key: 'k' })
  ends.unsubscribe(listener)
  await client.putObject({ bucket: 'for-a-while', key: 'k' })
  t.is(heard.filter(event => (event as RequestEvent).bucket === 'for-a-while').length, 1)
})

test('encrypted transfers are published too, in bytes of plaintext', async t => {
  const bucket = 'encrypted'
  const { client } = await withServer(t)
  await client.putBucket({ bucket })
  const { publicKey, privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
  const encrypted = new EncryptionClient(client, new MasterRsaCipher({}, publicKey, privateKey))
  const path = join(withFolder(t), 'f')
  const size = 250 * 1024
  writeFileSync(path, Buffer.alloc(size, 'f'))
  const heard = listenTo(t, bucket)
  const uploader = encrypted.uploader({ partSize: 100 * 1024 })
  await uploader.uploadFile({ bucket, key: 'file' }, path)
  await uploader.uploadFrom({ bucket, key: 'stream' }, createReadStream(path))
  await encrypted.downloader({ partSize: 100 * 1024 }).downloadFile({ bucket, key: 'file' }, path)
  t.deepEqual(
    copiesOf(heard, 'transfer:end').map(({ kind, key, bytes, parts, outcome }) => [kind, key, bytes, parts, outcome]),
    [
      ['upload', 'file', size, 3, 'completed'],
      ['upload', 'stream', size, 3, 'completed'],
      ['download', 'file', size, 3, 'completed'],
    ],
  )
})
