import { createHmac, hash, randomBytes } from 'node:crypto'
import type { Credentials } from '../credentials/credentials.js'
import { ParamInvalidError, PresignExpirationError } from '../errors.js'
import { encodePath, encodeQueryPart } from './encode.js'
import { HmacKey } from './hmac-key.js'
import type { Signer, SigningContext } from './signer.js'

/** Name of signature version 4, as requests state it. */
export const algorithmV4 = 'OSS4-HMAC-SHA256'
/** Stands for the digest of a body that is not part of the signature. */
export const unsignedPayload = 'UNSIGNED-PAYLOAD'
/** Longest life of a URL presigned with V4: seven days, in seconds. */
export const maxPresignSecondsV4 = 604_800

const terminator = 'aliyun_v4_request'

/** Signature version 4: HMAC-SHA256 with a key that is derived for one day, region and product. */
export class SignerV4 implements Signer {
  /**
   * Adds `x-oss-date`, `date`, `x-oss-content-sha256` (unless set), `x-oss-security-token` (with temporary credentials)
   * and `authorization`.
   * @throws ParamInvalidError `region` when the context has none
   */
  sign(context: SigningContext): void {
    const { headers, credentials, signingTime } = context
    const { timestamp: time, day, date } = writtenTime(signingTime)
    const grant = grantOf(context, day)
    headers['x-oss-date'] = time
    headers.date = date
    headers['x-oss-content-sha256'] ??= unsignedPayload
    if (credentials.securityToken) headers['x-oss-security-token'] = credentials.securityToken
    const additional = additionalHeadersV4(headers, context.additionalHeaders)
    const signature = signContext(context, grant, time, additional)
    const extra = additional.length === 0 ? '' : `AdditionalHeaders=${additional.join(';')},`
    const credential = `${credentials.accessKeyId}/${grant.scope}`
    headers.authorization = `${algorithmV4} Credential=${credential},${extra}Signature=${signature}`
  }

  /**
   * Adds the `x-oss-*` parameters of a presigned URL to the query, replacing those of an earlier signature. The life of the
   * URL is counted in whole seconds from the time of signing.
   * @throws PresignExpirationError when it would live longer than seven days
   * @throws ParamInvalidError `region` when the context has none
   */
  presign(context: SigningContext, expiration: Date): string[] {
    const { headers, query, credentials } = context
    const expires = Math.floor((expiration.getTime() - context.signingTime.getTime()) / 1000)
    if (expires > maxPresignSecondsV4) throw new PresignExpirationError()
    const time = timestampV4(context.signingTime)
    const grant = grantOf(context, time.slice(0, 8))
    const additional = additionalHeadersV4(headers, context.additionalHeaders)
    for (const name of ['x-oss-signature', 'x-oss-security-token', 'x-oss-additional-headers']) delete query[name]
    query['x-oss-signature-version'] = algorithmV4
    query['x-oss-date'] = time
    query['x-oss-expires'] = String(expires)
    query['x-oss-credential'] = `${credentials.accessKeyId}/${grant.scope}`
    if (credentials.securityToken) query['x-oss-security-token'] = credentials.securityToken
    if (additional.length > 0) query['x-oss-additional-headers'] = additional.join(';')
    query['x-oss-signature'] = signContext(context, grant, time, additional)
    return signedHeadersV4(headers, additional)
  }
}

/** What a canonical request is made of. */
export interface CanonicalPartsV4 {
  readonly method: string
  /** Path that is signed, encoded: see {@link canonicalPathV4}. It is the same whatever the addressing style. */
  readonly path: string
  /** Query parameters, not encoded, without `x-oss-signature`. */
  readonly query: Readonly<Record<string, string>>
  /** All headers, names in lower case. What is not covered by the signature is left out. */
  readonly headers: Readonly<Record<string, string>>
  /** Headers signed besides the ones that always are: as {@link additionalHeadersV4} gives them. */
  readonly additionalHeaders: readonly string[]
}

/** What a signing key is good for. */
export interface ScopeV4 {
  /** Day in UTC, `YYYYMMDD`. */
  readonly date: string
  readonly region: string
  readonly product: string
}

/** The text whose digest is signed. A verifier builds it from what arrived. */
export function canonicalRequestV4(parts: CanonicalPartsV4): string {
  const { headers, additionalHeaders } = parts
  let lines = ''
  for (const name of signedHeadersV4(headers, additionalHeaders)) lines += `${name}:${headers[name]}\n`
  const payload = headers['x-oss-content-sha256'] ?? unsignedPayload
  const query = canonicalQuery(parts.query)
  return `${parts.method}\n${parts.path}\n${query}\n${lines}\n${additionalHeaders.join(';')}\n${payload}`
}

/** The path of the canonical request, encoded: the resource of special services, else `/bucket/key`, `/` without bucket. */
export function canonicalPathV4(target: Pick<SigningContext, 'bucket' | 'key' | 'resource'>): string {
  if (target.resource !== undefined) return encodePath(target.resource, 'resource')
  const parent = target.bucket === undefined ? '/' : `/${encodePath(target.bucket, 'bucket')}/`
  return parent + encodePath(target.key ?? '')
}

/** The text that is signed: time, scope and digest of the canonical request. `time` is `YYYYMMDDTHHMMSSZ`. */
export function stringToSignV4(time: string, scope: ScopeV4, canonicalRequest: string): string {
  return stringToSign(time, scopeText(scope), canonicalRequest)
}

function stringToSign(time: string, scope: string, canonicalRequest: string): string {
  return `${algorithmV4}\n${time}\n${scope}\n${hash('sha256', canonicalRequest)}`
}

