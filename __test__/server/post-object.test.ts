// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the service writes its variables that way
import { createHmac } from 'node:crypto'
import test from 'ava'
import { signatureV4, signingKeyV4, timestampV4 } from '#src/signing/v4.js'
import { contentFiles, type Tester, withServer } from './helpers.js'

interface Form {
  fields?: Record<string, string>
  /** @default 'v4' */
  sign?: 'v4' | 'v1' | 'none'
  conditions?: unknown[]
  expiration?: string
  file?: string | Uint8Array<ArrayBuffer>
  fileName?: string
  /** Fields behind the file. */
  behind?: [name: string, value: string | Blob][]
  policy?: string
}

/** Posts a form as a browser does. */
async function post(tester: Tester, form: Form) {
  const { accessKeyId, accessKeySecret } = tester.server.credentials
  const data = new FormData()
  for (const [name, value] of Object.entries({ key: 'a', ...form.fields })) if (value !== '-') data.append(name, value)
  const expiration = form.expiration ?? new Date(Date.now() + 60_000).toISOString()
  const policy =
    form.policy ?? Buffer.from(JSON.stringify({ expiration, conditions: form.conditions ?? [] })).toString('base64')
  if (form.sign === 'v1') {
    data.append('OSSAccessKeyId', accessKeyId)
    data.append('policy', policy)
    data.append('Signature', createHmac('sha1', accessKeySecret).update(policy).digest('base64'))
  } else if (form.sign !== 'none') {
    const time = timestampV4(new Date())
    const scope = { date: time.slice(0, 8), region: tester.server.region, product: 'oss' }
    data.append('policy', policy)
    data.append('x-oss-signature-version', 'OSS4-HMAC-SHA256')
    data.append('x-oss-credential', `${accessKeyId}/${scope.date}/${scope.region}/oss/aliyun_v4_request`)
    data.append('x-oss-date', time)
    data.append('x-oss-signature', signatureV4(signingKeyV4(accessKeySecret, scope), policy))
  }
  if (form.file !== undefined) data.append('file', new Blob([form.file]), form.fileName ?? 'name.txt')
  for (const [name, value] of form.behind ?? []) data.append(name, value)
  const answer = await fetch(`${tester.server.endpoint}/bucket`, { method: 'POST', body: data, redirect: 'manual' })
  const text = await answer.text()
  return { status: answer.status, headers: answer.headers, text, code: /<Code>(.*?)<\/Code>/.exec(text)?.[1] }
}

test('a form stores its file, signed by V4 or V1', async t => {
  const tester = await withServer(t)
  const fields = {
    'Content-Type': 'text/x-test',
    'x-oss-meta-a': 'ü',
    'x-oss-storage-class': 'IA',
    'Cache-Control': 'no-cache',
    'x-oss-object-acl': 'public-read',
  }
  for (const sign of ['v4', 'v1'] as const) {
    const answer = await post(tester, { sign, fields: { key: `dir/${sign}`, ...fields }, file: 'content' })
    t.is(answer.status, 204, answer.text)
    const stored = await tester.get('bucket', `dir/${sign}`)
    t.is(stored.text, 'content')
    t.is(answer.headers.get('etag'), stored.headers.etag)
    t.is(answer.headers.get('x-oss-hash-crc64ecma'), stored.headers['x-oss-hash-crc64ecma'])
    t.is(stored.headers['content-type'], 'text/x-test')
    t.is(stored.headers['x-oss-meta-a'], 'ü')
    t.is(stored.headers['x-oss-storage-class'], 'IA')
    t.is(stored.headers['cache-control'], 'no-cache')
  }
  t.is(tester.server.requests.count('PostObject'), 2)
})

test('the answer is what the form wishes', async t => {
  const tester = await withServer(t)
  const status = (value: string) => post(tester, { fields: { success_action_status: value }, file: 'x' })
  t.is((await status('200')).status, 200)
  t.is((await status('418')).status, 204)
  const created = await status('201')
  t.is(created.status, 201)
  t.regex(
    created.text,
    /<PostResponse><Bucket>bucket<\/Bucket><ETag>.*<\/ETag><Key>a<\/Key><Location>http:.*\/bucket\/a</,
  )
  const redirect = { success_action_redirect: 'https://example.com/done?x=1' }
  const moved = await post(tester, { fields: redirect, file: 'x' })
  t.is(moved.status, 303)
  const target = new URL(moved.headers.get('location') ?? '')
  t.deepEqual([target.searchParams.get('x'), target.searchParams.get('key')], ['1', 'a'])
})

test('the key may hold the name of the file', async t => {
  const tester = await withServer(t)
  t.is((await post(tester, { fields: { key: 'up/${filename}' }, file: 'x', fileName: 'C:\\docs\\é.txt' })).status, 204)
  t.is((await tester.get('bucket', 'up/é.txt')).text, 'x')
})

