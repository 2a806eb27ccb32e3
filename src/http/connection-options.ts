import { ParamInvalidError } from '../errors.js'
import type { DnsCacheOptions, Lookup } from './dns-cache.js'
import type { ProxyOptions } from './proxy-routes.js'
import type { TlsOptions } from './tls-options.js'

/** How connections are made and kept. Times are in milliseconds. */
export interface ConnectionOptions {
  /**
   * Connections per host at most; each bucket is a host of its own unless the bucket is in the path. Where requests to HTTP
   * endpoints go through a proxy, connections to that proxy. Requests above it wait.
   * @default 20
   */
  maxConnections?: number | undefined
  /** Until a connection must stand: look-up of the name, proxy and TLS included; 0 means no limit. @default 10000 */
  connectTimeout?: number | undefined
  /**
   * After which an unused connection is closed. Keep it below the server's limit, or requests meet connections that were just
   * closed there; where the server states its limit, that less 2 s counts if it is shorter.
   * @default 50000
   */
  idleTimeout?: number | undefined
  /**
   * URL of an HTTP proxy for all requests: `http://host:port` or `https://host:port`, with `user:password@` before the host if
   * it wants them. Requests to HTTPS endpoints take a tunnel through it, in which the proxy sees nothing but host and port.
   */
  proxyHost?: string | undefined
  /**
   * Without `proxyHost`, takes the proxy from `https_proxy`, `http_proxy` or `all_proxy`, in lower or upper case, for hosts that
   * `no_proxy` does not name. This machine's own addresses, link-local ones and the endpoints inside Alibaba Cloud's network are
   * always reached directly. The variables are read when the client is made.
   * @default true
   */
  proxyFromEnvironment?: boolean | undefined
  /**
   * Hosts to reach without proxy, written as in `NO_PROXY`: `example.com` with all below it, `192.0.2.7`, `10.0.0.0/8`, each
   * with `:port` if need be, or `*`.
   * @default `NO_PROXY` where the proxy comes from the environment, else none
   */
  noProxy?: string | readonly string[] | undefined
  /** Accepts any TLS certificate of the server. For tests only. @default false */
  insecureSkipVerify?: boolean | undefined
  /**
   * Certificate authorities to trust, PEM. They replace the ones that Node.js knows; to trust both, pass
   * `[...tls.rootCertificates, yours]`. They also vouch for a proxy that is reached over TLS.
   * @default the ones of Node.js, and of `NODE_EXTRA_CA_CERTS`
   */
  ca?: string | Buffer | (string | Buffer)[] | undefined
  /** Certificate of the client with the intermediate ones above it, PEM, for servers that ask who connects. Needs `key`. */
  cert?: string | Buffer | undefined
  /** Private key of `cert`, PEM. */
  key?: string | Buffer | undefined
  /** Opens an encrypted `key` or `pfx`. */
  passphrase?: string | undefined
  /** Certificate and key of the client in one PKCS #12 file, instead of `cert` and `key`. */
  pfx?: Buffer | undefined
  /** Resolves host names. @default `dns.lookup` of Node.js */
  lookup?: Lookup | undefined
  /** For how long addresses of a host are used without asking again; 0 asks for each connection. @default 30000 */
  dnsCacheTtl?: number | undefined
}

/** {@link ConnectionOptions} after defaults and checks of what is a number. */
export interface ConnectionSettings {
  readonly maxConnections: number
  readonly connectTimeout: number
  readonly idleTimeout: number
  readonly tls: TlsOptions
  readonly proxy: ProxyOptions
  readonly dns: DnsCacheOptions
}

/** Fills in defaults. @throws ParamInvalidError naming the option that is not usable */
export function connectionSettings(options: ConnectionOptions): ConnectionSettings {
  const { lookup, dnsCacheTtl = 30_000 } = options
  if (lookup !== undefined && typeof lookup !== 'function') throw new ParamInvalidError('lookup', 'expected a function')
  return {
    maxConnections: integer('maxConnections', options.maxConnections ?? 20, 1),
    connectTimeout: integer('connectTimeout', options.connectTimeout ?? 10_000, 0),
    idleTimeout: integer('idleTimeout', options.idleTimeout ?? 50_000, 1),
    tls: options,
    proxy: options,
    dns: { lookup, ttl: integer('dnsCacheTtl', dnsCacheTtl, 0) },
  }
}

const ofOwnTransport = ['proxyHost', 'noProxy', 'insecureSkipVerify', 'ca', 'cert', 'key', 'pfx', 'lookup'] as const

/**
 * Refuses options that would silently not be obeyed because something else makes the connections: requests that bypass a proxy,
 * or trust whom they should not, are worse than an error.
 * @throws ParamInvalidError naming the option
 */
export function refuseUnused(options: ConnectionOptions, by: 'httpClient' | 'dispatcher'): void {
  const name = ofOwnTransport.find(each => options[each] !== undefined && options[each] !== false)
  if (name !== undefined) throw new ParamInvalidError(name, `has no effect with ${by}, which makes the connections`)
}

function integer(name: string, value: number, least: number): number {
  if (Number.isSafeInteger(value) && value >= least) return value
  throw new ParamInvalidError(name, `expected an integer of at least ${least}`)
}
