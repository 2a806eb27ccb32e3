import { connect as connectTcp, type Socket } from 'node:net'
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls'
import type { ConnectAttempt } from './connect-attempt.js'
import { DnsCache } from './dns-cache.js'
import type { ProxyAddress } from './proxy-url.js'
import { openTunnel, unreachableProxy } from './tunnel.js'

/** Settings of a {@link dialer}. */
export interface DialerOptions {
  /** Milliseconds until the connection must stand, TLS and proxy included; 0 means no limit. */
  readonly timeout: number
  /** Options of `tls.connect` for connections to a proxy. */
  readonly proxyTls?: () => ConnectionOptions
  /** Finds addresses. @default a cache of its own */
  readonly dns?: DnsCache
}

/**
 * Milliseconds until the next address of a host is tried. Node.js gives up one attempt for the next, so this must be more than
 * the way to a far region takes.
 */
const addressTimeout = 1_000

/** Host, without brackets, and port. */
export interface Where {
  readonly host: string
  readonly port: number
}

/** What connections to servers and to proxies have in common. */
export function dialer({ timeout, dns = new DnsCache(), proxyTls }: DialerOptions) {
  const network = {
    lookup: dns.lookup,
    autoSelectFamilyAttemptTimeout: timeout > 0 ? Math.min(addressTimeout, Math.ceil(timeout / 2)) : addressTimeout,
  }

  /** Tells the cache of addresses how they did. */
  function watch(socket: Socket, event: string, host: string): void {
    let address: string | undefined
    const onFailed = (failed: string) => dns.failed(host, failed)
    const onError = () => dns.failed(host, address)
    socket.setNoDelay(true)
    socket.setKeepAlive(true, 60_000)
    socket.on('connectionAttemptFailed', onFailed)
    socket.on('connectionAttemptTimeout', onFailed)
    socket.once('error', onError)
    socket.once('connect', () => {
      address = socket.remoteAddress
    })
    socket.once(event, () => {
      dns.succeeded(host, address)
      socket.off('error', onError)
    })
  }

  function tunnel(attempt: ConnectAttempt, proxy: ProxyAddress, to: Where, next: (socket: Socket) => void): Socket {
    const where = { host: proxy.hostname, port: proxy.port }
    const name = nameOf(proxy.hostname)
    const socket: Socket | TLSSocket = proxy.secure
      ? connectTls({ ...proxyTls?.(), ...network, ...where, ...(name && { servername: name }) })
      : connectTcp({ ...network, ...where })
    const event = proxy.secure ? 'secureConnect' : 'connect'
    watch(socket, event, where.host)
    const target = `${to.host.includes(':') ? `[${to.host}]` : to.host}:${to.port}`
    const onConnect = () => openTunnel(socket, proxy, target, attempt, () => next(socket))
    attempt.step(socket, event, onConnect, error => unreachableProxy(proxy, error))
    return socket
  }

  return { network, watch, tunnel }
}

/** An IPv6 address without its brackets. */
export function bare(hostname: string): string {
  return hostname.replace(/^\[(.*)\]$/, '$1')
}

/** The name to ask TLS for; none for an address. */
export function nameOf(host: string): string | undefined {
  const name = host.replace(/:\d+$/, '')
  return /^[\d.]+$|:/.test(name) ? undefined : name
}
