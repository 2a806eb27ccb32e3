import test from 'ava'
import { signatureV1, stringToSignV1 } from '#src/signing/v1.js'
import { withServer } from './helpers.js'

const minute = 60_000

/** Sets a header after the request was signed. */
const withHeader = (name: string, value: string) => (wire: { headers: Record<string, string> }) => {
  wire.headers[name] = value
}

test('V4 and V1 signatures are accepted, in headers and in the query', async t => {
  const tester = await withServer(t)
  await tester.put('bucket', 'a b/+&=', 'content', { 'x-oss-meta-name': 'välue 中' })
  const target = { method: 'GET', bucket: 'bucket', key: 'a b/+&=' }
  t.is((await tester.send({ ...target, sign: 'v4' })).text, 'content')
  t.is((await tester.send({ ...target, sign: 'v1' })).text, 'content')
  t.is(
    (await tester.sendPresigned({ ...target, sign: 'v4', query: { 'response-content-type': 'a/b; c' } })).text,
    'content',
  )
  t.is(
    (await tester.sendPresigned({ ...target, sign: 'v1', query: { 'response-content-type': 'a/b; c' } })).text,
    'content',
  )
  t.is((await tester.send({ ...target, sign: 'none' })).code, 'AccessDenied')
})

test('a wrong secret is answered with what was signed, but not with the secret', async t => {
  const tester = await withServer(t)
  for (const sign of ['v4', 'v1'] as const) {
    const answer = await tester.send({ method: 'GET', bucket: 'bucket', key: 'k', sign, accessKeySecret: 'wrong' })
    t.is(answer.status, 403)
    t.is(answer.code, 'SignatureDoesNotMatch')
    t.regex(answer.xml.child('StringToSign')!.text, sign === 'v4' ? /^OSS4-HMAC-SHA256\n/ : /^GET\n/)
    if (sign === 'v4') t.regex(answer.xml.child('CanonicalRequest')!.text, /^GET\n\/bucket\/k\n/)
    t.false(answer.text.includes('test-access-key-secret'))
  }
})

test('the bucket is looked up before the access key, except where a bucket is made', async t => {
  const tester = await withServer(t)
  const unknown = { accessKeyId: 'unknown', bucket: 'missing-bucket' }
  t.is((await tester.send({ method: 'GET', ...unknown })).code, 'NoSuchBucket')
  t.is((await tester.send({ method: 'PUT', ...unknown })).code, 'InvalidAccessKeyId')
  const acl = await tester.send({ method: 'PUT', ...unknown, query: { acl: '' }, headers: { 'x-oss-acl': 'private' } })
  t.is(acl.code, 'InvalidAccessKeyId')
  t.is(acl.xml.child('EC')?.text, '0002-00000902')
  t.is((await tester.send({ method: 'GET', accessKeyId: 'unknown', bucket: 'bucket' })).code, 'InvalidAccessKeyId')
})

test('the region in a V4 scope must be the server’s', async t => {
  const tester = await withServer(t)
  const answer = await tester.send({ method: 'GET', bucket: 'bucket', region: 'cn-beijing' })
  t.is(answer.status, 400)
  t.is(answer.code, 'InvalidArgument')
  t.is(answer.xml.child('EC')?.text, '0002-00000226')
  t.is(answer.xml.child('Message')?.text, 'Invalid signing region in Authorization header.')
})

test('a clock that is more than fifteen minutes off is refused with both times', async t => {
  const server = await withServer(t)
  for (const sign of ['v4', 'v1'] as const) {
    for (const offset of [-16, 16]) {
      const answer = await server.send({
        method: 'GET',
        bucket: 'bucket',
        sign,
        time: new Date(Date.now() + offset * minute),
      })
      t.is(answer.status, 403)
      t.is(answer.code, 'RequestTimeTooSkewed')
      t.is(answer.xml.child('EC')?.text, '0002-00000504')
      t.is(answer.xml.child('MaxAllowedSkewMilliseconds')?.text, '900000')
      const requestTime = Date.parse(answer.xml.child('RequestTime')!.text)
      const serverTime = Date.parse(answer.xml.child('ServerTime')!.text)
      t.true(Math.abs(requestTime - serverTime - offset * minute) < minute)
    }
    t.is(
      (await server.send({ method: 'GET', bucket: 'bucket', sign, time: new Date(Date.now() - 14 * minute) })).status,
      200,
    )
  }
})

test('a presigned URL works until it expires', async t => {
  const tester = await withServer(t)
  await tester.put('bucket', 'a', 'x')
  for (const sign of ['v4', 'v1'] as const) {
    const target = { method: 'GET', bucket: 'bucket', key: 'a', sign, time: new Date(Date.now() - 30 * minute) }
    t.is((await tester.sendPresigned(target, 31 * 60)).text, 'x')
    const late = await tester.sendPresigned(target, 29 * 60)
    t.is(late.status, 403)
    t.is(late.code, 'AccessDenied')
  }
})

