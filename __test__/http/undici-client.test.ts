import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from 'node:net'
import { Readable } from 'node:stream'
import test, { type ExecutionContext } from 'ava'
import {
  Client,
  FixedDelayBackoff,
  NopRetryer,
  RequestError,
  ResponseError,
  ServiceError,
  StandardRetryer,
  StaticCredentialsProvider,
  TimeoutError,
  UndiciHttpClient,
} from 'ferross'

const object = { bucket: 'examplebucket', key: 'k' }

async function listen(t: ExecutionContext, listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function listenTcp(t: ExecutionContext, onSocket: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>()
  const server = createTcpServer(socket => {
    sockets.add(socket)
    socket.on('error', () => {})
    onSocket(socket)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function clientFor(
  t: ExecutionContext,
  endpoint: string,
  options: Partial<ConstructorParameters<typeof Client>[0]> = {},
): Client {
  const client = new Client({
    region: 'cn-hangzhou',
    credentialsProvider: new StaticCredentialsProvider('ak', 'sk'),
    endpoint,
    retryer: new NopRetryer(),
    ...options,
  })
  t.teardown(() => client.close())
  return client
}

async function drain(request: IncomingMessage): Promise<number> {
  let bytes = 0
  for await (const chunk of request) bytes += chunk.length
  return bytes
}

test('a refused connection is a RequestError with the reason of the system', async t => {
  const server = createTcpServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  const error = await t.throwsAsync(clientFor(t, `http://127.0.0.1:${port}`).headObject(object), {
    instanceOf: RequestError,
  })
  t.is((error?.cause as NodeJS.ErrnoException | undefined)?.code, 'ECONNREFUSED')
})

test('an answer that does not come is a timeout', async t => {
  const endpoint = await listen(t, () => {})
  const client = clientFor(t, endpoint, { readwriteTimeout: 300 })
  const error = await t.throwsAsync(client.headObject(object), { instanceOf: TimeoutError })
  t.is(error?.phase, 'readwrite')
})

test('one call can have a timeout of its own', async t => {
  const endpoint = await listen(t, () => {})
  await t.throwsAsync(clientFor(t, endpoint).headObject(object, { readwriteTimeout: 300 }), {
    instanceOf: TimeoutError,
  })
})

test('a body that stalls is noticed', async t => {
  const endpoint = await listen(t, (_request, response) => {
    response.writeHead(200, { 'content-length': '100' })
    response.write('begin')
  })
  const { body } = await clientFor(t, endpoint, { readwriteTimeout: 300 }).getObject(object)
  const error = await t.throwsAsync(body!.bytes(), { instanceOf: TimeoutError })
  t.is(error?.operation, 'GetObject')
})

test('a receiver that takes nothing more is noticed', async t => {
  const endpoint = await listenTcp(t, socket => socket.pause())
  const client = clientFor(t, endpoint, { readwriteTimeout: 300 })
  await t.throwsAsync(client.putObject({ ...object, body: Buffer.alloc(64 * 1024 * 1024) }), {
    instanceOf: TimeoutError,
  })
})

test('a slow receiver is no timeout as long as it takes something', async t => {
  let received = 0
  const endpoint = await listen(t, async (request, response) => {
    // Reads in steps that take longer together than the timeout, each of them shorter.
    for await (const chunk of request) {
      received += chunk.length
      if (received % 7 === 0) await new Promise(resolve => setImmediate(resolve))
    }
    response.end()
  })
  const client = clientFor(t, endpoint, { readwriteTimeout: 5000 })
  await client.putObject({ ...object, body: Buffer.alloc(8 * 1024 * 1024) })
  t.is(received, 8 * 1024 * 1024)
})

test('a body that ends too early is an error, not a short object', async t => {
  const endpoint = await listenTcp(t, socket => {
    socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nonly this'))
  })
  const { body } = await clientFor(t, endpoint).getObject(object)
  await t.throwsAsync(body!.bytes(), { instanceOf: RequestError })
})

test('something that is not HTTP is an error, not a crash', async t => {
  const endpoint = await listenTcp(t, socket => socket.end('220 mail.example.com ESMTP\r\n'))
  await t.throwsAsync(clientFor(t, endpoint).headObject(object), { instanceOf: RequestError })
})

test('a document larger than sane is refused', async t => {
  const endpoint = await listen(t, (_request, response) => {
    const block = Buffer.alloc(1024 * 1024, ' ')
    response.writeHead(200)
    const more = () => {
      while (!response.destroyed && response.write(block));
      if (!response.destroyed) response.once('drain', more)
    }
    more()
  })
  await t.throwsAsync(clientFor(t, endpoint).getBucketAcl({ bucket: 'examplebucket' }), { instanceOf: ResponseError })
})

test('an abort closes the connection and rejects with its reason', async t => {
  const stop = new AbortController()
  let closed: Promise<unknown> | undefined
  const endpoint = await listen(t, request => {
    closed = once(request.socket, 'close')
    stop.abort(new Error('enough'))
  })
  await t.throwsAsync(clientFor(t, endpoint).headObject(object, { signal: stop.signal }), { message: 'enough' })
  await closed
  t.truthy(closed)
})

test('an abort while the body is read ends it with the reason', async t => {
  const endpoint = await listen(t, (_request, response) => {
    response.writeHead(200, { 'content-length': '100' })
    response.write('begin')
  })
  const stop = new AbortController()
  const { body } = await clientFor(t, endpoint).getObject(object, { signal: stop.signal })
  body!.once('data', () => stop.abort(new Error('enough')))
  await t.throwsAsync(body!.bytes(), { message: 'enough' })
})

test('connections are used again, and no more of them are opened than allowed', async t => {
  const sockets = new Set<Socket>()
  const endpoint = await listen(t, async (request, response) => {
    sockets.add(request.socket)
    await drain(request)
    response.end()
  })
  const client = clientFor(t, endpoint, { maxConnections: 3 })
  for (let round = 0; round < 5; round++) {
    await Promise.all(
      Array.from({ length: 8 }, (_, index) => client.putObject({ ...object, key: `k${index}`, body: 'x' })),
    )
  }
  t.true(sockets.size <= 3)
})

test('keys with dot segments are sent as they are', async t => {
  const seen: string[] = []
  const endpoint = await listen(t, (request, response) => {
    seen.push(request.url ?? '')
    response.end()
  })
  const client = clientFor(t, endpoint)
  for (const key of ['a/../b', './x', 'a//b', '..', 'a b+c%d'])
    await client.headObject({ bucket: 'examplebucket', key })
  t.deepEqual(seen, [
    '/examplebucket/a/../b',
    '/examplebucket/./x',
    '/examplebucket/a//b',
    '/examplebucket/..',
    '/examplebucket/a%20b%2Bc%25d',
  ])
})

test('redirects are errors unless they are wanted, and proof of identity stays with the host it was made for', async t => {
  let seen: IncomingMessage | undefined
  const other = await listen(t, (request, response) => {
    seen = request
    response.end('elsewhere')
  })
  const endpoint = await listen(t, (_request, response) =>
    response.writeHead(302, { location: `${other}/moved` }).end(),
  )
  await t.throwsAsync(clientFor(t, endpoint).getObject(object), { message: /./ })
  t.is(seen, undefined)
  const { body } = await clientFor(t, endpoint, { enabledRedirect: true }).getObject(object)
  t.is(await body?.text(), 'elsewhere')
  t.is(seen?.url, '/moved')
  t.is(seen?.headers.authorization, undefined)
})

test('a redirect to what is no address is the error that the service gave', async t => {
  for (const location of ['http://[', 'ftp://127.0.0.1/', 'javascript:0']) {
    const endpoint = await listen(t, (_request, response) => response.writeHead(302, { location }).end())
    const client = clientFor(t, endpoint, { enabledRedirect: true })
    await t.throwsAsync(client.getObject(object), { instanceOf: ServiceError })
  }
})

test('a stream that nobody has read is sent again after a connection that did not come about', async t => {
  let connections = 0
  const endpoint = await listenTcp(t, socket => {
    if (++connections === 1) socket.resetAndDestroy()
    else socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'))
  })
  const retryer = new StandardRetryer({ backoff: new FixedDelayBackoff(0) })
  const client = clientFor(t, endpoint, { retryer, disableUploadCrc64Check: true })
  await t.notThrowsAsync(client.putObject({ ...object, body: Readable.from(['text']) }))
  t.is(connections, 2)
})

test('requests go through a proxy, with its user and password', async t => {
  const target = await listen(t, (_request, response) => response.end('through'))
  const asked: { url: string; authorization: string | undefined }[] = []
  const proxy = createServer((request, response) => {
    asked.push({ url: request.url ?? '', authorization: request.headers['proxy-authorization'] })
    response.writeHead(200).end('through')
  })
  proxy.on('connect', (request: IncomingMessage, socket: Socket) => {
    asked.push({ url: request.url ?? '', authorization: request.headers['proxy-authorization'] })
    const [host, port] = (request.url ?? '').split(':')
    const upstream = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      upstream.pipe(socket)
      socket.pipe(upstream)
    })
    for (const end of [upstream, socket]) end.on('error', () => {})
    t.teardown(() => upstream.destroy())
  })
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  t.teardown(() => {
    proxy.closeAllConnections()
    proxy.close()
  })
  const proxyHost = `http://user:p%40ss@127.0.0.1:${(proxy.address() as AddressInfo).port}`
  const { body } = await clientFor(t, target, { proxyHost }).getObject(object)
  t.is(await body?.text(), 'through')
  t.is(asked[0]?.authorization, `Basic ${Buffer.from('user:p@ss').toString('base64')}`)
})

test('a transport made by the caller is not closed with the client', async t => {
  const endpoint = await listen(t, (_request, response) => response.end())
  const httpClient = new UndiciHttpClient()
  t.teardown(() => httpClient.close())
  const first = clientFor(t, endpoint, { httpClient })
  await first.close()
  await t.notThrowsAsync(clientFor(t, endpoint, { httpClient }).headObject(object))
})
