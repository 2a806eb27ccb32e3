import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import test from 'ava'
import fc from 'fast-check'
import { type Client, type FileReport, ParamInvalidError, ServiceError, type SyncOptions } from 'ferross'
import { comparePlaces, join as joinSorted } from '#src/transfer/sync-join.js'
import { withFolder, withServer } from '../helpers/with-server.js'

const bucket = 'examplebucket'
const other = 'otherbucket'

async function prepare(t: Parameters<typeof withServer>[0]) {
  const found = await withServer(t)
  await found.client.putBucket({ bucket })
  await found.client.putBucket({ bucket: other })
  return { ...found, folder: withFolder(t) }
}

function write(folder: string, files: Record<string, string>) {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), content)
  }
}

async function put(client: Client, objects: Record<string, string>, into = bucket) {
  for (const [key, body] of Object.entries(objects)) await client.putObject({ bucket: into, key, body })
}

async function objectsOf(client: Client, into = bucket): Promise<Record<string, string>> {
  const found: Record<string, string> = {}
  for await (const { key } of client.listObjectsV2Paginator({ bucket: into }).items())
    found[key as string] = await (await client.getObject({ bucket: into, key: key as string })).body!.text()
  return found
}

/** Reports as lines such as `transferred a/b`. */
function watched(options: SyncOptions = {}): { lines: string[]; options: SyncOptions } {
  const lines: string[] = []
  const onFile = ({ status, key }: FileReport) => void lines.push(`${status} ${key}`)
  return { lines, options: { ...options, onFile } }
}

test('only what differs goes up, and the target loses the rest on demand', async t => {
  const { client, folder } = await prepare(t)
  write(folder, { 'a.txt': 'one', 'b/c.txt': 'two', 'b.txt': 'three', 'b/d/e': 'four' })
  await put(client, { 'p/old': 'x', 'p/b/old': 'x', 'p/zzz': 'x', pother: 'x' })
  const request = { from: folder, to: { bucket, prefix: 'p' } }
  t.like(await client.sync(request), { transferred: 4, skipped: 0, deleted: 0, bytes: 15 })
  t.like(await client.sync(request), { transferred: 0, skipped: 4, deleted: 0, bytes: 0 })
  writeFileSync(join(folder, 'a.txt'), 'ONE+')
  rmSync(join(folder, 'b/d'), { recursive: true })
  const { lines, options } = watched({ delete: true })
  t.like(await client.sync(request, options), { transferred: 1, skipped: 2, deleted: 4 })
  t.deepEqual(lines.sort(), [
    'deleted p/b/d/e',
    'deleted p/b/old',
    'deleted p/old',
    'deleted p/zzz',
    'skipped p/b.txt',
    'skipped p/b/c.txt',
    'transferred p/a.txt',
  ])
  t.deepEqual(await objectsOf(client), { 'p/a.txt': 'ONE+', 'p/b.txt': 'three', 'p/b/c.txt': 'two', pother: 'x' })
})

test('only what differs comes down, and emptied folders go with what they held', async t => {
  const { client, folder } = await prepare(t)
  const target = join(folder, 'down')
  await put(client, { 'p/a.txt': 'one', 'p/b/c.txt': 'two', 'p/made/': '' })
  const request = { from: { bucket, prefix: 'p' }, to: target }
  t.like(await client.sync(request), { transferred: 3, bytes: 6 })
  t.like(await client.sync(request), { transferred: 0, skipped: 2 })
  write(target, { 'extra/deep/x': 'x', 'b/y': 'y', 'keep/.gitkeep': '' })
  mkdirSync(join(target, 'was-empty'))
  writeFileSync(join(target, 'a.txt'), '1')
  const { lines, options } = watched({ delete: true, exclude: ['.gitkeep'] })
  t.like(await client.sync(request, options), { transferred: 1, deleted: 4 })
  t.deepEqual(lines.sort(), [
    'deleted p/b/y',
    'deleted p/extra/',
    'deleted p/extra/deep/',
    'deleted p/extra/deep/x',
    'skipped p/b/c.txt',
    'transferred p/a.txt',
  ])
  t.is(readFileSync(join(target, 'a.txt'), 'utf8'), 'one')
  t.true(existsSync(join(target, 'was-empty')))
  t.true(existsSync(join(target, 'made')))
  t.false(existsSync(join(target, 'extra')))
})

