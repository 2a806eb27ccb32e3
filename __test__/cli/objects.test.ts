import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { run, withProgram } from './helpers.js'

const bucket = 'examplebucket'

test('cp takes a file up, down and across', async t => {
  const { ferross, client, folder } = await withProgram(t)
  writeFileSync(join(folder, 'a.txt'), 'content')
  const up = await ferross('cp', join(folder, 'a.txt'), 'oss://examplebucket/dir/', '--storage-class', 'IA')
  t.deepEqual([up.code, up.error], [0, ''])
  t.is(up.lines[0], `${join(folder, 'a.txt')} -> oss://examplebucket/dir/a.txt`)
  t.like(await client.headObject({ bucket, key: 'dir/a.txt' }), { storageClass: 'IA', contentType: 'text/plain' })
  t.is((await ferross('cp', 'oss://examplebucket/dir/a.txt', 'oss://examplebucket/copy')).code, 0)
  t.is((await ferross('cp', 'oss://examplebucket/copy', folder)).code, 0)
  t.is(readFileSync(join(folder, 'copy'), 'utf8'), 'content')
  const dry = await ferross(
    'cp',
    '--dry-run',
    'oss://examplebucket/copy',
    join(folder, 'not'),
    '--output-format',
    'json',
  )
  t.like(JSON.parse(dry.out), { from: 'oss://examplebucket/copy', to: join(folder, 'not'), dryRun: true })
  t.deepEqual(readdirSync(folder).sort(), ['a.txt', 'copy'])
})

test('cp moves large files in parts, with records in the folder it is told', async t => {
  const { ferross, server, folder } = await withProgram(t)
  const content = Buffer.alloc(500_000, 'ferross')
  writeFileSync(join(folder, 'large'), content)
  const parts = ['--part-size', '100k', '--parallel', '2', '--checkpoint-dir', join(folder, 'records')]
  t.is((await ferross('cp', ...parts, join(folder, 'large'), 'oss://examplebucket/')).code, 0)
  t.is(server.requests.count('UploadPart'), 5)
  t.is((await ferross('cp', ...parts, 'oss://examplebucket/large', join(folder, 'back'))).code, 0)
  t.true(readFileSync(join(folder, 'back')).equals(content))
  t.deepEqual(readdirSync(join(folder, 'records')), [], 'records go when the transfer is done')
})

test('cp -r takes folders up and down, with filters and a summary', async t => {
  const { ferross, folder } = await withProgram(t)
  const up = join(folder, 'up')
  mkdirSync(join(up, 'sub'), { recursive: true })
  for (const name of ['a.txt', 'b.log', 'sub/c.txt']) writeFileSync(join(up, name), name)
  const sent = await ferross('cp', '-r', '--exclude', '*.log', '-j', '2', up, 'oss://examplebucket/backup')
  t.is(sent.code, 0)
  t.deepEqual(sent.lines.slice(0, -1).sort(), ['transferred backup/a.txt', 'transferred backup/sub/c.txt'])
  t.is(sent.lines.at(-1), '2 transferred (14 B), 0 skipped, 0 deleted, 0 failed')
  const got = await ferross(
    'cp',
    '-r',
    '-q',
    'oss://examplebucket/backup',
    join(folder, 'down'),
    '--output-format',
    'json',
  )
  t.deepEqual(JSON.parse(got.out), {
    summary: { transferred: 2, skipped: 0, failed: 0, deleted: 0, bytes: 14, dryRun: false },
  })
  t.is(readFileSync(join(folder, 'down/sub/c.txt'), 'utf8'), 'sub/c.txt')
  const copied = await ferross('cp', '-r', 'oss://examplebucket/backup', 'oss://examplebucket/other')
  t.is(copied.lines.at(-1), '2 transferred (14 B), 0 skipped, 0 deleted, 0 failed')
})

