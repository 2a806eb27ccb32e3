import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer as createHttpServer, type RequestListener } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { crc64, RequestError, TimeoutError, UndiciHttpClient } from 'ferross'
import type { ReceivedBody } from '#src/http/received-body.js'
import * as certificates from '../helpers/certificates.js'

const schemes = ['http', 'https'] as const

interface Lane {
  readonly scheme: 'http' | 'https'
  readonly bulk: boolean
}

/** Both ways to read from such sockets: through undici, and without it. */
const lanes: Lane[] = schemes.flatMap(scheme => [false, true].map(bulk => ({ scheme, bulk })))

async function serve(t: ExecutionContext, { scheme, bulk }: Lane, listener: RequestListener) {
  const server = scheme === 'http' ? createHttpServer(listener) : createHttpsServer(certificates.server, listener)
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => sockets.add(socket))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = new UndiciHttpClient({ ca: certificates.authority, maxConnections: 4 })
  t.teardown(async () => {
    await client.close()
    server.closeAllConnections()
    server.close()
  })
  const url = `${scheme}://${scheme === 'http' ? '127.0.0.1' : 'localhost'}:${(server.address() as AddressInfo).port}/`
  const get = (headers: Record<string, string> = {}, signal?: AbortSignal) =>
    client.send({ method: 'GET', url, headers, signal, bulk, timeouts: { connect: 5000, readwrite: 10_000 } })
  return { client, url, get, sockets }
}

/** The other end resets the connection, which is an error here and what is wanted. */
async function closed(socket: Socket): Promise<void> {
  socket.on('error', () => {})
  while (!socket.destroyed) await turn()
}

const turn = () => new Promise<void>(resolve => setImmediate(resolve))

