import type { Socket } from 'node:net'
import { ProxyError } from '../errors.js'
import type { ConnectAttempt } from './connect-attempt.js'
import type { ProxyAddress } from './proxy-url.js'
import { describe } from './translate-error.js'

/** Far above any head of an answer to CONNECT. */
const headLimit = 64 * 1024

/**
 * Asks a proxy, to which the socket is connected, for a tunnel to a host and port. The socket then is the connection to that
 * host.
 * @param host with the brackets of an IPv6 address
 */
export function openTunnel(
  socket: Socket,
  proxy: ProxyAddress,
  host: string,
  attempt: ConnectAttempt,
  next: () => void,
): void {
  const lines = [`CONNECT ${host} HTTP/1.1`, `Host: ${host}`]
  if (proxy.authorization !== undefined) lines.push(`Proxy-Authorization: ${proxy.authorization}`)
  socket.write(`${lines.join('\r\n')}\r\n\r\n`, 'latin1')
  let head = Buffer.alloc(0)
  const onReadable = () => {
    for (let chunk = socket.read(); chunk !== null; chunk = socket.read()) head = Buffer.concat([head, chunk])
    const end = head.indexOf('\r\n\r\n')
    if (end === -1 && head.length < headLimit) return
    socket.off('readable', onReadable)
    const status = /^HTTP\/1\.[01] (\d{3})/.exec(head.toString('latin1', 0, end === -1 ? 0 : end))?.[1]
    if (status === undefined) attempt.fail(brokenAnswer(proxy))
    else if (!status.startsWith('2')) attempt.fail(refusedByProxy(proxy, Number(status)))
    else {
      // Servers wait for the request, but what came is theirs.
      if (head.length > end + 4) socket.unshift(head.subarray(end + 4))
      socket.emit('tunnel')
    }
  }
  attempt.step(socket, 'tunnel', next, error => unreachableProxy(proxy, error))
  socket.on('readable', onReadable)
}

/** The proxy did not let a connection come about. */
export function unreachableProxy({ origin }: Pick<ProxyAddress, 'origin'>, cause: Error): ProxyError {
  return new ProxyError(`no connection: ${describe(cause)}`, { proxy: origin }, { cause })
}

/** The proxy answered, but with a refusal. */
export function refusedByProxy({ origin, authorization }: ProxyAddress, statusCode: number): ProxyError {
  const wanted = authorization === undefined ? 'wants a user and password' : 'does not accept the user and password'
  return new ProxyError(
    statusCode === 407 ? `${wanted} (407)` : `refuses the connection (${statusCode})`,
    { proxy: origin, statusCode },
    { retryable: statusCode >= 500 || statusCode === 429 },
  )
}

function brokenAnswer({ origin }: ProxyAddress): ProxyError {
  return new ProxyError('the answer is not one of an HTTP proxy', { proxy: origin }, { retryable: false })
}
