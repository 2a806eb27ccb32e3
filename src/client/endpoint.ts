import { isIPv4, isIPv6 } from 'node:net'
import { ParamInvalidError } from '../errors.js'
import { encodePath } from '../signing/encode.js'

/** The options that decide where requests go. All are optional, but there must be a region or an endpoint. */
export interface EndpointOptions {
  /** Region of the buckets, such as `cn-hangzhou`. Gives the endpoint, unless there is one, and is signed for. */
  readonly region?: string | undefined
  /**
   * Host to send to, with or without scheme and port; a path is ignored. Wins over everything that derives a host from the
   * region. An empty text counts as absent.
   */
  readonly endpoint?: string | undefined
  /** Uses HTTP when the endpoint names no scheme. @default false */
  readonly disableSsl?: boolean | undefined
  /** Sends the bucket in the path rather than in the host name. @default false */
  readonly usePathStyle?: boolean | undefined
  /** The endpoint is a domain of one's own that is bound to one bucket. Wins over path style. @default false */
  readonly useCname?: boolean | undefined
  /** Uses the region's endpoint that answers over IPv4 and IPv6. Wins over internal and accelerate. @default false */
  readonly useDualstackEndpoint?: boolean | undefined
  /** Uses the transfer acceleration endpoint. @default false */
  readonly useAccelerateEndpoint?: boolean | undefined
  /** Uses the region's endpoint inside Alibaba Cloud's network. Wins over accelerate. @default false */
  readonly useInternalEndpoint?: boolean | undefined
  /** Id of a cloud box, which is signed for instead of the region. */
  readonly cloudBoxId?: string | undefined
  /** Takes the id of the cloud box from the endpoint, when it is one of a cloud box. @default false */
  readonly enableAutoDetectCloudBoxId?: boolean | undefined
}

/** Where requests go and what they are signed for. */
export interface Endpoint {
  readonly scheme: 'http' | 'https'
  /** Host name or address without bucket; with the port, when the endpoint names one. */
  readonly host: string
  /** Where the bucket goes: into the host name, into the path, or nowhere because the domain stands for it. */
  readonly style: 'virtual' | 'path' | 'cname'
  /** Region to sign for; empty when none was given. */
  readonly region: string
  /** Product to sign for. */
  readonly product: string
}

/** Host and path of one request. */
export interface Target {
  /** Host, with the port if there is one. */
  readonly host: string
  /** Path, percent-encoded, beginning with `/`. It must be sent as it is: `.` and `..` in keys are ordinary. */
  readonly path: string
}

/**
 * Works out from the options where requests go.
 *
 * An endpoint that is an IP address, of either family, means path style whatever else is asked for. `localhost` is an
 * ordinary name: the bucket goes in front of it, and not every system resolves `bucket.localhost`. Set `usePathStyle` for
 * a server there, or write `127.0.0.1`.
 * @throws ParamInvalidError `endpoint` when it cannot be understood, or is missing and the region does not give one;
 * `region` when it looks like an endpoint's name.
 */
export function resolveEndpoint(options: EndpointOptions): Endpoint {
  const region = textOption('region', options.region)
  const given = textOption('endpoint', options.endpoint)
  const parsed = given === '' ? undefined : parseEndpoint(given)
  const host = parsed?.host ?? regionalHost(region, options)
  const cloudBox =
    textOption('cloudBoxId', options.cloudBoxId) || (options.enableAutoDetectCloudBoxId && cloudBoxOf(host))
  return Object.freeze({
    scheme: parsed?.scheme ?? (options.disableSsl ? 'http' : 'https'),
    host,
    style:
      parsed?.address || (options.usePathStyle && !options.useCname) ? 'path' : options.useCname ? 'cname' : 'virtual',
    region: cloudBox || region,
    product: cloudBox ? 'oss-cloudbox' : 'oss',
  })
}

/**
 * Host and path of a request to a bucket and key. A bucket in the path is followed by a slash, also without key. Names are
 * taken as they are; check them first.
 * @throws ParamInvalidError `key` when it has no UTF-8 form
 */
