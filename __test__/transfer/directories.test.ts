import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import test from 'ava'
import { type Client, FileError, type FileReport, ParamInvalidError, ServiceError } from 'ferross'
import { withFolder, withServer } from '../helpers/with-server.js'

const bucket = 'examplebucket'
const posixTest = process.platform === 'win32' ? test.skip : test

async function prepare(t: Parameters<typeof withServer>[0]) {
  const found = await withServer(t)
  await found.client.putBucket({ bucket })
  return { ...found, folder: withFolder(t) }
}

function write(folder: string, files: Record<string, string>) {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), content)
  }
}

async function put(client: Client, objects: Record<string, string>) {
  for (const [key, body] of Object.entries(objects)) await client.putObject({ bucket, key, body })
}

async function keysOf(client: Client, prefix = ''): Promise<string[]> {
  const keys: string[] = []
  for await (const { key } of client.listObjectsV2Paginator({ bucket, prefix }).items()) keys.push(key as string)
  return keys
}

function tree(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort()
}

const files = { 'a.txt': 'one', 'b/c.txt': 'two', 'b/d/e.txt': 'three', '.hidden/.f': 'four', 'empty.bin': '' }

test('a folder goes up and comes down as it was', async t => {
  const { client, folder } = await prepare(t)
  write(join(folder, 'up'), files)
  const reports: FileReport[] = []
  let bytes = 0
  const up = await client.uploadDirectory({ bucket, prefix: 'backup', storageClass: 'IA' }, join(folder, 'up'), {
    onFile: report => void reports.push(report),
    onProgress: (_increment, transferred) => (bytes = transferred),
  })
  t.deepEqual(up, { transferred: 5, skipped: 0, failed: 0, deleted: 0, bytes: 15, dryRun: false })
  t.is(bytes, 15)
  t.deepEqual(await keysOf(client), [
    'backup/.hidden/.f',
    'backup/a.txt',
    'backup/b/c.txt',
    'backup/b/d/e.txt',
    'backup/empty.bin',
  ])
  t.is((await client.headObject({ bucket, key: 'backup/a.txt' })).storageClass, 'IA')
  t.deepEqual(
    reports.find(({ key }) => key === 'backup/a.txt'),
    { status: 'transferred', key: 'backup/a.txt', path: join(folder, 'up/a.txt'), size: 3 },
  )
  const down = await client.downloadDirectory({ bucket, prefix: 'backup/' }, join(folder, 'new/down'))
  t.deepEqual(down, up)
  t.deepEqual(tree(join(folder, 'new/down')), Object.keys(files).sort())
  t.is(readFileSync(join(folder, 'new/down/b/d/e.txt'), 'utf8'), 'three')
  const { lastModified } = await client.headObject({ bucket, key: 'backup/a.txt' })
  t.is(Math.floor(statSync(join(folder, 'new/down/a.txt')).mtimeMs / 1000), (lastModified as Date).getTime() / 1000)
})

posixTest('odd names survive the way up and down', async t => {
  const { client, folder } = await prepare(t)
  const odd = [
    'a\u0001b',
    'line\nfeed',
    'tab\t',
    'back\\slash',
    'C:',
    '😀/ü \ue000',
    ' lead',
    'trail ',
    '...',
    '-rf',
    '%2e%2e',
    'a+b&c=d?e#f',
    'quote\'"',
    'nul',
  ]
  write(join(folder, 'up'), Object.fromEntries(odd.map(name => [name, name])))
  await client.uploadDirectory({ bucket }, join(folder, 'up'))
  t.deepEqual((await keysOf(client)).sort(), [...odd].sort())
  await client.downloadDirectory({ bucket }, join(folder, 'down'))
  t.deepEqual(tree(join(folder, 'down')), tree(join(folder, 'up')))
  for (const name of odd) t.is(readFileSync(join(folder, 'down', name), 'utf8'), name)
})

