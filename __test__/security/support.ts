import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import type { ExecutionContext } from 'ava'
import { Client, type ClientOptions, StaticCredentialsProvider } from 'ferross'

/** One request as its bytes arrived. */
export interface WireRequest {
  /** The request line. */
  readonly line: string
  /** Header lines as they were sent. */
  readonly headers: readonly string[]
  /** Names of the headers, in lower case. */
  readonly names: readonly string[]
}

/** A socket that keeps what it receives and gives one answer to every request, byte for byte. */
export class Wire {
  readonly endpoint: string
  readonly #client: (options: ClientOptions) => Client
  readonly chunks: Buffer[] = []

  constructor(endpoint: string, client: (options: ClientOptions) => Client) {
    this.endpoint = endpoint
    this.#client = client
  }

  client(options: ClientOptions = {}): Client {
    return this.#client(options)
  }

  /** Everything that arrived since the last time, taken for HTTP the way a careless server would. */
  take(): WireRequest[] {
    const text = Buffer.concat(this.chunks.splice(0)).toString('latin1')
    return text
      .split('\r\n\r\n')
      .filter(head => /^[A-Z]+ /.test(head))
      .map(head => {
        const [line = '', ...headers] = head.split('\r\n')
        return { line, headers, names: headers.map(header => (header.split(':')[0] as string).toLowerCase()) }
      })
  }
}

/** A {@link Wire} that ends with the test. */
export async function withWire(t: ExecutionContext, answer = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n') {
  const sockets = new Set<Socket>()
  const server = createServer(socket => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('data', chunk => {
      wire.chunks.push(chunk)
      if (chunk.includes('\r\n\r\n')) socket.write(Buffer.from(answer, 'latin1'))
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const clients: Client[] = []
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const wire: Wire = new Wire(endpoint, options => {
    const client = new Client({
      endpoint,
      region: 'cn-hangzhou',
      credentialsProvider: new StaticCredentialsProvider('ak', 'a-secret-of-some-length'),
      retryMaxAttempts: 1,
      ...options,
    })
    clients.push(client)
    return client
  })
  t.teardown(async () => {
    for (const client of clients) await client.close()
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return wire
}