test('buckets are made alike without the bytes passing through', async t => {
  const { server, client } = await prepare(t)
  await put(client, { 'a/1': 'one', 'a/2': 'two', 'a/x/': '' })
  await put(client, { 'b/2': 'TWO!', 'b/3': 'three' }, other)
  const request = { from: { bucket, prefix: 'a' }, to: { bucket: other, prefix: 'b' } }
  t.like(await client.sync(request, { delete: true }), { transferred: 3, deleted: 1, bytes: 6 })
  t.is(server.requests.count('GetObject'), 0)
  t.like(await client.sync(request, { delete: true }), { transferred: 0, skipped: 3 })
  t.deepEqual(await objectsOf(client, other), { 'b/1': 'one', 'b/2': 'two', 'b/x/': '' })
  for (const prefix of ['a/inside', '', 'a'])
    await t.throwsAsync(client.sync({ from: { bucket, prefix: 'a' }, to: { bucket, prefix } }), {
      instanceOf: ParamInvalidError,
    })
})

test('each comparison sees what it promises', async t => {
  const { client, folder } = await prepare(t)
  write(folder, { newer: 'aaa', older: 'bbb', same: 'ccc' })
  await put(client, { newer: 'AAA', older: 'BBB', same: 'ccc' })
  utimesSync(join(folder, 'newer'), new Date('2131-01-01'), new Date('2131-01-01'))
  utimesSync(join(folder, 'older'), new Date('2001-01-01'), new Date('2001-01-01'))
  utimesSync(join(folder, 'same'), new Date('2131-01-01'), new Date('2131-01-01'))
  for (const [compare, expected] of [
    ['size', []],
    ['size-and-time', ['transferred newer', 'transferred same']],
    ['checksum', ['transferred newer', 'transferred older']],
  ] as const) {
    const { lines, options } = watched({ compare, dryRun: true })
    await client.sync({ from: folder, to: { bucket } }, options)
    t.deepEqual(lines.filter(line => line.startsWith('transferred')).sort(), expected)
  }
  const { lines, options } = watched({ compare: 'checksum', dryRun: true })
  await client.sync({ from: { bucket }, to: folder }, options)
  t.deepEqual(lines.filter(line => line.startsWith('transferred')).sort(), ['transferred newer', 'transferred older'])
})

test('a file longer than one block has the checksum the service has', async t => {
  const { client, folder } = await prepare(t)
  const content = Buffer.alloc(9 * 1024 * 1024 + 17, 'ferross')
  writeFileSync(join(folder, 'large'), content)
  await client.putObject({ bucket, key: 'large', body: content })
  t.like(await client.sync({ from: folder, to: { bucket } }, { compare: 'checksum' }), { skipped: 1, transferred: 0 })
})

test('a dry run plans what the sync then does', async t => {
  const { server, client, folder } = await prepare(t)
  write(folder, { a: '1', 'b/c': '2' })
  await put(client, { 'b/c': '3333', gone: 'x' })
  const before = await objectsOf(client)
  const plan = watched({ delete: true, dryRun: true })
  const planned = await client.sync({ from: folder, to: { bucket } }, plan.options)
  t.deepEqual(await objectsOf(client), before)
  t.is(server.requests.count('DeleteMultipleObjects'), 0)
  const real = watched({ delete: true })
  const done = await client.sync({ from: folder, to: { bucket } }, real.options)
  t.deepEqual(plan.lines.sort(), real.lines.sort())
  t.deepEqual({ ...planned, dryRun: false }, done)
  await client.sync({ from: { bucket }, to: join(folder, 'missing') }, { dryRun: true })
  t.false(existsSync(join(folder, 'missing')))
})

test('an empty source does not empty the target by accident', async t => {
  const { client, folder } = await prepare(t)
  await put(client, { a: 'x' })
  const request = { from: folder, to: { bucket } }
  for (const run of [
    () => client.sync(request, { delete: true, onFailure: 'continue' }),
    () => client.sync({ from: { bucket: other }, to: { bucket } }, { delete: true }),
  ]) {
    const error = await t.throwsAsync(run(), { instanceOf: ParamInvalidError })
    t.is(error?.field, 'from')
  }
  t.deepEqual(Object.keys(await objectsOf(client)), ['a'])
  t.like(await client.sync(request, { delete: true, allowEmptySource: true }), { deleted: 1 })
})

const posixTest = process.platform === 'win32' ? test.skip : test

posixTest('what the source cannot show is not removed from the target', async t => {
  const { client, folder } = await prepare(t)
  write(folder, { a: '1', z: '3' })
  symlinkSync('nowhere', join(folder, 'unknown'))
  await put(client, { unknown: 'x', 'unknown.txt': 'gone', 'unknown/y': 'y', unknown0: 'gone' })
  const options = { delete: true, symlinks: 'follow', onFailure: 'continue' } as const
  t.like(await client.sync({ from: folder, to: { bucket } }, options), { transferred: 2, failed: 1, deleted: 2 })
  t.deepEqual(Object.keys(await objectsOf(client)), ['a', 'unknown', 'unknown/y', 'z'])
})

