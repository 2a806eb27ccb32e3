import type { LookupAddress } from 'node:dns'
import { once } from 'node:events'
import { networkInterfaces } from 'node:os'
import test from 'ava'
import {
  ClientClosedError,
  type ClientOptions,
  FixedDelayBackoff,
  type Lookup,
  OssError,
  ParamInvalidError,
  RequestError,
  ServiceError,
  StandardRetryer,
  TimeoutError,
  UndiciHttpClient,
} from 'ferross'
import { startLocalServer } from 'ferross/server'
import { Agent } from 'undici'
import * as certificates from '../helpers/certificates.js'
import { clientFor } from '../helpers/client-for.js'
import { type Listening, listen } from '../helpers/listen.js'
import { clientOf } from '../helpers/with-server.js'

const object = { bucket: 'examplebucket', key: 'k' }

/** A resolver that gives addresses of this machine, and counts. */
function resolver(...addresses: string[]) {
  const asked: string[] = []
  const lookup: Lookup = (hostname, _options, callback) => {
    asked.push(hostname)
    const family = (address: string) => (address.includes(':') ? 6 : 4)
    const found: LookupAddress[] = addresses.map(address => ({ address, family: family(address) }))
    callback(null, found)
  }
  return { lookup, asked }
}

const hasIPv6 = Object.values(networkInterfaces()).some(list => list?.some(({ address }) => address === '::1'))

for (const tls of [undefined, {}]) {
  const scheme = tls ? 'https' : 'http'
  const at = ({ port }: Listening) => `${scheme}://oss.example.test:${port}`

  test(`${scheme}: when the first address refuses, the next one is used, and taken first from then on`, async t => {
    // Nothing listens on 127.0.0.2 and 127.0.0.3.
    const target = await listen(t, (_request, response) => response.end('x'.repeat(100_000)), tls ? { tls } : {})
    const { lookup, asked } = resolver('127.0.0.2', '127.0.0.3', '127.0.0.1')
    const client = clientFor(t, at(target), { lookup, maxConnections: 1 })
    for (let i = 0; i < 4; i++) {
      const { body } = await client.getObject(object)
      t.is((await body!.bytes()).length, 100_000)
      const closed = once(target.sockets[i]!, 'close')
      target.server.closeAllConnections()
      await closed
    }
    t.true(asked.length <= 3, 'once, again after each failure, and not when it works')
  })

  test(`${scheme}: connections are spread over the addresses of a name`, async t => {
    const used: (string | undefined)[] = []
    const target = await listen(
      t,
      (request, response) => {
        used.push(request.socket.localAddress)
        response.setHeader('connection', 'close').end()
      },
      { host: '0.0.0.0', ...(tls && { tls }) },
    )
    const { lookup, asked } = resolver('127.0.0.1', '127.0.0.2', '127.0.0.3')
    const client = clientFor(t, at(target), { lookup })
    for (let i = 0; i < 6; i++) await client.headObject(object)
    t.deepEqual([...used].sort(), ['127.0.0.1', '127.0.0.1', '127.0.0.2', '127.0.0.2', '127.0.0.3', '127.0.0.3'])
    t.deepEqual(asked, ['oss.example.test'], 'the name is resolved once')
  })

  test(`${scheme}: a name whose addresses changed is found after the first failure`, async t => {
    const target = await listen(t, (_request, response) => response.end(), tls ? { tls } : {})
    let address = '127.0.0.2'
    const lookup: Lookup = (_hostname, _options, callback) => callback(null, [{ address, family: 4 }])
    const client = clientFor(t, at(target), { lookup })
    await t.throwsAsync(client.headObject(object), { instanceOf: RequestError })
    address = '127.0.0.1'
    t.is((await client.headObject(object)).statusCode, 200)
  })

  test(`${scheme}: a retry asks for the addresses anew`, async t => {
    const target = await listen(t, (_request, response) => response.end(), tls ? { tls } : {})
    let asked = 0
    const lookup: Lookup = (_hostname, _options, callback) =>
      callback(null, [{ address: asked++ === 0 ? '127.0.0.2' : '127.0.0.1', family: 4 }])
    const retryer = new StandardRetryer({ backoff: new FixedDelayBackoff(0) })
    t.is((await clientFor(t, at(target), { lookup, retryer }).headObject(object)).statusCode, 200)
    t.is(asked, 2)
  })

  test(`${scheme}: an IPv6 endpoint works`, async t => {
    if (!hasIPv6) return void t.pass('this machine has no ::1')
    const hosts: (string | undefined)[] = []
    const onRequest = (request: { headers: { host?: string } }, response: { end(): void }) => {
      hosts.push(request.headers.host)
      response.end()
    }
    const target = await listen(t, onRequest, { host: '::1', ...(tls && { tls }) })
    await clientFor(t, target.url).headObject(object)
    t.deepEqual(hosts, [`[::1]:${target.port}`])
  })

  test(`${scheme}: a host with both kinds of address works when only one of them answers`, async t => {
    const target = await listen(t, (_request, response) => response.end(), tls ? { tls } : {})
    const { lookup } = resolver('::1', '127.0.0.1')
    t.is((await clientFor(t, at(target), { lookup }).headObject(object)).statusCode, 200)
  })
}

