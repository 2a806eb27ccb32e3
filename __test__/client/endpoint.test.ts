import test from 'ava'
import fc from 'fast-check'
import { type EndpointOptions, parseEndpoint, resolveEndpoint, targetOf } from '#src/client/endpoint.js'
import { ParamInvalidError } from '#src/errors.js'
import { goldenCases } from '../helpers/golden-cases.js'

interface Case {
  name: string
  client: string
  config: EndpointOptions
  request: { bucket?: string; key?: string }
  expected?: { scheme: string; host: string; path: string; signingRegion: string; signingProduct: string }
  error?: string
  field?: string
}

const cases = goldenCases<Case>('endpoints').filter(({ client }) => client === 'oss')

test('the recorded cases of the main client are there', t => {
  t.is(cases.length, 48)
})

for (const { name: title, config, request, expected, error, field } of cases) {
  test(title, t => {
    if (expected === undefined) {
      t.is(error, 'param-invalid')
      t.is(t.throws(() => resolveEndpoint(config), { instanceOf: ParamInvalidError }).field, field!)
      return
    }
    const endpoint = resolveEndpoint(config)
    const { host, path } = targetOf(endpoint, request.bucket, request.key)
    const { scheme, region, product } = endpoint
    t.deepEqual({ scheme, host, path, signingRegion: region, signingProduct: product }, expected)
  })
}

test('an IPv6 address means path style, with brackets or without', t => {
  for (const [endpoint, host] of [
    ['[::1]', '[::1]'],
    ['http://[fe80::1]:8080', '[fe80::1]:8080'],
    ['2001:db8::7', '[2001:db8::7]'],
  ]) {
    const resolved = resolveEndpoint({ endpoint, useCname: true })
    t.is(resolved.style, 'path')
    t.deepEqual(targetOf(resolved, 'bucket', 'k'), { host, path: '/bucket/k' })
  }
})

test('localhost is an ordinary name', t => {
  const endpoint = 'http://localhost:9000'
  t.is(targetOf(resolveEndpoint({ endpoint }), 'bucket', 'k').host, 'bucket.localhost:9000')
  t.is(targetOf(resolveEndpoint({ endpoint, usePathStyle: true }), 'bucket', 'k').path, '/bucket/k')
})

test('a name that only looks like an address is a name', t => {
  for (const endpoint of ['1.2.3.4.example.com', '256.1.1.1', '1.2.3'])
    t.is(resolveEndpoint({ endpoint }).style, 'virtual')
})

test('what is not an endpoint is refused by name', t => {
  for (const endpoint of [
    ...[
      'ftp://h',
      'http://',
      'h:port',
      'h:0',
      'h:65536',
      'h:',
      'a b',
      'user@h',
      'h?x',
      'http://h#f',
      '[::1',
      '[h]',
      ' h',
    ],
    ...['h..com', '-h', 'h/\n', '[fe80::1%eth0]', '中.com', '://h', 'http://user:pw@h', '.'],
  ]) {
    t.is(t.throws(() => parseEndpoint(endpoint), { instanceOf: ParamInvalidError }, endpoint).field, 'endpoint')
  }
  t.is(t.throws(() => resolveEndpoint({ endpoint: 7 as never }), { instanceOf: ParamInvalidError }).field, 'endpoint')
  t.is(t.throws(() => resolveEndpoint({ region: 7 as never }), { instanceOf: ParamInvalidError }).field, 'region')
})

test('the name of an endpoint given as region is recognised', t => {
  const error = t.throws(() => resolveEndpoint({ region: 'oss-cn-hangzhou' }), { instanceOf: ParamInvalidError })
  t.is(error.field, 'region')
  t.regex(error.message, /"cn-hangzhou"/)
})

test('an id of a cloud box that is given wins over the one in the endpoint', t => {
  const endpoint = 'https://cb-1.cn-x.oss-cloudbox.aliyuncs.com:444'
  const detect = { endpoint, region: 'cn-x', enableAutoDetectCloudBoxId: true }
  t.is(resolveEndpoint(detect).region, 'cb-1')
  t.is(resolveEndpoint({ ...detect, cloudBoxId: 'cb-2' }).region, 'cb-2')
})

test('an endpoint without region is fine until something is signed for it, and is frozen', t => {
  const endpoint = resolveEndpoint({ endpoint: 'h' })
  t.is(endpoint.region, '')
  t.true(Object.isFrozen(endpoint))
})

test('a path leads back to bucket and key, whatever the key', t => {
  const endpoint = resolveEndpoint({ endpoint: '127.0.0.1' })
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), key => {
      const { path } = targetOf(endpoint, 'bucket', key)
      return path.startsWith('/bucket/') && decodeURIComponent(path.slice(8)) === key
    }),
  )
  t.pass()
})