for (const lane of lanes) {
  const name = `${lane.scheme}${lane.bulk ? ', bulk' : ''}`
  test(`${name}: bodies of every size come back byte for byte, however they are read`, async t => {
    const sizes = [0, 1, 100, 16_383, 16_384, 16_385, 65_535, 65_536, 262_143, 262_144, 262_145, 1_000_003, 5_242_881]
    const contents = new Map(sizes.map(size => [String(size), randomBytes(size)]))
    const { get, sockets } = await serve(t, lane, (request, response) => {
      const content = contents.get(String(request.headers['x-size'])) as Buffer
      // Half of the answers have no length, so that the parser's other path is taken too.
      if (content.length % 2 === 0) response.setHeader('content-length', content.length)
      response.end(content)
    })
    const readers: Record<string, (body: ReceivedBody) => Promise<Buffer>> = {
      stream: async body => {
        const chunks: Buffer[] = []
        for await (const chunk of body) chunks.push(chunk)
        return Buffer.concat(chunks)
      },
      'slow stream': async body => {
        const chunks: Buffer[] = []
        for await (const chunk of body) {
          chunks.push(chunk)
          await turn()
        }
        return Buffer.concat(chunks)
      },
      drained: async body => {
        const chunks: Buffer[] = []
        await body.drainInto(chunk => void chunks.push(Buffer.from(chunk)))
        return Buffer.concat(chunks)
      },
      'drained slowly': async body => {
        const chunks: Buffer[] = []
        let count = 0
        await body.drainInto(chunk => {
          chunks.push(Buffer.from(chunk))
          // Every other chunk makes the connection wait, for a varying time.
          return count++ % 2 === 0 ? turn().then(count % 3 === 0 ? turn : undefined) : undefined
        })
        return Buffer.concat(chunks)
      },
      'read late': async body => {
        for (let i = 0; i < 20; i++) await turn()
        const chunks: Buffer[] = []
        await body.drainInto(chunk => void chunks.push(Buffer.from(chunk)))
        return Buffer.concat(chunks)
      },
    }
    for (const [reader, read] of Object.entries(readers)) {
      await Promise.all(
        [...contents].map(async ([size, content]) => {
          const { statusCode, body } = await get({ 'x-size': size })
          t.is(statusCode, 200)
          const received = await read(body as ReceivedBody)
          t.is(received.length, content.length, `${reader} ${size}`)
          t.is(crc64(received), crc64(content), `${reader} ${size}`)
        }),
      )
    }
    t.true(sockets.size <= 4, 'connections are used again')
  })

  test(`${name}: what is sent arrives byte for byte, and the connection is used again`, async t => {
    const { client, url, sockets } = await serve(t, lane, async (request, response) => {
      let sum = 0n
      for await (const chunk of request) sum = crc64(chunk, sum)
      response.end(sum.toString())
    })
    const content = randomBytes(2_500_001)
    const inPieces = async function* (size: number) {
      for (let at = 0; at < content.length; at += size) yield content.subarray(at, at + size)
    }
    for (const body of [content, inPieces(1_000_000), inPieces(100_003), content, inPieces(2_500_001)]) {
      const headers = { 'content-length': String(content.length) }
      const timeouts = { connect: 5000, readwrite: 10_000 }
      const answer = await client.send({ method: 'PUT', url, headers, body, bulk: lane.bulk, timeouts })
      let text = ''
      await (answer.body as ReceivedBody).drainInto(chunk => {
        text += Buffer.from(chunk).toString()
      })
      t.is(text, crc64(content).toString())
    }
    // undici closes a connection when the answer overtakes the news that all was written.
    t.true(sockets.size <= (lane.bulk ? 1 : 5))
  })

  test(`${name}: what a reader keeps does not change when more arrives`, async t => {
    const content = randomBytes(3_000_000)
    const { get } = await serve(t, lane, (_request, response) => response.end(content))
    const { body } = await get()
    const kept: Buffer[] = []
    for await (const chunk of body) kept.push(chunk)
    t.true(Buffer.concat(kept).equals(content))
  })

  test(`${name}: a reader that stops makes the sender stop`, async t => {
    let sent = 0
    const block = Buffer.alloc(256 * 1024)
    const total = 256 * 1024 * 1024
    const { get } = await serve(t, lane, (_request, response) => {
      response.setHeader('content-length', total)
      const more = () => {
        while (sent < total) {
          sent += block.length
          if (!response.write(block)) return void response.once('drain', more)
        }
        response.end()
      }
      more()
    })
    const { body } = await get()
    body.once('readable', () => {})
    // Many turns of the loop without reading: far less than the whole can have been taken.
    for (let i = 0; i < 2000; i++) await turn()
    t.true(sent < total / 2, `${sent} bytes were taken`)
    body.destroy()
  })

  test(`${name}: a connection that ends early is an error for every reader`, async t => {
    const { get } = await serve(t, lane, (_request, response) => {
      response.setHeader('content-length', 1_000_000)
      response.write(Buffer.alloc(500_000))
      setImmediate(() => response.destroy())
    })
    const drained = (await get()).body as ReceivedBody
    let bytes = 0
    await t.throwsAsync(
      drained.drainInto(chunk => {
        bytes += chunk.length
      }),
      { instanceOf: RequestError },
    )
    t.true(bytes <= 500_000)
    const streamed = (await get()).body
    await t.throwsAsync(
      async () => {
        for await (const _ of streamed);
      },
      { instanceOf: RequestError },
    )
  })

  test(`${name}: a receiver that fails closes the connection, and its error is the outcome`, async t => {
    const { get } = await serve(t, lane, (_request, response) => response.end(Buffer.alloc(2_000_000)))
    for (const fail of [
      () => {
        throw new Error('full')
      },
      async () => {
        throw new Error('full')
      },
    ]) {
      const { body } = await get()
      await t.throwsAsync((body as ReceivedBody).drainInto(fail), { message: 'full' })
      t.true(body.destroyed)
    }
  })

  test(`${name}: an abort in the middle is the signal's reason, and the connection is gone`, async t => {
    const { get, sockets } = await serve(t, lane, (_request, response) => {
      response.setHeader('content-length', 50_000_000)
      response.write(Buffer.alloc(1_000_000))
    })
    const stop = new AbortController()
    const { body } = await get({}, stop.signal)
    const draining = (body as ReceivedBody).drainInto(() => stop.abort(new Error('enough')))
    await t.throwsAsync(draining, { message: 'enough' })
    await Promise.all([...sockets].map(closed))
    t.pass()
  })
}

test('a certificate that nobody vouches for is refused', async t => {
  const { url } = await serve(t, { scheme: 'https', bulk: false }, (_request, response) => response.end())
  const strict = new UndiciHttpClient()
  const lax = new UndiciHttpClient({ insecureSkipVerify: true })
  t.teardown(() => Promise.all([strict.close(), lax.close()]).then(() => {}))
  const request = { method: 'GET', url, headers: {}, timeouts: { connect: 5000, readwrite: 5000 } }
  await t.throwsAsync(strict.send(request), { instanceOf: RequestError })
  t.is((await lax.send(request)).statusCode, 200)
})

test('a handshake that does not end in time is a timeout of connecting', async t => {
  const silent = createTcpServer(() => {}).listen(0, '127.0.0.1')
  await once(silent, 'listening')
  const client = new UndiciHttpClient({ connectTimeout: 200 })
  const sockets = new Set<Socket>()
  silent.on('connection', socket => sockets.add(socket))
  t.teardown(async () => {
    await client.close()
    for (const socket of sockets) socket.destroy()
    silent.close()
  })
  const url = `https://127.0.0.1:${(silent.address() as AddressInfo).port}/`
  const sending = client.send({ method: 'GET', url, headers: {}, timeouts: { connect: 200, readwrite: 60_000 } })
  const error = await t.throwsAsync(sending, { instanceOf: TimeoutError })
  t.is(error?.phase, 'connect')
})
