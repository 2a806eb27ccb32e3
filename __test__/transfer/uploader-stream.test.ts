import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { PassThrough, Readable } from 'node:stream'
import test, { type ExecutionContext } from 'ava'
import { crc64, ParamInvalidError, ServiceError, type UploadSource } from 'ferross'
import { withServer } from '../helpers/with-server.js'

const partSize = 100 * 1024
const target = { bucket: 'examplebucket', key: 'stream' }

async function prepare(t: ExecutionContext, options: Parameters<typeof withServer>[1] = {}) {
  const { server, client } = await withServer(t, options)
  await client.putBucket({ bucket: target.bucket })
  return { server, client, uploader: client.uploader({ partSize, parallelNum: 3 }) }
}

/** Cuts bytes into chunks of odd lengths. */
function* chunksOf(content: Uint8Array, length = 7001): Generator<Uint8Array> {
  for (let at = 0; at < content.length; at += length) yield content.subarray(at, at + length)
}

async function* slowly<T>(chunks: Iterable<T>): AsyncGenerator<T> {
  for (const chunk of chunks) {
    await new Promise(resolve => setImmediate(resolve))
    yield chunk
  }
}

const forms: Record<string, (content: Buffer) => UploadSource> = {
  'a Node stream': content => Readable.from(chunksOf(content)),
  'a Node stream of small chunks': content => Readable.from(chunksOf(content, 501)),
  'a web stream': content => Readable.toWeb(Readable.from(chunksOf(content))) as ReadableStream<Uint8Array>,
  'an async iterable': content => slowly(chunksOf(content)),
  'an iterable': content => chunksOf(content),
  'an array of buffers': content => [...chunksOf(content)],
  'a Blob': content => new Blob([content]),
  'a buffer': content => content,
  'an ArrayBuffer': content =>
    content.buffer.slice(content.byteOffset, content.byteOffset + content.length) as ArrayBuffer,
}

for (const [name, form] of Object.entries(forms)) {
  test(`${name} arrives as it is, whatever its length`, async t => {
    const { server, client, uploader } = await prepare(t)
    for (const size of [0, 1, partSize - 1, partSize, partSize + 1, 3 * partSize, 5 * partSize + 77]) {
      const content = randomBytes(size)
      server.requests.clear()
      const result = await uploader.uploadFrom(target, form(content))
      t.is(result.hashCrc64, crc64(content).toString(), `${size}`)
      t.is(server.requests.count('UploadPart'), size <= partSize ? 0 : Math.ceil(size / partSize), `${size}`)
      t.is(server.requests.count('PutObject'), size <= partSize ? 1 : 0, `${size}`)
      const { body } = await client.getObject(target)
      t.true((await body!.bytes()).equals(content), `${size}`)
    }
  })
}

test('text is sent as UTF-8, from strings and from streams of them', async t => {
  const { client, uploader } = await prepare(t)
  const text = '中文 é 😀 '.repeat(20_000)
  const sources: UploadSource[] = [text, Readable.from([text.slice(0, 999), text.slice(999)]), ['', text, '']]
  for (const source of sources) {
    await uploader.uploadFrom(target, source)
    t.is(await (await client.getObject(target)).body!.text(), text)
  }
})

test('at most the parts in flight and the one being filled are in memory, and the source waits for room', async t => {
  const memoryLimit = 4 * partSize
  const { client } = await prepare(t, { memoryLimit })
  let [pulled, stored, most] = [0, 0, 0]
  function* source() {
    for (let count = 0; count < 40 * 16; count++) {
      pulled += partSize / 16
      most = Math.max(most, pulled - stored)
      yield Buffer.alloc(partSize / 16, count)
    }
  }
  const uploader = client.uploader({ partSize, parallelNum: 3, onProgress: (_, transferred) => (stored = transferred) })
  await uploader.uploadFrom(target, source())
  t.is(pulled, 40 * partSize)
  t.true(most <= memoryLimit + partSize / 16, `${most / partSize} parts`)
})

