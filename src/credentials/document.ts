import type { Credentials } from './credentials.js'
import { redact } from './redact.js'

/** Spellings in use: STS, metadata and programs write the first, the aliyun CLI expects the others of programs. */
const spellings = {
  mode: ['Mode', 'mode'],
  code: ['Code', 'code'],
  accessKeyId: ['AccessKeyId', 'access_key_id'],
  accessKeySecret: ['AccessKeySecret', 'access_key_secret'],
  securityToken: ['SecurityToken', 'sts_token'],
  expiration: ['Expiration', 'expiration'],
} as const

/**
 * Reads credentials out of JSON text: `{ AccessKeyId, AccessKeySecret, SecurityToken?, Expiration? }`, perhaps with `Code`,
 * and with `Mode` `AK` or `StsToken`. Nothing of the text gets into the error, not even through its cause: the parser's
 * own message quotes what it could not read.
 */
export function parseCredentials(text: string, origin: string): Credentials {
  return readCredentials(parseJson(text, origin), origin)
}

/** Parses JSON without quoting it in the error. */
export function parseJson(text: string, origin: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new Error(`${origin} is not JSON`)
  }
}

/** Reads credentials out of a parsed document; see {@link parseCredentials}. */
export function readCredentials(document: unknown, origin: string): Credentials {
  if (typeof document !== 'object' || document === null) throw new Error(`${origin} is not a JSON object`)
  const read = (name: keyof typeof spellings) => readText(document, name, origin)
  const code = read('code')
  if (code !== undefined && code.toLowerCase() !== 'success') throw new Error(`${origin} does not report success`)
  const accessKeyId = read('accessKeyId')
  const accessKeySecret = read('accessKeySecret')
  if (accessKeyId === undefined) throw new Error(`${origin} has no AccessKeyId`)
  if (accessKeySecret === undefined) throw new Error(`${origin} has no AccessKeySecret`)
  const securityToken = tokenFor(read('mode'), read('securityToken'), origin)
  const expiration = readTime(read('expiration'), origin)
  return redact({
    accessKeyId,
    accessKeySecret,
    ...(securityToken !== undefined && { securityToken }),
    ...(expiration !== undefined && { expiration }),
  })
}

function readText(document: object, name: keyof typeof spellings, origin: string): string | undefined {
  for (const spelling of spellings[name]) {
    const value: unknown = Object.hasOwn(document, spelling) ? Reflect.get(document, spelling) : undefined
    if (value === undefined || value === null || value === '') continue
    if (typeof value !== 'string') throw new Error(`${origin} has a ${spelling} that is not a string`)
    return value
  }
  return undefined
}

function tokenFor(mode: string | undefined, token: string | undefined, origin: string): string | undefined {
  if (mode === undefined) return token
  if (mode === 'AK') return undefined
  if (mode !== 'StsToken') throw new Error(`${origin} has a Mode other than AK and StsToken`)
  if (token === undefined) throw new Error(`${origin} has Mode StsToken but no SecurityToken`)
  return token
}

function readTime(text: string | undefined, origin: string): Date | undefined {
  if (text === undefined) return undefined
  // Without a zone it is UTC, whatever the zone of this machine.
  const zoned = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?$/.test(text) ? `${text}Z` : text
  const time = new Date(zoned)
  if (Number.isNaN(time.getTime())) throw new Error(`${origin} has an Expiration that is not a time`)
  return time
}
