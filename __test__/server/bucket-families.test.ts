import test from 'ava'
import { type Client, ServiceError } from 'ferross'
import { withServer } from '../helpers/with-server.js'

const bucket = 'bucket'

async function withBucket(t: Parameters<typeof withServer>[0], now: () => number = Date.now): Promise<Client> {
  const { client } = await withServer(t, {}, { clock: now })
  await client.putBucket({ bucket })
  return client
}

async function codeOf(call: Promise<unknown>): Promise<string> {
  try {
    await call
    return ''
  } catch (error) {
    if (error instanceof ServiceError) return error.code
    throw error
  }
}

const policy = JSON.stringify({
  Version: '1',
  Statement: [{ Effect: 'Allow', Action: ['oss:GetObject'], Principal: ['*'], Resource: ['acs:oss:*:*:bucket/*'] }],
})

test('a policy comes back as it was put, and must be one', async t => {
  const client = await withBucket(t)
  t.is(await codeOf(client.getBucketPolicy({ bucket })), 'NoSuchBucketPolicy')
  t.false((await client.getBucketPolicyStatus({ bucket })).policyStatus?.isPublic)
  await client.putBucketPolicy({ bucket, body: ` ${policy}\n` })
  t.is((await client.getBucketPolicy({ bucket })).body, ` ${policy}\n`)
  t.true((await client.getBucketPolicyStatus({ bucket })).policyStatus?.isPublic)
  for (const body of ['{', '[]', '{"Version":"2","Statement":[]}', policy.replace('Allow', 'Perhaps')]) {
    t.is(await codeOf(client.putBucketPolicy({ bucket, body })), 'InvalidPolicyDocument', body)
  }
  await client.deleteBucketPolicy({ bucket })
  t.is(await codeOf(client.getBucketPolicy({ bucket })), 'NoSuchBucketPolicy')
})

test('while public access is blocked, nothing public can be set, and what is public is not', async t => {
  const { client, server } = await withServer(t)
  await client.putBucket({ bucket, acl: 'public-read' })
  await client.putObject({ bucket, key: 'a', body: 'x' })
  const read = async () => (await fetch(`${server.endpoint}/${bucket}/a`)).status
  t.is(await read(), 200)
  const block = { publicAccessBlockConfiguration: { blockPublicAccess: true } }
  const attempts = () => [
    codeOf(client.putBucketAcl({ bucket, acl: 'public-read' })),
    codeOf(client.putObjectAcl({ bucket, key: 'a', acl: 'public-read' })),
    codeOf(client.putObject({ bucket, key: 'b', body: 'x', acl: 'public-read-write' })),
    codeOf(client.putBucketPolicy({ bucket, body: policy })),
  ]
  await client.putBucketPublicAccessBlock({ bucket, ...block })
  t.deepEqual(new Set(await Promise.all(attempts())), new Set(['AccessDenied']))
  t.is(await read(), 403)
  t.true((await client.getBucketInfo({ bucket })).bucketInfo?.blockPublicAccess)
  await client.deleteBucketPublicAccessBlock({ bucket })
  t.is(await read(), 200)
  await client.putPublicAccessBlock(block)
  t.is(await codeOf(client.putBucket({ bucket: 'other-bucket', acl: 'public-read' })), 'AccessDenied')
  t.deepEqual(new Set(await Promise.all(attempts())), new Set(['AccessDenied']))
  await client.deletePublicAccessBlock()
  t.deepEqual(new Set(await Promise.all(attempts())), new Set(['']))
})