test('uploads of one client share one ceiling', async t => {
  const { client } = await prepare(t, { memoryLimit: 2 * partSize })
  const [pulled, stored] = [new Map<number, number>(), new Map<number, number>()]
  let most = 0
  const sum = (counts: Map<number, number>) => [...counts.values()].reduce((a, b) => a + b, 0)
  await Promise.all(
    [1, 2, 3, 4].map(index => {
      function* source() {
        for (let count = 0; count < 24; count++) {
          pulled.set(index, (count + 1) * (partSize / 4))
          most = Math.max(most, sum(pulled) - sum(stored))
          yield Buffer.alloc(partSize / 4, index)
        }
      }
      const onProgress = (_: number, transferred: number) => stored.set(index, transferred)
      const uploader = client.uploader({ partSize, parallelNum: 3, onProgress })
      return uploader.uploadFrom({ ...target, key: `${index}` }, source())
    }),
  )
  // Each source may have given one chunk that waits for memory.
  t.true(most <= 2 * partSize + 4 * (partSize / 4), `${most / partSize} parts`)
})

test('progress of a stream has no total, that of bytes has one; both end with every byte', async t => {
  const { uploader } = await prepare(t)
  const content = randomBytes(3 * partSize + 5)
  for (const [source, expected] of [
    [Readable.from(chunksOf(content)), undefined],
    [content, content.length],
    [new Blob([content]), content.length],
  ] as const) {
    let [sum, last] = [0, 0]
    await uploader.uploadFrom(target, source, {
      onProgress: (increment, transferred, total) => {
        sum += increment
        t.is(sum, transferred)
        t.true(transferred > last)
        t.is(total, expected)
        last = transferred
      },
    })
    t.is(sum, content.length)
  }
})

test('a source that fails ends the upload with its own error and leaves no parts', async t => {
  const { client, uploader } = await prepare(t)
  const reason = new Error('the source broke')
  function* failing() {
    yield randomBytes(3 * partSize + 100)
    throw reason
  }
  t.is(await t.throwsAsync(uploader.uploadFrom(target, failing())), reason)
  t.is(await t.throwsAsync(uploader.uploadFrom(target, Readable.from(failing()))), reason)
  let pulls = 0
  const web = new ReadableStream({
    pull(controller) {
      if (++pulls > 4) controller.error(reason)
      else controller.enqueue(randomBytes(partSize))
    },
  })
  t.is(await t.throwsAsync(uploader.uploadFrom(target, web as ReadableStream<Uint8Array>)), reason)
  t.is((await client.listMultipartUploads({ bucket: target.bucket })).uploads, undefined)
  t.false(await client.isObjectExist(target))
})

test('an upload that fails lets go of its source', async t => {
  const { server, client, uploader } = await prepare(t)
  const endless = function* () {
    for (;;) yield Buffer.alloc(10_000)
  }
  const refuse = () =>
    server.faults.add({ operation: 'UploadPart', nth: 3, status: 403, code: 'AccessDenied', count: 99 })

  let fault = refuse()
  const stream = Readable.from(endless())
  const closed = once(stream, 'close').catch(() => {})
  await t.throwsAsync(uploader.uploadFrom(target, stream), { instanceOf: ServiceError, message: /.*/ })
  await closed
  t.true(stream.destroyed)
  fault.remove()

  fault = refuse()
  let cancelled: unknown
  const web = new ReadableStream<Uint8Array>({
    pull: controller => controller.enqueue(new Uint8Array(10_000)),
    cancel: reason => {
      cancelled = reason
    },
  })
  const error = await t.throwsAsync(uploader.uploadFrom(target, web), { instanceOf: ServiceError })
  t.is(cancelled, error)
  fault.remove()

  refuse()
  let returned = false
  const iterate = async function* () {
    try {
      for (;;) yield Buffer.alloc(10_000)
    } finally {
      returned = true
    }
  }
  await t.throwsAsync(uploader.uploadFrom(target, iterate()), { instanceOf: ServiceError })
  await new Promise(resolve => setImmediate(resolve))
  t.true(returned)
  t.is((await client.listMultipartUploads({ bucket: target.bucket })).uploads, undefined)
})

