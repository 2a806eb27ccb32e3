import { type KeyObject, verify } from 'node:crypto'
import { ParamInvalidError } from '../errors.js'
import { checkKeyHosts, defaultKeyHosts, type Fetch, KeyCache, pinnedKeyUrl, rsaKey } from './callback-key.js'

/** A call that the application's server received. */
export interface CallbackMessage {
  /** Method, if it is to be checked: callbacks are POST requests. */
  method?: string | undefined
  /** Path and query as they arrived, not decoded: `request.url` of `node:http`, of Express `originalUrl`, or a whole URL. */
  url: string | undefined
  /** Headers: those of `node:http` or a `Headers`. */
  headers: Readonly<Record<string, string | readonly string[] | undefined>> | Headers
  /** Body as it arrived. A body that was parsed and written again has another signature. */
  body: string | Uint8Array | ArrayBuffer
}

/** Options of {@link verifyCallback}. */
export interface VerifyCallbackOptions {
  /** Key to verify with, PEM. Nothing is fetched then, and the URL in the call is not read. */
  publicKey?: string | KeyObject
  /**
   * Hosts that keys may be fetched from: names, always reached over HTTPS, or origins such as `http://127.0.0.1:8080`, taken
   * exactly. @default the service's own host
   */
  keyHosts?: readonly string[]
  /** Until a key must have been fetched, in milliseconds. The service waits five seconds for the answer. @default 3000 */
  timeout?: number
  /** Longest body that is looked at, in bytes. @default 1 MiB */
  maxBodySize?: number
  /** Fetches keys instead of the global `fetch`. Must not follow redirects. */
  fetch?: Fetch
}

/**
 * Why a call was refused: it is not of the right form, larger than allowed, names a key of another host, its key cannot be had
 * now, or the signature is another's. Only `key-unavailable` may pass when the same call comes again.
 */
export type CallbackRejection = 'malformed' | 'too-large' | 'untrusted-key' | 'key-unavailable' | 'wrong-signature'

/** Outcome of {@link verifyCallback}. */
export type CallbackVerification =
  | {
      /** The call is the service's. */
      readonly valid: true
    }
  | {
      /** The call is refused. */
      readonly valid: false
      /** Why. */
      readonly reason: CallbackRejection
      /** One line for the log. Do not send it to the caller. */
      readonly message: string
    }

const oneMebibyte = 1024 * 1024
const globalFetch: Fetch = (url, init) => fetch(url, init)
/** Keys outlive a call; each way of fetching has its own, so that none can plant keys for another. */
const caches = new WeakMap<Fetch, KeyCache>()

/**
 * Tells whether a callback comes from the service: checks the RSA signature over path, query and body with the key that the
 * call names, which must lie on a pinned host. Never throws or rejects because of what is in the call; options that cannot
 * be used reject with ParamInvalidError.
 *
 * The signature does not make a call unique: who has seen one can send it again, so treat calls as repeatable. It uses MD5 and
 * a short key, as the service does; where more is at stake have an HTTPS callback URL, and look the object up before acting.
 */
export async function verifyCallback(
  message: CallbackMessage,
  options: VerifyCallbackOptions = {},
): Promise<CallbackVerification> {
  const settings = checkedOptions(options)
  const found = readMessage(message, settings.maxBodySize)
  if ('reason' in found) return found
  let key = settings.publicKey
  if (key === undefined) {
    const url = found.keyUrl === undefined ? undefined : pinnedKeyUrl(found.keyUrl, settings.keyHosts)
    if (url === undefined) return refuse('untrusted-key', 'x-oss-pub-key-url is absent or of a host that is not pinned')
    try {
      key = await cacheFor(settings.fetch).get(url, settings.timeout)
    } catch (error) {
      return refuse('key-unavailable', error instanceof Error ? error.message : String(error))
    }
  }
  try {
    if (verify('RSA-MD5', found.signed, key, found.signature)) return { valid: true }
  } catch (error) {
    // A build of OpenSSL that forbids MD5 cannot tell.
    return refuse('key-unavailable', `cannot verify: ${error instanceof Error ? error.message : String(error)}`)
  }
  return refuse('wrong-signature', 'the signature does not fit path, query and body')
}

