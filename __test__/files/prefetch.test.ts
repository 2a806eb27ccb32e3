import { randomBytes } from 'node:crypto'
import test, { type ExecutionContext } from 'ava'
import { type ClientOptions, type OpenFileOptions, SourceChangedError } from 'ferross'
import { withServer } from '../helpers/with-server.js'
import { never, Recorder } from './recorder.js'

const bucket = 'examplebucket'
const key = 'object'
const chunkSize = 1000
const ahead: OpenFileOptions = { enablePrefetch: true, chunkSize, prefetchNum: 3, prefetchThreshold: 2000 }

async function prepare(t: ExecutionContext, size: number, options: OpenFileOptions = {}, client: ClientOptions = {}) {
  const recorder = new Recorder(t)
  const prepared = await withServer(t, { httpClient: recorder, ...client })
  await prepared.client.putBucket({ bucket })
  const content = randomBytes(size)
  await prepared.client.putObject({ bucket, key, body: content })
  const open = async () => {
    const file = await prepared.client.openFile(bucket, key, { ...ahead, ...options })
    t.teardown(() => file.close())
    recorder.sent.length = 0
    return file
  }
  return { ...prepared, content, recorder, open, file: await open() }
}

/** Turns to the event loop until something is so; the test's own limit of time ends it otherwise. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(resolve => setImmediate(resolve))
}

test('nothing is fetched ahead before enough was read in order', async t => {
  const { file, content, recorder } = await prepare(t, 10_000)
  t.true((await file.read(1999)).equals(content.subarray(0, 1999)))
  t.true((await file.read(1)).equals(content.subarray(1999, 2000)))
  t.deepEqual(recorder.ranges(), ['bytes=0-9999'])
  t.true((await file.read(10)).equals(content.subarray(2000, 2010)))
  t.deepEqual(recorder.ranges(), ['bytes=2000-2999', 'bytes=3000-3999', 'bytes=4000-4999'])
  t.true((await file.read(989)).equals(content.subarray(2010, 2999)))
  t.deepEqual(recorder.ranges(), [])
  t.true((await file.read(2)).equals(content.subarray(2999, 3001)))
  t.deepEqual(recorder.ranges(), ['bytes=5000-5999'], 'a chunk that was used up makes room for another')
  t.true((await file.read()).equals(content.subarray(3001)))
  t.deepEqual(recorder.ranges(), ['bytes=6000-6999', 'bytes=7000-7999', 'bytes=8000-8999', 'bytes=9000-9999'])
})

test('the chunks are fetched side by side', async t => {
  const { file, content, recorder } = await prepare(t, 5000, { prefetchThreshold: 0 })
  let waiting = 0
  let release = () => {}
  const gate = new Promise<void>(resolve => (release = resolve))
  recorder.intercept = request => {
    waiting++
    recorder.intercept = next => {
      waiting++
      return gate.then(() => fresh.send(next))
    }
    return gate.then(() => fresh.send(request))
  }
  const fresh = new Recorder(t)
  const reading = file.read()
  await until(() => waiting === 3)
  recorder.intercept = () => undefined
  release()
  t.true((await reading).equals(content))
})

test('without the option nothing is fetched ahead', async t => {
  const { file, content, recorder } = await prepare(t, 5000, { enablePrefetch: false, prefetchThreshold: 0 })
  t.true((await file.read()).equals(content))
  t.deepEqual(recorder.ranges(), ['bytes=0-4999'])
})

test('after a jump one stream is used again, until enough was read in order', async t => {
  const { file, content, recorder } = await prepare(t, 20_000)
  await file.read(2001)
  await file.seek(10_000)
  recorder.ranges()
  t.true((await file.read(2000)).equals(content.subarray(10_000, 12_000)))
  t.deepEqual(recorder.ranges(), ['bytes=10000-19999'])
  t.true((await file.read(1)).equals(content.subarray(12_000, 12_001)))
  t.deepEqual(recorder.ranges(), ['bytes=12000-12999', 'bytes=13000-13999', 'bytes=14000-14999'])
})

test('who keeps jumping reads through one stream for good', async t => {
  const { file, content, recorder } = await prepare(t, 20_000, { prefetchThreshold: 0 })
  for (const place of [0, 5000, 10_000]) {
    await file.seek(place)
    await file.read(1)
    t.is(recorder.ranges().length, 3)
  }
  await file.seek(100)
  t.true((await file.read()).equals(content.subarray(100)))
  t.deepEqual(recorder.ranges(), ['bytes=100-19999'])
})

test('a chunk that breaks off goes on from the byte it broke at', async t => {
  const { server, file, content, recorder } = await prepare(t, 600_000, { prefetchThreshold: 0, chunkSize: 200_000 })
  server.faults.add({ operation: 'GetObject', cutResponseAfterBytes: 70_000, count: 5 })
  server.faults.add({ operation: 'GetObject', nth: 6, status: 503, code: 'ServiceUnavailable' })
  server.faults.add({ operation: 'GetObject', nth: 7, wrongContentRange: true })
  t.true((await file.read()).equals(content))
  t.true(recorder.ranges().some(range => /^bytes=\d*70000-/.test(range)))
})

test('where fetching ahead fails, one stream does', async t => {
  const { file, content, recorder } = await prepare(t, 5000, { prefetchThreshold: 100 })
  recorder.intercept = ({ headers }) =>
    headers.range === 'bytes=0-4999' || headers.range?.endsWith('-4999') ? undefined : Promise.reject(new Error('no'))
  t.true((await file.read(100)).equals(content.subarray(0, 100)))
  t.true((await file.read(100)).equals(content.subarray(100, 200)))
  recorder.intercept = () => undefined
  t.true((await file.read()).equals(content.subarray(200)))
})

test('a replaced object is noticed in the chunks as well', async t => {
  const { client, file } = await prepare(t, 10_000, { prefetchThreshold: 0 })
  await file.read(10)
  await client.putObject({ bucket, key, body: randomBytes(10_000) })
  await t.throwsAsync(file.read(), { instanceOf: SourceChangedError })
})

test('chunks are memory of the client: without room for one, one stream does', async t => {
  const { file, content, recorder } = await prepare(t, 5000, { prefetchThreshold: 0 }, { memoryLimit: 1999 })
  t.true((await file.read()).equals(content))
  t.deepEqual(recorder.ranges(), ['bytes=0-4999'])
})

test('chunks take at most half of the memory, and files share it', async t => {
  const { file, open, content, recorder } = await prepare(t, 9000, { prefetchThreshold: 0 }, { memoryLimit: 6000 })
  await file.read(1)
  t.is(recorder.ranges().length, 3)
  const second = await open()
  await second.read(1)
  t.deepEqual(recorder.ranges(), ['bytes=0-8999'])
  await file.close()
  await second.seek(1)
  t.true((await second.read(10)).equals(content.subarray(1, 11)))
})

test('the memory comes back, however reading ends', async t => {
  const { server, open, content, recorder } = await prepare(t, 9000, { prefetchThreshold: 0 }, { memoryLimit: 6000 })
  for (let round = 0; round < 12; round++) {
    const file = await open()
    if (round % 4 === 1) server.faults.add({ operation: 'GetObject', status: 403, code: 'AccessDenied', count: 4 })
    if (round % 4 === 2) recorder.intercept = never
    const stop = new AbortController()
    const reading = file.read(100 + round, { signal: stop.signal })
    await until(() => recorder.sent.length >= 3)
    t.is(recorder.ranges()[0], 'bytes=0-999', `round ${round} fetches ahead`)
    if (round % 4 === 1) await t.throwsAsync(reading)
    else if (round % 4 === 2) {
      stop.abort(new Error('enough'))
      await t.throwsAsync(reading, { message: 'enough' })
    } else t.true((await reading).equals(content.subarray(0, 100 + round)))
    recorder.intercept = () => undefined
    server.faults.clear()
    await file.close()
  }
})
