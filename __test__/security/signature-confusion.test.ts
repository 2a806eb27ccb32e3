import test from 'ava'
import fc from 'fast-check'
import { encodePath, encodeQuery } from '#src/signing/encode.js'
import { SignerV1, stringToSignV1 } from '#src/signing/v1.js'
import { canonicalPathV4, canonicalRequestV4, SignerV4 } from '#src/signing/v4.js'
import { withServer } from '../server/helpers.js'

// Threat: two requests that mean different things have one signature, so that one of them can be made of the other.

const text = fc.oneof(
  fc.constantFrom(
    '',
    'a',
    '/',
    '//',
    '&',
    '=',
    '?',
    '#',
    '%',
    '%2F',
    '%26',
    '+',
    ' ',
    'é',
    'e\u0301',
    '\n',
    ';',
    ':',
    '&acl',
    '?acl',
  ),
  fc.string({ maxLength: 4, unit: 'grapheme' }),
)
const query = fc.dictionary(
  text.filter(name => name !== '' && name !== '__proto__'),
  text,
  { maxKeys: 4 },
)
const bucket = fc.constantFrom('bucket', 'other', undefined)
const headers = fc.dictionary(
  fc.constantFrom('x-oss-a', 'x-oss-b', 'content-type', 'content-md5'),
  text.filter(value => !/[\r\n]/.test(value)),
  {
    maxKeys: 3,
  },
)
const request = fc.record({
  method: fc.constantFrom('GET', 'PUT'),
  bucket,
  key: fc.option(text, { nil: undefined }),
  query,
  headers,
})

/** What a request means, in a form that differs where the meaning does. */
function meaning({ method, bucket, key, query, headers }: typeof request extends fc.Arbitrary<infer T> ? T : never) {
  const sorted = (values: Record<string, string>) => Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1))
  // A key without bucket is one of a bucket that the host names; an empty key is none.
  return JSON.stringify([method, bucket, key ?? '', sorted(query), sorted(headers)])
}

test('V4: requests of different meaning have different canonical requests', t => {
  const canonical = (sent: Parameters<typeof meaning>[0]) =>
    canonicalRequestV4({ ...sent, path: canonicalPathV4(sent), additionalHeaders: [] })
  fc.assert(
    fc.property(request, request, (one, other) => {
      fc.pre(one.bucket !== undefined && other.bucket !== undefined)
      return (meaning(one) === meaning(other)) === (canonical(one) === canonical(other))
    }),
    { numRuns: 5000 },
  )
  t.pass()
})

test('what is signed under V4 is what is sent: path and query decode to the same', t => {
  fc.assert(
    fc.property(text, query, (key, parameters) => {
      const path = encodePath(key)
      const search = encodeQuery(parameters)
      const signed = canonicalPathV4({ bucket: 'bucket', key })
      const pairs = search === '' ? [] : search.split('&').map(pair => pair.split('=').map(decodeURIComponent))
      return (
        signed === `/bucket/${path}` &&
        /^[A-Za-z0-9_.~/%-]*$/.test(path) &&
        decodeURIComponent(path) === key &&
        JSON.stringify(pairs) === JSON.stringify(Object.entries(parameters))
      )
    }),
    { numRuns: 3000 },
  )
  t.pass()
})

test('V1 is ambiguous where its definition is: a key and a subresource can be one text', t => {
  const base = { method: 'GET', bucket: 'bucket', headers: {}, date: 'D', subResource: [] }
  const key = stringToSignV1({ ...base, key: 'a?acl', query: {} })
  const subresource = stringToSignV1({ ...base, key: 'a', query: { acl: '' } })
  t.is(key, subresource, 'which is why V4 is the default')
})

/** Changes the path after it was signed. */
const path = (change: (path: string) => string) => (wire: { path: string }) => {
  wire.path = change(wire.path)
}
/** Sets a header after the request was signed. */
const header = (name: string, value: string) => (wire: { headers: Record<string, string> }) => {
  wire.headers[name] = value
}

const keys = [
  'a&b=c',
  'a=b',
  'a//b',
  'a/',
  'a%2Fb',
  'a+b',
  'a b',
  'e\u0301',
  'é',
  'a?acl',
  'a#b',
  'a;b',
  'a/../b',
  '%',
  '😀',
]

test('keys that look alike are different objects, in signatures and in the store', async t => {
  const tester = await withServer(t)
  const distinct = [...new Set(keys)]
  for (const sign of ['v4', 'v1'] as const) {
    for (const key of distinct)
      t.is((await tester.send({ method: 'PUT', bucket: 'bucket', key, body: key, sign })).status, 200, key)
    for (const key of distinct) t.is((await tester.send({ method: 'GET', bucket: 'bucket', key, sign })).text, key)
  }
})