export function targetOf(
  endpoint: Pick<Endpoint, 'host' | 'style'>,
  bucket: string | undefined,
  key: string | undefined,
): Target {
  const path = `/${key === undefined ? '' : encodePath(key)}`
  if (bucket === undefined || endpoint.style === 'cname') return { host: endpoint.host, path }
  if (endpoint.style === 'path') return { host: endpoint.host, path: `/${encodePath(bucket, 'bucket')}${path}` }
  return { host: `${bucket}.${endpoint.host}`, path }
}

/** An endpoint taken apart. */
export interface ParsedEndpoint {
  /** Scheme, if one is written. */
  readonly scheme: 'http' | 'https' | undefined
  /** Host with its port, if one is written. An IPv6 address has its brackets. */
  readonly host: string
  /** Whether the host is an IP address. */
  readonly address: boolean
}

const endpointPattern = /^(?:(https?):\/\/)?(\[[^\]]*\]|[^:/?#[\]]*)(?::(\d{1,5}))?(?:\/[^?#\s]*)?$/i
const namePattern = /^[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*\.?$/i

/** Takes an endpoint apart: `host`, `host:port`, `http://host`, an IPv6 address with or without brackets. */
export function parseEndpoint(endpoint: string): ParsedEndpoint {
  if (isPlainIPv6(endpoint)) return { scheme: undefined, host: `[${endpoint}]`, address: true }
  const match = endpointPattern.exec(endpoint)
  if (match === null)
    throw new ParamInvalidError(
      'endpoint',
      'expected a host such as oss-cn-hangzhou.aliyuncs.com, or http(s)://host:port',
    )
  const [, scheme, name = '', port] = match
  const bracketed = name.startsWith('[')
  if (bracketed ? !isPlainIPv6(name.slice(1, -1)) : !namePattern.test(name)) {
    throw new ParamInvalidError('endpoint', `${JSON.stringify(name)} is neither a host name nor an address`)
  }
  if (port !== undefined && (Number(port) < 1 || Number(port) > 65_535)) {
    throw new ParamInvalidError('endpoint', 'expected a port from 1 to 65535')
  }
  return {
    scheme: scheme === undefined ? undefined : (scheme.toLowerCase() as 'http' | 'https'),
    host: port === undefined ? name : `${name}:${port}`,
    address: bracketed || isIPv4(name),
  }
}

/** A zone, as in `fe80::1%eth0`, has no place in a URL. */
function isPlainIPv6(text: string): boolean {
  return isIPv6(text) && !text.includes('%')
}

function regionalHost(region: string, options: EndpointOptions): string {
  if (region.startsWith('oss-')) {
    throw new ParamInvalidError('region', `expected the bare region, ${JSON.stringify(region.slice(4))} without oss-`)
  }
  if (!/^[a-z0-9-]+$/.test(region)) {
    const shown = region === '' ? 'there is no region' : `the region ${JSON.stringify(region)} is not one`
    throw new ParamInvalidError(
      'endpoint',
      `${shown} to derive it from; expected an endpoint, or a region such as cn-hangzhou`,
    )
  }
  if (options.useDualstackEndpoint) return `${region}.oss.aliyuncs.com`
  if (options.useInternalEndpoint) return `oss-${region}-internal.aliyuncs.com`
  if (options.useAccelerateEndpoint) return 'oss-accelerate.aliyuncs.com'
  return `oss-${region}.aliyuncs.com`
}

function cloudBoxOf(host: string): string | undefined {
  return /^(cb-[^.]+)\.[^.]+\.oss-cloudbox(?:-control)?\.aliyuncs\.com(?::\d+)?$/i.exec(host)?.[1]
}

function textOption(name: string, value: string | undefined): string {
  if (value !== undefined && typeof value !== 'string') throw new ParamInvalidError(name, 'expected a string')
  return value ?? ''
}