test('access points are made, described, listed by page, given policies and removed', async t => {
  const client = await withBucket(t)
  await client.putBucket({ bucket: 'other' })
  const make = (name: string, of = bucket) =>
    client.createAccessPoint({
      bucket: of,
      createAccessPointConfiguration: { accessPointName: name, networkOrigin: 'internet' },
    })
  const made = await make('point-1')
  t.regex(made.alias ?? '', /^point-1-.*-ossalias$/)
  await make('point-2', 'other')
  t.is(await codeOf(make('point-2')), 'AccessPointAlreadyExists')
  t.is(await codeOf(make('No')), 'InvalidArgument')
  const point = { bucket, accessPointName: 'point-1' }
  t.like(await client.getAccessPoint(point), {
    accessPointName: 'point-1',
    networkOrigin: 'internet',
    alias: made.alias,
    accessPointArn: made.accessPointArn,
    publicAccessBlockConfiguration: { blockPublicAccess: false },
  })
  const first = await client.listAccessPoints({ maxKeys: 1 })
  t.true(first.isTruncated)
  const rest = await client.listAccessPoints({ continuationToken: first.nextContinuationToken ?? '' })
  t.deepEqual(
    [...(first.accessPoints ?? []), ...(rest.accessPoints ?? [])].map(each => each.accessPointName),
    ['point-1', 'point-2'],
  )
  t.is((await client.listAccessPoints({ bucket })).accessPoints?.length, 1)
  t.is(await codeOf(client.getAccessPointPolicy(point)), 'NoSuchAccessPointPolicy')
  await client.putAccessPointPolicy({ ...point, body: policy })
  t.is((await client.getAccessPointPolicy(point)).body, policy)
  await client.deleteAccessPointPolicy(point)
  const block = { publicAccessBlockConfiguration: { blockPublicAccess: true } }
  await client.putAccessPointPublicAccessBlock({ ...point, ...block })
  t.like(await client.getAccessPointPublicAccessBlock(point), block)
  t.false((await client.getBucketPublicAccessBlock({ bucket })).publicAccessBlockConfiguration?.blockPublicAccess)
  await client.deleteAccessPointPublicAccessBlock(point)
  await client.deleteAccessPoint(point)
  t.is(await codeOf(client.getAccessPoint(point)), 'NoSuchAccessPoint')
})

test('a retention policy is drafted, locked, extended, and keeps objects as they are', async t => {
  let now = Date.now()
  const client = await withBucket(t, () => now)
  const day = 24 * 60 * 60 * 1000
  t.is(await codeOf(client.getBucketWorm({ bucket })), 'NoSuchWORMConfiguration')
  const { wormId = '' } = await client.initiateBucketWorm({
    bucket,
    initiateWormConfiguration: { retentionPeriodInDays: 2 },
  })
  t.like((await client.getBucketWorm({ bucket })).wormConfiguration, { wormId, state: 'InProgress' })
  await client.abortBucketWorm({ bucket })
  const again = await client.initiateBucketWorm({
    bucket,
    initiateWormConfiguration: { retentionPeriodInDays: 2 },
  })
  t.is(await codeOf(client.completeBucketWorm({ bucket, wormId })), 'NoSuchWORMConfiguration')
  const id = again.wormId ?? ''
  t.is(
    await codeOf(
      client.extendBucketWorm({ bucket, wormId: id, extendWormConfiguration: { retentionPeriodInDays: 3 } }),
    ),
    'InvalidArgument',
  )
  await client.completeBucketWorm({ bucket, wormId: id })
  t.is((await client.getBucketWorm({ bucket })).wormConfiguration?.state, 'Locked')
  t.is(await codeOf(client.abortBucketWorm({ bucket })), 'WORMConfigurationLocked')
  await client.extendBucketWorm({ bucket, wormId: id, extendWormConfiguration: { retentionPeriodInDays: 3 } })
  await client.putObject({ bucket, key: 'a', body: 'x' })
  t.is(await codeOf(client.putObject({ bucket, key: 'a', body: 'y' })), 'FileImmutable')
  t.is(await codeOf(client.deleteObject({ bucket, key: 'a' })), 'FileImmutable')
  t.is(
    await codeOf(client.putBucketVersioning({ bucket, versioningConfiguration: { status: 'Enabled' } })),
    'InvalidBucketState',
  )
  now += 3 * day
  await client.deleteObject({ bucket, key: 'a' })
  t.pass()
})