test('a path that is written in another way after it was signed means what was signed, or nothing', async t => {
  const tester = await withServer(t)
  await tester.put('bucket', 'dir/secret', 'secret')
  await tester.put('bucket', 'dir/open', 'open')
  const rewritten: [string, string][] = [
    ['/bucket/dir/open', '/bucket/dir/../dir/open'],
    ['/bucket/dir/open', '/bucket/dir//open'],
    ['/bucket/dir/open', '/bucket//dir/open'],
    ['/bucket/dir/open', '//bucket/dir/open'],
    ['/bucket/dir/open', '/bucket/dir/secret'],
    ['/bucket/dir/open', '/bucket/dir/open/'],
    ['/bucket/dir/open', '/bucket/./dir/open'],
  ]
  for (const sign of ['v4', 'v1'] as const) {
    for (const [from, to] of rewritten) {
      const tamper = path(signed => signed.replace(from, to))
      const answer = await tester.send({ method: 'GET', bucket: 'bucket', key: 'dir/open', sign, tamper })
      t.true([400, 403, 404].includes(answer.status), `${to}: ${answer.status}`)
    }
    // The same bytes in other escapes are the same key.
    const tamper = path(signed => signed.replace('/open', '%2F%6fpen'))
    t.is((await tester.send({ method: 'GET', bucket: 'bucket', key: 'dir/open', sign, tamper })).text, 'open')
  }
})

test('a query that is changed after it was signed is refused', async t => {
  const tester = await withServer(t)
  await tester.put('bucket', 'k', 'content')
  const changes: [string, (path: string) => string][] = [
    ['one added', path => `${path}&acl`],
    ['one in front of its own', path => path.replace('?', '?response-content-type=text%2Fhtml&')],
    ['one removed', path => path.replace(/\?.*/, '')],
    ['a plus for a blank', path => path.replace('%20', '%2B')],
    ['two made of one', path => path.replace('a%26b', 'a&b')],
    ['a semicolon for an ampersand', path => path.replace('?', '?acl;')],
  ]
  const query = { 'response-content-type': 'x/y z', 'response-cache-control': 'a&b' }
  for (const sign of ['v4', 'v1'] as const) {
    t.is((await tester.send({ method: 'GET', bucket: 'bucket', key: 'k', query, sign })).text, 'content')
    for (const [name, change] of changes) {
      // What V1 does not sign, it does not notice.
      if (sign === 'v1' && name.includes('semicolon')) continue
      const tamper = path(change)
      const answer = await tester.send({ method: 'GET', bucket: 'bucket', key: 'k', query, sign, tamper })
      t.is(answer.code, 'SignatureDoesNotMatch', `${sign}: ${name}`)
    }
  }
})

test('a bucket in the host is the bucket that was signed, whatever the path says', async t => {
  const tester = await withServer(t)
  await tester.send({ method: 'PUT', bucket: 'other-bucket' })
  await tester.put('bucket', 'k', 'mine')
  await tester.put('other-bucket', 'k', 'other')
  await tester.put('bucket', 'other-bucket/k', 'nested')
  const host = (name: string) => ({ host: `${name}.oss-cn-hangzhou.aliyuncs.com` })
  for (const sign of ['v4', 'v1'] as const) {
    const base = { method: 'GET', bucket: 'bucket', key: 'k', sign }
    t.is((await tester.send({ ...base, ...host('bucket') })).text, 'mine')
    const moved = await tester.send({ ...base, tamper: header('host', host('other-bucket').host) })
    t.not(moved.text, 'other', 'the host names another bucket than the path')
    t.true(moved.status >= 400)
    const nested = await tester.send({
      method: 'GET',
      bucket: 'other-bucket',
      key: 'k',
      sign,
      tamper: header('host', host('bucket').host),
    })
    t.true(nested.status >= 400, 'bucket and key run together differently')
    t.false(nested.text.includes('nested') || nested.text === 'other')
  }
})

test('blanks around a value, and other cases of a name, change no meaning', async t => {
  const tester = await withServer(t)
  for (const sign of ['v4', 'v1'] as const) {
    const base = { method: 'PUT', bucket: 'bucket', key: 'k', body: 'x', sign }
    const put = await tester.send({
      ...base,
      headers: { 'x-oss-meta-a': 'one' },
      tamper: wire => {
        wire.headers['X-Oss-Meta-A'] = '  one  '
        delete wire.headers['x-oss-meta-a']
      },
    })
    t.is(put.status, 200)
    t.is((await tester.head('bucket', 'k')).headers['x-oss-meta-a'], 'one')
    for (const change of ['on e', 'one,two', 'one\ttwo', 'One', '']) {
      const tamper = header('x-oss-meta-a', change)
      const answer = await tester.send({ ...base, headers: { 'x-oss-meta-a': 'one' }, tamper })
      t.is(answer.code, 'SignatureDoesNotMatch', `${sign}: ${JSON.stringify(change)}`)
    }
  }
})

test('methods, and headers that are signed always, cannot be exchanged', async t => {
  const tester = await withServer(t)
  await tester.put('bucket', 'k', 'content')
  for (const sign of ['v4', 'v1'] as const) {
    const context = tester.context({ method: 'GET', bucket: 'bucket', key: 'k', sign })
    ;(sign === 'v1' ? new SignerV1() : new SignerV4()).sign(context)
    for (const method of ['DELETE', 'PUT', 'POST']) {
      const answer = await tester.transmit({ method, bucket: 'bucket', key: 'k' }, context.query, context.headers)
      t.is(answer.status, 403, method)
    }
    t.is((await tester.get('bucket', 'k')).text, 'content')
  }
})
