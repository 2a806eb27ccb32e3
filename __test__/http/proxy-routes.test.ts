import test from 'ava'
import fc from 'fast-check'
import { ParamInvalidError, UndiciHttpClient } from 'ferross'
import { proxyRoutes } from '#src/http/proxy-routes.js'
import { parseProxy } from '#src/http/proxy-url.js'

type Environment = Record<string, string>

/** The proxies that an environment gives to an HTTP and an HTTPS endpoint. */
function chosen(environment: Environment, host = 'oss.example.com', noProxy?: string) {
  const routes = proxyRoutes({ noProxy }, environment)
  return [routes?.(false, host, 80)?.origin, routes?.(true, host, 443)?.origin]
}

test('without variables there are no routes at all', t => {
  t.is(proxyRoutes({}, {}), undefined)
  t.is(proxyRoutes({}, { NO_PROXY: 'example.com', http_proxy: '' }), undefined)
})

const cases: [title: string, environment: Environment, http: string | undefined, https: string | undefined][] = [
  ['each scheme has its own', { http_proxy: 'http://a:1', https_proxy: 'http://b:2' }, 'http://a:1', 'http://b:2'],
  ['upper case counts too', { HTTP_PROXY: 'http://a:1', HTTPS_PROXY: 'http://b:2' }, 'http://a:1', 'http://b:2'],
  ['lower case wins', { HTTPS_PROXY: 'http://b:2', https_proxy: 'http://c:3' }, undefined, 'http://c:3'],
  [
    'ALL_PROXY is for what has none',
    { ALL_PROXY: 'http://a:1', https_proxy: 'http://b:2' },
    'http://a:1',
    'http://b:2',
  ],
  ['all_proxy before ALL_PROXY', { ALL_PROXY: 'http://a:1', all_proxy: 'http://b:2' }, 'http://b:2', 'http://b:2'],
  [
    'an empty one means none',
    { https_proxy: '', HTTPS_PROXY: 'http://b:2', ALL_PROXY: 'http://a:1' },
    'http://a:1',
    undefined,
  ],
  ['HTTPS endpoints do not take http_proxy', { http_proxy: 'http://a:1' }, 'http://a:1', undefined],
  ['without scheme it is HTTP', { all_proxy: 'proxy.test:8080' }, 'http://proxy.test:8080', 'http://proxy.test:8080'],
  [
    'in a CGI program HTTP_PROXY is a header of the visitor',
    { REQUEST_METHOD: 'GET', HTTP_PROXY: 'http://evil:1' },
    undefined,
    undefined,
  ],
  [
    'in a CGI program http_proxy is what it always is',
    { REQUEST_METHOD: 'GET', http_proxy: 'http://a:1' },
    'http://a:1',
    undefined,
  ],
]

for (const [title, environment, http, https] of cases) {
  test(`from the environment: ${title}`, t => {
    t.deepEqual(chosen(environment), [http, https])
  })
}

test('what is local or inside the cloud is never sent through a proxy of the environment', t => {
  const hosts = [
    'localhost',
    'bucket.localhost',
    '127.0.0.1',
    '127.1.2.3',
    '::1',
    '[::1]',
    '169.254.169.254',
    '[fe80::1]',
    '100.100.100.200',
    'oss-cn-hangzhou-internal.aliyuncs.com',
    'examplebucket.oss-cn-hangzhou-internal.aliyuncs.com',
  ]
  for (const host of hosts) t.deepEqual(chosen({ all_proxy: 'http://a:1' }, host), [undefined, undefined], host)
  for (const host of ['oss-cn-hangzhou.aliyuncs.com', 'x-internal.aliyuncs.com.test', '10.0.0.1'])
    t.deepEqual(chosen({ all_proxy: 'http://a:1' }, host), ['http://a:1', 'http://a:1'], host)
})

test('no_proxy names exceptions, lower case first, and the option replaces it', t => {
  const environment = { all_proxy: 'http://a:1', NO_PROXY: 'example.com' }
  t.deepEqual(chosen(environment), [undefined, undefined])
  t.deepEqual(chosen({ ...environment, no_proxy: 'other.test' }), ['http://a:1', 'http://a:1'])
  t.deepEqual(chosen(environment, 'oss.example.com', 'other.test'), ['http://a:1', 'http://a:1'])
  t.deepEqual(chosen(environment, 'other.test', 'other.test:443'), ['http://a:1', undefined])
})

