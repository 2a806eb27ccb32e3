import { randomBytes } from 'node:crypto'
import { Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import test, { type ExecutionContext } from 'ava'
import {
  type ClientOptions,
  FileClosedError,
  InconsistentError,
  type OpenFileOptions,
  ParamInvalidError,
  type ReadOnlyFile,
  ResponseError,
  ServiceError,
  SourceChangedError,
} from 'ferross'
import { withServer } from '../helpers/with-server.js'
import { never, Recorder } from './recorder.js'

const bucket = 'examplebucket'
const key = 'dir/a b+c.bin'
const kibibyte = 1024

async function prepare(t: ExecutionContext, size: number, options: OpenFileOptions = {}, client: ClientOptions = {}) {
  const recorder = new Recorder(t)
  const prepared = await withServer(t, { httpClient: recorder, ...client })
  await prepared.client.putBucket({ bucket })
  const content = randomBytes(size)
  await prepared.client.putObject({ bucket, key, body: content, metadata: { origin: 'test' } })
  const file = await prepared.client.openFile(bucket, key, options)
  t.teardown(() => file.close())
  recorder.sent.length = 0
  return { ...prepared, content, file, recorder }
}

async function collect(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = []
  for await (const piece of pieces) all.push(piece)
  return Buffer.concat(all)
}

test('reads go through the object in order, and give nothing at its end', async t => {
  const { file, content } = await prepare(t, 1000)
  t.is(file.size, 1000)
  t.true((await file.read(300)).equals(content.subarray(0, 300)))
  t.is(file.tell(), 300)
  const buffer = Buffer.alloc(500)
  t.is(await file.read(buffer), 500)
  t.true(buffer.equals(content.subarray(300, 800)))
  t.is(await file.read(buffer), 200)
  t.true(buffer.subarray(0, 200).equals(content.subarray(800)))
  t.true(buffer.subarray(200).equals(content.subarray(500, 800)), 'the rest of the buffer is left alone')
  t.is(file.tell(), 1000)
  t.is(await file.read(buffer), 0)
  t.is((await file.read(10)).length, 0)
  t.is((await file.read()).length, 0)
  t.is((await file.read(0)).length, 0)
})

test('without a length, a read gives all that is left', async t => {
  const { file, content } = await prepare(t, 1000, { offset: 400 })
  t.is(file.tell(), 400)
  t.true((await file.read()).equals(content.subarray(400)))
})

test('reads that follow one another share one request', async t => {
  const { file, content, recorder } = await prepare(t, 300 * kibibyte)
  const pieces: Buffer[] = []
  while (file.tell() < file.size) pieces.push(await file.read(1000))
  t.true(Buffer.concat(pieces).equals(content))
  t.deepEqual(recorder.ranges(), [`bytes=0-${300 * kibibyte - 1}`])
})

test('positions are counted from the start, the end, or where the file is', async t => {
  const { file, content } = await prepare(t, 1000)
  t.is(await file.seek(990), 990)
  t.true((await file.read(100)).equals(content.subarray(990)))
  t.is(await file.seek(-10, 'current'), 990)
  t.is(await file.seek(-1000, 'end'), 0)
  t.true((await file.read(5)).equals(content.subarray(0, 5)))
  t.is(await file.seek(5, 'current'), 10)
  t.true((await file.read(5)).equals(content.subarray(10, 15)))
  t.is(await file.seek(0, 'end'), 1000)
  t.is((await file.read(1)).length, 0)
})

test('a seek out of the object is an error and moves nothing', async t => {
  const { file, recorder } = await prepare(t, 1000, { offset: 7 })
  for (const [offset, origin] of [
    [-1, 'start'],
    [1001, 'start'],
    [-8, 'current'],
    [994, 'current'],
    [1, 'end'],
    [-1001, 'end'],
    [0.5, 'start'],
    [Number.NaN, 'start'],
    ['1', 'start'],
  ] as [number, 'start'][]) {
    const error = await t.throwsAsync(file.seek(offset, origin), { instanceOf: ParamInvalidError })
    t.is(error?.field, 'offset')
  }
  const error = await t.throwsAsync(file.seek(0, 'middle' as 'start'), { instanceOf: ParamInvalidError })
  t.is(error?.field, 'origin')
  t.is(file.tell(), 7)
  t.is(recorder.sent.length, 0)
})

test('an empty object can be read without asking for anything', async t => {
  const { file, recorder } = await prepare(t, 0, { enablePrefetch: true, prefetchThreshold: 0 })
  t.is(file.size, 0)
  t.is(await file.read(Buffer.alloc(10)), 0)
  t.is((await file.read()).length, 0)
  t.is(await file.seek(0, 'end'), 0)
  t.is((await collect(file)).length, 0)
  t.is((await collect(file.createReadStream())).length, 0)
  t.is(recorder.sent.length, 0)
})

test('stat tells about the object as it was opened', async t => {
  const { file, recorder } = await prepare(t, 1000)
  const stat = await file.stat()
  t.is(stat.contentLength, 1000)
  t.deepEqual(stat.metadata, { origin: 'test' })
  t.true(stat.lastModified instanceof Date)
  t.is(recorder.sent.length, 0)
})

test('a body that breaks off is asked for again from the byte it broke at', async t => {
  const { server, file, content, recorder } = await prepare(t, 700 * kibibyte)
  server.faults.add({ operation: 'GetObject', cutResponseAfterBytes: 100_000 })
  server.faults.add({ operation: 'GetObject', nth: 2, status: 503, code: 'ServiceUnavailable' })
  server.faults.add({ operation: 'GetObject', nth: 3, cutResponseAfterBytes: 0 })
  server.faults.add({ operation: 'GetObject', nth: 4, cutResponseAfterBytes: 200_000 })
  t.true((await file.read()).equals(content))
  const starts = recorder.ranges().map(range => Number(/\d+/.exec(range)?.[0]))
  t.deepEqual(starts.slice(0, 4), [0, 100_000, 100_000, 100_000])
  t.is(starts[4], 300_000)
})

test('failures are counted anew after every byte that came', async t => {
  const { server, file, content } = await prepare(t, 200 * kibibyte)
  server.faults.add({ operation: 'GetObject', cutResponseAfterBytes: 10_000, count: 12 })
  t.true((await file.read()).equals(content))
})

test('a body that stalls is given up and asked for again', async t => {
  const { server, file, content } = await prepare(t, 50 * kibibyte, {}, { readwriteTimeout: 1000 })
  server.faults.add({ operation: 'GetObject', stallResponseAfterBytes: 20_000 })
  t.true((await file.read()).equals(content))
})

test('an answer about other bytes than asked for is not believed', async t => {
  const { server, file, content } = await prepare(t, 1000)
  server.faults.add({ operation: 'GetObject', wrongContentRange: true, count: 2 })
  t.true((await file.read(10)).equals(content.subarray(0, 10)))
  await file.seek(500)
  server.faults.add({ operation: 'GetObject', wrongContentRange: true, count: 3 })
  await t.throwsAsync(file.read(10), { instanceOf: ResponseError })
  t.is(file.tell(), 500, 'a failed read does not move the position')
  t.true((await file.read(10)).equals(content.subarray(500, 510)), 'and the next one may succeed')
})

test('an object that is replaced meanwhile is an error, not a mixture', async t => {
  for (const enablePrefetch of [false, true]) {
    const { client, file } = await prepare(t, 1000, { enablePrefetch, prefetchThreshold: 0 })
    await file.read(10)
    await client.putObject({ bucket, key, body: randomBytes(1000) })
    await file.seek(500)
    const error = await t.throwsAsync(file.read(10), { instanceOf: SourceChangedError })
    t.is(error?.operation, 'GetObject')
  }
})

test('an object that is deleted meanwhile is the error of the service', async t => {
  const { client, file } = await prepare(t, 1000)
  await client.deleteObject({ bucket, key })
  const error = await t.throwsAsync(file.read(10), { instanceOf: ServiceError })
  t.is(error?.code, 'NoSuchKey')
})

test('whoever reads the whole object learns of bytes that were damaged on the way', async t => {
  const { server, file, content } = await prepare(t, 1000)
  server.faults.add({ operation: 'GetObject', corruptResponseByte: 99 })
  t.is((await file.read(600)).length, 600)
  const error = await t.throwsAsync(file.read(400), { instanceOf: InconsistentError })
  t.not(error?.clientCrc, error?.serverCrc)
  await file.seek(0)
  t.true((await collect(file)).equals(content), 'a second look may be fine')
})

test('the check of the whole can be switched off, and partial reads do without', async t => {
  const { server, file } = await prepare(t, 1000, {}, { disableDownloadCrc64Check: true })
  server.faults.add({ operation: 'GetObject', corruptResponseByte: 99 })
  t.is((await file.read()).length, 1000)
  const partial = await prepare(t, 1000, { offset: 10 })
  partial.server.faults.add({ operation: 'GetObject', corruptResponseByte: 99 })
  t.is((await partial.file.read()).length, 990)
})

test('reads that overlap are carried out in order', async t => {
  const { file, content } = await prepare(t, 1000)
  const [first, second, , third] = await Promise.all([file.read(100), file.read(50), file.seek(900), file.read(500)])
  t.true(first.equals(content.subarray(0, 100)))
  t.true(second.equals(content.subarray(100, 150)))
  t.true(third.equals(content.subarray(900)))
})

test('a closed file says so, also to reads under way', async t => {
  const { file, recorder } = await prepare(t, 1000)
  recorder.intercept = never
  const reading = t.throwsAsync(file.read(10), { instanceOf: FileClosedError })
  const queued = t.throwsAsync(file.read(10), { instanceOf: FileClosedError })
  await new Promise(resolve => setImmediate(resolve))
  await file.close()
  await Promise.all([reading, queued])
  await file.close()
  for (const call of [() => file.read(1), () => file.seek(0), () => file.stat()]) {
    const error = await t.throwsAsync(call(), { instanceOf: FileClosedError })
    t.is(error?.code, 'FileClosed')
  }
})

test('a file closes itself at the end of its scope', async t => {
  const { client } = await prepare(t, 1000)
  let escaped: ReadOnlyFile
  {
    await using file = await client.openFile(bucket, key)
    escaped = file
    await file.read(1)
  }
  await t.throwsAsync(escaped.read(1), { instanceOf: FileClosedError })
})

test('a read that is aborted rejects with the reason, and the next one goes on from the same place', async t => {
  for (const enablePrefetch of [false, true]) {
    const { file, content, recorder } = await prepare(t, 1000, { enablePrefetch, prefetchThreshold: 0, chunkSize: 100 })
    await file.seek(100)
    recorder.intercept = never
    const stop = new AbortController()
    const reason = new Error('enough')
    const reading = file.read(10, { signal: stop.signal })
    setImmediate(() => stop.abort(reason))
    t.is(await t.throwsAsync(reading), reason)
    recorder.intercept = () => undefined
    t.is(await t.throwsAsync(file.read(10, { signal: stop.signal })), reason)
    t.true((await file.read(10)).equals(content.subarray(100, 110)))
  }
})

test('the signal of the file ends it', async t => {
  const stop = new AbortController()
  const { client, file, recorder } = await prepare(t, 1000, { signal: stop.signal })
  await file.read(10)
  recorder.intercept = never
  await file.seek(100)
  const reading = file.read(10)
  const reason = new Error('enough')
  setImmediate(() => stop.abort(reason))
  t.is(await t.throwsAsync(reading), reason)
  t.is(await t.throwsAsync(file.read(10)), reason)
  t.is(await t.throwsAsync(client.openFile(bucket, key, { signal: stop.signal })), reason)
})

test('a file can be iterated over and piped', async t => {
  const { file, content } = await prepare(t, 700 * kibibyte)
  t.true((await collect(file)).equals(content))
  await file.seek(100)
  t.true((await collect(file)).equals(content.subarray(100)))
  t.true(
    (await collect(file.createReadStream({ start: 10, end: 5000, highWaterMark: 999 }))).equals(
      content.subarray(10, 5000),
    ),
  )
  t.is(file.tell(), 5000)
  t.true((await collect(file.createReadStream())).equals(content.subarray(5000)))
  t.is((await collect(file.createReadStream({ start: 3, end: 3 }))).length, 0)
  await file.seek(0, 'end')
  for await (const piece of file) t.fail(`nothing is left, but ${piece.length} bytes came`)
  const received: Buffer[] = []
  const sink = new Writable({
    write: (chunk, _encoding, done) => {
      received.push(chunk)
      done()
    },
  })
  await pipeline(file.createReadStream({ start: 0, autoClose: true }), sink)
  t.true(Buffer.concat(received).equals(content))
  await t.throwsAsync(file.read(1), { instanceOf: FileClosedError })
})

test('a stream that is destroyed before it is read closes the file if it should', async t => {
  const { file } = await prepare(t, 10)
  const kept = file.createReadStream()
  const closed = new Promise(resolve => kept.once('close', resolve))
  kept.destroy()
  await closed
  t.is((await file.read(1)).length, 1)
  const closing = file.createReadStream({ autoClose: true })
  const both = new Promise(resolve => closing.once('close', resolve))
  closing.destroy()
  await both
  await t.throwsAsync(file.read(1), { instanceOf: FileClosedError })
})

test('an error of the object is the error of the stream', async t => {
  const { client, file } = await prepare(t, 1000)
  await client.putObject({ bucket, key, body: 'other' })
  await t.throwsAsync(collect(file.createReadStream()), { instanceOf: SourceChangedError })
})

test('version and consent to pay are named in every request', async t => {
  const { client, recorder } = await prepare(t, 10)
  await client.putBucketVersioning({ bucket, versioningConfiguration: { status: 'Enabled' } })
  const { versionId } = await client.putObject({ bucket, key, body: 'old one' })
  await client.putObject({ bucket, key, body: 'new one!' })
  recorder.sent.length = 0
  const file = await client.openFile(bucket, key, { versionId: versionId as string, requestPayer: 'requester' })
  t.is((await file.read()).toString(), 'old one')
  t.is(recorder.sent.length, 2)
  for (const { url, headers } of recorder.sent) {
    t.true(url.includes('versionId='))
    t.is(headers['x-oss-request-payer'], 'requester')
  }
  t.is((await file.stat()).versionId, versionId!)
})

test('wrong input is refused before anything is sent, and named', async t => {
  const { client, file, recorder } = await prepare(t, 10)
  const wrong: [Record<string, unknown>, string][] = [
    [{ prefetchNum: 0 }, 'prefetchNum'],
    [{ chunkSize: '6MiB' }, 'chunkSize'],
    [{ chunkSize: 0 }, 'chunkSize'],
    [{ prefetchThreshold: -1 }, 'prefetchThreshold'],
    [{ enablePrefetch: 1 }, 'enablePrefetch'],
    [{ offset: -1 }, 'offset'],
    [{ signal: 'stop' }, 'signal'],
    [{ prefetch: true }, 'prefetch'],
  ]
  for (const [options, field] of wrong) {
    const error = await t.throwsAsync(client.openFile(bucket, key, options), { instanceOf: ParamInvalidError })
    t.is(error?.field, field)
  }
  for (const target of [-1, 1.5, 'all', null] as number[]) {
    t.is((await t.throwsAsync(file.read(target), { instanceOf: ParamInvalidError }))?.field, 'target')
  }
  t.is((await t.throwsAsync(file.read(1, { signl: 1 } as never), { instanceOf: ParamInvalidError }))?.field, 'signl')
  for (const options of [{ start: -1 }, { start: 2, end: 1 }, { highWaterMark: 0 }, { autoClose: 1 }, { from: 1 }]) {
    t.throws(() => file.createReadStream(options as never), { instanceOf: ParamInvalidError })
  }
  t.is(recorder.sent.length, 0)
  const late = await t.throwsAsync(client.openFile(bucket, key, { offset: 11 }), { instanceOf: ParamInvalidError })
  t.is(late?.field, 'offset')
  const missing = await t.throwsAsync(client.openFile(bucket, 'missing'), { instanceOf: ServiceError })
  t.is(missing?.code, 'NoSuchKey')
})