function checkedOptions(options: VerifyCallbackOptions) {
  const { keyHosts = defaultKeyHosts, timeout = 3000, maxBodySize = oneMebibyte, fetch = globalFetch } = options
  checkKeyHosts(keyHosts)
  for (const [name, value] of Object.entries({ timeout, maxBodySize })) {
    if (!Number.isSafeInteger(value) || value < 1)
      throw new ParamInvalidError(name, 'expected an integer of at least 1')
  }
  if (typeof fetch !== 'function') throw new ParamInvalidError('fetch', 'expected a function')
  let publicKey: KeyObject | undefined
  try {
    if (options.publicKey !== undefined) publicKey = rsaKey(options.publicKey)
  } catch (cause) {
    throw new ParamInvalidError('publicKey', 'expected a public RSA key in PEM', { cause })
  }
  return { keyHosts, timeout, maxBodySize, fetch, publicKey }
}

function cacheFor(fetch: Fetch): KeyCache {
  const cache = caches.get(fetch) ?? new KeyCache(fetch)
  caches.set(fetch, cache)
  return cache
}

function refuse(reason: CallbackRejection, message: string): CallbackVerification & { valid: false } {
  return { valid: false, reason, message }
}

interface Readable {
  readonly signature: Buffer
  readonly keyUrl: string | undefined
  readonly signed: Buffer
}

function readMessage(message: CallbackMessage, maxBodySize: number): Readable | ReturnType<typeof refuse> {
  if (typeof message !== 'object' || message === null) return refuse('malformed', 'expected an object')
  const { method, url, headers } = message
  if (method !== undefined && String(method).toUpperCase() !== 'POST') return refuse('malformed', 'expected POST')
  const body = bytesOf(message.body)
  if (body === undefined) return refuse('malformed', 'body: expected text or bytes')
  if (body.length > maxBodySize) return refuse('too-large', `the body is larger than ${maxBodySize} bytes`)
  const target = targetOf(url)
  if (target === undefined) return refuse('malformed', 'url: expected path and query')
  const signature = decodeBase64(headerOf(headers, 'authorization'), 1024)
  if (signature === undefined) return refuse('malformed', 'authorization: expected one signature in base64')
  const keyUrl = decodeBase64(headerOf(headers, 'x-oss-pub-key-url'), 2048)?.toString('latin1')
  return { signature, keyUrl, signed: Buffer.concat([target, Buffer.from('\n'), body]) }
}

function bytesOf(body: unknown): Buffer | undefined {
  if (typeof body === 'string') return Buffer.from(body)
  if (body instanceof ArrayBuffer) return Buffer.from(body)
  return body instanceof Uint8Array ? Buffer.from(body.buffer, body.byteOffset, body.byteLength) : undefined
}

/** Path, decoded to its bytes, and query, as it is: the beginning of what is signed. */
function targetOf(url: unknown): Buffer | undefined {
  if (typeof url !== 'string' || url.length > 64 * 1024) return undefined
  const relative = url.replace(/^https?:\/\/[^/?#]*/i, '').replace(/#.*$/s, '')
  const [, path = '', query = ''] = /^([^?]*)(.*)$/s.exec(relative) ?? []
  if (path !== '' && !path.startsWith('/')) return undefined
  const bytes = Buffer.from(path === '' ? '/' : path).toString('latin1')
  const decoded = bytes.replace(/%([0-9a-f]{2})/gi, (_escape, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  )
  return Buffer.concat([Buffer.from(decoded, 'latin1'), Buffer.from(query)])
}

/** The value of a header that occurs once. */
function headerOf(headers: unknown, name: string): string | undefined {
  if (typeof headers !== 'object' || headers === null) return undefined
  if (headers instanceof Headers) return headers.get(name) ?? undefined
  const values = Object.entries(headers)
    .filter(([key]) => key.toLowerCase() === name)
    .flatMap(([, value]: [string, unknown]) => value)
  return values.length === 1 && typeof values[0] === 'string' ? values[0] : undefined
}

function decodeBase64(text: string | undefined, longest: number): Buffer | undefined {
  if (text === undefined || text.length > longest || !/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return undefined
  return Buffer.from(text, 'base64')
}
