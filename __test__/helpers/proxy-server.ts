import { type IncomingMessage, type RequestListener, request as sendRequest } from 'node:http'
import { connect, type Socket } from 'node:net'
import type { ExecutionContext } from 'ava'
import { type Listening, type ListenOptions, listen } from './listen.js'

/** What a proxy was asked for. */
export interface AskedOfProxy {
  /** `CONNECT`, or the method of the request that was handed over. */
  readonly method: string
  /** `host:port` of a tunnel, or the whole URL of a request. */
  readonly target: string
  readonly headers: IncomingMessage['headers']
}

/** Settings of {@link startProxy}. */
export interface ProxyServerOptions extends ListenOptions {
  /** `user:password` that it wants. */
  readonly credentials?: string
  /** Where a tunnel to a host and port really leads. @default there */
  readonly resolve?: (host: string, port: number) => { host: string; port: number }
  /** Answers CONNECT in its stead. */
  readonly onConnect?: (socket: Socket, asked: AskedOfProxy) => void
}

/** An HTTP proxy: tunnels, and requests with a whole URL; with Basic authentication if wanted. */
export async function startProxy(
  t: ExecutionContext,
  { credentials, resolve = (host, port) => ({ host, port }), onConnect, ...options }: ProxyServerOptions = {},
): Promise<Listening & { readonly asked: AskedOfProxy[] }> {
  const asked: AskedOfProxy[] = []
  const expected = credentials && `Basic ${Buffer.from(credentials).toString('base64')}`
  const admits = (request: IncomingMessage) => {
    const entry = { method: request.method ?? '', target: request.url ?? '', headers: request.headers }
    asked.push(entry)
    return { entry, admitted: !expected || request.headers['proxy-authorization'] === expected }
  }
  const refusal = { 'proxy-authenticate': 'Basic realm="test"' }
  const forward: RequestListener = (request, response) => {
    if (!admits(request).admitted) return void response.writeHead(407, refusal).end('who are you?')
    const { 'proxy-authorization': _, ...headers } = request.headers
    // Not by way of a URL object, which would take the dot segments out of a key.
    const [, host = '', port, path = '/'] = /^http:\/\/\[?(.*?)\]?(?::(\d+))?(\/.*)$/.exec(request.url ?? '') ?? []
    const onward = sendRequest(
      { ...resolve(host, Number(port ?? 80)), path, method: request.method, headers },
      answer => {
        response.writeHead(answer.statusCode ?? 500, answer.headers)
        answer.pipe(response)
      },
    )
    onward.on('error', () => response.writeHead(502).end())
    request.pipe(onward)
  }
  const listening = await listen(t, forward, options)
  listening.server.on('connect', (request: IncomingMessage, socket: Socket) => {
    socket.on('error', () => {})
    const { entry, admitted } = admits(request)
    if (onConnect) return onConnect(socket, entry)
    if (!admitted) return void socket.end('HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n')
    const [, host = '', port] = /^\[?(.*?)\]?:(\d+)$/.exec(request.url ?? '') ?? []
    const upstream = connect(resolve(host, Number(port)), () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
      upstream.pipe(socket).pipe(upstream)
    })
    upstream.on('error', () => socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n'))
    t.teardown(() => upstream.destroy())
  })
  return Object.assign(listening, { asked })
}
