import { ParamInvalidError } from '../errors.js'
import type { ConnectionOptions } from './connection-options.js'
import { NoProxy } from './no-proxy.js'
import { type ProxyAddress, parseProxy } from './proxy-url.js'

/** Says which proxy the requests to an origin take; `undefined` for none. */
export type ProxyRoutes = (secure: boolean, hostname: string, port: number) => ProxyAddress | undefined

/** The options about proxies. */
export type ProxyOptions = Pick<ConnectionOptions, 'proxyHost' | 'proxyFromEnvironment' | 'noProxy'>

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Never through a proxy that only the environment names: this machine, what is local to its network link, the metadata
 * service, and the endpoints inside Alibaba Cloud's own network, which a proxy elsewhere cannot reach.
 */
const alwaysDirect = new NoProxy('localhost 127.0.0.0/8 ::1 0.0.0.0 :: 169.254.0.0/16 fe80::/10 100.100.100.200')
const internalHost = /-internal\.aliyuncs\.com\.?$/i

/**
 * The routes that the options, or else the environment, ask for; `undefined` when no request needs a proxy.
 * @throws ParamInvalidError naming the option that is not usable
 */
export function proxyRoutes(options: ProxyOptions, environment: Environment = process.env): ProxyRoutes | undefined {
  const { proxyHost, proxyFromEnvironment = true, noProxy } = options
  const list = noProxy === undefined ? undefined : new NoProxy(checkNoProxy(noProxy))
  if (proxyHost !== undefined) {
    const proxy = parseProxy('proxyHost', proxyHost)
    return (_secure, hostname, port) => (list?.matches(hostname, port) ? undefined : proxy)
  }
  return proxyFromEnvironment ? environmentRoutes(environment, list) : undefined
}

function checkNoProxy(value: string | readonly string[]): string | readonly string[] {
  if ([value].flat().every(entry => typeof entry === 'string')) return value
  throw new ParamInvalidError('noProxy', 'expected a text as in NO_PROXY, or a list of such texts')
}

function environmentRoutes(environment: Environment, list: NoProxy | undefined): ProxyRoutes | undefined {
  // A web server hands the header "Proxy" of any visitor to a CGI program as HTTP_PROXY.
  const cgi = environment.REQUEST_METHOD !== undefined
  const common = ['all_proxy', 'ALL_PROXY']
  const plain = first(environment, ['http_proxy', ...(cgi ? [] : ['HTTP_PROXY']), ...common])
  const secured = first(environment, ['https_proxy', 'HTTPS_PROXY', ...common])
  if (plain === undefined && secured === undefined) return undefined
  const direct = list ?? new NoProxy(first(environment, ['no_proxy', 'NO_PROXY'])?.value ?? '')
  return (secure, hostname, port) => {
    const found = secure ? secured : plain
    if (!found || internalHost.test(hostname)) return undefined
    if (alwaysDirect.matches(hostname, port) || direct.matches(hostname, port)) return undefined
    // Not read earlier: a variable that cannot be used must not harm who never needs it.
    found.proxy ??= parseProxy(found.name, found.value)
    return found.proxy
  }
}

interface Variable {
  readonly name: string
  readonly value: string
  proxy?: ProxyAddress
}

/** The first variable that is set. An empty one means "none", and hides those behind it. */
function first(environment: Environment, names: readonly string[]): Variable | undefined {
  for (const name of names) {
    const value = environment[name]?.trim()
    if (value !== undefined) return value === '' ? undefined : { name, value }
  }
  return undefined
}