test('an abort ends an upload whose source is silent', async t => {
  const { client, uploader } = await prepare(t)
  const stream = new PassThrough()
  const stop = new AbortController()
  const reason = new Error('enough')
  const uploading = uploader.uploadFrom(target, stream, { signal: stop.signal, onProgress: () => stop.abort(reason) })
  stream.write(randomBytes(2 * partSize + 10))
  t.is(await t.throwsAsync(uploading), reason)
  t.true(stream.destroyed)
  t.is((await client.listMultipartUploads({ bucket: target.bucket })).uploads, undefined)

  const never = { [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => {}) }) }
  const early = new AbortController()
  const waiting = uploader.uploadFrom(target, never, { signal: early.signal })
  early.abort(reason)
  t.is(await t.throwsAsync(waiting), reason)
})

test('a part of a stream that fails is sent again from memory', async t => {
  const { server, client, uploader } = await prepare(t)
  server.faults.add({ operation: 'UploadPart', partNumber: 1, status: 503, code: 'ServiceUnavailable' })
  server.faults.add({ operation: 'UploadPart', partNumber: 2, dropConnection: true })
  server.faults.add({ operation: 'UploadPart', partNumber: 3, corruptRequestByte: 7 })
  server.faults.add({ operation: 'CompleteMultipartUpload', afterEffect: true, dropConnection: true })
  const content = randomBytes(4 * partSize)
  await uploader.uploadFrom(target, chunksOf(content))
  t.true((await (await client.getObject(target)).body!.bytes()).equals(content))
})

test('a download can be piped into an upload of the same client, in as little memory as one part', async t => {
  const { client } = await prepare(t, { memoryLimit: partSize })
  const content = randomBytes(8 * partSize)
  await client.putObject({ ...target, body: content })
  await Promise.all(
    [1, 2, 3].map(async index => {
      const pipe = new PassThrough()
      const copy = { ...target, key: `copy ${index}` }
      await Promise.all([
        client.downloader({ partSize, parallelNum: 4 }).downloadTo(target, pipe),
        client.uploader({ partSize, parallelNum: 4 }).uploadFrom(copy, pipe),
      ])
      t.true((await (await client.getObject(copy)).body!.bytes()).equals(content))
    }),
  )
})

test('what gives no bytes is refused by name', async t => {
  const { server, client, uploader } = await prepare(t)
  const before = server.requests.count()
  for (const bad of [undefined, null, 7, {}, new Uint16Array(3)]) {
    const error = await t.throwsAsync(uploader.uploadFrom(target, bad as never), { instanceOf: ParamInvalidError })
    t.is(error?.field, 'source')
  }
  const error = await t.throwsAsync(uploader.uploadFrom(target, [1, 2] as never), { instanceOf: ParamInvalidError })
  t.is(error?.field, 'source')
  const used = Readable.from(['a'])
  await used.toArray()
  await t.throwsAsync(uploader.uploadFrom(target, used), { instanceOf: ParamInvalidError })
  const web = new Blob(['a']).stream()
  web.getReader()
  await t.throwsAsync(uploader.uploadFrom(target, web as ReadableStream<Uint8Array>), { instanceOf: ParamInvalidError })
  t.is(t.throws(() => client.uploader({ expectedSize: -1 }), { instanceOf: ParamInvalidError })?.field, 'expectedSize')
  t.is(server.requests.count(), before)
})

test('an expected size makes the parts large enough', async t => {
  const { server, uploader } = await prepare(t)
  await uploader.uploadFrom(target, [randomBytes(3 * 128 * 1024)], { expectedSize: 10_000 * 128 * 1024 })
  t.is(server.requests.count('UploadPart'), 3)
})
