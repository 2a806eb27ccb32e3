import test from 'ava'
import { type Client, ServiceError } from 'ferross'
import { withServer } from '../helpers/with-server.js'

async function withBucket(t: Parameters<typeof withServer>[0]) {
  const { client, server } = await withServer(t)
  await client.putBucket({ bucket: 'bucket' })
  return { client, server }
}

/** The code a call fails with; empty when it does not. */
async function codeOf(call: Promise<unknown>): Promise<string> {
  try {
    await call
    return ''
  } catch (error) {
    if (error instanceof ServiceError) return error.code
    throw error
  }
}

type Methods = Record<string, (request: unknown) => Promise<{ statusCode: number }>>

const missing: [family: string, code: string, value: unknown, field: string][] = [
  [
    'BucketArchiveDirectRead',
    'NoSuchArchiveDirectReadConfiguration',
    { enabled: true },
    'archiveDirectReadConfiguration',
  ],
  [
    'BucketCors',
    'NoSuchCORSConfiguration',
    { corsRules: [{ allowedOrigins: ['*'], allowedMethods: ['GET'] }] },
    'corsConfiguration',
  ],
  [
    'BucketEncryption',
    'NoSuchServerSideEncryptionRule',
    { applyServerSideEncryptionByDefault: { sseAlgorithm: 'AES256' } },
    'serverSideEncryptionRule',
  ],
  ['BucketHttpsConfig', 'NoSuchHttpsConfig', { tls: { enable: true, tlsVersions: ['TLSv1.2'] } }, 'httpsConfiguration'],
  [
    'BucketLifecycle',
    'NoSuchLifecycle',
    { rules: [{ id: 'r', prefix: 'a', status: 'Enabled', expiration: { days: 3 } }] },
    'lifecycleConfiguration',
  ],
  [
    'UserDefinedLogFieldsConfig',
    'NoSuchUserDefinedLogFieldsConfig',
    { headerSet: { headers: ['h'] } },
    'userDefinedLogFieldsConfiguration',
  ],
  [
    'BucketOverwriteConfig',
    'NoSuchBucketOverwriteConfig',
    { rules: [{ id: 'r', action: 'forbid' }] },
    'overwriteConfiguration',
  ],
  [
    'BucketTransferAcceleration',
    'NoSuchTransferAccelerationConfiguration',
    { enabled: true },
    'transferAccelerationConfiguration',
  ],
  ['BucketWebsite', 'NoSuchWebsiteConfiguration', { indexDocument: { suffix: 'i.html' } }, 'websiteConfiguration'],
]

test('reading what was not set is an error of its own, before and after; setting and removing never is', async t => {
  const { client } = await withBucket(t)
  const methods = client as unknown as Methods
  const request = { bucket: 'bucket' }
  for (const [family, code, value, field] of missing) {
    const error = await t.throwsAsync<ServiceError>(methods[`get${family}`]!(request), { instanceOf: ServiceError })
    t.is(error.code, code)
    t.is(error.statusCode, 404)
    t.is((await methods[`put${family}`]!({ ...request, [field]: value })).statusCode, 200, family)
    t.like(await methods[`get${family}`]!(request), { [field]: value })
    const remove = methods[`delete${family}`]
    if (remove === undefined) continue
    t.is((await remove.call(client, request)).statusCode, 204, family)
    t.is((await remove.call(client, request)).statusCode, 204, family)
    t.is(await codeOf(methods[`get${family}`]!(request)), code)
  }
})

test('some settings are never missing', async t => {
  const { client } = await withBucket(t)
  const bucket = 'bucket'
  t.deepEqual((await client.getBucketLogging({ bucket })).bucketLoggingStatus, {})
  t.deepEqual((await client.getBucketTags({ bucket })).tagging, { tagSet: {} })
  t.like((await client.getBucketReferer({ bucket })).refererConfiguration, { allowEmptyReferer: true })
  t.is((await client.getBucketRequestPayment({ bucket })).requestPaymentConfiguration?.payer, 'BucketOwner')
  t.is((await client.getBucketAccessMonitor({ bucket })).accessMonitorConfiguration?.status, 'Disabled')
  t.regex(
    (await client.getBucketResourceGroup({ bucket })).bucketResourceGroupConfiguration?.resourceGroupId ?? '',
    /^rg-/,
  )
  t.false((await client.getBucketPublicAccessBlock({ bucket })).publicAccessBlockConfiguration?.blockPublicAccess)
  t.is((await client.getBucketStorageQuota({ bucket })).quotaConfiguration?.storageQuota, -1)
  t.deepEqual((await client.listCloudBoxes()).cloudBoxes, undefined)
})