posixTest('a link that is skipped keeps what the target has under its name', async t => {
  const { client, folder } = await prepare(t)
  write(folder, { a: '1' })
  symlinkSync('/', join(folder, 'link'))
  symlinkSync('/', join(folder, 'link-b'))
  await put(client, { link: 'x', 'link-b/x': 'x', 'link.txt': 'gone', 'link/x': 'x', linked: 'gone' })
  t.like(await client.sync({ from: folder, to: { bucket } }, { delete: true }), {
    transferred: 1,
    skipped: 2,
    deleted: 2,
  })
  t.deepEqual(Object.keys(await objectsOf(client)), ['a', 'link', 'link-b/x', 'link/x'])
})

test('what filters leave out is neither transferred nor removed', async t => {
  const { client, folder } = await prepare(t)
  write(folder, { 'a.txt': '1', 'tmp/x': '2', 'b.log': '3' })
  await put(client, { 'tmp/': '', 'tmp/y': 'y', 'c.log': 'c', 'd.txt': 'd' })
  await client.sync({ from: folder, to: { bucket } }, { delete: true, exclude: ['tmp/**', '*.log'] })
  t.deepEqual(Object.keys(await objectsOf(client)), ['a.txt', 'c.log', 'tmp/', 'tmp/y'])
})

test('objects that stand for folders are kept while the folder is there', async t => {
  const { client, folder } = await prepare(t)
  write(folder, { 'a/x': '1' })
  mkdirSync(join(folder, 'empty'))
  await put(client, { 'a/': '', 'gone/': '', 'empty/': '' })
  t.like(await client.sync({ from: folder, to: { bucket } }, { delete: true }), { deleted: 1 })
  t.deepEqual(Object.keys(await objectsOf(client)), ['a/', 'a/x', 'empty/'])
  mkdirSync(join(folder, 'new'))
  t.like(await client.sync({ from: folder, to: { bucket } }, { delete: true, emptyFolders: true }), { transferred: 1 })
  t.deepEqual(Object.keys(await objectsOf(client)), ['a/', 'a/x', 'empty/', 'new/'])
})

test('a failing file ends the sync, or is counted', async t => {
  const { server, client, folder } = await prepare(t)
  write(folder, { a: '1', b: '2', c: '3' })
  const rule = { operation: 'PutObject', key: 'b', status: 403, code: 'AccessDenied' }
  server.faults.add(rule)
  await t.throwsAsync(client.sync({ from: folder, to: { bucket } }, { parallelFiles: 1 }), { instanceOf: ServiceError })
  server.faults.add(rule)
  t.like(await client.sync({ from: folder, to: { bucket } }, { onFailure: 'continue' }), { failed: 1 })
  t.like(await client.sync({ from: folder, to: { bucket } }), { failed: 0, transferred: 1, skipped: 2 })
})

test('an abort ends a sync with its reason', async t => {
  const { client, folder } = await prepare(t)
  write(folder, { a: '1', b: '2', c: '3' })
  const stop = new AbortController()
  const reason = new Error('enough')
  const options = { signal: stop.signal, parallelFiles: 1, onFile: () => stop.abort(reason) }
  t.is(await t.throwsAsync(client.sync({ from: folder, to: { bucket } }, options)), reason)
  t.true(Object.keys(await objectsOf(client)).length < 3)
})

test('sides that make no sense are named', async t => {
  const { client, folder } = await prepare(t)
  for (const [request, field] of [
    [{ from: folder, to: folder }, 'to'],
    [{ from: folder, to: {} }, 'to'],
    [{ from: '', to: { bucket } }, 'from'],
    [{ from: { bucket }, to: { bucket: other, storageClass: 'IA' } }, 'to.storageClass'],
  ] as const) {
    const error = await t.throwsAsync(client.sync(request as never), { instanceOf: ParamInvalidError })
    t.is(error?.field, field)
  }
})

test('the join sees every key of both sides once and in order', async t => {
  const keyed = fc.uniqueArray(fc.string({ maxLength: 3 }), { maxLength: 20 })
  const sequence = async function* (keys: readonly string[]) {
    yield* keys.map(key => ({ key, kind: 'file' }))
  }
  await fc.assert(
    fc.asyncProperty(keyed, keyed, async (left, right) => {
      const sorted = (keys: string[]) =>
        [...keys].sort((a, b) => comparePlaces({ key: a, kind: 'file' }, { key: b, kind: 'file' }))
      const seen: [string[], string[]] = [[], []]
      for await (const { source, target } of joinSorted(sequence(sorted(left)), sequence(sorted(right)))) {
        if (source && target) t.is(source.key, target.key)
        if (source && !target) t.false(right.includes(source.key))
        if (target && !source) t.false(left.includes(target.key))
        if (source) seen[0].push(source.key)
        if (target) seen[1].push(target.key)
      }
      t.deepEqual(seen, [sorted(left), sorted(right)])
    }),
  )
})