test('requests to an IPv6 endpoint are signed for it, host header included', async t => {
  if (!hasIPv6) return void t.pass('this machine has no ::1')
  const server = await startLocalServer({ host: '::1' })
  t.teardown(() => server.close())
  t.regex(server.endpoint, /\[::1\]/)
  const client = clientOf(server, { additionalHeaders: ['host'] })
  t.teardown(() => client.close())
  await client.putBucket({ bucket: 'examplebucket' })
  await client.putObject({ ...object, body: 'hello' })
  t.is(await (await client.getObject(object)).body!.text(), 'hello')
  const { url } = await client.presign('getObject', object, { expires: 60 })
  t.is(await (await fetch(url)).text(), 'hello')
})

test('a name that cannot be resolved is a RequestError with the reason', async t => {
  const lookup: Lookup = (hostname, _options, callback) =>
    callback(Object.assign(new Error(`getaddrinfo ENOTFOUND ${hostname}`), { code: 'ENOTFOUND' }), [])
  const error = await t.throwsAsync(clientFor(t, 'https://oss.example.test', { lookup }).headObject(object), {
    instanceOf: RequestError,
  })
  t.is((error?.cause as NodeJS.ErrnoException | undefined)?.code, 'ENOTFOUND')
  t.true(error?.retryable)
})

test('a look-up that does not end is a timeout of connecting', async t => {
  const client = clientFor(t, 'https://oss.example.test', { lookup: () => {}, connectTimeout: 200 })
  const error = await t.throwsAsync(client.headObject(object), { instanceOf: TimeoutError })
  t.is(error?.phase, 'connect')
})

test('idle connections are closed after their time', async t => {
  const target = await listen(t, (_request, response) => response.end())
  target.server.keepAliveTimeout = 0
  const client = clientFor(t, target.url, { idleTimeout: 100 })
  await client.headObject(object)
  await once(target.sockets[0]!, 'close')
  await client.headObject(object)
  t.is(target.sockets.length, 2)
})

test('an idle time longer than any timer can be keeps connections, without a warning', async t => {
  const target = await listen(t, (_request, response) => response.end())
  const warnings: string[] = []
  const onWarning = ({ name }: Error) => void warnings.push(name)
  process.on('warning', onWarning)
  t.teardown(() => process.off('warning', onWarning))
  const client = clientFor(t, target.url, { idleTimeout: 10_000_000_000 })
  for (let i = 0; i < 3; i++) await client.headObject(object)
  t.is(target.sockets.length, 1)
  t.false(warnings.includes('TimeoutOverflowWarning'))
})

test('failed requests of every kind leave the pool as it was', async t => {
  let count = 0
  const target = await listen(t, (request, response) => {
    request.resume()
    const kind = request.url?.includes('good') ? 5 : count++ % 5
    if (kind === 0) response.writeHead(503).end('<Error><Code>ServiceUnavailable</Code></Error>')
    else if (kind === 1) response.writeHead(404).end('x'.repeat(2_000_000))
    else if (kind === 2) request.socket.destroy()
    else if (kind === 3) response.writeHead(500, { 'content-length': '1000' }).write('cut', () => response.destroy())
    else if (kind === 4) response.writeHead(200).end('<not xml')
    else response.end('good')
  })
  const client = clientFor(t, target.url, { maxConnections: 2 })
  const outcomes = await Promise.allSettled(
    Array.from({ length: 100 }, (_, index) =>
      index % 2 === 0 ? client.getBucketAcl({ bucket: 'examplebucket' }) : client.putObject({ ...object, body: 'x' }),
    ),
  )
  t.true(outcomes.some(({ status }) => status === 'rejected'))
  for (let i = 0; i < 5; i++) {
    const { body } = await client.getObject({ bucket: 'examplebucket', key: 'good' })
    t.is(await body!.text(), 'good')
  }
})

test('aborted requests leave the pool as it was', async t => {
  const target = await listen(t, (request, response) => {
    if (request.url?.includes('good')) response.end('good')
  })
  const client = clientFor(t, target.url, { maxConnections: 2 })
  const stop = new AbortController()
  const waiting = Array.from({ length: 100 }, () => client.headObject(object, { signal: stop.signal }))
  setImmediate(() => stop.abort(new Error('enough')))
  for (const outcome of await Promise.allSettled(waiting)) t.is(outcome.status, 'rejected')
  const { body } = await client.getObject({ bucket: 'examplebucket', key: 'good' })
  t.is(await body!.text(), 'good')
})

