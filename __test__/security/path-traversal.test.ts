import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { Readable } from 'node:stream'
import test from 'ava'
import fc from 'fast-check'
import { Client, type FileReport, type HttpClient, ParamInvalidError, StaticCredentialsProvider } from 'ferross'
import { crc64 } from '#src/native/checksum.js'
import { withFolder, withServer } from '../helpers/with-server.js'

// Threat: whoever writes keys into a bucket decides where files of those who download it end up.

const content = Buffer.from('content')
const bad = [
  ...['..', '../x', '../../x', 'a/../../x', 'a/..', '.', './x', '/x', '//x', '/etc/passwd', 'a//x', 'x\0', 'a/\0/b'],
  ...[
    '..\\x',
    '..\\..\\x',
    'C:\\x',
    'C:x',
    'C:/x',
    '\\\\host\\share\\x',
    'x:stream',
    'NUL',
    'con.txt',
    'COM1',
    'x.',
    'x ',
  ],
  ...['%2e%2e/x', '..%2fx', '%2e%2e%2fx', '．．/x', '‥/x', 'a/\u202e/x', '~/x', '$HOME/x', '-rf'],
]
const piece = fc.oneof(
  fc.constantFrom('..', '.', '/', '//', '\\', 'C:', 'a', 'b', 'NUL', '\0', '\n', ' ', '~', '%2e', '😀'),
  fc.string({ minLength: 1, maxLength: 3 }),
)
const anyKey = fc.oneof(
  fc.constantFrom(...bad),
  fc.array(piece, { minLength: 1, maxLength: 6 }).map(pieces => pieces.join('')),
)

/** A service that lists whatever keys it is told to, which the real one would not store, and gives them all one content. */
function listing(keys: readonly string[]): HttpClient {
  // In the order that a listing has: another one is an error by itself.
  const sorted = [...keys].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
  const entries = sorted.map(key => `<Contents><Key>${encodeURIComponent(key)}</Key><Size>7</Size></Contents>`)
  const document = `<ListBucketResult><EncodingType>url</EncodingType><IsTruncated>false</IsTruncated>${entries.join('')}</ListBucketResult>`
  const described = { 'content-length': '7', etag: '"E"', 'x-oss-hash-crc64ecma': crc64(content).toString() }
  return {
    async send({ method, url }) {
      if (method === 'HEAD') return { statusCode: 200, headers: { ...described }, body: Readable.from([]) }
      const listed = url.includes('list-type=2')
      const body = Readable.from([listed ? Buffer.from(document) : Buffer.from(content)])
      const ranged = { ...described, 'content-range': 'bytes 0-6/7' }
      return { statusCode: listed ? 200 : 206, headers: listed ? {} : ranged, body }
    },
  }
}

function clientOf(httpClient: HttpClient): Client {
  const credentialsProvider = new StaticCredentialsProvider('ak', 'sk')
  return new Client({ region: 'cn-hangzhou', credentialsProvider, httpClient })
}

/** All files below a folder. */
function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(name =>
    lstatSync(join(folder, name)).isFile(),
  )
}

test('whatever keys a service lists, nothing is written outside the folder, and each file is one key', async t => {
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(anyKey, { maxLength: 12 }), fc.boolean(), async (keys, portableNames) => {
      const outer = withFolder(t)
      const folder = join(outer, 'in', 'target')
      const reports: FileReport[] = []
      const options = {
        onFailure: 'continue' as const,
        portableNames,
        onFile: (report: FileReport) => void reports.push(report),
      }
      await clientOf(listing(keys)).downloadDirectory({ bucket: 'bucket' }, folder, options)
      const inside = filesOf(folder)
      t.deepEqual(filesOf(outer).sort(), inside.map(name => join('in', 'target', name)).sort(), 'nothing outside')
      const arrived = reports.filter(({ status }) => status === 'transferred')
      t.is(reports.length, keys.length, 'every key is accounted for')
      for (const { key, path = '' } of arrived)
        if (!key.endsWith('/')) t.is(relative(folder, path), join(...key.split('/')))
      t.is(inside.length, arrived.filter(({ key }) => !key.endsWith('/')).length)
      for (const { error } of reports.filter(({ status }) => status === 'failed')) t.truthy((error as Error).message)
    }),
    { numRuns: 150 },
  )
})

