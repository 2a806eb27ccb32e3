import test from 'ava'
import fc from 'fast-check'
import { isSignedQueryV1, SignerV1, stringToSignV1 } from '#src/signing/v1.js'

const parts = { method: 'GET', bucket: 'bucket', key: 'key', query: {}, headers: {}, date: 'D', subResource: [] }

test('names of the fixed list, of the operation, and x-oss-* are signed, others are not', t => {
  for (const name of [
    'acl',
    'uploadId',
    'response-content-type',
    'security-token',
    'x-oss-process',
    'x-oss-ac-source-ip',
  ]) {
    t.true(isSignedQueryV1(name, []), name)
  }
  for (const name of ['cors', 'prefix', 'max-keys', 'encoding-type', 'accessmonitor', 'constructor']) {
    t.false(isSignedQueryV1(name, []), name)
  }
  t.true(isSignedQueryV1('cors', ['cors']))
})

test('the text holds decoded values, and empty ones as the name alone', t => {
  const query = { versionId: 'a+/=', acl: '', prefix: 'x' }
  t.is(stringToSignV1({ ...parts, key: 'a b', query }), 'GET\n\n\nD\n/bucket/a b?acl&versionId=a+/=')
})

test('only x-oss-* headers, MD5 and type are covered', t => {
  const headers = { 'x-oss-b': '2', 'content-md5': 'M', 'content-type': 'T', range: 'R', 'x-oss-a': '1' }
  t.is(stringToSignV1({ ...parts, headers }), 'GET\nM\nT\nD\nx-oss-a:1\nx-oss-b:2\n/bucket/key')
})

test('a resource takes the place of bucket and key', t => {
  t.is(stringToSignV1({ ...parts, resource: '/r/s', query: { acl: '' } }), 'GET\n\n\nD\n/r/s?acl')
})

test('the order of the query does not matter', t => {
  const names = fc.constantFrom('acl', 'uploads', 'position', 'versionId', 'x-oss-process', 'prefix')
  fc.assert(
    fc.property(fc.dictionary(names, fc.string()), query => {
      const reversed = Object.fromEntries(Object.entries(query).reverse())
      return stringToSignV1({ ...parts, query }) === stringToSignV1({ ...parts, query: reversed })
    }),
  )
  t.pass()
})

test('presigning tells the headers to send along', t => {
  const context = {
    ...parts,
    query: { Signature: 'old', 'security-token': 'old' } as Record<string, string>,
    headers: { 'x-oss-meta-a': '1', range: 'bytes=0-1', 'content-type': 'a/b' },
    credentials: { accessKeyId: 'ak', accessKeySecret: 'sk' },
    region: '',
    product: 'oss',
    signingTime: new Date(0),
    additionalHeaders: [],
  }
  t.deepEqual(new SignerV1().presign(context, new Date(1_700_000_000_999)), ['content-type', 'x-oss-meta-a'])
  t.deepEqual(Object.keys(context.query).sort(), ['Expires', 'OSSAccessKeyId', 'Signature'])
  t.is(context.query.Expires, '1700000000')
})