test('keys without a safe place are failures with a report, and end the run by default', async t => {
  const { client, folder } = await prepare(t)
  await put(client, { 'p/ok': 'x', 'p/a//b': 'x', 'p//lead': 'x', 'p/folder/': 'content', 'p/made/': '', 'p/': '' })
  const reports: FileReport[] = []
  const target = join(folder, 'down')
  const summary = await client.downloadDirectory({ bucket, prefix: 'p' }, target, {
    onFailure: 'continue',
    onFile: report => void reports.push(report),
  })
  t.deepEqual(summary, { transferred: 2, skipped: 1, failed: 3, deleted: 0, bytes: 1, dryRun: false })
  const failed = reports.filter(({ status }) => status === 'failed')
  t.deepEqual(failed.map(({ key }) => key).sort(), ['p//lead', 'p/a//b', 'p/folder/'])
  for (const { error } of failed) t.true(error instanceof ParamInvalidError)
  t.deepEqual(readdirSync(target).sort(), ['made', 'ok'])
  await t.throwsAsync(client.downloadDirectory({ bucket, prefix: 'p' }, target), { instanceOf: ParamInvalidError })
  t.deepEqual(readdirSync(folder), ['down'])
})

posixTest('a link that leads out of the folder is not followed, one that stays inside is', async t => {
  const { client, folder } = await prepare(t)
  await put(client, { 'out/x': 'x', 'out/deep/er/x': 'x', 'in/x': 'x', file: 'new' })
  const target = join(folder, 'down')
  mkdirSync(join(target, 'real'), { recursive: true })
  mkdirSync(join(folder, 'elsewhere'))
  writeFileSync(join(folder, 'elsewhere/secret'), 'old')
  symlinkSync(join(folder, 'elsewhere'), join(target, 'out'))
  symlinkSync('real', join(target, 'in'))
  symlinkSync(join(folder, 'elsewhere/secret'), join(target, 'file'))
  const reports: FileReport[] = []
  const summary = await client.downloadDirectory({ bucket }, target, {
    onFailure: 'continue',
    onFile: report => void reports.push(report),
  })
  t.is(summary.failed, 2)
  t.is(summary.transferred, 2)
  t.regex(String(reports.find(({ status }) => status === 'failed')?.error), /symbolic link that leads outside/)
  t.deepEqual(readdirSync(join(folder, 'elsewhere')), ['secret'])
  t.is(readFileSync(join(folder, 'elsewhere/secret'), 'utf8'), 'old')
  t.is(readFileSync(join(target, 'real/x'), 'utf8'), 'x')
  t.is(readFileSync(join(target, 'file'), 'utf8'), 'new', 'a link in the place of a file is replaced')
})

posixTest('links and special files are skipped with a report, links followed on demand', async t => {
  const { client, folder } = await prepare(t)
  const source = join(folder, 'up')
  write(source, { 'real/a': 'x' })
  symlinkSync('real', join(source, 'to-folder'))
  symlinkSync('real/a', join(source, 'to-file'))
  symlinkSync('..', join(source, 'real/loop'))
  symlinkSync('nowhere', join(source, 'broken'))
  execFileSync('mkfifo', [join(source, 'pipe')])
  const reports: FileReport[] = []
  const onFile = (report: FileReport) => void reports.push(report)
  const skipped = await client.uploadDirectory({ bucket }, source, { onFile })
  t.is(skipped.transferred, 1)
  t.deepEqual(
    reports
      .filter(({ status }) => status === 'skipped')
      .map(({ key, reason }) => `${key} ${reason}`)
      .sort(),
    [
      'broken is a symbolic link',
      'pipe is neither a file nor a folder',
      'real/loop is a symbolic link',
      'to-file is a symbolic link',
      'to-folder is a symbolic link',
    ],
  )
  reports.length = 0
  const followed = await client.uploadDirectory({ bucket, prefix: 'f' }, source, {
    onFile,
    symlinks: 'follow',
    onFailure: 'continue',
  })
  t.deepEqual(await keysOf(client, 'f/'), ['f/real/a', 'f/to-file', 'f/to-folder/a'])
  t.is(followed.failed, 1)
  t.deepEqual(
    reports.filter(({ status }) => status === 'failed').map(({ key }) => key),
    ['f/broken'],
  )
  t.true(reports.some(({ key, reason }) => key === 'f/real/loop/' && reason === 'is a link to a folder it lies in'))
})