test('keys that point elsewhere are refused one by one', async t => {
  const refused = bad.filter(key => /^\/|\/\/|\0|(^|\/)\.\.?(\/|$)/.test(key))
  t.true(refused.length > 10)
  for (const key of refused) {
    const outer = withFolder(t)
    const call = clientOf(listing([key])).downloadDirectory({ bucket: 'bucket' }, join(outer, 'target'))
    await t.throwsAsync(call, { instanceOf: ParamInvalidError }, JSON.stringify(key))
    t.deepEqual(filesOf(outer), [])
  }
})

test('names that only Windows takes for something else are refused when names are to be portable', async t => {
  const windows = bad.filter(key => /\\|:|^(NUL|con\.txt|COM1)$|[. ]$/.test(key) && !/(^|\/)\.\.?$/.test(key))
  t.true(windows.length > 10)
  for (const key of windows) {
    const folder = withFolder(t)
    const call = clientOf(listing([key])).downloadDirectory({ bucket: 'bucket' }, folder, { portableNames: true })
    await t.throwsAsync(call, { instanceOf: ParamInvalidError }, key)
    t.deepEqual(filesOf(folder), [])
  }
})

test('links that are in the folder already lead nothing out of it', async t => {
  const { client } = await withServer(t)
  await client.putBucket({ bucket: 'bucket' })
  for (const key of ['link/a', 'link/deeper/b', 'inner/link/c', 'file', 'fine']) {
    await client.putObject({ bucket: 'bucket', key, body: 'new' })
  }
  const [folder, outside] = [withFolder(t), withFolder(t)]
  writeFileSync(join(outside, 'secret'), 'precious')
  mkdirSync(join(folder, 'inner'))
  symlinkSync(outside, join(folder, 'link'))
  symlinkSync('../../..', join(folder, 'inner', 'link'))
  symlinkSync(join(outside, 'secret'), join(folder, 'file'))
  for (const downloader of [{}, { enableCheckpoint: true }, { partSize: 102_400 }]) {
    const failed: string[] = []
    const onFile = ({ status, key }: FileReport) => void (status === 'failed' && failed.push(key))
    await client.downloadDirectory({ bucket: 'bucket' }, folder, { onFailure: 'continue', onFile, downloader })
    t.deepEqual(failed.sort(), ['inner/link/c', 'link/a', 'link/deeper/b'])
    t.deepEqual(readdirSync(outside), ['secret'])
    t.is(readFileSync(join(outside, 'secret'), 'utf8'), 'precious')
    t.is(readFileSync(join(folder, 'file'), 'utf8'), 'new', 'a link in the place of a file is replaced')
    t.is(readFileSync(join(folder, 'fine'), 'utf8'), 'new')
    t.false(existsSync(join(folder, '..', '..', '..', 'c')))
  }
  const call = client.downloadDirectory({ bucket: 'bucket' }, folder, { downloader: { useTempFile: false } as object })
  t.is((await t.throwsAsync(call, { instanceOf: ParamInvalidError })).field, 'downloader.useTempFile')
})

test('a sync deletes nothing through links that lead out of the folder', async t => {
  const { client } = await withServer(t)
  await client.putBucket({ bucket: 'bucket' })
  await client.putObject({ bucket: 'bucket', key: 'kept', body: 'new' })
  const [folder, outside] = [withFolder(t), withFolder(t)]
  writeFileSync(join(outside, 'secret'), 'precious')
  symlinkSync(outside, join(folder, 'link'))
  symlinkSync(join(outside, 'secret'), join(folder, 'file'))
  writeFileSync(join(folder, 'old'), 'old')
  await client.sync({ from: { bucket: 'bucket' }, to: folder }, { delete: true })
  t.false(existsSync(join(folder, 'old')))
  t.is(readFileSync(join(folder, 'kept'), 'utf8'), 'new')
  t.is(readFileSync(join(outside, 'secret'), 'utf8'), 'precious')
  t.deepEqual(readdirSync(outside), ['secret'])
})