test('a retention policy that is not locked within a day is void', async t => {
  let now = Date.now()
  const client = await withBucket(t, () => now)
  await client.initiateBucketWorm({ bucket, initiateWormConfiguration: { retentionPeriodInDays: 2 } })
  await client.putObject({ bucket, key: 'a', body: 'x' })
  t.is(await codeOf(client.deleteObject({ bucket, key: 'a' })), 'FileImmutable')
  now += 24 * 60 * 60 * 1000
  t.is(await codeOf(client.getBucketWorm({ bucket })), 'NoSuchWORMConfiguration')
  t.is(await codeOf(client.deleteObject({ bucket, key: 'a' })), '')
})

test('replication rules are added, shown, changed and removed one by one', async t => {
  const client = await withBucket(t)
  const destination = { bucket: 'elsewhere', location: 'oss-cn-beijing', transferType: 'oss_acc' }
  const add = (rule: object) =>
    client.putBucketReplication({ bucket, replicationConfiguration: { rules: [{ destination, ...rule }] } })
  t.is(await codeOf(client.getBucketReplication({ bucket })), 'NoSuchReplicationConfiguration')
  t.is((await add({ id: 'one', prefixSet: { prefixs: ['a/', 'b/'] }, syncRole: 'role' })).replicationRuleId, 'one')
  const { replicationRuleId: ruleId = '' } = await add({ action: 'PUT' })
  t.is(await codeOf(add({ id: 'one' })), 'InvalidArgument')
  t.is(await codeOf(add({ destination: { ...destination, bucket } })), 'InvalidArgument')
  const rules = (await client.getBucketReplication({ bucket })).replicationConfiguration?.rules ?? []
  t.deepEqual(rules[0], {
    id: 'one',
    destination,
    prefixSet: { prefixs: ['a/', 'b/'] },
    syncRole: 'role',
    action: 'ALL',
    historicalObjectReplication: 'enabled',
    status: 'doing',
  })
  await client.putBucketRtc({ bucket, rtcConfiguration: { id: ruleId, rtc: { status: 'enabled' } } })
  t.is((await client.getBucketReplication({ bucket })).replicationConfiguration?.rules?.[1]?.rtc?.status, 'enabled')
  t.is((await client.getBucketReplicationProgress({ bucket, ruleId })).replicationProgress?.rules?.[0]?.id, ruleId)
  t.is(await codeOf(client.getBucketReplicationProgress({ bucket, ruleId: 'no' })), 'NoSuchReplicationRule')
  t.true(
    (await client.getBucketReplicationLocation({ bucket })).replicationLocation?.locations?.includes('oss-cn-beijing'),
  )
  t.is((await client.getBucketInfo({ bucket })).bucketInfo?.crossRegionReplication, 'Enabled')
  for (const id of ['one', ruleId]) await client.deleteBucketReplication({ bucket, replicationRules: { ids: [id] } })
  t.is(await codeOf(client.getBucketReplication({ bucket })), 'NoSuchReplicationConfiguration')
})