const cases: [condition: unknown, fields: Record<string, string>, code: string | undefined][] = [
  [{ bucket: 'bucket' }, {}, undefined],
  [{ bucket: 'other' }, {}, 'AccessDenied'],
  [['eq', '$key', 'a'], {}, undefined],
  [['eq', '$key', 'b'], {}, 'AccessDenied'],
  [['starts-with', '$key', 'user/'], { key: 'user/1' }, undefined],
  [['starts-with', '$key', 'user/'], { key: 'else/1' }, 'AccessDenied'],
  [['in', '$content-type', ['image/png', 'image/jpg']], { 'Content-Type': 'image/png' }, undefined],
  [['in', '$content-type', ['image/png']], { 'Content-Type': 'text/html' }, 'AccessDenied'],
  [['not-in', '$cache-control', ['no-cache']], { 'Cache-Control': 'no-cache' }, 'AccessDenied'],
  [['not-in', '$cache-control', ['no-cache']], {}, undefined],
  [['content-length-range', 1, 4], {}, undefined],
  [['content-length-range', 1, 3], {}, 'EntityTooLarge'],
  [['content-length-range', 5, 9], {}, 'EntityTooSmall'],
  [['like', '$key', 'a'], {}, 'InvalidPolicyDocument'],
  [['content-length-range', 9, 5], {}, 'InvalidPolicyDocument'],
]

test('a form has to meet the conditions of its policy', async t => {
  const tester = await withServer(t)
  for (const [condition, fields, code] of cases) {
    const answer = await post(tester, { conditions: [condition], fields, file: 'four' })
    t.is(answer.code, code, JSON.stringify(condition))
    if (code === 'AccessDenied') t.regex(answer.text, /Invalid according to Policy: Policy Condition failed/)
  }
  const names = [...tester.server.requests].filter(each => each.operation === 'PostObject').length
  t.is(names, cases.length)
})

test('what was refused leaves nothing', async t => {
  const tester = await withServer(t)
  const big = new Uint8Array(3_000_000)
  const tooLarge = await post(tester, { conditions: [['content-length-range', 0, 1_000_000]], file: big })
  t.is(tooLarge.code, 'EntityTooLarge')
  t.is((await tester.get('bucket', 'a')).code, 'NoSuchKey')
  t.is(await contentFiles(tester.server), 0)
})

test('a policy has to be one, and not to be over', async t => {
  const tester = await withServer(t)
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64')
  const expiration = new Date(Date.now() + 60_000).toISOString()
  const bad: [policy: unknown, ec: string][] = [
    [{}, '0006-00000209'],
    [{ expiration }, '0006-00000207'],
    [{ conditions: [] }, '0006-00000208'],
    [{ expiration, conditions: [], more: 1 }, '0006-00000206'],
    [{ expiration: 123, conditions: [] }, '0006-00000210'],
  ]
  for (const [policy, ec] of bad) {
    const answer = await post(tester, { policy: encode(policy), file: 'x' })
    t.is(answer.code, 'InvalidPolicyDocument')
    t.is(answer.headers.get('x-oss-ec'), ec)
  }
  const over = await post(tester, { expiration: '2020-01-01T00:00:00Z', file: 'x' })
  t.is(over.code, 'AccessDenied')
  t.regex(over.text, /Policy expired/)
})

test('forms are refused for what is wrong with their fields', async t => {
  const tester = await withServer(t)
  t.is((await post(tester, {})).code, 'IncorrectNumberOfFilesInPOSTRequest')
  const twice = await post(tester, { file: 'x', behind: [['file', new Blob(['y'])]] })
  t.is(twice.code, 'IncorrectNumberOfFilesInPOSTRequest')
  t.is((await post(tester, { fields: { long: 'x'.repeat(4097) }, file: 'x' })).code, 'FieldItemTooLong')
  t.is((await post(tester, { fields: { key: '-' }, file: 'x' })).code, 'InvalidArgument')
  t.is((await post(tester, { fields: { key: '/a' }, file: 'x' })).code, 'InvalidObjectName')
  t.is((await post(tester, { fields: { 'x-oss-object-acl': 'secret' }, file: 'x' })).code, 'InvalidArgument')
  t.is((await tester.get('bucket', 'a')).code, 'NoSuchKey')
  const body = await tester.send({ method: 'POST', bucket: 'bucket', sign: 'none', body: 'no form' })
  t.is(body.code, 'MalformedPOSTRequest')
})

test('a form without a signature needs a bucket that everyone may write to', async t => {
  const tester = await withServer(t)
  t.is((await post(tester, { sign: 'none', file: 'x' })).code, 'AccessDenied')
  const acl = { 'x-oss-acl': 'public-read-write' }
  await tester.send({ method: 'PUT', bucket: 'bucket', query: { acl: '' }, headers: acl })
  t.is((await post(tester, { sign: 'none', file: 'x' })).status, 204)
})

test('a signature that is not right is refused', async t => {
  const tester = await withServer(t)
  const signed = { policy: 'e30=', OSSAccessKeyId: tester.server.credentials.accessKeyId, Signature: 'bm8=' }
  t.is((await post(tester, { sign: 'none', fields: signed, file: 'x' })).code, 'SignatureDoesNotMatch')
  const unknown = { ...signed, OSSAccessKeyId: 'nobody' }
  t.is((await post(tester, { sign: 'none', fields: unknown, file: 'x' })).code, 'InvalidAccessKeyId')
  const half = await post(tester, { sign: 'none', fields: { 'x-oss-signature': 'x', policy: 'e30=' }, file: 'x' })
  t.is(half.headers.get('x-oss-ec'), '0002-00000703')
})