test('a file that fails gives exit status 1, and with --continue-on-error the others arrive', async t => {
  const { ferross, server, folder } = await withProgram(t)
  for (const name of ['a', 'b', 'c']) writeFileSync(join(folder, name), name)
  server.faults.add({ operation: 'PutObject', key: 'x/b', status: 403, code: 'AccessDenied', count: 2 })
  const stopped = await ferross('cp', '-r', folder, 'oss://examplebucket/x')
  t.is(stopped.code, 1)
  t.regex(stopped.error, /ferross: AccessDenied: /)
  const { code, lines, error } = await ferross('cp', '-r', '--continue-on-error', folder, 'oss://examplebucket/x')
  t.is(code, 1)
  t.is(lines.at(-1), '2 transferred (2 B), 0 skipped, 0 deleted, 1 failed')
  t.regex(error, /^failed x\/b: AccessDenied: .*\n$/)
})

test('sync transfers and removes only what differs', async t => {
  const { ferross, client, folder } = await withProgram(t)
  writeFileSync(join(folder, 'a'), 'a')
  await client.putObject({ bucket, key: 's/old', body: '' })
  const plan = await ferross('sync', '--delete', '--dry-run', folder, 'oss://examplebucket/s/')
  t.deepEqual(plan.lines, [
    'transferred s/a',
    'deleted s/old',
    'dry run: 1 transferred (1 B), 0 skipped, 1 deleted, 0 failed',
  ])
  t.is((await ferross('sync', '--delete', folder, 'oss://examplebucket/s/')).lines.at(-1), plan.lines.at(-1)?.slice(9))
  const again = await ferross('sync', '--compare', 'checksum', folder, 'oss://examplebucket/s/')
  t.deepEqual(again.lines.slice(0, 1), ['skipped s/a: is up to date'])
})

test('ls lists buckets, objects, folders, versions and uploads', async t => {
  const { ferross, client } = await withProgram(t)
  t.regex((await ferross('ls')).out, /oss:\/\/examplebucket\n$/)
  await client.putBucketVersioning({ bucket, versioningConfiguration: { status: 'Enabled' } })
  for (const key of ['a', 'a', 'd/b', 'd/\u0007bell']) await client.putObject({ bucket, key, body: 'xyz' })
  await client.initiateMultipartUpload({ bucket, key: 'unfinished' })
  const all = await ferross('ls', 'oss://examplebucket')
  t.deepEqual(
    all.lines.map(line => line.split('  ').at(-1)),
    ['oss://examplebucket/a', 'oss://examplebucket/d/\\x07bell', 'oss://examplebucket/d/b'],
  )
  t.regex(all.lines[0] as string, /^\d{4}-\d\d-\d\dT[\d:.]+Z +3 +Standard +oss:/)
  t.deepEqual(
    (await ferross('ls', '-d', 'oss://examplebucket/')).lines.map(line => line.trim().split('  ').at(-1)),
    ['oss://examplebucket/d/', 'oss://examplebucket/a'],
  )
  t.is((await ferross('ls', '--limited-num', '1', 'oss://examplebucket')).lines.length, 1)
  t.is((await ferross('ls', '--all-versions', 'oss://examplebucket/a')).lines.length, 2)
  t.regex((await ferross('ls', '-m', 'oss://examplebucket')).out, /unfinished\n$/)
  const json = await ferross('ls', '--output-format', 'json', 'oss://examplebucket/d/')
  t.deepEqual(
    json.lines.map(line => JSON.parse(line).key),
    ['d/\u0007bell', 'd/b'],
  )
})

test('stat shows objects and buckets', async t => {
  const { ferross, client } = await withProgram(t)
  await client.putObject({ bucket, key: 'a', body: 'xyz', metadata: { colour: 'blue' } })
  const { lines } = await ferross('stat', 'oss://examplebucket/a')
  t.true(lines.some(line => /^contentLength +3$/.test(line)))
  t.true(lines.some(line => /^metadata.colour +blue$/.test(line)))
  t.like(JSON.parse((await ferross('stat', 'oss://examplebucket', '--output-format', 'json')).out), {
    name: bucket,
  })
  t.is((await ferross('stat', 'oss://examplebucket/missing')).code, 1)
})