test('closing ends what is under way, what waits for a connection, and what comes later, with one clear error', async t => {
  const target = await listen(t, (request, response) => {
    if (request.url?.includes('body')) response.writeHead(200, { 'content-length': '1000' }).write('begin')
  })
  const client = clientFor(t, target.url, { maxConnections: 2, retryer: undefined })
  const { body } = await client.getObject({ bucket: 'examplebucket', key: 'body' })
  const reading = body!.bytes()
  const calls = [reading, ...Array.from({ length: 20 }, () => client.headObject(object))]
  const outcomes = Promise.allSettled(calls)
  await once(target.server, 'request')
  await client.close()
  const later = client.headObject(object)
  const seen = new Set<unknown>()
  for (const outcome of [...(await outcomes), ...(await Promise.allSettled([later]))]) {
    if (outcome.status === 'fulfilled') return void t.fail()
    seen.add(outcome.reason)
    t.true(outcome.reason instanceof ClientClosedError && outcome.reason instanceof OssError, String(outcome.reason))
    t.like(outcome.reason, { code: 'ClientClosed', retryable: false, message: 'the client is closed' })
  }
  t.is(seen.size, calls.length + 1, 'each call has an error of its own')
  await client.close()
  await client[Symbol.asyncDispose]()
  await Promise.all(target.sockets.map(socket => (socket.destroyed ? undefined : once(socket, 'close'))))
})

test('closing gives up connections that are not made yet', async t => {
  const silent = await listen(t, () => {}, {})
  // A handshake that nobody answers would last as long as connectTimeout.
  const client = clientFor(t, `https://127.0.0.1:${silent.port}`, { connectTimeout: 100_000 })
  silent.server.removeAllListeners('connection')
  const connected = once(silent.server, 'connection')
  const calling = t.throwsAsync(client.headObject(object), { instanceOf: ClientClosedError })
  const [socket] = await connected
  socket.on('error', () => {}).resume()
  const ended = once(socket, 'end')
  await client.close()
  await calling
  await ended
})

test('a client that was closed does not use a transport of the caller’s any more, which stays open', async t => {
  const target = await listen(t, (_request, response) => response.end())
  const httpClient = new UndiciHttpClient({ maxConnections: 1 })
  t.teardown(() => httpClient.close())
  const client = clientFor(t, target.url, { httpClient })
  await client.headObject(object)
  await client.close()
  await t.throwsAsync(client.headObject(object), { instanceOf: ClientClosedError })
  await clientFor(t, target.url, { httpClient }).headObject(object)
  t.is(target.sockets.length, 1)
})

test('requests that wait for a connection are not lost when one before them fails', async t => {
  let count = 0
  const target = await listen(t, (request, response) => {
    if (count++ % 2 === 0) request.socket.destroy()
    else response.writeHead(404).end()
  })
  const client = clientFor(t, target.url, { maxConnections: 1 })
  const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => client.headObject(object)))
  const reasons = outcomes.map(outcome => (outcome.status === 'rejected' ? outcome.reason : undefined))
  t.true(reasons.every(reason => reason instanceof RequestError || reason instanceof ServiceError))
  t.is(count, 20)
})

const wrong: [field: string, options: ClientOptions][] = [
  ['maxConnections', { maxConnections: 0 }],
  ['maxConnections', { maxConnections: 1.5 }],
  ['connectTimeout', { connectTimeout: -1 }],
  ['idleTimeout', { idleTimeout: 0 }],
  ['idleTimeout', { idleTimeout: '5s' as never }],
  ['dnsCacheTtl', { dnsCacheTtl: Number.NaN }],
  ['lookup', { lookup: '8.8.8.8' as never }],
  ['noProxy', { noProxy: 7 as never }],
  ['noProxy', { noProxy: ['a', 7] as never }],
  ['proxyFromEnvironment', { proxyFromEnvironment: 'yes' as never }],
  ['proxyHost', { proxyHost: 'nowhere at all' }],
]

for (const [index, [field, options]] of wrong.entries()) {
  test(`options that cannot be used are refused when the client is made: ${field}, case ${index}`, t => {
    t.is(t.throws(() => clientFor(t, 'http://127.0.0.1:1', options), { instanceOf: ParamInvalidError })?.field, field)
  })
}

test('options that something else would not obey are refused', async t => {
  const httpClient = new UndiciHttpClient()
  const dispatcher = new Agent()
  t.teardown(() => Promise.all([httpClient.close(), dispatcher.close()]).then(() => {}))
  const unused: ClientOptions[] = [
    { proxyHost: 'http://proxy.test:3128' },
    { noProxy: '*' },
    { insecureSkipVerify: true },
    { ca: certificates.authority },
    { pfx: certificates.encrypted.pfx },
    { lookup: () => {} },
  ]
  for (const options of unused) {
    const [field] = Object.keys(options)
    for (const instead of [{ httpClient }, { dispatcher }]) {
      const make = () => clientFor(t, 'http://127.0.0.1:1', { ...instead, ...options })
      t.is(t.throws(make, { instanceOf: ParamInvalidError })?.field, field)
    }
  }
  t.notThrows(() => clientFor(t, 'http://127.0.0.1:1', { dispatcher, insecureSkipVerify: false, maxConnections: 7 }))
})

test('a transport of one’s own checks its settings too', t => {
  for (const [field, options] of wrong) {
    if (field === 'proxyFromEnvironment') continue
    t.is(t.throws(() => new UndiciHttpClient(options as object), { instanceOf: ParamInvalidError })?.field, field)
  }
})
