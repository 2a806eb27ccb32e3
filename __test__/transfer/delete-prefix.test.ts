import test from 'ava'
import { type Client, type FileReport, ParamInvalidError, ParamRequiredError, ServiceError } from 'ferross'
import { withServer } from '../helpers/with-server.js'

const bucket = 'examplebucket'

async function prepare(t: Parameters<typeof withServer>[0], keys: readonly string[] = []) {
  const found = await withServer(t)
  await found.client.putBucket({ bucket })
  for (const key of keys) await found.client.putObject({ bucket, key, body: 'x' })
  return found
}

async function keysOf(client: Client): Promise<string[]> {
  const keys: string[] = []
  for await (const { key } of client.listObjectsV2Paginator({ bucket }, { limit: 1000 }).items())
    keys.push(key as string)
  return keys
}

test('everything with the prefix goes, odd keys too, and nothing else', async t => {
  const odd = ['p/a', 'p//b', 'p/', 'p/\u0001\n', 'p/😀', 'p/<&>"\'', 'p/ ', 'p/%2f+']
  const { client } = await prepare(t, [...odd, 'q', 'pp'])
  const reports: FileReport[] = []
  const summary = await client.deletePrefix({ bucket, prefix: 'p/' }, { onFile: report => void reports.push(report) })
  t.deepEqual(summary, { transferred: 0, skipped: 0, failed: 0, deleted: odd.length, bytes: 0, dryRun: false })
  t.deepEqual(reports.map(({ key }) => key).sort(), [...odd].sort())
  t.deepEqual(await keysOf(client), ['pp', 'q'])
})

test('a thousand go with one request, long keys in smaller batches', async t => {
  const { server, client } = await prepare(t)
  const keys = Array.from({ length: 1001 }, (_, index) => `n/${index}`)
  for (let at = 0; at < keys.length; at += 50)
    await Promise.all(keys.slice(at, at + 50).map(key => client.putObject({ bucket, key, body: '' })))
  t.like(await client.deletePrefix({ bucket, prefix: 'n/' }), { deleted: 1001 })
  t.is(server.requests.count('DeleteMultipleObjects'), 2)
  t.deepEqual(await keysOf(client), [])
})

test('versions go for good on demand', async t => {
  const { client } = await prepare(t)
  await client.putBucketVersioning({ bucket, versioningConfiguration: { status: 'Enabled' } })
  for (const key of ['v/a', 'v/a', 'v/b', 'other']) await client.putObject({ bucket, key, body: 'x' })
  t.like(await client.deletePrefix({ bucket, prefix: 'v/' }), { deleted: 2 })
  const left = await client.listObjectVersions({ bucket, prefix: 'v/' })
  t.deepEqual([left.version?.length, left.deleteMarker?.length], [3, 2])
  const reports: FileReport[] = []
  const onFile = (report: FileReport) => void reports.push(report)
  t.like(await client.deletePrefix({ bucket, prefix: 'v/' }, { versions: true, onFile }), { deleted: 5 })
  t.true(reports.every(({ versionId }) => versionId !== undefined))
  const after = await client.listObjectVersions({ bucket })
  t.deepEqual(
    (after.version ?? []).map(({ key }) => key),
    ['other'],
  )
})

test('a dry run counts and deletes nothing', async t => {
  const { server, client } = await prepare(t, ['p/a', 'p/b'])
  t.like(await client.deletePrefix({ bucket, prefix: 'p/' }, { dryRun: true }), { deleted: 2, dryRun: true })
  t.is(server.requests.count('DeleteMultipleObjects'), 0)
  t.is((await keysOf(client)).length, 2)
})

test('the whole bucket must be confirmed', async t => {
  const { client } = await prepare(t, ['a', 'b'])
  await t.throwsAsync(client.deletePrefix({ bucket, prefix: '' }), { instanceOf: ParamInvalidError })
  await t.throwsAsync(client.deletePrefix({ bucket } as never), { instanceOf: ParamRequiredError })
  t.is((await keysOf(client)).length, 2)
  t.like(await client.deletePrefix({ bucket, prefix: '' }, { wholeBucket: true }), { deleted: 2 })
})

test('a request that fails ends the run, or its objects are counted', async t => {
  const { server, client } = await prepare(t, ['p/a', 'p/b'])
  const rule = { operation: 'DeleteMultipleObjects', status: 403, code: 'AccessDenied' }
  server.faults.add(rule)
  await t.throwsAsync(client.deletePrefix({ bucket, prefix: 'p/' }), { instanceOf: ServiceError })
  server.faults.add(rule)
  const reports: FileReport[] = []
  const summary = await client.deletePrefix(
    { bucket, prefix: 'p/' },
    { onFailure: 'continue', onFile: report => void reports.push(report) },
  )
  t.like(summary, { deleted: 0, failed: 2 })
  t.like(reports[0], { status: 'failed', key: 'p/a', error: { code: 'AccessDenied' } })
})

test('filters leave objects out', async t => {
  const { client } = await prepare(t, ['p/a.log', 'p/b.txt', 'p/c/d.log'])
  t.like(await client.deletePrefix({ bucket, prefix: 'p/' }, { include: ['*.log'] }), { deleted: 2 })
  t.deepEqual(await keysOf(client), ['p/b.txt'])
})

test('an abort rejects with its reason', async t => {
  const { client } = await prepare(t, ['p/a'])
  const reason = new Error('enough')
  t.is(
    await t.throwsAsync(client.deletePrefix({ bucket, prefix: 'p/' }, { signal: AbortSignal.abort(reason) })),
    reason,
  )
  t.is((await keysOf(client)).length, 1)
})
