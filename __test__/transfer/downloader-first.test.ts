import { randomBytes } from 'node:crypto'
import { chmodSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { type ClientOptions, crc64, FileError, ServiceError, TransferControl } from 'ferross'
import { Recorder } from '../files/recorder.js'
import { withFolder, withServer } from '../helpers/with-server.js'

const partSize = 100 * 1024
const source = { bucket: 'examplebucket', key: 'small' }

async function prepare(t: ExecutionContext, size: number, options: ClientOptions = {}) {
  const recorder = new Recorder(t)
  const { server, client } = await withServer(t, { httpClient: recorder, ...options })
  await client.putBucket({ bucket: source.bucket })
  const content = randomBytes(size)
  await client.putObject({ ...source, body: content })
  const folder = withFolder(t)
  recorder.sent.length = 0
  /** What was sent since the last call: methods and ranges. */
  const sent = () =>
    recorder.sent.splice(0).map(({ method, headers }) => [method, headers.range ?? ''].join(' ').trim())
  return {
    server,
    client,
    content,
    folder,
    sent,
    path: join(folder, 'target'),
    downloader: client.downloader({ partSize }),
  }
}

test('an object of up to one part takes one request, in a folder as well', async t => {
  for (const size of [1, partSize - 1, partSize]) {
    const { client, content, folder, path, sent, downloader } = await prepare(t, size)
    const result = await downloader.downloadFile(source, path)
    t.deepEqual(sent(), ['GET bytes=0-102399'], `${size}`)
    t.true(readFileSync(path).equals(content))
    const { headers } = await client.headObject(source)
    t.is(result.hashCrc64, crc64(content).toString())
    t.is(result.headers['content-length'], `${size}`)
    t.is(result.headers.etag, headers.etag)
    t.false('content-range' in result.headers)
    sent()
    const chunks: Uint8Array[] = []
    await downloader.downloadTo(source, new WritableStream({ write: chunk => void chunks.push(chunk.slice()) }))
    t.true(Buffer.concat(chunks).equals(content))
    t.deepEqual(sent(), ['GET bytes=0-102399'], `${size}`)
    await client.downloadDirectory({ bucket: source.bucket }, join(folder, 'all'), { downloader: { partSize } })
    t.deepEqual(sent(), ['GET', `GET bytes=0-${size - 1}`], 'a page of the listing, and the object')
  }
})

test('of a larger object the first part is not asked for twice', async t => {
  const { content, path, sent, downloader } = await prepare(t, 3 * partSize + 5)
  const result = await downloader.downloadFile(source, path, { parallelNum: 1 })
  t.deepEqual(sent(), [
    'GET bytes=0-102399',
    'GET bytes=102400-204799',
    'GET bytes=204800-307199',
    'GET bytes=307200-307204',
  ])
  t.true(readFileSync(path).equals(content))
  t.is(result.written, content.length)
  t.is(result.hashCrc64, crc64(content).toString())
})

test('objects that change between the listing of a folder and their turn arrive as they are then', async t => {
  const { client, server, folder, sent } = await prepare(t, 500)
  await client.putObject({ ...source, key: 'grows', body: 'x' })
  await client.putObject({ ...source, key: 'shrinks', body: 'long' })
  await client.putObject({ ...source, key: 'vanishes', body: '' })
  sent()
  const now = { grows: 'y'.repeat(2 * partSize), shrinks: 's', vanishes: 'no' }
  let changed: Promise<unknown> | undefined
  const onFile = () => {
    changed ??= Promise.all(Object.entries(now).map(([key, body]) => client.putObject({ ...source, key, body })))
    return changed.then(() => {})
  }
  // The object that comes first in the listing is the folder's mark: it is reported before the others have their turn.
  await client.putObject({ ...source, key: 'a/', body: '' })
  await client.downloadDirectory({ bucket: source.bucket }, join(folder, 'all'), { parallelFiles: 1, onFile })
  for (const [name, content] of Object.entries(now))
    t.is(readFileSync(join(folder, 'all', name), 'utf8'), content, name)
  t.true(server.requests.count('GetObject') >= 4)
})

test('where a range says nothing, or too little is known, a HEAD is sent', async t => {
  const empty = await prepare(t, 0)
  await empty.downloader.downloadFile(source, empty.path)
  t.deepEqual(empty.sent(), ['GET bytes=0-102399', 'HEAD'])
  t.is(readFileSync(empty.path).length, 0)

  const { server, content, path, sent, downloader } = await prepare(t, 500)
  server.faults.add({ operation: 'GetObject', wrongContentRange: true })
  await downloader.downloadFile(source, path)
  t.deepEqual(sent(), ['GET bytes=0-102399', 'HEAD', 'GET bytes=0-499'], 'an answer about other bytes is not believed')
  t.true(readFileSync(path).equals(content))
  await downloader.downloadFile({ ...source, rangeHeader: 'bytes=1-3' }, path)
  t.deepEqual(sent(), ['HEAD', 'GET bytes=1-3'])
  await downloader.downloadFile(source, path, { enableCheckpoint: true })
  t.deepEqual(sent(), ['HEAD', 'GET bytes=0-499'], 'what was fetched before is known only with the entity tag')
  const control = new TransferControl()
  control.pause()
  const held = downloader.downloadFile(source, path, { control })
  while (server.requests.count('HeadObject') < 4) await new Promise(resolve => setImmediate(resolve))
  t.deepEqual(sent(), ['HEAD'], 'a held transfer holds no connection')
  control.resume()
  await held
})

test('conditions, versions and links mean what they mean to a HEAD', async t => {
  const { client, content, path, downloader } = await prepare(t, 500)
  const { etag } = await client.headObject(source)
  const failing = { ...source, ifMatch: '"other"' }
  t.is((await t.throwsAsync(downloader.downloadFile(failing, path), { instanceOf: ServiceError }))?.statusCode, 412)
  const unchanged = { ...source, ifNoneMatch: etag as string }
  t.is((await t.throwsAsync(downloader.downloadFile(unchanged, path), { instanceOf: ServiceError }))?.statusCode, 304)
  await downloader.downloadFile({ ...source, ifMatch: etag as string }, path)
  t.true(readFileSync(path).equals(content))

  await client.putSymlink({ bucket: source.bucket, key: 'link', target: source.key })
  await downloader.downloadFile({ ...source, key: 'link' }, path)
  t.true(readFileSync(path).equals(content))

  await client.putBucketVersioning({ bucket: source.bucket, versioningConfiguration: { status: 'Enabled' } })
  const { versionId } = await client.putObject({ ...source, body: 'first version' })
  const later = await client.putObject({ ...source, body: 'second' })
  const old = await downloader.downloadFile({ ...source, versionId: versionId as string }, path)
  t.is(readFileSync(path, 'utf8'), 'first version')
  t.is(old.versionId, versionId)
  t.is((await downloader.downloadFile(source, path)).versionId, later.versionId)
  t.is(readFileSync(path, 'utf8'), 'second')
})

test('a first answer that breaks off goes on from the byte it broke at', async t => {
  const { server, content, path, sent, client } = await prepare(t, 2 * 1024 * 1024)
  server.faults.add({ operation: 'GetObject', cutResponseAfterBytes: 1_500_000 })
  await client.downloader().downloadFile(source, path)
  t.true(readFileSync(path).equals(content))
  const [first, second, ...others] = sent()
  t.is(first, 'GET bytes=0-6291455')
  t.regex(second as string, /^GET bytes=1\d{6}-2097151$/)
  t.is(others.length, 0)
})

test('whatever happens after the first answer, its connection and memory come back', async t => {
  const { client, folder, path, downloader } = await prepare(t, 5 * partSize, { memoryLimit: 2 * partSize })
  const stop = new AbortController()
  const reason = new Error('enough')
  const aborted = downloader.downloadFile(source, path, { signal: stop.signal, onProgress: () => stop.abort(reason) })
  t.is(await t.throwsAsync(aborted), reason)
  if (process.getuid?.() !== 0 && process.platform !== 'win32') {
    mkdirSync(join(folder, 'closed'))
    chmodSync(join(folder, 'closed'), 0o500)
    await t.throwsAsync(downloader.downloadFile(source, join(folder, 'closed', 'file')), { instanceOf: FileError })
    chmodSync(join(folder, 'closed'), 0o700)
  }
  const late = downloader.downloadTo(source, new WritableStream({ write: () => Promise.reject(reason) }))
  t.is(await t.throwsAsync(late), reason)
  // All of the memory can be had at once, and there are more downloads at a time than connections.
  await client.uploader({ partSize: 2 * partSize }).uploadFrom({ ...source, key: 'other' }, Buffer.alloc(2 * partSize))
  const many = Array.from({ length: 30 }, (_, index) => downloader.downloadFile(source, `${path}${index}`))
  await Promise.all(many)
  t.is(readdirSync(folder).filter(name => name.endsWith('.tmp')).length, 0)
})
