import { createPublicKey, type KeyObject } from 'node:crypto'
import { ParamInvalidError } from '../errors.js'

/** Fetches a URL: the web's `fetch`, or one that goes through a proxy. */
export type Fetch = (url: string, init: { redirect: 'error'; signal: AbortSignal }) => Promise<Response>

/** Where the service publishes the keys that verify its callbacks. */
export const defaultKeyHosts: readonly string[] = ['gosspublic.alicdn.com']

/** Longest key file that is read, in bytes; the service's has 272. */
const longestKey = 16 * 1024
const longestUrl = 1024
/** How long a key is used before it is fetched again, in milliseconds: the service might replace it under the same URL. */
const keyLifetime = 24 * 3600 * 1000

/**
 * The URL to fetch a key from, or `undefined` for one that is not pinned. `hosts` are host names, which are reached over
 * HTTPS whatever scheme the URL has, or origins such as `http://127.0.0.1:8080`, which are taken exactly.
 *
 * Whoever calls the application's server chooses this URL, so only a URL of the plainest form gets through: what two
 * parsers could read in two ways (userinfo, backslashes, white space, dots in the path) is refused before it is parsed.
 */
export function pinnedKeyUrl(text: string, hosts: readonly string[]): string | undefined {
  if (text.length > longestUrl) return undefined
  const [, scheme, authority, path = '/'] = /^(https?):\/\/([a-z0-9.:-]+)(\/[\w./~-]*)?$/i.exec(text) ?? []
  if (scheme === undefined || authority === undefined || path.includes('..')) return undefined
  const origin = `${scheme}://${authority}`.toLowerCase()
  for (const host of hosts) {
    if (host.includes('://') ? origin === host.toLowerCase() : authority.toLowerCase() === host.toLowerCase()) {
      return host.includes('://') ? origin + path : `https://${host}${path}`
    }
  }
  return undefined
}

/** Checks the hosts that keys may come from. @throws ParamInvalidError `keyHosts` */
export function checkKeyHosts(hosts: readonly string[]): void {
  if (!Array.isArray(hosts) || hosts.length === 0 || !hosts.every(isHostOrOrigin)) {
    throw new ParamInvalidError('keyHosts', 'expected host names, or origins such as https://keys.example.com:8443')
  }
}

function isHostOrOrigin(host: unknown): boolean {
  return typeof host === 'string' && /^(https?:\/\/[a-z0-9.-]+(:\d+)?|[a-z0-9.-]+)$/i.test(host)
}

/** Keys by URL, the last few that were fetched. Calls that want one key at the same time share one fetch. */
export class KeyCache {
  readonly #keys = new Map<string, { readonly key: KeyObject; readonly until: number }>()
  readonly #pending = new Map<string, Promise<KeyObject>>()
  readonly #fetch: Fetch
  readonly #size: number

  constructor(fetch: Fetch, size = 8) {
    this.#fetch = fetch
    this.#size = size
  }

  /** The key at a pinned URL. Rejects when it cannot be fetched or is not an RSA key; failures are not kept. */
  async get(url: string, timeout: number): Promise<KeyObject> {
    const known = this.#keys.get(url)
    if (known !== undefined && Date.now() < known.until) return known.key
    const pending = this.#pending.get(url)
    if (pending !== undefined) return pending
    // Forged calls can name many URLs of the pinned host: the few slots bound what they make this process send.
    if (this.#pending.size >= this.#size) throw new Error('too many keys are being fetched')
    const fetched = fetchKey(this.#fetch, url, timeout).finally(() => this.#pending.delete(url))
    this.#pending.set(url, fetched)
    const key = await fetched
    this.#keys.set(url, { key, until: Date.now() + keyLifetime })
    if (this.#keys.size > this.#size) this.#keys.delete(this.#keys.keys().next().value as string)
    return key
  }
}

async function fetchKey(fetch: Fetch, url: string, timeout: number): Promise<KeyObject> {
  const response = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(timeout) })
  if (response.status !== 200 || response.redirected) {
    await response.body?.cancel()
    throw new Error(`the key's host answered with status ${response.status}`)
  }
  return rsaKey(await limitedText(response))
}

async function limitedText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let length = 0
  if (response.body === null) return ''
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    length += chunk.byteLength
    // Leaving the loop cancels the body.
    if (length > longestKey) throw new Error(`the key is larger than ${longestKey} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** Reads a public RSA key. @throws when it is something else */
export function rsaKey(source: string | KeyObject): KeyObject {
  // A private key would be turned into its public half: it has no business here.
  if (typeof source === 'string' && source.includes('PRIVATE KEY')) throw new Error('expected a public key')
  const key = typeof source === 'string' ? createPublicKey(source) : source
  if (key.type !== 'public' || key.asymmetricKeyType !== 'rsa') throw new Error('expected a public RSA key')
  return key
}
