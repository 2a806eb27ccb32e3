import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import { RequestError, TimeoutError, UndiciHttpClient } from 'ferross'
import { ChunkedDecoder } from '#src/http/chunked-decoder.js'
import type { HttpRequest } from '#src/http/http-client.js'
import type { ReceivedBody } from '#src/http/received-body.js'
import { parseResponseHead } from '#src/http/response-head.js'

/** A server that answers each request, once its bytes end as given, with what the function makes of it. */
async function serve(t: ExecutionContext, answer: (request: string, socket: Socket, count: number) => void) {
  const sockets: Socket[] = []
  const server = createServer({ noDelay: true }, socket => {
    sockets.push(socket)
    let text = ''
    let count = 0
    socket.on('error', () => {})
    socket.on('data', data => {
      text += data.toString('latin1')
      const head = text.indexOf('\r\n\r\n') + 4
      const length = Number(/^content-length: (\d+)/im.exec(text)?.[1] ?? 0)
      if (head < 4 || text.length < head + length) return
      const request = text
      text = ''
      answer(request, socket, ++count)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = new UndiciHttpClient({ maxConnections: 2, proxyFromEnvironment: false })
  t.teardown(async () => {
    await client.close()
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/key?a=b`
  const send = (request: Partial<HttpRequest> = {}) =>
    client.send({
      method: 'GET',
      url,
      headers: {},
      bulk: true,
      timeouts: { connect: 5000, readwrite: 10_000 },
      ...request,
    })
  return { send, sockets, client }
}

async function bytesOf(body: unknown): Promise<string> {
  const chunks: Buffer[] = []
  await (body as ReceivedBody).drainInto(chunk => void chunks.push(Buffer.from(chunk)))
  return Buffer.concat(chunks).toString('latin1')
}

const ok = (body: string, headers = '') => `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n${headers}\r\n${body}`
const turn = () => new Promise<void>(resolve => setImmediate(resolve))

test('a request is written as it is, and its answer read', async t => {
  const requests: string[] = []
  const { send, sockets } = await serve(t, (request, socket) => {
    requests.push(request)
    socket.write(ok('hello', 'X-Oss-Meta-a: 1\r\nx-oss-meta-a:  2 \r\n'))
  })
  const answer = await send({ method: 'PUT', body: Buffer.from('abc'), headers: { 'x-oss-meta-a': 'ä' } })
  t.is(answer.statusCode, 200)
  t.is(answer.headers['x-oss-meta-a'], '1, 2')
  t.is(await bytesOf(answer.body), 'hello')
  const pieces = async function* () {
    yield Buffer.from('de')
    yield Buffer.from('f')
  }
  t.is(await bytesOf((await send({ method: 'PUT', body: pieces(), headers: { 'content-length': '3' } })).body), 'hello')
  t.is(await bytesOf((await send({ method: 'POST' })).body), 'hello')
  const [host] = /^host: .*$/im.exec(requests[0] as string) ?? []
  const common = `${host}\r\nconnection: keep-alive\r\n`
  t.deepEqual(requests, [
    `PUT /key?a=b HTTP/1.1\r\n${common}x-oss-meta-a: ä\r\ncontent-length: 3\r\n\r\nabc`,
    `PUT /key?a=b HTTP/1.1\r\n${common}content-length: 3\r\n\r\ndef`,
    `POST /key?a=b HTTP/1.1\r\n${common}content-length: 0\r\n\r\n`,
  ])
  t.is(sockets.length, 1)
})

test('answers without a body leave the connection for the next request', async t => {
  const { send, sockets } = await serve(t, (request, socket) => {
    if (request.startsWith('HEAD')) socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n')
    else if (request.startsWith('DELETE')) socket.write('HTTP/1.1 204 No Content\r\n\r\n')
    else socket.write(`HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n${ok('body')}`)
  })
  t.is((await send({ method: 'HEAD' })).headers['content-length'], '100')
  t.is((await send({ method: 'DELETE' })).statusCode, 204)
  t.is(await bytesOf((await send({ method: 'PUT', body: Buffer.from('x') })).body), 'body')
  t.is(sockets.length, 1)
})

test('memory that a reader offers is filled without a copy, and never beyond the body', async t => {
  const content = 'x'.repeat(300_000)
  const { send } = await serve(t, (_request, socket) => socket.write(ok(content)))
  const { body } = await send()
  const memory = Buffer.alloc(400_000)
  let filled = 0
  let copied = 0
  await (body as ReceivedBody).drainInto(
    chunk => {
      if (chunk.buffer !== memory.buffer) {
        memory.set(chunk, filled)
        copied += chunk.length
      }
      filled += chunk.length
    },
    () => memory.subarray(filled),
  )
  t.is(memory.toString('latin1', 0, filled), content)
  t.true(memory.subarray(filled).every(byte => byte === 0))
  t.true(copied <= 65_536)
})

test('a body may come in chunks, or end with the connection', async t => {
  const { send, sockets } = await serve(t, (_request, socket, count) => {
    if (count === 1)
      socket.write(
        'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3;a=b\r\nabc\r\nA\r\n0123456789\r\n0\r\nx: y\r\n\r\n',
      )
    else socket.end('HTTP/1.1 200 OK\r\n\r\nto the end')
  })
  t.is(await bytesOf((await send()).body), 'abc0123456789')
  t.is(await bytesOf((await send()).body), 'to the end')
  t.is(sockets.length, 1)
})

for (const [name, answer] of Object.entries({
  'two lengths': 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 1\r\n\r\nx',
  'a length and chunks': 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
  'an unknown encoding': 'HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n',
  'a length that is no number': 'HTTP/1.1 200 OK\r\ncontent-length: +1\r\n\r\nx',
  'a space before the colon': 'HTTP/1.1 200 OK\r\ncontent-length : 1\r\n\r\nx',
  'a continued line': 'HTTP/1.1 200 OK\r\na: b\r\n c\r\ncontent-length: 0\r\n\r\n',
  'a bare line feed': 'HTTP/1.1 200 OK\r\na: b\ncontent-length: 0\r\n\r\n',
  'another version': 'HTTP/2.0 200 OK\r\ncontent-length: 0\r\n\r\n',
  'no status': 'HTTP/1.1 OK\r\ncontent-length: 0\r\n\r\n',
  'another protocol': 'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n',
  'a head without end': `HTTP/1.1 200 OK\r\n${'a: b\r\n'.repeat(4000)}`,
  'nothing of the kind': 'SSH-2.0-OpenSSH_9.2\r\n\r\n',
})) {
  test(`an answer with ${name} is an error, and ends the connection`, async t => {
    const { send, sockets } = await serve(t, (_request, socket) => socket.write(answer))
    await t.throwsAsync(send(), { instanceOf: RequestError })
    while (!sockets.every(socket => socket.destroyed)) await turn()
    t.pass()
  })
}

test('bytes after the answer end the connection, not the answer', async t => {
  const { send, sockets } = await serve(t, (_request, socket) => socket.write(`${ok('hello')}HTTP/1.1 200 OK\r\n\r\n`))
  for (let i = 0; i < 3; i++) t.is(await bytesOf((await send()).body), 'hello')
  t.is(sockets.length, 3)
})

test('connections that the other side closes, or wants closed, are not used again', async t => {
  const { send, sockets } = await serve(t, (_request, socket) => {
    if (sockets.length === 1) socket.write(ok('hello', 'connection: close\r\n'))
    else if (sockets.length === 2) socket.write(ok('hello', 'keep-alive: timeout=1\r\n'))
    else socket.end(ok('hello'))
  })
  for (let i = 0; i < 3; i++) t.is(await bytesOf((await send()).body), 'hello')
  while (!sockets.every(socket => socket.destroyed)) await turn()
  t.is(await bytesOf((await send()).body), 'hello')
  t.is(sockets.length, 4)
})

test('a kept connection that breaks when it is used says that it had worked before', async t => {
  const { send } = await serve(t, (_request, socket, count) => {
    if (count === 1) socket.write(ok('hello'))
    else socket.destroy()
  })
  t.is(await bytesOf((await send()).body), 'hello')
  const error = await t.throwsAsync(send(), { instanceOf: RequestError })
  const { socket } = (error?.cause ?? {}) as { socket?: { bytesRead: number } }
  t.true((socket?.bytesRead ?? 0) > 0)
})

test('a body that ends early, or says too much, is an error of the reader', async t => {
  const { send } = await serve(t, (request, socket) => {
    if (request.startsWith('GET')) socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nonly this')
    else socket.end('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n')
  })
  await t.throwsAsync(bytesOf((await send()).body), { instanceOf: RequestError })
  await t.throwsAsync(bytesOf((await send({ method: 'POST' })).body), { instanceOf: RequestError })
})

test('an answer before the end of the request is taken, and the rest is not sent', async t => {
  let sent = 0
  const server = createServer(socket => {
    socket.on('error', () => {})
    socket.once('data', () => socket.write('HTTP/1.1 403 Forbidden\r\ncontent-length: 2\r\n\r\nno'))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = new UndiciHttpClient({ proxyFromEnvironment: false })
  t.teardown(() => client.close().then(() => void server.close()))
  const body = async function* () {
    for (; sent < 1000; sent++) {
      yield Buffer.alloc(1000)
      await turn()
    }
  }
  const answer = await client.send({
    method: 'PUT',
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    headers: { 'content-length': '1000000' },
    body: body(),
    bulk: true,
    timeouts: { connect: 5000, readwrite: 10_000 },
  })
  t.is(answer.statusCode, 403)
  t.is(await bytesOf(answer.body), 'no')
  t.true(sent < 1000)
})

test('errors of the body pass as they are, and a body of another length than announced is one', async t => {
  const { send } = await serve(t, () => {})
  const fails = async function* () {
    yield Buffer.alloc(10)
    throw new RangeError('read error')
  }
  const headers = { 'content-length': '100' }
  await t.throwsAsync(send({ method: 'PUT', headers, body: fails() }), {
    instanceOf: RangeError,
    message: 'read error',
  })
  for (const length of [99, 101]) {
    const other = async function* () {
      yield Buffer.alloc(length)
    }
    await t.throwsAsync(send({ method: 'PUT', headers, body: other() }), { instanceOf: RequestError })
  }
})

test('an answer that does not come, or stops, is a timeout', async t => {
  const { send } = await serve(t, (request, socket) => {
    if (request.startsWith('GET')) socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nbegin')
  })
  const timeouts = { connect: 5000, readwrite: 1000 }
  await t.throwsAsync(send({ method: 'POST', timeouts }), { instanceOf: TimeoutError })
  await t.throwsAsync(bytesOf((await send({ timeouts })).body), { instanceOf: TimeoutError })
})

test('an answer that came in time is taken, even if this process was too busy to look', async t => {
  const { send } = await serve(t, (_request, socket) => {
    socket.write(ok('hello'))
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300)
  })
  t.is(await bytesOf((await send({ timeouts: { connect: 5000, readwrite: 100 } })).body), 'hello')
})

test('an abort ends a request while it waits, is sent or is answered', async t => {
  const { send, sockets } = await serve(t, () => {})
  const stop = new AbortController()
  const endless = async function* () {
    for (;;) {
      yield Buffer.alloc(100_000)
      await turn()
    }
  }
  const headers = { 'content-length': '1000000000' }
  const outcomes = [
    send({ signal: stop.signal }),
    send({ signal: stop.signal, method: 'PUT', headers, body: endless() }),
    // There are two connections: this one waits.
    send({ signal: stop.signal }),
  ]
  while (sockets.length < 2) await turn()
  stop.abort(new Error('enough'))
  for (const outcome of outcomes) await t.throwsAsync(outcome, { message: 'enough' })
  while (!sockets.every(socket => socket.destroyed)) await turn()
  await t.throwsAsync(send({ signal: stop.signal }), { message: 'enough' })
})

test('both lanes together have no more connections than allowed', async t => {
  let open = 0
  let most = 0
  const { send, sockets } = await serve(t, (_request, socket, count) => {
    if (count === 1) {
      most = Math.max(most, ++open)
      socket.on('close', () => open--)
    }
    setImmediate(() => socket.write(ok('hello')))
  })
  // A body of unknown length goes through undici.
  const other = async function* () {
    yield Buffer.from('abc')
  }
  for (const lanes of [['own'], ['other'], ['own', 'other'], ['other', 'own', 'own']]) {
    const all = Array.from({ length: 12 }, async (_, i) => {
      const { body } = await send(lanes[i % lanes.length] === 'own' ? {} : { method: 'PUT', body: other() })
      t.is(await bytesOf(body), 'hello')
    })
    await Promise.all(all)
  }
  t.true(most <= 2, `${most} connections at a time, ${sockets.length} in all`)
})

test('requests that wait for a connection get one in the order in which they were sent', async t => {
  const { send } = await serve(t, (request, socket) => {
    order.push(Number(/^x-number: (\d+)/im.exec(request)?.[1]))
    setImmediate(() => socket.write(ok('hello')))
  })
  const order: number[] = []
  const call = async (number: number) => {
    // Native threads would not keep the order of two connections.
    await (await send({ bulk: false, headers: { 'x-number': String(number) } })).body.resume()
    // Sent just when a connection becomes free that others wait for.
    if (number < 8) await call(number + 8)
  }
  await Promise.all(Array.from({ length: 8 }, (_, i) => call(i)))
  t.deepEqual(order, [...Array(16).keys()])
})

test('bytes that came before a request are not its answer', async t => {
  const { send, sockets } = await serve(t, (_request, socket) => socket.write(ok('asked for')))
  for (const bulk of [true, false]) {
    t.is(await bytesOf((await send({ bulk })).body), 'asked for')
    await turn()
    // They wait in the system when the next request is sent, and nobody has seen them yet.
    sockets.at(-1)?.write(ok('not asked for'))
    t.is(await bytesOf((await send({ bulk })).body), 'asked for')
  }
  t.is(sockets.length, 3)
})

test('a kept connection that was closed just before a request is not used for it', async t => {
  const { send, sockets } = await serve(t, (_request, socket) => socket.write(ok('hello')))
  for (let i = 1; i < 4; i++) {
    t.is(await bytesOf((await send()).body), 'hello')
    t.is(sockets.length, i)
    await turn()
    sockets.at(-1)?.end()
  }
})

test('a body is read as a stream, however large it is and slow its reader', async t => {
  const content = Buffer.from(Array.from({ length: 3_000_000 }, (_, i) => (i * 7919) >> 8))
  const { send } = await serve(t, (_request, socket) => {
    socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${content.length}\r\n\r\n`)
    socket.write(content)
  })
  for (const bulk of [true, false]) {
    const { body } = await send({ bulk })
    const chunks: Buffer[] = []
    for await (const chunk of body) {
      chunks.push(chunk)
      await turn()
    }
    // Compared at the end: memory that was handed out must not be written to again.
    t.true(Buffer.concat(chunks).equals(content))
  }
})

test('headers may be called like what every object has', async t => {
  const { send } = await serve(t, (_request, socket) =>
    socket.write(ok('', 'constructor: a\r\nConstructor: b\r\n__proto__: c\r\ntoString: d\r\n')),
  )
  const { headers } = await send()
  t.deepEqual(Object.entries(headers), [
    ['content-length', '0'],
    ['constructor', 'a, b'],
    ['__proto__', 'c'],
    ['tostring', 'd'],
  ])
})

test('what the lane does not speak goes another way', async t => {
  const { send } = await serve(t, (_request, socket) => socket.write(ok('hello')))
  // A body of unknown length is sent in chunks.
  const body = (async function* () {
    yield Buffer.from('abc')
  })()
  t.is(await bytesOf((await send({ method: 'PUT', body })).body), 'hello')
})

test('chunks are found however they are cut', t => {
  const chunk = fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 40 }), fc.constantFrom('', ';x=y', ' '))
  fc.assert(
    fc.property(fc.array(chunk), fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1 }), (chunks, cuts) => {
      const framed = Buffer.concat([
        ...chunks.flatMap(([bytes, extension]) => [
          Buffer.from(`${bytes.length.toString(16)}${extension}\r\n`),
          bytes,
          Buffer.from('\r\n'),
        ]),
        Buffer.from('0\r\nafter: it\r\n\r\nNEXT'),
      ])
      const decoder = new ChunkedDecoder()
      const got: Uint8Array[] = []
      let rest = Buffer.alloc(0)
      for (let at = 0, turn = 0; at < framed.length && !decoder.done; turn++) {
        const piece = framed.subarray(at, at + (cuts[turn % cuts.length] as number))
        at += piece.length
        rest = Buffer.concat([decoder.take(piece, bytes => got.push(bytes) > 0), framed.subarray(at)])
      }
      t.true(decoder.done)
      t.is(rest.toString(), 'NEXT')
      t.true(Buffer.concat(got).equals(Buffer.concat(chunks.map(([bytes]) => bytes))))
    }),
  )
})

test('no head makes the parser do anything but parse or refuse', t => {
  const line = fc.oneof(
    fc.string(),
    fc.constantFrom('content-length: 5', 'transfer-encoding: chunked', 'a: b', '__proto__: x'),
  )
  fc.assert(
    fc.property(fc.constantFrom('HTTP/1.1 200 OK', 'HTTP/1.0 404 ', 'x'), fc.array(line), (first, lines) => {
      try {
        const text = [first, ...lines, ''].join('\r\n')
        const { framing, headers } = parseResponseHead(text, text.length, 'GET')
        t.true(framing === 'chunked' || framing === 'close' || Number.isSafeInteger(framing))
        t.true(Object.values(headers).every(value => typeof value === 'string'))
      } catch (error) {
        t.is((error as Error).name, 'HTTPParserError')
      }
    }),
  )
})
