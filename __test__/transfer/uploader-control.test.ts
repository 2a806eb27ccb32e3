import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import test, { type ExecutionContext } from 'ava'
import {
  type ClientOptions,
  crc64,
  NopRetryer,
  ParamInvalidError,
  RequestError,
  ServiceError,
  TransferControl,
} from 'ferross'
import { AdaptiveParallelism, requestedDelay, ThrottleAwareRetryer } from '#src/transfer/transfer-throttle.js'
import { clientOf, withFolder, withServer } from '../helpers/with-server.js'

const partSize = 100 * 1024
const target = { bucket: 'examplebucket', key: 'controlled' }

async function prepare(t: ExecutionContext, size: number, options: ClientOptions = {}) {
  const { server, client } = await withServer(t, options)
  await client.putBucket({ bucket: target.bucket })
  const content = randomBytes(size)
  const folder = withFolder(t)
  const path = join(folder, 'source.bin')
  writeFileSync(path, content)
  return { server, client, content, folder, path, uploader: client.uploader({ partSize, parallelNum: 2 }) }
}

const turns = async (count = 300) => {
  for (let turn = 0; turn < count; turn++) await new Promise(resolve => setImmediate(resolve))
}

test('a paused transfer finishes what is in flight, begins nothing new, and goes on', async t => {
  const { client, server, content, path, folder, uploader } = await prepare(t, 8 * partSize)
  const transfers = {
    UploadPart: (options: object) => uploader.uploadFile(target, path, options),
    'UploadPart ': (options: object) => uploader.uploadFrom(target, Readable.from([content]), options),
    GetObject: (options: object) =>
      client.downloader({ partSize, parallelNum: 2 }).downloadFile(target, join(folder, 'a'), options),
    'GetObject ': (options: object) =>
      client.downloader({ partSize, parallelNum: 2 }).downloadTo(target, new WritableStream(), options),
  }
  for (const [operation, start] of Object.entries(transfers)) {
    const control = new TransferControl()
    server.requests.clear()
    let transferred = 0
    const onProgress = (_: number, sum: number) => {
      if (transferred === 0) control.pause()
      transferred = sum
    }
    const running = start({ control, onProgress })
    while (transferred === 0) await turns(1)
    await turns()
    // One part was done, another one was in flight; how long that takes is the machine's affair.
    t.true(server.requests.count(operation.trim()) <= 3, operation)
    t.true(transferred <= 3 * partSize, operation)
    t.true(control.paused)
    control.resume()
    await running
    t.is(transferred, content.length, operation)
  }
  t.true((await (await client.getObject(target)).body!.bytes()).equals(content))
})

test('a paused transfer can be aborted', async t => {
  const { client, path, uploader } = await prepare(t, 8 * partSize)
  const control = new TransferControl()
  const stop = new AbortController()
  const reason = new Error('enough')
  let seen = false
  const onProgress = () => {
    seen = true
    control.pause()
  }
  const running = t.throwsAsync(uploader.uploadFile(target, path, { control, signal: stop.signal, onProgress }))
  while (!seen) await turns(1)
  await turns()
  stop.abort(reason)
  t.is(await running, reason)
  t.is((await client.listMultipartUploads({ bucket: target.bucket })).uploads, undefined)
  const error = t.throws(() => client.uploader({ control: {} as never }), { instanceOf: ParamInvalidError })
  t.is(error?.field, 'control')
})

test('the lost answer of CompleteMultipartUpload is not a failure even when nothing is retried', async t => {
  const { server, content, path, uploader } = await prepare(t, 3 * partSize, {
    retryMaxAttempts: 1,
    retryer: new NopRetryer(),
  })
  server.faults.add({ operation: 'CompleteMultipartUpload', afterEffect: true, dropConnection: true })
  const result = await uploader.uploadFile(target, path)
  t.is(result.hashCrc64, crc64(content).toString())
  server.faults.add({ operation: 'CompleteMultipartUpload', afterEffect: true, status: 500, code: 'InternalError' })
  await t.notThrowsAsync(uploader.uploadFile(target, path))
})

test('a Complete that never arrived is a failure, though an equal object is there', async t => {
  const { server, client, path, uploader } = await prepare(t, 3 * partSize, { retryMaxAttempts: 1 })
  await uploader.uploadFile(target, path)
  server.faults.add({ operation: 'CompleteMultipartUpload', dropConnection: true })
  await t.throwsAsync(uploader.uploadFile(target, path), { instanceOf: RequestError })
  t.is((await client.listMultipartUploads({ bucket: target.bucket })).uploads, undefined)
})