test('inventories and styles are kept by name and listed', async t => {
  const client = await withBucket(t)
  const inventory = (id: string) => ({
    id,
    isEnabled: true,
    includedObjectVersions: 'All',
    destination: {
      ossBucketDestination: { bucket: 'acs:oss:::bucket', format: 'CSV', encryption: { sseKms: { keyId: 'k' } } },
    },
    schedule: { frequency: 'Daily' },
    filter: { prefix: 'a/', lowerSizeBound: 1 },
    optionalFields: { fields: ['Size', 'ETag'] },
  })
  t.is(await codeOf(client.getBucketInventory({ bucket, inventoryId: 'no' })), 'NoSuchInventory')
  const ids = Array.from({ length: 101 }, (_, index) => `report-${String(index).padStart(3, '0')}`)
  for (const id of ids) {
    await client.putBucketInventory({ bucket, inventoryId: id, inventoryConfiguration: inventory(id) })
  }
  const [first = ''] = ids
  t.is(
    await codeOf(client.putBucketInventory({ bucket, inventoryId: first, inventoryConfiguration: inventory(first) })),
    'InventoryAlreadyExist',
  )
  t.deepEqual(
    (await client.getBucketInventory({ bucket, inventoryId: first })).inventoryConfiguration,
    inventory(first),
  )
  const page = (await client.listBucketInventory({ bucket })).listInventoryConfigurationsResult
  t.is(page?.inventoryConfigurations?.length, 100)
  const continuationToken = page?.nextContinuationToken ?? ''
  const rest = (await client.listBucketInventory({ bucket, continuationToken })).listInventoryConfigurationsResult
  t.deepEqual(rest?.inventoryConfigurations, [inventory(ids[100] ?? '')])
  await client.deleteBucketInventory({ bucket, inventoryId: first })
  t.is(await codeOf(client.getBucketInventory({ bucket, inventoryId: first })), 'NoSuchInventory')

  t.is(await codeOf(client.listStyle({ bucket })), 'NoSuchStyle')
  await client.putStyle({ bucket, styleName: 'small', category: 'image', style: { content: 'image/resize,w_10' } })
  t.like((await client.getStyle({ bucket, styleName: 'small' })).style, { name: 'small', content: 'image/resize,w_10' })
  t.is((await client.listStyle({ bucket })).styleList?.styles?.length, 1)
  await client.deleteStyle({ bucket, styleName: 'small' })
  t.is(await codeOf(client.getStyle({ bucket, styleName: 'small' })), 'NoSuchStyle')
})

test('a domain is mapped once its owner has a token', async t => {
  const client = await withBucket(t)
  const domain = 'static.example.com'
  const config = { bucket, bucketCnameConfiguration: { cname: { domain } } }
  t.is(await codeOf(client.putCname(config)), 'NeedVerifyDomainOwnership')
  t.is(await codeOf(client.getCnameToken({ bucket, cname: domain })), 'CnameTokenNotFound')
  const made = (await client.createCnameToken(config)).cnameToken
  t.like(made, { bucket, cname: domain })
  t.deepEqual((await client.createCnameToken(config)).cnameToken, made)
  t.deepEqual((await client.getCnameToken({ bucket, cname: domain })).cnameToken, made)
  await client.putCname(config)
  const list = await client.listCname({ bucket })
  t.deepEqual(
    list.cnames?.map(each => [each.domain, each.status]),
    [[domain, 'Enabled']],
  )
  await client.deleteCname(config)
  t.is((await client.listCname({ bucket })).cnames, undefined)
  const wrong = { bucket, bucketCnameConfiguration: { cname: { domain: 'not a domain' } } }
  t.is(await codeOf(client.createCnameToken(wrong)), 'InvalidArgument')
})

test('changes of redundancy wait until they are withdrawn', async t => {
  const client = await withBucket(t)
  const made = await client.createBucketDataRedundancyTransition({ bucket, targetRedundancyType: 'ZRS' })
  const redundancyTransitionTaskid = made.bucketDataRedundancyTransition?.taskId ?? ''
  const task = { bucket, redundancyTransitionTaskid }
  t.is((await client.getBucketDataRedundancyTransition(task)).bucketDataRedundancyTransition?.status, 'Queueing')
  const listed = await client.listBucketDataRedundancyTransition({ bucket })
  t.is(listed.listBucketDataRedundancyTransition?.bucketDataRedundancyTransition?.length, 1)
  const all = await client.listUserDataRedundancyTransition()
  t.is(all.listBucketDataRedundancyTransition?.bucketDataRedundancyTransition?.[0]?.bucket, bucket)
  await client.deleteBucketDataRedundancyTransition(task)
  t.is(await codeOf(client.getBucketDataRedundancyTransition(task)), 'BucketDataRedundancyTransitionTaskNotExist')
})

