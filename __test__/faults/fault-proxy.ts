import { once } from 'node:events'
import { Agent, createServer, type IncomingMessage, type ServerResponse, request as send } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'

/** An answer as it goes over the wire. */
export interface RawAnswer {
  /** Status line. */
  status: string
  /** Names and values. */
  headers: [name: string, value: string][]
  body: Buffer
}

/** What is done to one request or its answer. */
export interface Treatment {
  /** Resets the connection when this many bytes of the request's body have come; what has come is not passed on. */
  readonly resetInRequest?: number
  /** Leaves the request without an answer: ends the connection, resets it, or never says anything again. */
  readonly instead?: 'end' | 'reset' | 'silence'
  /** Passes the request on all the same, so that it has its effect. @default false */
  readonly performed?: boolean
  /** Sends these bytes whatever was asked, and passes nothing on. */
  readonly raw?: string | Buffer
  /** Changes the answer. */
  readonly change?: (answer: RawAnswer) => RawAnswer
  /** Sends only the beginning of the answer: how much of how many bytes, head included. */
  readonly cutAt?: (length: number, headLength: number) => number
  /** What follows the answer, or its beginning. @default 'end' */
  readonly afterwards?: 'end' | 'reset' | 'silence'
  /** Sends the answer in pieces of so many bytes, one in each turn of the event loop. */
  readonly drip?: number
}

/** A request as the proxy sees it. */
export interface ProxiedRequest {
  readonly method: string
  /** Path and query. */
  readonly target: string
  /** Which request this is, from 1. */
  readonly nth: number
}

/** Stands between a client and a server on real sockets, and mistreats requests and answers as it is told to. */
export class FaultProxy {
  /** Says what is done to a request; nothing when absent. */
  treat: ((request: ProxiedRequest) => Treatment | undefined) | undefined
  /** How many connections are reset as soon as they stand. */
  resetConnections = 0
  /** Requests that were mistreated. */
  struck = 0
  readonly #upstream: URL
  readonly #agent = new Agent({ keepAlive: true })
  readonly #sockets = new Set<Socket>()
  #server = this.#makeServer()
  #port = 0
  #requests = 0
  #onIdle: (() => void) | undefined

  private constructor(upstream: string) {
    this.#upstream = new URL(upstream)
  }

  static async start(upstream: string): Promise<FaultProxy> {
    const proxy = new FaultProxy(upstream)
    await proxy.#listen()
    return proxy
  }

  get endpoint(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  /** Connections that the client holds open. */
  get connections(): number {
    return this.#sockets.size
  }

  /** Treats everything well from here on. */
  async heal(): Promise<void> {
    this.treat = undefined
    this.resetConnections = 0
    if (!this.#server.listening) {
      this.#server = this.#makeServer()
      await this.#listen()
    }
  }

  /** Refuses connections, and ends those that stand. */
  async refuse(): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }

  /** Resolves when the client holds no connection any more. */
  idle(): Promise<void> {
    if (this.#sockets.size === 0) return Promise.resolve()
    return new Promise(resolve => {
      this.#onIdle = resolve
    })
  }

  async close(): Promise<void> {
    if (this.#server.listening) await this.refuse()
    this.#agent.destroy()
  }

  async #listen(): Promise<void> {
    this.#server.listen(this.#port, '127.0.0.1')
    await once(this.#server, 'listening')
    this.#port = (this.#server.address() as AddressInfo).port
  }

  #makeServer() {
    const server = createServer({ requestTimeout: 0, maxHeaderSize: 64 * 1024, keepAliveTimeout: 60_000 })
    server.on('connection', (socket: Socket) => this.#accept(socket))
    server.on('request', (message: IncomingMessage, response: ServerResponse) => {
      this.#serve(message, response).catch(() => message.socket.destroy())
    })
    return server
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => {
      this.#sockets.delete(socket)
      if (this.#sockets.size === 0) this.#onIdle?.()
    })
    if (this.resetConnections <= 0) return
    this.resetConnections--
    this.struck++
    socket.resetAndDestroy()
  }

  async #serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url: target = '' } = message
    const treatment = this.treat?.({ method, target, nth: ++this.#requests })
    if (treatment === undefined) return this.#passOn(message, response)
    this.struck++
    const { socket } = message
    const body = await received(message, treatment.resetInRequest)
    if (body === undefined) {
      socket.resetAndDestroy()
      return
    }
    if (treatment.raw !== undefined) {
      socket.end(treatment.raw)
      return
    }
    const { instead } = treatment
    const answer = instead === undefined || treatment.performed ? await this.#ask(message, body) : undefined
    if (answer === undefined || instead !== undefined) finish(socket, instead ?? 'end')
    else await mistreat(socket, treatment.change?.(answer) ?? answer, treatment, method)
  }

  async #passOn(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const answer = await this.#ask(message, (await received(message)) as Buffer)
    const [, status] = answer.status.split(' ')
    response.writeHead(Number(status), answer.headers.flat()).end(answer.body)
  }

  async #ask({ method, url, rawHeaders }: IncomingMessage, body: Buffer): Promise<RawAnswer> {
    const { hostname, port } = this.#upstream
    const asked = send({ hostname, port, method, path: url, headers: rawHeaders as never, agent: this.#agent })
    asked.end(body)
    const [answer] = (await once(asked, 'response')) as [IncomingMessage]
    const headers: RawAnswer['headers'] = []
    for (let at = 0; at < answer.rawHeaders.length; at += 2) {
      headers.push([answer.rawHeaders[at] as string, answer.rawHeaders[at + 1] as string])
    }
    const status = `HTTP/1.1 ${answer.statusCode} ${answer.statusMessage}`
    return { status, headers, body: (await received(answer)) as Buffer }
  }
}

/** The whole body; nothing when `limit` bytes have come. */
async function received(message: IncomingMessage, limit = Number.POSITIVE_INFINITY): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of message.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length >= limit) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

async function mistreat(socket: Socket, answer: RawAnswer, treatment: Treatment, method: string): Promise<void> {
  // The connection ends after it, and whoever is not told may send the next request into the void.
  const kept = answer.headers.filter(([name]) => !/^(?:connection|keep-alive)$/i.test(name))
  const headers: RawAnswer['headers'] = [...kept, ['connection', 'close']]
  const lines = [answer.status, ...headers.map(([name, value]) => `${name}: ${value}`)]
  const head = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1')
  const whole = method === 'HEAD' ? head : Buffer.concat([head, answer.body])
  const bytes = whole.subarray(0, treatment.cutAt?.(whole.length, head.length) ?? whole.length)
  const size = treatment.drip ?? bytes.length
  for (let at = 0; at < bytes.length && !socket.destroyed; at += size) {
    socket.write(bytes.subarray(at, at + size))
    if (treatment.drip) await new Promise(resolve => setImmediate(resolve))
  }
  finish(socket, treatment.afterwards ?? 'end')
}

function finish(socket: Socket, how: 'end' | 'reset' | 'silence'): void {
  if (how === 'end') socket.end()
  else if (how === 'reset') socket.resetAndDestroy()
}