test('an upload that survives its first end is ended again', async t => {
  const { server, client, path, uploader } = await prepare(t, 3 * partSize)
  server.faults.add({ operation: 'UploadPart', partNumber: 2, status: 403, code: 'AccessDenied', count: 9 })
  // The first answer is a lie, as when a part in flight arrives after it.
  server.faults.add({ operation: 'AbortMultipartUpload', status: 500, code: 'InternalError', count: 3 })
  await t.throwsAsync(uploader.uploadFile(target, path), { code: 'AccessDenied' })
  t.is((await client.listMultipartUploads({ bucket: target.bucket })).uploads, undefined)
  t.true(server.requests.count('AbortMultipartUpload') >= 4)
})

test('a transfer that is aborted while it begins leaves nothing', async t => {
  const { server, client, path, uploader } = await prepare(t, 3 * partSize)
  server.faults.add({ operation: 'InitiateMultipartUpload', delayMs: 20 })
  const stop = new AbortController()
  const reason = new Error('enough')
  const running = uploader.uploadFile(target, path, { signal: stop.signal })
  await turns(20)
  stop.abort(reason)
  t.is(await t.throwsAsync(running), reason)
  t.is((await client.listMultipartUploads({ bucket: target.bucket })).uploads, undefined)
})

function throttled(statusCode: number, delay?: string): ServiceError {
  return new ServiceError({
    statusCode,
    code: 'DownloadTrafficRateLimitExceeded',
    message: '',
    requestId: '',
    ec: '',
    requestTarget: '',
    headers: delay === undefined ? {} : { 'x-oss-qos-delay-time': delay },
    snapshot: '',
    details: {},
  })
}

test('the wait that the service asks for is the least there is', t => {
  const retryer = new ThrottleAwareRetryer(
    { maxAttempts: 3, isRetryable: () => true, delay: () => 10 },
    new AdaptiveParallelism(4),
  )
  t.is(retryer.delay(1, throttled(503, '1500')), 1500)
  t.is(retryer.delay(1, throttled(429, '3')), 10)
  t.is(retryer.delay(1, throttled(503)), 10)
  t.is(retryer.delay(1, new Error('other')), 10)
  t.is(requestedDelay(throttled(500, '1500')), 0, 'only throttling is')
  t.is(requestedDelay(throttled(503, 'soon')), 0)
  t.is(requestedDelay(throttled(503, '99999999')), 60_000, 'nobody waits for hours')
})

test('throttling halves the number of parts at a time, once for all that were in flight, and success restores it', t => {
  const parallelism = new AdaptiveParallelism(8)
  for (let answer = 0; answer < 8; answer++) parallelism.throttled()
  t.is(parallelism.current, 4)
  for (let answer = 0; answer < 100; answer++) parallelism.throttled()
  t.is(parallelism.current, 1, 'never none')
  for (let part = 0; part < 100; part++) parallelism.succeeded()
  t.is(parallelism.current, 8, 'never more than wanted')
})

test('a hundred aborts leave no parts, files, handles or memory behind', async t => {
  const { client: other, server, path, folder, content } = await prepare(t, 6 * partSize)
  await other.putObject({ ...target, body: content })
  const client = clientOf(server, { memoryLimit: 8 * partSize })
  const uploader = client.uploader({ partSize, parallelNum: 3 })
  const downloader = client.downloader({ partSize, parallelNum: 3 })
  const { readdirSync } = await import('node:fs')
  const handles = () => (process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0)
  const reason = new Error('enough')
  const abortAt = async (turn: number, start: (signal: AbortSignal) => Promise<unknown>) => {
    const stop = new AbortController()
    const running = start(stop.signal)
    const settled = running.then(
      () => undefined,
      error => error,
    )
    await turns(turn)
    stop.abort(reason)
    const error = await settled
    if (error !== undefined) t.is(error, reason)
  }
  const before = handles()
  for (let round = 0; round < 25; round++) {
    await abortAt(round, signal => uploader.uploadFile({ ...target, key: `${round}` }, path, { signal }))
    await abortAt(round, signal =>
      uploader.uploadFrom({ ...target, key: `s${round}` }, Readable.from([content]), { signal }),
    )
    await abortAt(round, signal => downloader.downloadFile(target, join(folder, `${round}`), { signal }))
    await abortAt(round, signal => downloader.downloadTo(target, new WritableStream(), { signal }))
  }
  t.is((await client.listMultipartUploads({ bucket: target.bucket })).uploads, undefined)
  t.deepEqual(
    readdirSync(folder).filter(name => name.includes('tmp') || name.includes('ferross')),
    [],
  )
  // Every part buffer came back: the whole budget can be had at once.
  await client.uploader({ partSize: 8 * partSize }).uploadFrom(target, Buffer.alloc(8 * partSize))
  await client.close()
  // The server is in this process too, and learns in its own time that connections are gone.
  for (let turn = 0; turn < 20_000 && handles() > before; turn++) await turns(1)
  t.true(handles() <= before, `${handles() - before}`)
})
