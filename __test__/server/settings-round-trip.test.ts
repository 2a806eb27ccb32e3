import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import type { Field } from '#src/binding/field.js'
import type { OperationData } from '#src/binding/operation.js'
import type { Shape } from '#src/binding/shape.js'
import * as registry from '#src/operations/index.js'
import { withServer } from '../helpers/with-server.js'

const operations = registry as unknown as Readonly<Record<string, OperationData>>

type Value = Record<string, unknown>

/** Families whose value is written and read as one document, and what the service's rules leave of a random one. */
const families: Record<string, (value: never) => unknown> = {
  BucketAccessMonitor: (value: registry.AccessMonitorConfiguration) => ({ ...value, status: 'Enabled' }),
  BucketArchiveDirectRead: same,
  BucketCors: (value: registry.CorsConfiguration) => ({
    ...value,
    corsRules: value.corsRules?.map(rule => ({
      ...rule,
      allowedOrigins: rule.allowedOrigins?.map(withoutStars),
      allowedHeaders: rule.allowedHeaders?.map(withoutStars),
      exposeHeaders: rule.exposeHeaders?.map(withoutStars),
      allowedMethods: ['GET', 'PUT'],
    })),
  }),
  BucketEncryption: (value: registry.ServerSideEncryptionRule) => ({
    applyServerSideEncryptionByDefault: { ...value.applyServerSideEncryptionByDefault, sseAlgorithm: 'KMS' },
  }),
  BucketHttpsConfig: (value: registry.HttpsConfiguration) => ({
    ...value,
    tls: { ...value.tls, tlsVersions: ['TLSv1.2'] },
  }),
  BucketLifecycle: (value: registry.LifecycleConfiguration) => ({
    rules: value.rules?.map((rule, index) => ({
      ...rule,
      id: `${index} ${rule.id}`,
      status: 'Disabled',
      tags: undefined,
      noncurrentVersionExpiration: { noncurrentDays: 5 },
      expiration: { days: 900 },
      transitions: [
        { ...rule.transitions?.[0], days: 9, createdBeforeDate: undefined, storageClass: 'IA', isAccessTime: false },
      ],
      noncurrentVersionTransitions: [
        { ...rule.noncurrentVersionTransitions?.[0], storageClass: 'Archive', isAccessTime: false },
      ],
      abortMultipartUpload: { createdBeforeDate: new Date('2024-01-02T00:00:00Z') },
    })),
  }),
  BucketLogging: (value: registry.BucketLoggingStatus) => ({
    loggingEnabled: { ...value.loggingEnabled, targetBucket: 'bucket', targetPrefix: 'logs/' },
  }),
  UserDefinedLogFieldsConfig: same,
  BucketOverwriteConfig: (value: registry.OverwriteConfiguration) => ({
    rules: value.rules?.map((rule, index) => ({ ...rule, action: 'forbid', id: `rule-${index}` })),
  }),
  BucketPublicAccessBlock: same,
  BucketReferer: (value: registry.RefererConfiguration) => ({ ...value, allowTruncateQueryString: true }),
  BucketRequestPayment: () => ({ payer: 'Requester' }),
  BucketStorageQuota: (value: registry.QuotaConfiguration) => ({
    ...value,
    storageQuota: Math.abs(value.storageQuota ?? 0),
  }),
  BucketTags: (value: registry.Tagging) => ({
    tagSet: {
      tags: value.tagSet?.tags?.map((tag, index) => ({
        key: `k${index}`,
        value: [...(tag.value ?? '')].slice(0, 8).join(''),
      })),
    },
  }),
  BucketTransferAcceleration: same,
  BucketWebsite: (value: registry.WebsiteConfiguration) => ({
    ...value,
    indexDocument: { ...value.indexDocument, suffix: 'index.html' },
    routingRules: {
      routingRules: value.routingRules?.routingRules?.map((rule, index) => ({
        ...rule,
        ruleNumber: index + 1,
      })),
    },
  }),
}

function withoutStars(text: string): string {
  return text.replaceAll('*', '+')
}

function same(value: unknown): unknown {
  return value
}

/** Text that XML has to escape, that looks like other types, and that is outside the first plane. */
const texts = fc.oneof(
  fc.constantFrom(
    '<&>"\'',
    ' padded ',
    '00123',
    '1e5',
    'true',
    'ümläut',
    '日本語',
    '👍🏽',
    ']]>',
    '%41+%',
    'a\nb\tc',
    '\u0001',
  ),
  fc.string({ minLength: 1, maxLength: 12, unit: 'grapheme' }).map(text => text.replace(/\r/g, 'r') || 'x'),
)

function arbitrary(field: Field<unknown>): fc.Arbitrary<unknown> {
  const one = field.shape ? arbitraryShape(field.shape) : scalar(field.codec?.expects ?? '')
  return field.place === 'elements' ? fc.array(one, { minLength: 1, maxLength: 3 }) : one
}

function scalar(expects: string): fc.Arbitrary<unknown> {
  if (expects === 'an integer') return fc.integer()
  if (expects === 'a finite number') return fc.double({ noNaN: true, noDefaultInfinity: true })
  if (expects === 'a boolean') return fc.boolean()
  if (expects === 'a valid Date') return fc.constant(new Date('2024-02-29T00:00:00Z'))
  return texts
}

/** A value with every field of a structure filled in. */
function arbitraryShape(shape: Shape<never>): fc.Arbitrary<Value> {
  return fc.record(Object.fromEntries(shape.fields.map(([name, field]) => [name, arbitrary(field)])))
}

/** Fields that are `undefined` are as good as none. */
function withoutAbsent(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutAbsent)
  if (typeof value !== 'object' || value === null || value instanceof Date) return value
  const present = Object.entries(value).filter(([, inner]) => inner !== undefined)
  return Object.fromEntries(present.map(([name, inner]) => [name, withoutAbsent(inner)]))
}

for (const [family, lawful] of Object.entries(families)) {
  test(`${family}: whatever is set comes back, every field filled in`, async t => {
    const { client } = await withBucket(t)
    const put = operations[`put${family}`] as OperationData
    const [name, field] = put.request.find(([, each]) => each.place === 'document') as OperationData['request'][number]
    const methods = client as unknown as Record<string, (request: unknown) => Promise<Value>>
    await fc.assert(
      fc.asyncProperty(arbitrary(field), async random => {
        const value = withoutAbsent(lawful(random as never))
        await methods[`put${family}`]?.({ bucket: 'bucket', [name]: value })
        const result = await methods[`get${family}`]?.({ bucket: 'bucket' })
        t.deepEqual(result?.[name], value)
      }),
      { numRuns: 12 },
    )
  })
}

async function withBucket(t: ExecutionContext) {
  const { client, server } = await withServer(t)
  await client.putBucket({ bucket: 'bucket' })
  return { client, server }
}

test('every family that sets a document by that name is in the table above, or has tests of its own', t => {
  const own = [
    ...['AccessPointPublicAccessBlock', 'BucketInventory', 'BucketObjectWormConfiguration', 'BucketReplication'],
    ...['BucketResourceGroup', 'BucketRtc', 'BucketVersioning', 'Cname', 'ObjectLegalHold', 'ObjectRetention'],
    ...['ObjectTagging', 'PublicAccessBlock', 'Style', 'Bucket'],
  ]
  const puts = Object.entries(operations)
    .filter(
      ([method, { request }]) => method.startsWith('put') && request.some(([, field]) => field.place === 'document'),
    )
    .map(([method]) => method.slice('put'.length))
  t.deepEqual(
    puts.filter(name => !(name in families) && !own.includes(name)),
    [],
  )
})
