import { randomBytes } from 'node:crypto'
import type { RequestListener } from 'node:http'
import { inspect } from 'node:util'
import test from 'ava'
import { ParamInvalidError, ProxyError, RequestError, TimeoutError, TlsError, UndiciHttpClient } from 'ferross'
import * as certificates from '../helpers/certificates.js'
import { clientFor } from '../helpers/client-for.js'
import { listen } from '../helpers/listen.js'
import { startProxy } from '../helpers/proxy-server.js'
import { clientOf, withServer } from '../helpers/with-server.js'

const object = { bucket: 'examplebucket', key: 'k' }

const withUser = (url: string, user: string) => url.replace('://', `://${user}@`)

for (const tls of [undefined, {}]) {
  const scheme = tls ? 'https' : 'http'

  test(`requests to HTTP go to an ${scheme} proxy with their whole URL, signed for the server`, async t => {
    const { server, client: direct } = await withServer(t)
    await direct.putBucket({ bucket: 'examplebucket' })
    const proxy = await startProxy(t, { credentials: 'us er:p@ss', ...(tls && { tls }) })
    const client = clientOf(server, {
      proxyHost: withUser(proxy.url, 'us%20er:p%40ss'),
      ca: certificates.authority,
      additionalHeaders: ['host'],
      maxConnections: 1,
    })
    t.teardown(() => client.close())
    const content = randomBytes(3_000_000)
    await client.putObject({ bucket: 'examplebucket', key: 'a/../b c?d', body: content })
    const { body } = await client.getObject({ bucket: 'examplebucket', key: 'a/../b c?d' })
    t.true(content.equals(await body!.bytes()))
    t.deepEqual(
      proxy.asked.map(({ method, target }) => `${method} ${target}`),
      ['PUT', 'GET'].map(method => `${method} ${server.endpoint}/examplebucket/a/../b%20c%3Fd`),
    )
    t.is(proxy.sockets.length, 1, 'the connection is used again')
  })

  test(`requests to HTTPS take a tunnel through an ${scheme} proxy, which sees host and port only`, async t => {
    const content = randomBytes(2_000_000)
    const proofs: unknown[] = []
    const onRequest: RequestListener = ({ headers }, response) => {
      proofs.push(headers['proxy-authorization'])
      response.end(content)
    }
    const target = await listen(t, onRequest, { tls: {} })
    const proxy = await startProxy(t, { credentials: 'user:secret', ...(tls && { tls }) })
    const proxyHost = withUser(proxy.url, 'user:secret')
    const client = clientFor(t, `https://localhost:${target.port}`, { proxyHost, maxConnections: 1 })
    for (let i = 0; i < 3; i++) {
      const { body } = await client.getObject(object)
      t.true(content.equals(await body!.bytes()))
    }
    t.deepEqual(
      proxy.asked.map(({ method, target: asked }) => `${method} ${asked}`),
      [`CONNECT localhost:${target.port}`],
    )
    t.is(target.sockets.length, 1, 'the tunnel is used again')
    t.deepEqual(proofs, [undefined, undefined, undefined], 'what the proxy wants is not for the server')
    t.notRegex(inspect(proxy.asked[0]?.headers), /OSS4-HMAC|examplebucket/)
  })

  for (const endpoint of ['http', 'https'] as const) {
    test(`an ${scheme} proxy that wants another user is a ProxyError with status 407, for ${endpoint}`, async t => {
      const target = await listen(t, (_request, response) => response.end(), endpoint === 'https' ? { tls: {} } : {})
      const proxy = await startProxy(t, { credentials: 'user:secret', ...(tls && { tls }) })
      const url = `${endpoint}://localhost:${target.port}`
      const anonymous = clientFor(t, url, { proxyHost: proxy.url })
      const error = await t.throwsAsync(anonymous.headObject(object), { instanceOf: ProxyError })
      t.like(error, {
        statusCode: 407,
        proxy: proxy.url,
        code: 'ProxyError',
        retryable: false,
        operation: 'HeadObject',
      })
      t.regex(error?.message ?? '', /wants a user and password/)
      const mistaken = clientFor(t, url, { proxyHost: withUser(proxy.url, 'user:hunter2') })
      const refused = await t.throwsAsync(mistaken.headObject(object), { instanceOf: ProxyError })
      t.regex(refused?.message ?? '', /does not accept the user and password/)
      t.notRegex(inspect(refused, { depth: 10 }), /hunter2|aHVudGVyMg|dXNlcj/)
      t.notRegex(inspect(mistaken, { depth: 10, showHidden: true }), /hunter2|dXNlcjpodW50ZXIy/)
      t.is(target.sockets.length, 0)
    })

    test(`an ${scheme} proxy that is not there is a ProxyError that can be retried, for ${endpoint}`, async t => {
      const gone = await startProxy(t, tls ? { tls } : {})
      await new Promise(resolve => gone.server.close(resolve))
      const client = clientFor(t, `${endpoint}://localhost:9`, { proxyHost: gone.url })
      const error = await t.throwsAsync(client.headObject(object), { instanceOf: ProxyError })
      t.like(error, { proxy: gone.url, statusCode: undefined, retryable: true })
      t.is((error?.cause as NodeJS.ErrnoException | undefined)?.code, 'ECONNREFUSED')
      t.true(error instanceof RequestError)
    })
  }
}