/** Signature of a text, lower-case hex. Compare it in constant time when verifying. */
export function signatureV4(key: HmacKey, stringToSign: string): string {
  return key.sign(stringToSign)
}

/** A time as V4 writes it: `YYYYMMDDTHHMMSSZ` in UTC, fractions dropped. */
export function timestampV4(time: Date): string {
  const iso = time.toISOString()
  return `${iso.slice(0, 4)}${iso.slice(5, 7)}${iso.slice(8, 13)}${iso.slice(14, 16)}${iso.slice(17, 19)}Z`
}

interface WrittenTime {
  readonly second: number
  readonly timestamp: string
  /** `YYYYMMDD` */
  readonly day: string
  /** As in HTTP headers. */
  readonly date: string
}

let lastWritten: WrittenTime = { second: Number.NaN, timestamp: '', day: '', date: '' }

/** All ways to write a time. They change once a second and cost as much as the signature itself, so the last is kept. */
function writtenTime(time: Date): WrittenTime {
  const second = Math.floor(time.getTime() / 1000)
  if (second !== lastWritten.second) {
    const timestamp = timestampV4(time)
    lastWritten = { second, timestamp, day: timestamp.slice(0, 8), date: time.toUTCString() }
  }
  return lastWritten
}

/**
 * The additional headers that take part in a signature: lower case, sorted, each once, without those that are signed
 * anyway and without those the request lacks.
 */
export function additionalHeadersV4(headers: Readonly<Record<string, string>>, wanted: readonly string[]): string[] {
  if (wanted.length === 0) return []
  const names = new Set(wanted.map(name => name.toLowerCase()))
  return [...names].filter(name => !alwaysSigned(name) && Object.hasOwn(headers, name)).sort()
}

/** Names of all headers a signature covers, sorted. */
export function signedHeadersV4(headers: Readonly<Record<string, string>>, additional: readonly string[]): string[] {
  const names = Object.keys(headers).filter(alwaysSigned)
  if (additional.length > 0) names.push(...additional)
  return names.sort()
}

/** Derived keys by a salted digest of what they were derived from: neither the map nor a heap snapshot of it has a secret. */
const keys = new Map<string, HmacKey>()
const maxKeys = 8
const salt = randomBytes(16).toString('base64')

/**
 * Derives the key that signs for one day, region and product. The last few keys are kept, so that one derivation serves a
 * whole day of requests. The access key id plays no part in it.
 */
export function signingKeyV4(accessKeySecret: string, scope: ScopeV4): HmacKey {
  const { date, region, product } = scope
  const fingerprint = hash('sha256', `${salt}\n${date}\n${region}\n${product}\n${accessKeySecret}`, 'base64')
  let key = keys.get(fingerprint)
  // Taking the entry out and putting it back makes it the youngest; the oldest goes when there are too many.
  if (key !== undefined) keys.delete(fingerprint)
  else key = deriveKey(accessKeySecret, scope)
  keys.set(fingerprint, key)
  if (keys.size > maxKeys) keys.delete(keys.keys().next().value!)
  return key
}

/** How many derived keys are kept now. For tests. @internal */
export function cachedKeysV4(): number {
  return keys.size
}

function deriveKey(secret: string, { date, region, product }: ScopeV4): HmacKey {
  let key: string | Buffer = `aliyun_v4${secret}`
  for (const step of [date, region, product, terminator]) key = createHmac('sha256', key).update(step).digest()
  return new HmacKey(key as Buffer)
}

function signContext(
  context: SigningContext,
  { scope, key }: Grant,
  time: string,
  additional: readonly string[],
): string {
  const { method, query, headers } = context
  const path = canonicalPathV4(context)
  const canonical = canonicalRequestV4({ method, path, query, headers, additionalHeaders: additional })
  return signatureV4(key, stringToSign(time, scope, canonical))
}

/** What all signatures of one day with the same credentials have in common. */
interface Grant {
  readonly date: string
  readonly region: string
  readonly product: string
  readonly secret: string
  /** The scope as it is written. */
  readonly scope: string
  readonly key: HmacKey
}

/** The last grant of credentials. It goes when they go, and holds no secret that they do not hold themselves. */
const grants = new WeakMap<Credentials, Grant>()

function grantOf({ credentials, region, product }: SigningContext, date: string): Grant {
  if (region === '')
    throw new ParamInvalidError('region', 'signature V4 needs the region of the bucket, such as cn-hangzhou')
  const secret = credentials.accessKeySecret
  const last = grants.get(credentials)
  // Credentials of a provider of one's own may be an object that is changed in place.
  const fits = last?.date === date && last.region === region && last.product === product && last.secret === secret
  if (last && fits) return last
  const key = signingKeyV4(secret, { date, region, product })
  const grant = { date, region, product, secret, scope: scopeText({ date, region, product }), key }
  grants.set(credentials, grant)
  return grant
}

function scopeText({ date, region, product }: ScopeV4): string {
  return `${date}/${region}/${product}/${terminator}`
}

function alwaysSigned(name: string): boolean {
  return name.startsWith('x-oss-') || name === 'content-type' || name === 'content-md5'
}

function canonicalQuery(query: Readonly<Record<string, string>>): string {
  const names = Object.keys(query)
  if (names.length === 0) return ''
  const pairs = names.map(name => ({ name: encodeQueryPart(name), value: query[name]! }))
  // By name alone: sorting whole pairs would put `a-b=1` before `a=1`, because `-` is less than `=`.
  pairs.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
  let written = ''
  for (const { name, value } of pairs) {
    if (written !== '') written += '&'
    written += value === '' ? name : `${name}=${encodeQueryPart(value, `parameters.${name}`)}`
  }
  return written
}