test('bucket tags are removed one by one or all at once', async t => {
  const { client } = await withBucket(t)
  const bucket = 'bucket'
  const tags = ['a', 'b', 'c'].map(key => ({ key, value: '1' }))
  await client.putBucketTags({ bucket, tagging: { tagSet: { tags } } })
  await client.deleteBucketTags({ bucket, parameters: { tagging: 'a,c' } })
  t.deepEqual((await client.getBucketTags({ bucket })).tagging?.tagSet?.tags, [{ key: 'b', value: '1' }])
  await client.deleteBucketTags({ bucket })
  t.deepEqual((await client.getBucketTags({ bucket })).tagging?.tagSet, {})
  const many = Array.from({ length: 21 }, (_, index) => ({ key: `k${index}`, value: '' }))
  t.is(await codeOf(client.putBucketTags({ bucket, tagging: { tagSet: { tags: many } } })), 'InvalidTag')
})

const refused: [code: string, call: (client: Client) => Promise<unknown>][] = [
  [
    'InvalidTargetBucketForLogging',
    client =>
      client.putBucketLogging({
        bucket: 'bucket',
        bucketLoggingStatus: { loggingEnabled: { targetBucket: 'nobody' } },
      }),
  ],
  [
    'InvalidEncryptionAlgorithmError',
    client =>
      client.putBucketEncryption({
        bucket: 'bucket',
        serverSideEncryptionRule: { applyServerSideEncryptionByDefault: { sseAlgorithm: 'ROT13' } },
      }),
  ],
  [
    'InvalidArgument',
    client =>
      client.putBucketCors({
        bucket: 'bucket',
        corsConfiguration: { corsRules: [{ allowedOrigins: ['*'], allowedMethods: ['TRACE'] }] },
      }),
  ],
  ['MalformedXML', client => client.putBucketCors({ bucket: 'bucket', corsConfiguration: {} })],
  ['MalformedXML', client => client.putBucketCors({ bucket: 'bucket' })],
  ['MalformedXML', client => client.putBucketReferer({ bucket: 'bucket', refererConfiguration: {} })],
  [
    'MalformedXML',
    client => client.putBucketRequestPayment({ bucket: 'bucket', requestPaymentConfiguration: { payer: 'Nobody' } }),
  ],
  ['MalformedXML', client => client.putBucketWebsite({ bucket: 'bucket', websiteConfiguration: {} })],
  [
    'InvalidArgument',
    client =>
      client.putBucketLifecycle({
        bucket: 'bucket',
        lifecycleConfiguration: {
          rules: [
            {
              status: 'Enabled',
              transitions: [
                { days: 30, storageClass: 'Archive' },
                { days: 60, storageClass: 'IA' },
              ],
            },
          ],
        },
      }),
  ],
  [
    'InvalidArgument',
    client =>
      client.putBucketLifecycle({
        bucket: 'bucket',
        lifecycleConfiguration: {
          rules: ['a', 'a/b'].map(prefix => ({ prefix, status: 'Enabled', expiration: { days: 1 } })),
        },
      }),
  ],
  [
    'MalformedXML',
    client =>
      client.putBucketLifecycle({ bucket: 'bucket', lifecycleConfiguration: { rules: [{ status: 'Enabled' }] } }),
  ],
]

test('settings that make no sense are refused', async t => {
  const { client } = await withBucket(t)
  for (const [code, call] of refused) t.is(await codeOf(call(client)), code, String(call))
})

