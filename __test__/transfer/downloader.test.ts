import { randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import {
  type Client,
  crc64,
  FileError,
  InconsistentError,
  ParamInvalidError,
  ParamRequiredError,
  ServiceError,
  SourceChangedError,
  TransferControl,
} from 'ferross'
import { clientOf, withFolder, withServer } from '../helpers/with-server.js'

const partSize = 100 * 1024
const source = { bucket: 'examplebucket', key: 'dir/a b+c.bin' }

async function prepare(t: Parameters<typeof withServer>[0], size: number) {
  const { server, client } = await withServer(t)
  await client.putBucket({ bucket: source.bucket })
  const content = randomBytes(size)
  await client.putObject({ ...source, body: content })
  const folder = withFolder(t)
  return {
    server,
    client,
    content,
    folder,
    path: join(folder, 'target.bin'),
    downloader: client.downloader({ partSize, parallelNum: 4 }),
  }
}

for (const size of [0, 1, partSize, partSize + 1, 7 * partSize, 7 * partSize + 12_345]) {
  test(`an object of ${size} bytes arrives as it is`, async t => {
    const { content, folder, path, downloader } = await prepare(t, size)
    const result = await downloader.downloadFile(source, path)
    t.true(readFileSync(path).equals(content))
    t.is(result.hashCrc64, crc64(content).toString())
    t.is(result.written, size)
    t.deepEqual(readdirSync(folder), ['target.bin'])
  })
}

test('a range of an object becomes a file of its own', async t => {
  const { content, folder, path, downloader } = await prepare(t, 5 * partSize)
  for (const useTempFile of [true, false]) {
    for (const [rangeHeader, from, to] of [
      ['bytes=10-250000', 10, 250_001],
      ['bytes=-300000', content.length - 300_000, content.length],
    ] as const) {
      const expected = content.subarray(from, to)
      const result = await downloader.downloadFile({ ...source, rangeHeader }, path, { useTempFile })
      t.true(readFileSync(path).equals(expected), rangeHeader)
      t.is(result.hashCrc64, crc64(expected).toString())
      t.is(result.written, expected.length)
    }
  }
  t.deepEqual(readdirSync(folder), ['target.bin'])
})

test('without a temporary file the target itself is written, and a failure leaves none', async t => {
  const { server, content, folder, path, downloader } = await prepare(t, 4 * partSize)
  writeFileSync(path, 'older and longer'.repeat(100_000))
  await downloader.downloadFile(source, path, { useTempFile: false })
  t.true(readFileSync(path).equals(content))
  server.faults.add({ operation: 'GetObject', nth: 3, status: 403, code: 'AccessDenied', count: 9 })
  await t.throwsAsync(downloader.downloadFile(source, path, { useTempFile: false }), { instanceOf: ServiceError })
  t.deepEqual(readdirSync(folder), [])
})

test('objects that shrink, grow or vanish midway leave the old target as it was', async t => {
  const changes: [change: (client: Client) => Promise<unknown>, code: string][] = [
    [client => client.putObject({ ...source, body: 'short' }), 'SourceChanged'],
    [client => client.putObject({ ...source, body: randomBytes(20 * partSize) }), 'SourceChanged'],
    [client => client.deleteObject(source), 'NoSuchKey'],
  ]
  for (const enableCheckpoint of [false, true]) {
    for (const [change, code] of changes) {
      const { server, client, folder, path, downloader } = await prepare(t, 8 * partSize)
      writeFileSync(path, 'old')
      // The second part is asked for again and again until the object has changed.
      server.faults.add({ operation: 'GetObject', nth: 2, count: 1, status: 503, code: 'ServiceUnavailable' })
      let changed: Promise<unknown> | undefined
      const control = new TransferControl()
      const onProgress = () => {
        if (changed) return
        control.pause()
        changed = change(client).then(() => control.resume())
      }
      const options = { parallelNum: 1, onProgress, control, enableCheckpoint }
      await t.throwsAsync(downloader.downloadFile(source, path, options), { code })
      t.is(readFileSync(path, 'utf8'), 'old')
      if (code === 'SourceChanged') t.deepEqual(readdirSync(folder), ['target.bin'])
    }
  }
})

test('a body that stalls is given up and resumed at its byte', async t => {
  const { server, content, path } = await prepare(t, 2 * 1024 * 1024)
  const impatient = clientOf(server, { readwriteTimeout: 1000, retryMaxAttempts: 5 })
  t.teardown(() => impatient.close())
  const fault = server.faults.add({ operation: 'GetObject', stallResponseAfterBytes: 1_200_000 })
  await impatient.downloader().downloadFile(source, path)
  t.true(readFileSync(path).equals(content))
  t.true(fault.matched >= 2)
})

test('an object made of parts comes back as it went up', async t => {
  const { client, content, folder, path, downloader } = await prepare(t, 9 * partSize + 5)
  writeFileSync(join(folder, 'source.bin'), content)
  await client.uploader({ partSize }).uploadFile(source, join(folder, 'source.bin'))
  await downloader.downloadFile(source, path, { partSize: partSize + 4321 })
  t.true(readFileSync(path).equals(content))
})

test('a part goes on from the byte it broke at', async t => {
  const { server, content, path, downloader } = await prepare(t, 6 * 1024 * 1024)
  server.faults.add({ operation: 'GetObject', cutResponseAfterBytes: 2_500_000 })
  server.faults.add({ operation: 'GetObject', nth: 2, status: 503, code: 'ServiceUnavailable' })
  let sum = 0
  await downloader.downloadFile(source, path, {
    partSize: 6 * 1024 * 1024,
    onProgress: increment => (sum += increment),
  })
  t.true(readFileSync(path).equals(content))
  t.is(sum, content.length, 'no byte is reported twice')
  const ranges = [...server.requests].filter(({ operation }) => operation === 'GetObject')
  t.is(ranges.length, 3)
})

test('answers about other bytes than asked for never reach the file', async t => {
  const { server, content, path, downloader } = await prepare(t, 4 * partSize)
  server.faults.add({ operation: 'GetObject', wrongContentRange: true, count: 2 })
  await downloader.downloadFile(source, path)
  t.true(readFileSync(path).equals(content))
})

test('a download that fails leaves the old file as it was and nothing else', async t => {
  const { server, folder, path, downloader } = await prepare(t, 4 * partSize)
  writeFileSync(path, 'old')
  server.faults.add({ operation: 'GetObject', nth: 3, status: 403, code: 'AccessDenied', count: 9 })
  const error = await t.throwsAsync(downloader.downloadFile(source, path), { instanceOf: ServiceError })
  t.is(error?.code, 'AccessDenied')
  t.is(readFileSync(path, 'utf8'), 'old')
  t.deepEqual(readdirSync(folder), ['target.bin'])
})

test('bytes damaged on the way are noticed, and the target stays away', async t => {
  const { server, folder, path, downloader } = await prepare(t, 4 * partSize)
  server.faults.add({ operation: 'GetObject', nth: 2, corruptResponseByte: 99 })
  const error = await t.throwsAsync(downloader.downloadFile(source, path), { instanceOf: InconsistentError })
  t.not(error?.clientCrc, error?.serverCrc)
  t.deepEqual(readdirSync(folder), [])
})

test('an object that is replaced meanwhile is an error, not a mixture', async t => {
  const { client, folder, content, path, downloader } = await prepare(t, 8 * partSize)
  let replaced: Promise<unknown> | undefined
  const onProgress = () => {
    replaced ??= client.putObject({ ...source, body: Buffer.from(content).reverse() })
  }
  const slow = downloader.downloadFile(source, path, {
    parallelNum: 1,
    onProgress,
  })
  await t.throwsAsync(slow, { instanceOf: SourceChangedError })
  await replaced
  t.deepEqual(readdirSync(folder), [])
})

test('an abort leaves nothing and rejects with its reason', async t => {
  const { folder, path, downloader } = await prepare(t, 8 * partSize)
  const stop = new AbortController()
  const reason = new Error('enough')
  t.is(
    await t.throwsAsync(
      downloader.downloadFile(source, path, { signal: stop.signal, onProgress: () => stop.abort(reason) }),
    ),
    reason,
  )
  t.deepEqual(readdirSync(folder), [])
})

test('targets that cannot be written are named before anything is fetched', async t => {
  const { server, folder, downloader } = await prepare(t, 10)
  mkdirSync(join(folder, 'folder'))
  for (const [bad, code] of [
    [join(folder, 'folder'), 'EISDIR'],
    [join(folder, 'no', 'such', 'folder'), 'ENOENT'],
  ] as const) {
    const error = await t.throwsAsync(downloader.downloadFile(source, bad), { instanceOf: FileError })
    t.is(error?.systemCode, code)
    t.is(error?.path, bad)
  }
  t.is(server.requests.count('GetObject'), 0)
})

test('a body that cannot be written is a FileError', async t => {
  const { client, path } = await prepare(t, 10)
  const { body } = await client.getObject(source)
  const error = await t.throwsAsync(body!.pipeToFile(join(path, 'below-a-missing-folder')), { instanceOf: FileError })
  t.is(error?.systemCode, 'ENOENT')
})

test('what does not exist is the error of the service, and no file', async t => {
  const { folder, path, downloader } = await prepare(t, 10)
  const error = await t.throwsAsync(downloader.downloadFile({ ...source, key: 'missing' }, path), {
    instanceOf: ServiceError,
  })
  t.is(error?.code, 'NoSuchKey')
  t.deepEqual(readdirSync(folder), [])
})

test('wrong input is refused before anything is sent, and named', async t => {
  const { server, client, path, downloader } = await prepare(t, 10)
  const before = server.requests.count()
  t.is(t.throws(() => client.downloader({ partSize: 5 }), { instanceOf: ParamInvalidError })?.field, 'partSize')
  t.is((await t.throwsAsync(downloader.downloadFile(source, ''), { instanceOf: ParamInvalidError }))?.field, 'path')
  const ranged = downloader.downloadFile({ ...source, rangeHeader: 'bytes=1-0' }, path)
  t.is((await t.throwsAsync(ranged, { instanceOf: ParamInvalidError }))?.field, 'rangeHeader')
  const missing = downloader.downloadFile({ bucket: source.bucket } as never, path)
  t.is((await t.throwsAsync(missing, { instanceOf: ParamRequiredError }))?.field, 'key')
  t.is(server.requests.count(), before)
})