test('proxyHost is for every host but those of noProxy, and the environment is not asked', t => {
  const environment = { all_proxy: 'http://a:1', NO_PROXY: '*' }
  const routes = proxyRoutes({ proxyHost: 'https://p.test:8443', noProxy: ['10.0.0.0/8'] }, environment)
  t.is(routes?.(true, 'oss.example.com', 443)?.origin, 'https://p.test:8443')
  t.is(routes?.(false, '127.0.0.1', 80)?.origin, 'https://p.test:8443')
  t.is(routes?.(true, '10.9.8.7', 443), undefined)
})

test('proxyFromEnvironment: false leaves the environment alone', t => {
  t.is(proxyRoutes({ proxyFromEnvironment: false }, { all_proxy: 'http://a:1' }), undefined)
})

test('a variable that cannot be used is an error for the hosts that need it, and for no others', t => {
  const routes = proxyRoutes({}, { ALL_PROXY: 'socks5://user:pass-word@a:1', no_proxy: 'direct.test' })
  t.is(routes?.(true, 'localhost', 443), undefined)
  t.is(routes?.(true, 'direct.test', 443), undefined)
  const error = t.throws(() => routes?.(true, 'oss.example.com', 443), { instanceOf: ParamInvalidError })
  t.is(error?.field, 'ALL_PROXY')
  t.notRegex(error?.message ?? '', /pass-word/)
})

test('a proxy has a host, a port, and what proves who asks', t => {
  const { authorization, ...rest } = parseProxy('proxyHost', 'http://us%65r:p%40ss%3A%C3%A9@proxy.test:3128/')
  t.deepEqual(rest, { secure: false, hostname: 'proxy.test', port: 3128, origin: 'http://proxy.test:3128' })
  t.is(authorization, `Basic ${Buffer.from('user:p@ss:é').toString('base64')}`)
  t.deepEqual(parseProxy('proxyHost', 'https://[2001:db8::1]'), {
    secure: true,
    hostname: '2001:db8::1',
    port: 443,
    origin: 'https://[2001:db8::1]',
    authorization: undefined,
  })
  t.is(parseProxy('proxyHost', 'token@proxy.test').authorization, `Basic ${Buffer.from('token:').toString('base64')}`)
})

test('a wrong proxy URL is refused when the client is made, and is not shown', t => {
  const wrong = [
    '',
    'http://',
    'http://user:hunter2@',
    'socks5://user:hunter2@proxy.test:1080',
    'http://user:hunter2@proxy.test:99999',
    'http://user:hunter2@proxy.test/path',
    'http://user:hunter2@proxy.test/?a',
    'http://user:hunter2%zz@proxy.test:1',
    'http://us%3Aer:hunter2@proxy.test:1',
    'http://user:hunter2@pro xy.test:1',
    'ftp://user:hunter2@proxy.test',
  ]
  for (const proxyHost of wrong) {
    const error = t.throws(() => new UndiciHttpClient({ proxyHost }), { instanceOf: ParamInvalidError }, proxyHost)
    t.is(error?.field, 'proxyHost')
    t.notRegex(`${error?.stack} ${error?.cause}`, /hunter2/)
  }
})

test('any user and password arrive as they were meant', t => {
  const user = fc.string({ unit: 'grapheme' }).filter(text => !text.includes(':'))
  fc.assert(
    fc.property(user, fc.string({ unit: 'grapheme' }), (name, password) => {
      fc.pre(name !== '' || password !== '')
      const url = `http://${encodeURIComponent(name)}:${encodeURIComponent(password)}@proxy.test:3128`
      const { authorization } = parseProxy('proxyHost', url)
      t.is(Buffer.from((authorization ?? '').slice(6), 'base64').toString(), `${name}:${password}`)
    }),
  )
})

test('no text makes anything but a proxy or a ParamInvalidError', t => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.webUrl()), text => {
      try {
        t.true(parseProxy('proxyHost', text).port > 0)
      } catch (error) {
        t.true(error instanceof ParamInvalidError)
      }
    }),
  )
})