test('empty folders are kept on demand', async t => {
  const { client, folder } = await prepare(t)
  write(join(folder, 'up'), { 'a/b': 'x' })
  mkdirSync(join(folder, 'up/nothing/here'), { recursive: true })
  await client.uploadDirectory({ bucket, prefix: 'no' }, join(folder, 'up'))
  t.deepEqual(await keysOf(client), ['no/a/b'])
  await client.uploadDirectory({ bucket, prefix: 'yes' }, join(folder, 'up'), { emptyFolders: true })
  t.deepEqual(await keysOf(client, 'yes/'), ['yes/a/b', 'yes/nothing/here/'])
  await client.downloadDirectory({ bucket, prefix: 'yes' }, join(folder, 'down'))
  t.true(statSync(join(folder, 'down/nothing/here')).isDirectory())
})

test('a folder where a file is to be is left as it is, and nothing large is fetched', async t => {
  const { server, client, folder } = await prepare(t)
  await put(client, { 'down/a': 'x'.repeat(100_000), 'down/b': 'y', 'down/c': 'x' })
  write(join(folder, 'down'), { 'a/kept': 'z', 'c/kept': 'z' })
  server.requests.clear()
  const reports: FileReport[] = []
  const { transferred, failed } = await client.downloadDirectory({ bucket, prefix: 'down' }, join(folder, 'down'), {
    onFailure: 'continue',
    onFile: report => void reports.push(report),
  })
  t.deepEqual([transferred, failed], [1, 2])
  for (const { error } of reports.filter(({ status }) => status === 'failed'))
    t.true(error instanceof FileError && error.systemCode === 'EISDIR')
  t.is(server.requests.count('GetObject'), 2, 'to look before a small object comes would cost more than the object')
  t.deepEqual(tree(join(folder, 'down')), ['a/kept', 'b', 'c/kept'])
})

test('a file that fails in the middle ends the run, or is counted', async t => {
  const { server, client, folder } = await prepare(t)
  const names = Array.from({ length: 30 }, (_, index) => `f${String(index).padStart(2, '0')}`)
  write(join(folder, 'up'), Object.fromEntries(names.map(name => [name, name])))
  const rule = { operation: 'PutObject', key: 's/f15', status: 403, code: 'AccessDenied', count: 99 }
  server.faults.add(rule)
  const error = await t.throwsAsync(
    client.uploadDirectory({ bucket, prefix: 's' }, join(folder, 'up'), { parallelFiles: 2 }),
    { instanceOf: ServiceError },
  )
  t.is(error?.code, 'AccessDenied')
  server.faults.add({ ...rule, key: 'c/f15' })
  const reports: FileReport[] = []
  const summary = await client.uploadDirectory({ bucket, prefix: 'c' }, join(folder, 'up'), {
    onFailure: 'continue',
    onFile: report => void reports.push(report),
  })
  t.deepEqual([summary.transferred, summary.failed], [29, 1])
  t.is((await keysOf(client, 'c/')).length, 29)
  const failed = reports.filter(({ status }) => status === 'failed')
  t.like(failed, [{ key: 'c/f15', error: { code: 'AccessDenied' } }])

  server.faults.add({ operation: 'GetObject', key: 'c/f20', status: 403, code: 'AccessDenied', count: 99 })
  await t.throwsAsync(client.downloadDirectory({ bucket, prefix: 'c' }, join(folder, 'stop')), {
    instanceOf: ServiceError,
  })
  const down = await client.downloadDirectory({ bucket, prefix: 'c' }, join(folder, 'down'), { onFailure: 'continue' })
  t.deepEqual([down.transferred, down.failed], [28, 1])
  t.is(tree(join(folder, 'down')).length, 28, 'no temporary file is left')
})

test('a listing that fails rejects whatever the policy', async t => {
  const { server, client, folder } = await prepare(t)
  server.faults.add({ operation: 'ListObjectsV2', status: 403, code: 'AccessDenied' })
  await t.throwsAsync(client.downloadDirectory({ bucket }, folder, { onFailure: 'continue' }), {
    instanceOf: ServiceError,
  })
})

