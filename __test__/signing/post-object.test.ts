// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the service has such placeholders
import { createHmac } from 'node:crypto'
import test, { type ExecutionContext } from 'ava'
import {
  AnonymousCredentialsProvider,
  BucketNameInvalidError,
  type ClientOptions,
  CredentialsEmptyError,
  callback,
  ObjectNameInvalidError,
  ParamInvalidError,
  ParamRequiredError,
  PresignExpirationError,
  type PresignPostRequest,
  StaticCredentialsProvider,
} from 'ferross'
import { goldenClient, RecordingClient } from '../helpers/golden.js'

const now = '2026-03-04T05:06:07.890Z'
const expiration = new Date('2026-03-04T06:00:00.000Z')
const target = { bucket: 'examplebucket', key: 'dir/a b.txt' }

/** A client whose clock stands still. The clock is the process's, so tests with it are serial. */
function fixedClient(t: ExecutionContext, config: ClientOptions = {}) {
  const realNow = Date.now
  Date.now = () => Date.parse(now)
  t.teardown(() => {
    Date.now = realNow
  })
  return goldenClient(new RecordingClient(), config)
}

const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest()
const decode = (policy: string | undefined) => JSON.parse(Buffer.from(policy ?? '', 'base64').toString('utf8'))

test.serial('a V4 form has the fields, the policy and the signature that the service documents', async t => {
  const { url, fields, expiration: until } = await fixedClient(t).presignPost(target, { expiration })
  t.is(url, 'https://examplebucket.oss-cn-hangzhou.aliyuncs.com/')
  t.deepEqual(until, expiration)
  const credential = 'ak/20260304/cn-hangzhou/oss/aliyun_v4_request'
  const policy = {
    expiration: '2026-03-04T06:00:00.000Z',
    conditions: [
      { bucket: 'examplebucket' },
      { 'x-oss-signature-version': 'OSS4-HMAC-SHA256' },
      { 'x-oss-credential': credential },
      { 'x-oss-date': '20260304T050607Z' },
      ['eq', '$key', 'dir/a b.txt'],
    ],
  }
  t.deepEqual(decode(fields.policy), policy)
  const signingKey = ['20260304', 'cn-hangzhou', 'oss', 'aliyun_v4_request'].reduce<string | Buffer>(
    hmac,
    'aliyun_v4sk',
  )
  t.deepEqual(fields, {
    key: 'dir/a b.txt',
    'x-oss-signature-version': 'OSS4-HMAC-SHA256',
    'x-oss-credential': credential,
    'x-oss-date': '20260304T050607Z',
    policy: Buffer.from(JSON.stringify(policy)).toString('base64'),
    'x-oss-signature': hmac(signingKey, fields.policy as string).toString('hex'),
  })
  t.is(fields['x-oss-signature'], '6c5ada201064e70a117ce715d3dd8246bfe975af78e946c25b59402b56950052')
})

test.serial('a V1 form has its own fields', async t => {
  const { fields } = await fixedClient(t, { signatureVersion: 'v1' }).presignPost(target, { expiration })
  const policy =
    '{"expiration":"2026-03-04T06:00:00.000Z","conditions":[{"bucket":"examplebucket"},["eq","$key","dir/a b.txt"]]}'
  const encoded = Buffer.from(policy).toString('base64')
  t.deepEqual(fields, {
    key: 'dir/a b.txt',
    OSSAccessKeyId: 'ak',
    policy: encoded,
    Signature: createHmac('sha1', 'sk').update(encoded).digest('base64'),
  })
  t.is(fields.Signature, 'n2Fj0v+sWwHN03RpFcld67obwc0=')
})

test.serial('temporary credentials add their token, which a V4 policy states too', async t => {
  const credentialsProvider = new StaticCredentialsProvider('ak', 'sk', 'the-token')
  const v4 = await fixedClient(t, { credentialsProvider }).presignPost(target, { expiration })
  t.is(v4.fields['x-oss-security-token'], 'the-token')
  t.deepEqual(decode(v4.fields.policy).conditions[4], { 'x-oss-security-token': 'the-token' })
  const v1 = await fixedClient(t, { credentialsProvider, signatureVersion: 'v1' }).presignPost(target, { expiration })
  t.is(v1.fields['x-oss-security-token'], 'the-token')
})

