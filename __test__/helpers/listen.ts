import { once } from 'node:events'
import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http'
import { createServer as createHttpsServer, type ServerOptions } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import type { ExecutionContext } from 'ava'
import * as certificates from './certificates.js'

/** A web server of one test. */
export interface Listening {
  readonly port: number
  readonly url: string
  readonly server: Server
  /** Every connection there ever was. */
  readonly sockets: Socket[]
}

/** Settings of {@link listen}. */
export interface ListenOptions {
  /** @default '127.0.0.1' */
  readonly host?: string
  /** Makes it HTTPS, with the certificate of the tests unless another is given. */
  readonly tls?: ServerOptions
}

/** Listens on a free port until the test ends. */
export async function listen(
  t: ExecutionContext,
  listener: RequestListener,
  { host = '127.0.0.1', tls }: ListenOptions = {},
): Promise<Listening> {
  const server = tls ? createHttpsServer({ ...certificates.server, ...tls }, listener) : createHttpServer(listener)
  // On a busy machine the usual 5 s may pass between two requests of a test.
  server.keepAliveTimeout = 60_000
  const sockets: Socket[] = []
  server.on('connection', (socket: Socket) => {
    sockets.push(socket)
    socket.on('error', () => {})
  })
  server.listen(0, host)
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return {
    port,
    url: `${tls ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}`,
    server,
    sockets,
  }
}