test('an abort stops everything and rejects with its reason', async t => {
  const { client, folder } = await prepare(t)
  const names = Array.from({ length: 30 }, (_, index) => `f${index}`)
  write(join(folder, 'up'), Object.fromEntries(names.map(name => [name, name])))
  const reason = new Error('enough')
  for (const go of ['up', 'down'] as const) {
    const stop = new AbortController()
    let seen = 0
    const options = {
      signal: stop.signal,
      parallelFiles: 2,
      onFile: () => {
        if (++seen === 5) stop.abort(reason)
      },
    }
    const run =
      go === 'up'
        ? client.uploadDirectory({ bucket }, join(folder, 'up'), options)
        : client.downloadDirectory({ bucket }, join(folder, 'down'), options)
    t.is(await t.throwsAsync(run), reason)
    t.true(seen < 10)
    if (go === 'up') await client.uploadDirectory({ bucket }, join(folder, 'up'))
  }
  t.true(
    tree(join(folder, 'down')).every(name => names.includes(name)),
    'no temporary file is left',
  )
})

test('a dry run reports everything and touches nothing', async t => {
  const { server, client, folder } = await prepare(t)
  write(join(folder, 'up'), files)
  const up = await client.uploadDirectory({ bucket }, join(folder, 'up'), { dryRun: true })
  t.deepEqual(up, { transferred: 5, skipped: 0, failed: 0, deleted: 0, bytes: 15, dryRun: true })
  t.is(server.requests.count('PutObject'), 0)
  await put(client, { x: 'y' })
  const down = await client.downloadDirectory({ bucket }, join(folder, 'down'), { dryRun: true })
  t.is(down.transferred, 1)
  t.false(existsSync(join(folder, 'down')))
})

test('filters choose by relative names', async t => {
  const { client, folder } = await prepare(t)
  write(join(folder, 'up'), { 'a.log': '', 'b/c.log': '', 'b/c.txt': '', 'node_modules/x/y.txt': '', 'd.txt': '' })
  await client.uploadDirectory({ bucket, prefix: 'p' }, join(folder, 'up'), { exclude: ['*.log', 'node_modules/**'] })
  t.deepEqual(await keysOf(client), ['p/b/c.txt', 'p/d.txt'])
  await client.downloadDirectory({ bucket, prefix: 'p' }, join(folder, 'down'), { include: ['b/*'] })
  t.deepEqual(tree(join(folder, 'down')), ['b/c.txt'])
})

test('folders that are not there, and options that make no sense, are named', async t => {
  const { client, folder } = await prepare(t)
  writeFileSync(join(folder, 'file'), '')
  for (const [path, code] of [
    [join(folder, 'missing'), 'ENOENT'],
    [join(folder, 'file'), 'ENOTDIR'],
  ] as const) {
    const error = await t.throwsAsync(client.uploadDirectory({ bucket }, path, { onFailure: 'continue' }), {
      instanceOf: FileError,
    })
    t.is(error?.systemCode, code)
  }
  for (const [options, field] of [
    [{ parallelFiles: 0 }, 'parallelFiles'],
    [{ onFailure: 'ignore' }, 'onFailure'],
    [{ symlinks: 'keep' }, 'symlinks'],
    [{ include: 'x' }, 'include'],
    [{ exclude: ['[a'] }, 'exclude'],
    [{ paralel: 3 }, 'paralel'],
    [{ uploader: { partSize: 1 } }, 'partSize'],
  ] as const) {
    const error = await t.throwsAsync(client.uploadDirectory({ bucket }, folder, options as never), {
      instanceOf: ParamInvalidError,
    })
    t.is(error?.field, field)
  }
  const unsafe = { downloader: { useTempFile: false } }
  const error = await t.throwsAsync(client.downloadDirectory({ bucket }, folder, unsafe as never), {
    instanceOf: ParamInvalidError,
  })
  t.is(error?.field, 'downloader.useTempFile')
})