const everything: PresignPostRequest = {
  ...target,
  contentLengthRange: [1, 1024],
  contentType: 'text/plain',
  cacheControl: 'no-cache',
  contentDisposition: 'attachment; filename="a.txt"',
  contentEncoding: 'identity',
  expires: 'Wed, 04 Mar 2026 06:00:00 GMT',
  metadata: { Owner: '我' },
  acl: 'private',
  storageClass: 'IA',
  forbidOverwrite: true,
  serverSideEncryption: 'KMS',
  serverSideEncryptionKeyId: 'key-id',
  trafficLimit: 819200,
  successActionStatus: 201,
  successActionRedirect: 'https://example.com/done',
  ...callback({ url: 'https://example.com/', body: 'uid=${x:uid}', vars: { 'x:uid': '7' } }),
  fields: { 'x-oss-tagging': 'a=b' },
  conditions: [['in', '$x-choice', ['a', 'b']], ['not-in', '$x-other', ['c']], { 'x-third': 'd' }],
}

test.serial('every given field becomes a field of the form and a condition', async t => {
  const { fields } = await fixedClient(t).presignPost(everything, { expiration })
  const { 'x-oss-signature': _, policy, ...given } = fields
  t.deepEqual(given, {
    key: 'dir/a b.txt',
    'Content-Type': 'text/plain',
    'Cache-Control': 'no-cache',
    'Content-Disposition': 'attachment; filename="a.txt"',
    'Content-Encoding': 'identity',
    Expires: 'Wed, 04 Mar 2026 06:00:00 GMT',
    'x-oss-object-acl': 'private',
    'x-oss-storage-class': 'IA',
    'x-oss-forbid-overwrite': 'true',
    'x-oss-server-side-encryption': 'KMS',
    'x-oss-server-side-encryption-key-id': 'key-id',
    'x-oss-traffic-limit': '819200',
    success_action_status: '201',
    success_action_redirect: 'https://example.com/done',
    callback: everything.callback as string,
    'x:uid': '7',
    'x-oss-meta-owner': '我',
    'x-oss-tagging': 'a=b',
    'x-oss-signature-version': 'OSS4-HMAC-SHA256',
    'x-oss-credential': 'ak/20260304/cn-hangzhou/oss/aliyun_v4_request',
    'x-oss-date': '20260304T050607Z',
  })
  const { conditions } = decode(policy) as { conditions: unknown[] }
  const stated = new Map<string, unknown>()
  for (const condition of conditions) {
    if (Array.isArray(condition)) stated.set(condition[1], condition[2])
    else for (const [name, value] of Object.entries(condition as object)) stated.set(`$${name}`, value)
  }
  for (const [name, value] of Object.entries(given)) t.is(stated.get(`$${name.toLowerCase()}`), value, name)
  t.deepEqual(conditions.slice(-4), [
    ['content-length-range', 1, 1024],
    ['in', '$x-choice', ['a', 'b']],
    ['not-in', '$x-other', ['c']],
    { 'x-third': 'd' },
  ])
})

test('key and type can be left to the sender within limits', async t => {
  const client = goldenClient(new RecordingClient())
  const conditions = async (request: Partial<PresignPostRequest>) => {
    const { fields } = await client.presignPost({ ...target, ...request })
    return [fields.key, fields['Content-Type'], ...decode(fields.policy).conditions.slice(4)]
  }
  t.deepEqual(await conditions({ key: { prefix: 'user/7/' } }), [
    'user/7/${filename}',
    undefined,
    ['starts-with', '$key', 'user/7/'],
  ])
  t.deepEqual(await conditions({ key: 'a/${filename}.bak' }), [
    'a/${filename}.bak',
    undefined,
    ['starts-with', '$key', 'a/'],
  ])
  const types = ['image/png', 'image/jpeg']
  t.deepEqual((await conditions({ contentType: types })).slice(1), [
    undefined,
    ['eq', '$key', target.key],
    ['in', '$content-type', types],
  ])
  t.deepEqual((await conditions({ contentType: { prefix: 'image/' } })).at(-1), [
    'starts-with',
    '$content-type',
    'image/',
  ])
})

