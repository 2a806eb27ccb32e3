import { randomBytes } from 'node:crypto'
import { PassThrough, Writable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import { type Client, crc64, InconsistentError, ParamInvalidError, ServiceError } from 'ferross'
import { AheadPart } from '#src/transfer/download-ahead.js'
import { resolveRange } from '#src/transfer/download-range.js'
import { MemoryBudget } from '#src/transfer/memory-budget.js'
import { clientOf, withServer } from '../helpers/with-server.js'

const partSize = 100 * 1024
const source = { bucket: 'examplebucket', key: 'stream' }

async function prepare(t: ExecutionContext, size: number, options: Parameters<typeof withServer>[1] = {}) {
  const { server, client } = await withServer(t, options)
  await client.putBucket({ bucket: source.bucket })
  const content = randomBytes(size)
  await client.putObject({ ...source, body: content })
  return { server, client, content, downloader: client.downloader({ partSize, parallelNum: 4 }) }
}

/** Keeps what it gets, and may be slow or fail. */
class Collector extends Writable {
  readonly chunks: Buffer[] = []
  length = 0

  override _write(chunk: Buffer, _encoding: string, callback: (error?: Error | null) => void): void {
    this.chunks.push(chunk)
    this.length += chunk.length
    setImmediate(callback)
  }

  get content(): Buffer {
    return Buffer.concat(this.chunks)
  }
}

for (const size of [0, 1, partSize, partSize + 1, 7 * partSize + 12_345]) {
  test(`an object of ${size} bytes passes in order`, async t => {
    const { content, downloader } = await prepare(t, size)
    const target = new Collector({ highWaterMark: 1000 })
    const result = await downloader.downloadTo(source, target)
    t.true(target.content.equals(content))
    t.true(target.writableFinished)
    t.is(result.written, size)
    t.is(result.hashCrc64, crc64(content).toString())
  })
}

test('web streams are written to as well', async t => {
  const { content, downloader } = await prepare(t, 4 * partSize + 3)
  const chunks: Uint8Array[] = []
  let closed = false
  const target = new WritableStream<Uint8Array>({
    write: chunk => void chunks.push(chunk),
    close: () => {
      closed = true
    },
  })
  await downloader.downloadTo(source, target)
  t.true(Buffer.concat(chunks).equals(content))
  t.true(closed)

  const open = new WritableStream<Uint8Array>({ write: chunk => void chunks.push(chunk) })
  await downloader.downloadTo(source, open, { end: false })
  t.false(open.locked)
})

test('ranges are those of HTTP', async t => {
  const { content, downloader } = await prepare(t, 3 * partSize)
  const cases: [string, number, number][] = [
    ['bytes=0-0', 0, 1],
    ['bytes=5-', 5, content.length],
    ['bytes=-7', content.length - 7, content.length],
    [`bytes=${partSize - 1}-${2 * partSize + 1}`, partSize - 1, 2 * partSize + 2],
    ['bytes=10-999999999', 10, content.length],
  ]
  for (const [rangeHeader, from, to] of cases) {
    const target = new Collector()
    const result = await downloader.downloadTo({ ...source, rangeHeader }, target)
    t.true(target.content.equals(content.subarray(from, to)), rangeHeader)
    t.is(result.hashCrc64, crc64(content.subarray(from, to)).toString())
  }
  for (const rangeHeader of [
    'bytes=3-1',
    'bytes=',
    'bytes=-',
    'bytes=-0',
    'bytes=0-1,3-4',
    'items=0-1',
    'bytes=999999999-',
  ]) {
    const target = new Collector()
    const error = await t.throwsAsync(downloader.downloadTo({ ...source, rangeHeader }, target), {
      instanceOf: ParamInvalidError,
    })
    t.is(error?.field, 'rangeHeader')
    t.true(target.destroyed)
  }
})

test('a range is understood as a reader would', t => {
  const size = fc.integer({ min: 1, max: 1000 })
  fc.assert(
    fc.property(size, fc.nat({ max: 1200 }), fc.nat({ max: 1200 }), (length, from, to) => {
      const bytes = Buffer.from(Array.from({ length }, (_, index) => index % 251))
      if (from >= length || to < from) {
        t.throws(() => resolveRange(`bytes=${from}-${to}`, length), { instanceOf: ParamInvalidError })
        return
      }
      const range = resolveRange(`bytes=${from}-${to}`, length)
      t.deepEqual(bytes.subarray(range.offset, range.offset + range.length), bytes.subarray(from, to + 1))
    }),
  )
})

test('parts are fetched at the same time, but no more than memory allows', async t => {
  const { server, content, client } = await prepare(t, 12 * partSize, { memoryLimit: 4 * partSize })
  const target = new PassThrough({ highWaterMark: 1 })
  let answered = 0
  let most = 0
  const downloading = client.downloader({ partSize, parallelNum: 10 }).downloadTo(source, target)
  target.on('data', chunk => {
    answered += chunk.length
    const begun = server.requests.count('GetObject') * partSize
    most = Math.max(most, begun - answered)
  })
  await downloading
  t.is(answered, content.length)
  // Two parts ahead are half of the limit; the one whose turn it is goes straight through.
  t.true(most <= 3 * partSize, `${most / partSize} parts`)
})

test('a slow writable holds the download back', async t => {
  const { server, client } = await prepare(t, 20 * partSize, { memoryLimit: 2 * partSize })
  const target = new PassThrough({ highWaterMark: 1 })
  const stop = new AbortController()
  let transferred = 0
  const downloading = client.downloader({ partSize, parallelNum: 4 }).downloadTo(source, target, {
    signal: stop.signal,
    onProgress: (_, sum) => {
      transferred = sum
    },
  })
  const first = t.throwsAsync(downloading)
  target.once('readable', async () => {
    for (let round = 0; round < 500; round++) await new Promise(resolve => setImmediate(resolve))
    stop.abort(new Error('seen enough'))
  })
  await first
  t.true(transferred <= 2 * partSize)
  t.true(server.requests.count('GetObject') <= 3)
})

test('a part goes on from the byte it broke at, in order', async t => {
  const { server, content, client } = await prepare(t, 6 * 1024 * 1024)
  server.faults.add({ operation: 'GetObject', nth: 1, cutResponseAfterBytes: 1_300_000 })
  server.faults.add({ operation: 'GetObject', nth: 2, cutResponseAfterBytes: 700_001 })
  server.faults.add({ operation: 'GetObject', nth: 4, status: 503, code: 'ServiceUnavailable' })
  const target = new PassThrough()
  let sum = 0
  const [received] = await Promise.all([
    buffer(target),
    client
      .downloader({ partSize: 2 * 1024 * 1024, onProgress: increment => (sum += increment) })
      .downloadTo(source, target),
  ])
  t.true(received.equals(content))
  t.is(sum, content.length)
})

test('a connection that breaks again and again is replaced as long as bytes come', async t => {
  const { server, content, client } = await prepare(t, 4 * 1024 * 1024, { retryMaxAttempts: 1 })
  server.faults.add({ operation: 'GetObject', cutResponseAfterBytes: 400_000, count: 9 })
  const target = new Collector()
  await client.downloader({ partSize: 4 * 1024 * 1024 }).downloadTo(source, target)
  t.true(target.content.equals(content))
  t.true(server.requests.count('GetObject') >= 9)
})

test('a body that stalls is given up and resumed at its byte', async t => {
  const { server, content } = await prepare(t, 2 * 1024 * 1024)
  const impatient = clientOf(server, { readwriteTimeout: 1000, retryMaxAttempts: 5 })
  t.teardown(() => impatient.close())
  const fault = server.faults.add({ operation: 'GetObject', stallResponseAfterBytes: 1_200_000 })
  const target = new Collector()
  await impatient.downloader({ partSize: 2 * 1024 * 1024 }).downloadTo(source, target)
  t.true(target.content.equals(content))
  t.true(fault.matched >= 2)
})

test('a writable that fails ends the download with its own error, and gets nothing after it', async t => {
  const { downloader } = await prepare(t, 8 * partSize)
  const reason = new Error('disk full')
  let [failed, after] = [false, 0]
  const target = new Writable({
    highWaterMark: 1,
    write(_chunk, _encoding, callback) {
      if (failed) after++
      failed = true
      callback(reason)
    },
  })
  t.is(await t.throwsAsync(downloader.downloadTo(source, target)), reason)
  t.is(after, 0)
  const web = new WritableStream<Uint8Array>({
    write() {
      throw reason
    },
  })
  t.is(await t.throwsAsync(downloader.downloadTo(source, web)), reason)
})

test('a writable that closes early ends the download', async t => {
  const { downloader } = await prepare(t, 8 * partSize)
  const target = new PassThrough({ highWaterMark: 1 })
  target.once('readable', () => target.destroy())
  const error = await t.throwsAsync(downloader.downloadTo(source, target))
  t.is((error as NodeJS.ErrnoException).code, 'ERR_STREAM_PREMATURE_CLOSE')
})

test('a download that fails destroys the writable, unless it is not to be ended', async t => {
  const { server, downloader } = await prepare(t, 8 * partSize)
  server.faults.add({ operation: 'GetObject', nth: 3, status: 403, code: 'AccessDenied', count: 9 })
  const target = new Collector()
  const failed = new Promise(resolve => target.once('error', resolve))
  const error = await t.throwsAsync(downloader.downloadTo(source, target), { instanceOf: ServiceError })
  t.is(await failed, error)
  const kept = new Collector()
  await t.throwsAsync(downloader.downloadTo(source, kept, { end: false }), { instanceOf: ServiceError })
  t.false(kept.destroyed)
  t.is(kept.listenerCount('error'), 0)
  t.is(kept.listenerCount('close'), 0)
})

test('bytes damaged on the way are noticed at the end', async t => {
  const { server, downloader } = await prepare(t, 4 * partSize)
  server.faults.add({ operation: 'GetObject', nth: 2, corruptResponseByte: 99 })
  const target = new Collector()
  await t.throwsAsync(downloader.downloadTo(source, target), { instanceOf: InconsistentError })
  t.false(target.writableFinished)
})

test('objects that shrink, grow or vanish midway are an error', async t => {
  const changes: [change: (client: Client) => Promise<unknown>, code: string][] = [
    [client => client.putObject({ ...source, body: 'short' }), 'SourceChanged'],
    [client => client.putObject({ ...source, body: randomBytes(20 * partSize) }), 'SourceChanged'],
    [client => client.deleteObject(source), 'NoSuchKey'],
  ]
  for (const [change, expected] of changes) {
    const { client, downloader } = await prepare(t, 8 * partSize)
    let changed: Promise<unknown> | undefined
    const target = new Writable({
      highWaterMark: 1,
      write(_chunk, _encoding, callback) {
        changed ??= change(client)
        changed.then(() => callback(), callback)
      },
    })
    await t.throwsAsync(downloader.downloadTo(source, target, { parallelNum: 1 }), { code: expected })
  }
})

test('an abort ends a download whose writable takes nothing', async t => {
  const { downloader } = await prepare(t, 8 * partSize)
  const stop = new AbortController()
  const reason = new Error('enough')
  const target = new PassThrough({ highWaterMark: 1 })
  const downloading = downloader.downloadTo(source, target, { signal: stop.signal })
  target.once('readable', () => stop.abort(reason))
  t.is(await t.throwsAsync(downloading), reason)
  t.true(target.destroyed)
})

test('what takes no bytes is refused by name', async t => {
  const { downloader } = await prepare(t, 10)
  const ended = new PassThrough()
  ended.end()
  const locked = new WritableStream<Uint8Array>()
  locked.getWriter()
  for (const bad of [undefined, {}, 'path', ended, locked]) {
    const error = await t.throwsAsync(downloader.downloadTo(source, bad as never), { instanceOf: ParamInvalidError })
    t.is(error?.field, 'writable')
  }
})

test('a part fetched ahead gives its bytes in order and its memory back, whoever is faster', async t => {
  const batches = fc.array(fc.uint8Array({ minLength: 1, maxLength: 50 }), { maxLength: 20 })
  await fc.assert(
    fc.asyncProperty(batches, fc.scheduler(), fc.boolean(), async (given, scheduler, fails) => {
      const length = given.reduce((sum, chunk) => sum + chunk.length, 0)
      const memory = new MemoryBudget(10_000)
      t.true(memory.tryAcquireAhead(length))
      const reason = new Error('broken')
      async function* fetch() {
        for (const chunk of given) {
          await scheduler.schedule(Promise.resolve())
          yield [chunk]
        }
        if (fails) throw reason
      }
      const part = new AheadPart(fetch(), memory, length)
      const got: Uint8Array[] = []
      const reading = (async () => {
        for await (const chunks of part.read()) {
          got.push(...chunks)
          await scheduler.schedule(Promise.resolve())
        }
      })()
      const outcome = reading.catch(error => error)
      await scheduler.waitFor(outcome)
      t.is(await outcome, fails ? reason : undefined)
      await part.close()
      t.deepEqual(Buffer.concat(got), Buffer.concat(given))
      t.is(memory.used, 0)
    }),
  )
})
