import assert from 'node:assert/strict'
import dns from 'node:dns'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import type { ClientOptions } from 'ferross'
import type { Scenario } from './scenario.js'
import type { World } from './world.js'

const noAnswer = 'RequestError RequestError, retryable'
/** A certificate does not become a good one by asking again. */
const untrusted = 'TlsError TlsError'
const operations = ['headObject', 'putObject', 'uploadFile', 'downloadFile', 'listObjectsV2'] as const

const fixture = (name: string) => readFileSync(`__test__/fixtures/${name}`)

/** Sends a client to a server that is not the one it wants, and says what that server got to see. */
async function divert(world: World, server: Server, scheme: string, options: ClientOptions) {
  const sockets = new Set<Socket>()
  server.on('connection', socket => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
  })
  server.on('tlsClientError', () => {})
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  world.after(async () => {
    const closed = once(server, 'close')
    server.close()
    for (const socket of sockets) socket.destroy()
    await closed
  })
  const { port } = server.address() as AddressInfo
  world.configure({ endpoint: `${scheme}://localhost:${port}`, usePathStyle: true, ...options })
}

function badCertificate(fault: string, certificate: string, ca: string | undefined): Scenario {
  return {
    fault: `TLS: ${fault}`,
    operations,
    outcome: untrusted,
    checks: 'nothing of the request is sent; `reason` says what is wrong with it',
    unreachable: true,
    arrange: async world => {
      let received = 0
      const server = createTlsServer(
        { key: fixture(`${certificate}.key`), cert: fixture(`${certificate}.crt`) },
        socket => {
          socket.on('error', () => {})
          socket.on('data', chunk => {
            received += chunk.length
          })
        },
      )
      await divert(world, server, 'https', ca === undefined ? {} : { ca: fixture(ca) })
      return () => assert.equal(received, 0, 'nothing is sent to a server that is not trusted')
    },
  }
}

function lookupFails(code: string): Scenario {
  return {
    fault: `DNS: ${code}`,
    operations,
    outcome: noAnswer,
    unreachable: true,
    arrange: world => {
      let asked = 0
      const { lookup } = dns
      const failing = (name: string, _options: unknown, callback: (error: Error) => void) => {
        asked++
        const error = Object.assign(new Error(`getaddrinfo ${code} ${name}`), { code, syscall: 'getaddrinfo' })
        setImmediate(callback, error)
      }
      Object.assign(dns, { lookup: failing })
      syncBuiltinESMExports()
      world.after(() => {
        Object.assign(dns, { lookup })
        syncBuiltinESMExports()
      })
      world.configure({ endpoint: 'http://oss.test.invalid', usePathStyle: true })
      return () => assert.ok(asked > 0)
    },
  }
}

/** What happens before a connection can be used. */
export const networkFaults: readonly Scenario[] = [
  lookupFails('ENOTFOUND'),
  lookupFails('EAI_AGAIN'),
  badCertificate('certificate that has expired', 'tls-expired', 'tls-ca.crt'),
  badCertificate('certificate of another name', 'tls-other-name', 'tls-ca.crt'),
  badCertificate('certificate that nobody vouches for', 'localhost', undefined),
  {
    fault: 'TLS: handshake cut',
    operations,
    outcome: noAnswer,
    unreachable: true,
    arrange: world => {
      const server = createTcpServer(socket => {
        // In the middle of what is to be the server's greeting.
        socket.once('data', () => socket.end(Buffer.from([0x16, 3, 3, 0, 80, 2])))
      })
      return divert(world, server, 'https', {})
    },
  },
  {
    fault: 'TLS: the server speaks plain HTTP',
    operations,
    outcome: 'TlsError TlsError, retryable',
    unreachable: true,
    arrange: world =>
      divert(
        world,
        createTcpServer(socket => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')),
        'https',
        {},
      ),
  },
  {
    fault: 'TLS: handshake that never ends',
    operations: ['headObject'],
    outcome: 'TimeoutError Timeout, retryable',
    unreachable: true,
    slow: true,
    arrange: world => divert(world, createTcpServer(), 'https', { connectTimeout: 300, retryMaxAttempts: 1 }),
  },
]