test('a metadata index is opened, asked and closed', async t => {
  const client = await withBucket(t)
  t.is(await codeOf(client.getMetaQueryStatus({ bucket })), 'MetaQueryNotExist')
  await client.openMetaQuery({ bucket })
  t.is(await codeOf(client.openMetaQuery({ bucket })), 'MetaQueryAlreadyExist')
  t.like((await client.getMetaQueryStatus({ bucket })).metaQueryStatus, { state: 'Running', metaQueryMode: 'basic' })
  for (const size of [1, 5, 9]) {
    await client.putObject({ bucket, key: `k${size}`, body: 'x'.repeat(size), tagging: 'a=b' })
  }
  const query = JSON.stringify({
    Operation: 'and',
    SubQueries: [
      { Field: 'Size', Value: '2', Operation: 'gt' },
      { Field: 'Filename', Value: 'k', Operation: 'prefix' },
    ],
  })
  const names = async (more: object) =>
    (await client.doMetaQuery({ bucket, metaQuery: { query, ...more } })).files?.file?.map(each => each.filename)
  t.deepEqual(await names({ sort: 'Size', order: 'desc' }), ['k9', 'k5'])
  const page = await client.doMetaQuery({ bucket, metaQuery: { query, maxResults: 1 } })
  t.deepEqual(
    page.files?.file?.map(each => each.filename),
    ['k5'],
  )
  t.deepEqual(page.files?.file?.[0]?.ossTagging?.taggings, [{ key: 'a', value: 'b' }])
  t.deepEqual(await names({ nextToken: page.nextToken ?? '' }), ['k9'])
  const figures = ['sum', 'min', 'max', 'count', 'average'].map(operation => ({ field: 'Size', operation }))
  const aggregated = await client.doMetaQuery({ bucket, metaQuery: { query, aggregations: { aggregations: figures } } })
  t.deepEqual(
    aggregated.aggregations?.aggregations?.map(each => each.value),
    [14, 5, 9, 2, 7],
  )
  t.is(await codeOf(client.doMetaQuery({ bucket, metaQuery: { query: '{' } })), 'InvalidArgument')
  t.is(await codeOf(client.doMetaQuery({ bucket, mode: 'semantic', metaQuery: { query: 'dogs' } })), 'NotImplemented')
  await client.closeMetaQuery({ bucket })
  t.is(await codeOf(client.doMetaQuery({ bucket, metaQuery: { query } })), 'MetaQueryNotExist')
})

test('metadata tables are described as they were asked for, and changed', async t => {
  const client = await withBucket(t)
  t.is(await codeOf(client.getBucketMetadataConfiguration({ bucket })), 'NoSuchBucketMetadataConfiguration')
  const recordExpiration = { expiration: 'ENABLED', days: 30 }
  await client.createBucketMetadataConfiguration({
    bucket,
    metadataConfiguration: { journalTableConfiguration: { recordExpiration } },
  })
  const read = async () => (await client.getBucketMetadataConfiguration({ bucket })).metadataConfigurationResult
  t.like((await read())?.journalTableConfigurationResult, { tableName: 'journal', recordExpiration })
  t.is((await read())?.inventoryTableConfigurationResult, undefined)
  await client.updateBucketMetadataInventoryTableConfiguration({
    bucket,
    inventoryTableConfiguration: { configurationState: 'ENABLED' },
  })
  await client.updateBucketMetadataJournalTableConfiguration({
    bucket,
    journalTableConfiguration: { recordExpiration: { expiration: 'DISABLED' } },
  })
  t.is((await read())?.inventoryTableConfigurationResult?.configurationState, 'ENABLED')
  t.deepEqual((await read())?.journalTableConfigurationResult?.recordExpiration, { expiration: 'DISABLED' })
  await client.deleteBucketMetadataConfiguration({ bucket })
  t.is(await codeOf(client.getBucketMetadataConfiguration({ bucket })), 'NoSuchBucketMetadataConfiguration')
})
