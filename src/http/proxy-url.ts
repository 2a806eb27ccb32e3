import { ParamInvalidError } from '../errors.js'

/** A proxy, taken apart. */
export interface ProxyAddress {
  /** Whether the connection to the proxy itself is TLS. */
  readonly secure: boolean
  /** Name or address, without brackets. */
  readonly hostname: string
  readonly port: number
  /** Scheme, host and port as a URL has them, without user and password: for messages, and as undici's origin. */
  readonly origin: string
  /** Value of `Proxy-Authorization`, when the URL names a user. */
  readonly authorization: string | undefined
}

const expectation = 'expected http://host:port or https://host:port, with user:password@ before the host if need be'

/**
 * Reads the URL of a proxy; without a scheme it is an HTTP proxy. User and password are percent-encoded in it.
 * @param name the option or variable that has the URL
 * @throws ParamInvalidError naming it; the text itself is not shown, for it may hold a password
 */
export function parseProxy(name: string, text: string): ProxyAddress {
  const url = parse(withScheme(text.trim()))
  if (
    !url ||
    !/^https?:$/.test(url.protocol) ||
    url.hostname === '' ||
    url.port === '0' ||
    !/^\/?$/.test(url.pathname + url.search)
  ) {
    throw new ParamInvalidError(name, expectation)
  }
  const secure = url.protocol === 'https:'
  return {
    secure,
    hostname: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: Number(url.port || (secure ? 443 : 80)),
    origin: url.origin,
    authorization: basic(name, url),
  }
}

const withScheme = (text: string) => (text.includes('://') ? text : `http://${text}`)

function parse(text: string): URL | undefined {
  try {
    return new URL(text)
  } catch {
    // What is wrong with it would show the text.
    return undefined
  }
}

function basic(name: string, { username, password }: URL): string | undefined {
  if (username === '' && password === '') return undefined
  const [user, secret] = [username, password].map(part => decode(name, part))
  if (user?.includes(':')) throw new ParamInvalidError(name, 'the user cannot have a colon')
  return `Basic ${Buffer.from(`${user}:${secret}`, 'utf8').toString('base64')}`
}

function decode(name: string, part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    throw new ParamInvalidError(name, 'user and password must be percent-encoded UTF-8')
  }
}