test('a presigned URL leaves Range free but not x-oss headers, method or key', async t => {
  const tester = await withServer(t)
  await tester.put('bucket', 'a', '0123456789')
  await tester.put('bucket', 'b', 'other')
  for (const sign of ['v4', 'v1'] as const) {
    const target = { method: 'GET', bucket: 'bucket', key: 'a', sign }
    const ranged = await tester.sendPresigned({ ...target, tamper: withHeader('range', 'bytes=2-3') })
    t.is(ranged.text, '23')
    const added = await tester.sendPresigned({ ...target, tamper: withHeader('x-oss-meta-a', 'b') })
    t.is(added.code, 'SignatureDoesNotMatch')
    const moved = await tester.sendPresigned({
      ...target,
      tamper: wire => {
        wire.path = wire.path.replace('/a?', '/b?')
      },
    })
    t.is(moved.code, 'SignatureDoesNotMatch')
    const presignedPut = await tester.sendPresigned({
      method: 'PUT',
      bucket: 'bucket',
      key: `new-${sign}`,
      body: 'up',
      sign,
    })
    t.is(presignedPut.status, 200)
  }
})

test('additional headers are signed, and have one spelling only', async t => {
  const tester = await withServer(t)
  const base = { method: 'GET', bucket: 'bucket', headers: { range: 'bytes=0-1', 'a-z': '1' } }
  t.is((await tester.send({ ...base, additionalHeaders: ['range', 'a-z'] })).status, 200)
  const changed = await tester.send({
    ...base,
    additionalHeaders: ['range'],
    tamper: withHeader('range', 'bytes=0-2'),
  })
  t.is(changed.code, 'SignatureDoesNotMatch')
  for (const list of ['', 'a-z;range;', 'range;a-z', 'Range', 'absent']) {
    const answer = await tester.send({
      ...base,
      additionalHeaders: ['a-z', 'range'],
      tamper: wire => {
        wire.headers.authorization = wire.headers.authorization.replace('a-z;range', list)
      },
    })
    t.is(answer.code, 'InvalidArgument', list)
    t.regex(answer.xml.child('EC')!.text, /^0002-0000020?2?(09|10)$/, list)
  }
})

test('temporary credentials need their token', async t => {
  const temporary = { accessKeyId: 'STS.1', accessKeySecret: 'secret', securityToken: 'token+/=' }
  const tester = await withServer(t, { credentials: [{ accessKeyId: 'ak', accessKeySecret: 'sk' }, temporary] })
  const target = { method: 'GET', bucket: 'bucket', accessKeyId: 'STS.1', accessKeySecret: 'secret' }
  for (const sign of ['v4', 'v1'] as const) {
    t.is((await tester.send({ ...target, sign, securityToken: 'token+/=' })).status, 200)
    t.is((await tester.sendPresigned({ ...target, sign, securityToken: 'token+/=' })).status, 200)
    t.is((await tester.send({ ...target, sign })).code, 'InvalidAccessKeyId')
    t.is((await tester.send({ ...target, sign, securityToken: 'other' })).code, 'InvalidSecurityToken')
  }
})

test('V1 accepts newer subresources signed or unsigned, and x-oss-date in place of Date', async t => {
  const tester = await withServer(t)
  await tester.put('bucket', 'a', 'x')
  for (const subResource of [[], ['quota']]) {
    const answer = await tester.send({
      method: 'GET',
      bucket: 'bucket',
      key: 'a',
      query: { quota: '' },
      subResource,
      sign: 'v1',
    })
    t.not(answer.code, 'SignatureDoesNotMatch')
  }
  const unsigned = await tester.send({ method: 'GET', bucket: 'bucket', query: { cors: '' }, sign: 'v1' })
  t.is(unsigned.code, 'SignatureDoesNotMatch')
  const date = new Date(Date.now() - minute).toUTCString()
  const headers = { 'x-oss-date': date, 'x-oss-meta-a': 'b' }
  const text = stringToSignV1({ method: 'PUT', bucket: 'bucket', key: 'b', query: {}, headers, date, subResource: [] })
  const authorization = `OSS test-access-key-id:${signatureV1('test-access-key-secret', text)}`
  const dated = { method: 'PUT', bucket: 'bucket', key: 'b' }
  t.is((await tester.transmit(dated, {}, { ...headers, authorization })).status, 200)
})

test('access control lists decide what needs no signature', async t => {
  const tester = await withServer(t)
  const anonymous = (method: string, key: string, body?: string) =>
    tester.send({ method, bucket: 'bucket', key, sign: 'none', ...(body === undefined ? {} : { body }) })
  await tester.put('bucket', 'private', 'x')
  await tester.put('bucket', 'public', 'y', { 'x-oss-object-acl': 'public-read' })
  t.is((await anonymous('GET', 'private')).code, 'AccessDenied')
  t.is((await anonymous('GET', 'public')).text, 'y')
  t.is((await anonymous('PUT', 'public', 'z')).status, 403)
  await tester.send({
    method: 'PUT',
    bucket: 'bucket',
    query: { acl: '' },
    headers: { 'x-oss-acl': 'public-read-write' },
  })
  t.is((await anonymous('PUT', 'new', 'z')).status, 200)
  t.is((await anonymous('GET', 'private')).text, 'x')
  t.is((await tester.send({ method: 'GET', sign: 'none' })).code, 'AccessDenied')
})