test('rules without an id get one', async t => {
  const { client } = await withBucket(t)
  const bucket = 'bucket'
  await client.putBucketLifecycle({
    bucket,
    lifecycleConfiguration: { rules: [{ status: 'Enabled', expiration: { days: 1 } }] },
  })
  t.truthy((await client.getBucketLifecycle({ bucket })).lifecycleConfiguration?.rules?.[0]?.id)
})

test('settings show in what is said of the bucket, and what is stored in it', async t => {
  const { client } = await withBucket(t)
  const bucket = 'bucket'
  await client.putBucketEncryption({
    bucket,
    serverSideEncryptionRule: { applyServerSideEncryptionByDefault: { sseAlgorithm: 'KMS', kmsMasterKeyId: 'k' } },
  })
  await client.putBucketAccessMonitor({ bucket, accessMonitorConfiguration: { status: 'Enabled' } })
  await client.putBucketTransferAcceleration({ bucket, transferAccelerationConfiguration: { enabled: true } })
  await client.putBucketResourceGroup({ bucket, bucketResourceGroupConfiguration: { resourceGroupId: 'rg-abc' } })
  const { bucketInfo } = await client.getBucketInfo({ bucket })
  t.like(bucketInfo, {
    accessMonitor: 'Enabled',
    transferAcceleration: 'Enabled',
    resourceGroupId: 'rg-abc',
    sseRule: { sseAlgorithm: 'KMS', kmsMasterKeyId: 'k' },
  })
  t.is((await client.putObject({ bucket, key: 'a', body: 'x' })).headers['x-oss-server-side-encryption'], 'KMS')
})

test('overwriting is forbidden where a rule says so, and permitted where versions are kept', async t => {
  const { client } = await withBucket(t)
  const bucket = 'bucket'
  await client.putBucketOverwriteConfig({
    bucket,
    overwriteConfiguration: { rules: [{ action: 'forbid', prefix: 'log/', suffix: '.txt' }] },
  })
  const put = (key: string) => codeOf(client.putObject({ bucket, key, body: 'x' }))
  t.deepEqual([await put('log/a.txt'), await put('log/a.txt')], ['', 'FileAlreadyExists'])
  t.deepEqual([await put('log/a.bin'), await put('log/a.bin')], ['', ''])
  await client.putBucketVersioning({ bucket, versioningConfiguration: { status: 'Enabled' } })
  t.is(await put('log/a.txt'), '')
})

test('archived objects are readable without restoration where that is switched on', async t => {
  const { client } = await withBucket(t)
  const bucket = 'bucket'
  await client.putObject({ bucket, key: 'a', body: 'x', storageClass: 'Archive' })
  t.is(await codeOf(client.getObject({ bucket, key: 'a' })), 'InvalidObjectState')
  await client.putBucketArchiveDirectRead({ bucket, archiveDirectReadConfiguration: { enabled: true } })
  t.is(await (await client.getObject({ bucket, key: 'a' })).body?.text(), 'x')
})

test('settings survive a restart', async t => {
  const { withFolder, clientOf } = await import('../helpers/with-server.js')
  const { startLocalServer } = await import('ferross/server')
  const directory = withFolder(t)
  const first = await startLocalServer({ directory })
  const before = clientOf(first)
  await before.putBucket({ bucket: 'bucket' })
  const rules = [{ id: 'r', status: 'Enabled', expiration: { createdBeforeDate: new Date('2024-01-01T00:00:00Z') } }]
  await before.putBucketLifecycle({ bucket: 'bucket', lifecycleConfiguration: { rules } })
  await before.putPublicAccessBlock({ publicAccessBlockConfiguration: { blockPublicAccess: true } })
  await before.close()
  await first.close()
  const second = await startLocalServer({ directory })
  const after = clientOf(second)
  t.teardown(async () => {
    await after.close()
    await second.close()
  })
  t.deepEqual((await after.getBucketLifecycle({ bucket: 'bucket' })).lifecycleConfiguration, { rules })
  t.true((await after.getPublicAccessBlock()).publicAccessBlockConfiguration?.blockPublicAccess)
})
