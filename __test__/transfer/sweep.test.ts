import test from 'ava'
import { type FileReport, ParamInvalidError, ServiceError } from 'ferross'
import { withServer } from '../helpers/with-server.js'

const bucket = 'examplebucket'
const day = 24 * 3600_000

/** Three uploads begun on three days, as seen from the last. */
async function prepare(t: Parameters<typeof withServer>[0]) {
  let now = Date.now() - 2 * day
  const found = await withServer(t, {}, { clock: () => now })
  await found.client.putBucket({ bucket }).catch(() => {})
  const begun: string[] = []
  for (const key of ['a/1', 'b/2', 'a/3']) {
    const { uploadId } = await found.client.initiateMultipartUpload({ bucket, key })
    begun.push(uploadId as string)
    now = Math.min(now + day, Date.now())
  }
  now = Date.now()
  const left = async () => (await found.client.listMultipartUploads({ bucket })).uploads?.map(({ key }) => key) ?? []
  return { ...found, begun, left }
}

test('uploads older than an age or a date are aborted, others reported', async t => {
  const { client, left } = await prepare(t)
  const reports: FileReport[] = []
  const onFile = ({ status, key }: FileReport) => void reports.push({ status, key })
  t.like(await client.sweepMultipartUploads({ bucket }, { olderThan: 1.5 * day, onFile }), { deleted: 1, skipped: 2 })
  t.deepEqual(
    reports.sort((a, b) => (a.key < b.key ? -1 : 1)),
    [
      { status: 'deleted', key: 'a/1' },
      { status: 'skipped', key: 'a/3' },
      { status: 'skipped', key: 'b/2' },
    ],
  )
  t.deepEqual(await left(), ['a/3', 'b/2'])
  const olderThan = new Date(Date.now() - day / 2)
  t.like(await client.sweepMultipartUploads({ bucket, prefix: 'b/' }, { olderThan }), { deleted: 1, skipped: 0 })
  t.deepEqual(await left(), ['a/3'])
})

test('a dry run aborts nothing', async t => {
  const { client, left } = await prepare(t)
  t.like(await client.sweepMultipartUploads({ bucket }, { olderThan: day / 2, dryRun: true }), { deleted: 2 })
  t.is((await left()).length, 3)
})

test('an upload that ended meanwhile is no failure, one that cannot be aborted is', async t => {
  const { server, client, left } = await prepare(t)
  server.faults.add({ operation: 'AbortMultipartUpload', key: 'a/1', status: 404, code: 'NoSuchUpload' })
  server.faults.add({ operation: 'AbortMultipartUpload', key: 'b/2', status: 403, code: 'AccessDenied', count: 2 })
  const summary = await client.sweepMultipartUploads({ bucket }, { olderThan: day / 2, onFailure: 'continue' })
  t.like(summary, { deleted: 0, skipped: 2, failed: 1 })
  await t.throwsAsync(client.sweepMultipartUploads({ bucket, prefix: 'b/' }, { olderThan: 0 }), {
    instanceOf: ServiceError,
  })
  t.is((await left()).length, 3)
})

test('an age that makes no sense is refused', async t => {
  const { client } = await withServer(t)
  for (const olderThan of [undefined, -1, Number.NaN, new Date('x'), '1d']) {
    const error = await t.throwsAsync(client.sweepMultipartUploads({ bucket }, { olderThan } as never), {
      instanceOf: ParamInvalidError,
    })
    t.is(error?.field, 'olderThan')
  }
})
