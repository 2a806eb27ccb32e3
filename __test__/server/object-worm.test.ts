import test, { type ExecutionContext } from 'ava'
import { ServiceError } from 'ferross'
import { withServer } from '../helpers/with-server.js'

const bucket = 'bucket'

async function codeOf(call: Promise<unknown>): Promise<string> {
  try {
    await call
    return ''
  } catch (error) {
    if (error instanceof ServiceError) return error.code
    throw error
  }
}

/** A bucket in which single objects can be protected. */
async function withProtection(t: ExecutionContext, rule?: { mode: string; days: number }) {
  const { client } = await withServer(t)
  await client.putBucket({ bucket })
  const objectWormConfiguration = { objectWormEnabled: 'Enabled', ...(rule && { rule: { defaultRetention: rule } }) }
  t.is(await codeOf(client.putBucketObjectWormConfiguration({ bucket, objectWormConfiguration })), 'InvalidBucketState')
  await client.putBucketVersioning({ bucket, versioningConfiguration: { status: 'Enabled' } })
  await client.putBucketObjectWormConfiguration({ bucket, objectWormConfiguration })
  t.deepEqual(
    (await client.getBucketObjectWormConfiguration({ bucket })).objectWormConfiguration,
    objectWormConfiguration,
  )
  return client
}

const future = (days: number) => new Date(Date.now() + days * 24 * 60 * 60 * 1000).toISOString()

test('a version under retention cannot be deleted, though a delete marker may hide it', async t => {
  const client = await withProtection(t)
  const { versionId = '' } = await client.putObject({ bucket, key: 'a', body: 'x' })
  t.is(await codeOf(client.getObjectRetention({ bucket, key: 'a' })), 'NoSuchObjectRetention')
  const retention = { mode: 'COMPLIANCE', retainUntilDate: future(3) }
  await client.putObjectRetention({ bucket, key: 'a', retention })
  t.deepEqual((await client.getObjectRetention({ bucket, key: 'a' })).retention, retention)
  t.like(await client.headObject({ bucket, key: 'a' }), {
    objectWormMode: 'COMPLIANCE',
    objectWormRetainUntilDate: retention.retainUntilDate,
  })
  t.is(await codeOf(client.deleteObject({ bucket, key: 'a', versionId })), 'FileImmutable')
  t.true((await client.deleteObject({ bucket, key: 'a' })).deleteMarker)
  t.is(await (await client.getObject({ bucket, key: 'a', versionId })).body?.text(), 'x')
  const shorter = { mode: 'COMPLIANCE', retainUntilDate: future(1) }
  const put = (more: object) => codeOf(client.putObjectRetention({ bucket, key: 'a', versionId, retention, ...more }))
  t.is(await put({ retention: shorter, bypassGovernanceRetention: true }), 'AccessDenied')
  t.is(await put({ retention: { ...retention, retainUntilDate: future(-1) } }), 'InvalidArgument')
  t.is(await put({ retention: { ...retention, retainUntilDate: future(5) } }), '')
})

test('governance can be bypassed, compliance can not', async t => {
  const client = await withProtection(t)
  const { versionId = '' } = await client.putObject({
    bucket,
    key: 'a',
    body: 'x',
    objectWormMode: 'GOVERNANCE',
    objectWormRetainUntilDate: future(3),
  })
  const remove = (headers: Record<string, string> = {}) =>
    codeOf(client.deleteObject({ bucket, key: 'a', versionId, headers }))
  t.is(await remove(), 'FileImmutable')
  t.is(await remove({ 'x-oss-bypass-governance-retention': 'true' }), '')
})

test('a legal hold protects until it is lifted', async t => {
  const client = await withProtection(t)
  const { versionId = '' } = await client.putObject({ bucket, key: 'a', body: 'x' })
  t.is(await codeOf(client.getObjectLegalHold({ bucket, key: 'a' })), 'NoSuchObjectLegalHold')
  await client.putObjectLegalHold({ bucket, key: 'a', legalHold: { status: 'ON' } })
  t.is((await client.getObjectLegalHold({ bucket, key: 'a' })).legalHold?.status, 'ON')
  t.is(await codeOf(client.deleteObject({ bucket, key: 'a', versionId })), 'FileImmutable')
  await client.putObjectLegalHold({ bucket, key: 'a', legalHold: { status: 'OFF' } })
  t.is(await codeOf(client.deleteObject({ bucket, key: 'a', versionId })), '')
})

test('new objects get the retention of the bucket, also at the end of a multipart upload', async t => {
  const client = await withProtection(t, { mode: 'GOVERNANCE', days: 7 })
  await client.putObject({ bucket, key: 'a', body: 'x' })
  t.is((await client.headObject({ bucket, key: 'a' })).objectWormMode, 'GOVERNANCE')
  const { uploadId = '' } = await client.initiateMultipartUpload({ bucket, key: 'b' })
  const { etag = '' } = await client.uploadPart({ bucket, key: 'b', uploadId, partNumber: 1, body: 'x' })
  await client.completeMultipartUpload({
    bucket,
    key: 'b',
    uploadId,
    completeMultipartUpload: { parts: [{ partNumber: 1, etag }] },
  })
  t.is((await client.getObjectRetention({ bucket, key: 'b' })).retention?.mode, 'GOVERNANCE')
})

test('appending stops where object worm is enabled', async t => {
  const client = await withProtection(t)
  t.is(await codeOf(client.appendObject({ bucket, key: 'a', position: 0, body: 'x' })), 'OperationNotSupported')
})

test('without object worm there is no protection to set', async t => {
  const { client } = await withServer(t)
  await client.putBucket({ bucket })
  await client.putObject({ bucket, key: 'a', body: 'x' })
  t.is(await codeOf(client.getBucketObjectWormConfiguration({ bucket })), 'NoSuchObjectWormConfiguration')
  t.is(await codeOf(client.putObjectLegalHold({ bucket, key: 'a', legalHold: { status: 'ON' } })), 'InvalidArgument')
  t.is(await codeOf(client.putObject({ bucket, key: 'a', body: 'x', objectWormLegalHold: 'ON' })), 'InvalidArgument')
})