test('other refusals of a tunnel have their status, and those of the moment can be retried', async t => {
  for (const [status, retryable] of [
    [403, false],
    [405, false],
    [502, true],
    [503, true],
  ] as const) {
    const proxy = await startProxy(t, { onConnect: socket => socket.end(`HTTP/1.1 ${status} No\r\n\r\n`) })
    const error = await t.throwsAsync(
      clientFor(t, 'https://localhost:9', { proxyHost: proxy.url }).headObject(object),
      { instanceOf: ProxyError },
    )
    t.like(error, { statusCode: status, retryable })
  }
})

test('a proxy that breaks off, or speaks something else, is a ProxyError', async t => {
  for (const answer of ['', 'HTTP/1.1 20', 'SSH-2.0-OpenSSH_9.6\r\n\r\n', 'x'.repeat(100_000)]) {
    const proxy = await startProxy(t, { onConnect: socket => socket.end(answer) })
    await t.throwsAsync(clientFor(t, 'https://localhost:9', { proxyHost: proxy.url }).headObject(object), {
      instanceOf: ProxyError,
    })
  }
})

test('the answer of a proxy may come in pieces', async t => {
  const target = await listen(t, (_request, response) => response.end(), { tls: {} })
  const proxy = await startProxy(t, {
    onConnect: async socket => {
      const { connect } = await import('node:net')
      const upstream = connect(target.port, '127.0.0.1', async () => {
        for (const character of 'HTTP/1.0 200 Fine\r\nvia: test\r\n\r\n') {
          socket.write(character)
          await new Promise(resolve => setImmediate(resolve))
        }
        upstream.pipe(socket).pipe(upstream)
      })
      t.teardown(() => upstream.destroy())
    },
  })
  const client = clientFor(t, `https://localhost:${target.port}`, { proxyHost: proxy.url })
  await t.notThrowsAsync(client.headObject(object))
})

test('a proxy that does not answer is a timeout of connecting', async t => {
  const proxy = await startProxy(t, { onConnect: () => {} })
  const client = clientFor(t, 'https://localhost:9', { proxyHost: proxy.url, connectTimeout: 200 })
  const error = await t.throwsAsync(client.headObject(object), { instanceOf: TimeoutError })
  t.is(error?.phase, 'connect')
})

test('the certificate behind a tunnel is checked as it is without', async t => {
  const target = await listen(t, (_request, response) => response.end(), { tls: certificates.selfSigned })
  const proxy = await startProxy(t)
  const client = clientFor(t, `https://localhost:${target.port}`, { proxyHost: proxy.url })
  await t.throwsAsync(client.headObject(object), { instanceOf: TlsError })
})

test('noProxy names hosts that are reached directly', async t => {
  const target = await listen(t, (_request, response) => response.end())
  const proxy = await startProxy(t)
  await clientFor(t, target.url, { proxyHost: proxy.url, noProxy: '127.0.0.0/8' }).headObject(object)
  t.deepEqual(proxy.asked, [])
  await clientFor(t, target.url, { proxyHost: proxy.url, noProxy: ['127.0.0.1:1', 'example.com'] }).headObject(object)
  t.is(proxy.asked.length, 1)
})

test('an IPv6 endpoint goes through a tunnel with its brackets', async t => {
  const target = await listen(t, (_request, response) => response.end(), { tls: {} })
  const proxy = await startProxy(t, { resolve: () => ({ host: '127.0.0.1', port: target.port }) })
  const client = clientFor(t, 'https://[::1]:4433', { proxyHost: proxy.url })
  await client.headObject(object)
  t.is(proxy.asked[0]?.target, '[::1]:4433')
})

test('names are resolved by the proxy, not here', async t => {
  const target = await listen(t, (_request, response) => response.end(), { tls: {} })
  const proxy = await startProxy(t, { resolve: () => ({ host: '127.0.0.1', port: target.port }) })
  const asked: string[] = []
  const client = clientFor(t, 'https://oss.example.test', {
    proxyHost: proxy.url.replace('127.0.0.1', 'proxy.example.test'),
    lookup: (hostname, _options, callback) => {
      asked.push(hostname)
      callback(null, [{ address: '127.0.0.1', family: 4 }])
    },
  })
  await client.headObject(object)
  t.is(proxy.asked[0]?.target, 'oss.example.test:443')
  t.deepEqual(asked, ['proxy.example.test'])
})

test('a wrong proxy is refused when the client is made, without showing its password', t => {
  const error = t.throws(() => clientFor(t, 'https://localhost', { proxyHost: 'http://user:hunter2@:1' }), {
    instanceOf: ParamInvalidError,
  })
  t.is(error?.field, 'proxyHost')
  t.notRegex(inspect(error), /hunter2/)
})

test('a transport of one’s own takes the same settings', async t => {
  const target = await listen(t, (_request, response) => response.end())
  const proxy = await startProxy(t)
  const httpClient = new UndiciHttpClient({ proxyHost: proxy.url })
  t.teardown(() => httpClient.close())
  await clientFor(t, target.url, { httpClient }).headObject(object)
  t.is(proxy.asked.length, 1)
})