test('the form goes where requests go', async t => {
  const url = async (config: ClientOptions) =>
    (await goldenClient(new RecordingClient(), config).presignPost(target)).url
  t.is(await url({ endpoint: 'http://127.0.0.1:8080' }), 'http://127.0.0.1:8080/examplebucket/')
  t.is(await url({ endpoint: 'https://static.example.com', useCname: true }), 'https://static.example.com/')
  t.is(await url({ usePathStyle: true }), 'https://oss-cn-hangzhou.aliyuncs.com/examplebucket/')
})

test('wrong requests fail before anything is signed, and are named', async t => {
  let asked = 0
  const credentialsProvider = {
    getCredentials: () => {
      asked++
      return { accessKeyId: 'ak', accessKeySecret: 'sk' }
    },
  }
  const client = goldenClient(new RecordingClient(), { credentialsProvider })
  const cases: [field: string, request: object][] = [
    ['key', { key: 'a\r\nb' }],
    ['key', { key: 5 }],
    ['key.prefix', { key: {} }],
    ['contentLengthRange', { contentLengthRange: [2, 1] }],
    ['contentLengthRange', { contentLengthRange: [-1, 1] }],
    ['contentLengthRange', { contentLengthRange: 5 }],
    ['contentType', { contentType: [] }],
    ['contentType[0]', { contentType: [5] }],
    ['contentType.prefix', { contentType: { prefix: undefined } }],
    ['cacheControl', { cacheControl: 'a\nb' }],
    ['metadata.a', { metadata: { a: 5 } }],
    ['forbidOverwrite', { forbidOverwrite: 'yes' }],
    ['trafficLimit', { trafficLimit: 1.5 }],
    ['successActionStatus', { successActionStatus: 202 }],
    ['successActionRedirect', { successActionRedirect: 'javascript:alert(1)' }],
    ['callbackVar', { callbackVar: 'nonsense' }],
    ['callbackVar', { callbackVar: Buffer.from('{"uid":"1"}').toString('base64') }],
    ['fields.policy', { fields: { policy: 'x' } }],
    ['fields.x-oss-meta-a', { metadata: { a: 'b' }, fields: { 'x-oss-meta-a': 'c' } }],
    ['fields', { fields: { 'a"b': 'x' } }],
    ['conditions', { conditions: 'x' }],
    ['conditions[0]', { conditions: [['like', '$key', 'x']] }],
    ['conditions[0]', { conditions: [['eq', 'key', 'x']] }],
    ['conditions[0]', { conditions: [['in', '$key', 'x']] }],
    ['conditions[0]', { conditions: [{ a: 'b', c: 'd' }] }],
    ['x-oss-meta-a', { metadata: { a: 'x'.repeat(4097) } }],
  ]
  for (const [field, request] of cases) {
    const attempt = client.presignPost({ ...target, ...request } as never)
    const error = await t.throwsAsync(attempt, { instanceOf: ParamInvalidError }, field)
    t.is(error?.field, field)
  }
  await t.throwsAsync(client.presignPost({ ...target, key: 'x'.repeat(1025) }), { instanceOf: ObjectNameInvalidError })
  const before = asked
  await t.throwsAsync(client.presignPost({ ...target, bucket: 'No' }), { instanceOf: BucketNameInvalidError })
  await t.throwsAsync(client.presignPost({ key: 'k' } as never), { instanceOf: ParamRequiredError })
  await t.throwsAsync(client.presignPost(null as never), { instanceOf: ParamInvalidError })
  await t.throwsAsync(client.presignPost(target, { expires: 0 }), { instanceOf: ParamInvalidError })
  await t.throwsAsync(client.presignPost(target, { expires: 604_801 }), { instanceOf: PresignExpirationError })
  t.is(asked, before)
  await t.throwsAsync(client.presignPost({ bucket: 'examplebucket' } as never), { instanceOf: ParamRequiredError })
  await t.notThrowsAsync(
    goldenClient(new RecordingClient(), { signatureVersion: 'v1' }).presignPost(target, { expires: 604_801 }),
  )
})

test('a form cannot be made without credentials', async t => {
  const anonymous = goldenClient(new RecordingClient(), { credentialsProvider: new AnonymousCredentialsProvider() })
  await t.throwsAsync(anonymous.presignPost(target), { instanceOf: ParamInvalidError })
  const empty = goldenClient(new RecordingClient(), {
    credentialsProvider: { getCredentials: () => ({ accessKeyId: '', accessKeySecret: '' }) },
  })
  await t.throwsAsync(empty.presignPost(target), { instanceOf: CredentialsEmptyError })
})