test('cat writes bytes as they are', async t => {
  const { ferross, client, environment } = await withProgram(t)
  await client.putObject({ bucket, key: 'a b+c', body: 'line one\nline two' })
  t.is((await ferross('cat', 'oss://examplebucket/a b+c')).out, 'line one\nline two')
  t.is((await run(['cat', '--range', '5-7', 'oss://examplebucket/a b+c'], environment)).out, 'one')
  t.is((await run(['cat', '--range', '-3', 'oss://examplebucket/a b+c'], environment)).out, 'two')
})

test('rm deletes an object, a prefix, or old uploads', async t => {
  const { ferross, client } = await withProgram(t)
  for (const key of ['a', 'p/1', 'p/2', 'q']) await client.putObject({ bucket, key, body: '' })
  t.is((await ferross('rm', 'oss://examplebucket/a')).out, 'deleted a\n')
  t.is(
    (await ferross('rm', '-r', '-n', 'oss://examplebucket/p/')).lines.at(-1),
    'dry run: 0 transferred (0 B), 0 skipped, 2 deleted, 0 failed',
  )
  t.is(
    (await ferross('rm', '-r', '-q', 'oss://examplebucket/p/')).out,
    '0 transferred (0 B), 0 skipped, 2 deleted, 0 failed\n',
  )
  t.is((await ferross('ls', 'oss://examplebucket')).lines.length, 1)
  await client.initiateMultipartUpload({ bucket, key: 'unfinished' })
  t.is((await ferross('rm', '-m', 'oss://examplebucket')).lines[0], 'skipped unfinished: is not old enough')
  t.is((await ferross('rm', '-m', '--older-than', '0s', 'oss://examplebucket')).lines[0], 'deleted unfinished')
  t.is((await ferross('rm', '-r', '-f', 'oss://examplebucket')).code, 0)
  t.is((await ferross('rb', 'oss://examplebucket')).out, 'removed oss://examplebucket\n')
  t.is((await ferross('ls')).out, '')
})

test('presign prints a URL that works', async t => {
  const { ferross, client } = await withProgram(t)
  await client.putObject({ bucket, key: 'a', body: 'xyz' })
  const { out } = await ferross('presign', '--expires', '5m', 'oss://examplebucket/a')
  t.is(await (await fetch(out.trim())).text(), 'xyz')
  const put = JSON.parse(
    (await ferross('presign', '--method', 'put', 'oss://examplebucket/new', '--output-format', 'json')).out,
  )
  t.is(put.method, 'PUT')
  t.is((await fetch(put.url, { method: 'PUT', body: Buffer.from('new') })).status, 200)
  t.is((await ferross('presign', '--expires', '8d', 'oss://examplebucket/a')).code, 1)
})

test('mb makes a bucket', async t => {
  const { ferross, client } = await withProgram(t)
  t.is(
    (await ferross('mb', '--storage-class', 'IA', '--acl', 'public-read', 'oss://another-bucket')).out,
    'made oss://another-bucket\n',
  )
  t.like((await client.getBucketInfo({ bucket: 'another-bucket' })).bucketInfo, { storageClass: 'IA' })
  t.regex((await ferross('rb', 'oss://missing-bucket')).error, /^ferross: NoSuchBucket: /)
})

test('call reaches any operation, with the request from an argument, a file or the input', async t => {
  const { ferross, folder, environment } = await withProgram(t)
  const acl = { bucket, acl: 'public-read' }
  t.is((await ferross('call', 'putBucketAcl', '--json', JSON.stringify(acl))).code, 0)
  writeFileSync(join(folder, 'request.json'), JSON.stringify({ bucket }))
  const got = await ferross('call', 'get-bucket-acl', '--json', `@${join(folder, 'request.json')}`)
  t.like(JSON.parse(got.out), { statusCode: 200, acl: 'public-read' })
  writeFileSync(join(folder, 'body'), 'from a file')
  const key = JSON.stringify({ bucket, key: 'k' })
  t.is((await ferross('call', 'PutObject', '--json', key, '--body', join(folder, 'body'))).code, 0)
  t.is((await run(['call', 'getObject', '--json', '-'], environment, key)).out, 'from a file')
  t.true((await ferross('call', '--list')).lines.includes('putBucketAcl'))
  t.regex((await ferross('call', 'getBucketAcl')).error, /^ferross: ParamRequired: /)
})
