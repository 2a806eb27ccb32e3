import { timingSafeEqual } from 'node:crypto'
import {
  algorithmV4,
  canonicalPathV4,
  canonicalRequestV4,
  maxPresignSecondsV4,
  type ScopeV4,
  signatureV4,
  signingKeyV4,
  stringToSignV4,
  timestampV4,
} from '../../signing/v4.js'
import type { Address } from '../addressing.js'
import { Failure, invalidArgument } from '../failure.js'
import { headerText, type Incoming } from '../incoming.js'
import { checkSkew, expired, findCredentials, type Identity, mismatch, type Verifier } from './identity.js'

interface Claim {
  readonly accessKeyId: string
  readonly scope: ScopeV4
  /** `YYYYMMDDTHHMMSSZ`. */
  readonly time: string
  readonly additional: readonly string[]
  readonly signature: string
  readonly token: string | undefined
}

/** Verifies a V4 signature in the Authorization header. */
export function verifyHeaderV4(incoming: Incoming, address: Address, verifier: Verifier): Identity {
  const { headers } = incoming
  const fields = readFields((headers.authorization as string).slice(algorithmV4.length))
  const time = headers['x-oss-date'] ?? timeOfDate(headers.date)
  const claim: Claim = {
    ...readCredential(fields.get('Credential')),
    time,
    additional: readAdditional(fields.get('AdditionalHeaders'), headers),
    signature: fields.get('Signature') ?? '',
    token: headers['x-oss-security-token'],
  }
  const signedAt = checkScope(claim, verifier)
  const { accessKeySecret } = findCredentials(verifier, claim.accessKeyId, claim.token)
  checkSkew(verifier, signedAt)
  return verify(incoming, address, claim, accessKeySecret)
}

/** Verifies a URL presigned with V4. */
export function verifyQueryV4(incoming: Incoming, address: Address, verifier: Verifier): Identity {
  const { query } = incoming
  for (const name of ['x-oss-credential', 'x-oss-date', 'x-oss-expires', 'x-oss-signature']) {
    if (!query[name]) throw invalidArgument(name, '', `${name} is missing in the presigned URL.`)
  }
  const claim: Claim = {
    ...readCredential(query['x-oss-credential']),
    time: query['x-oss-date'] as string,
    additional: readAdditional(query['x-oss-additional-headers'], incoming.headers),
    signature: query['x-oss-signature'] as string,
    token: query['x-oss-security-token'],
  }
  const signedAt = checkScope(claim, verifier)
  const expires = query['x-oss-expires'] as string
  if (!/^\d{1,7}$/.test(expires) || Number(expires) < 1 || Number(expires) > maxPresignSecondsV4) {
    throw invalidArgument(
      'x-oss-expires',
      expires,
      `x-oss-expires must be between 1 and ${maxPresignSecondsV4}.`,
      '0002-00000070',
    )
  }
  const { accessKeySecret } = findCredentials(verifier, claim.accessKeyId, claim.token)
  const end = signedAt + Number(expires) * 1000
  if (verifier.now > end) throw expired(verifier, end)
  if (signedAt > verifier.now) checkSkew(verifier, signedAt)
  return verify(incoming, address, claim, accessKeySecret)
}

function verify(incoming: Incoming, address: Address, claim: Claim, secret: string): Identity {
  const query: Record<string, string> = { ...incoming.query }
  delete query['x-oss-signature']
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(incoming.headers)) headers[name] = headerText(value)
  const canonical = canonicalRequestV4({
    method: incoming.method,
    path: canonicalPathV4(address),
    query,
    headers,
    additionalHeaders: claim.additional,
  })
  const text = stringToSignV4(claim.time, claim.scope, canonical)
  const expected = Buffer.from(signatureV4(signingKeyV4(secret, claim.scope), text))
  const provided = Buffer.from(claim.signature)
  if (expected.length !== provided.length || !timingSafeEqual(expected, provided)) {
    throw mismatch(claim.accessKeyId, claim.signature, text, canonical)
  }
  return { accessKeyId: claim.accessKeyId }
}

function readFields(source: string): Map<string, string> {
  const fields = new Map<string, string>()
  for (const part of source.split(',')) {
    const equals = part.indexOf('=')
    if (equals > 0) fields.set(part.slice(0, equals).trim(), part.slice(equals + 1).trim())
  }
  return fields
}

function readCredential(source: string | undefined): { accessKeyId: string; scope: ScopeV4 } {
  const match = /^(.+)\/(\d{8})\/([^/]+)\/([^/]+)\/aliyun_v4_request$/.exec(source ?? '')
  if (match === null) throw badHeader('Invalid Credential in Authorization header.', '0002-00000205')
  const [, accessKeyId, date, region, product] = match as unknown as [string, string, string, string, string]
  return { accessKeyId, scope: { date, region, product } }
}

/** Reads the list of additional headers, which has one spelling only: lower case, sorted, each once, none missing. */
function readAdditional(source: string | undefined, headers: Readonly<Record<string, string>>): string[] {
  if (source === undefined) return []
  const names = source.split(';')
  if (names.includes('')) throw badHeader('Invalid AdditionalHeaders in Authorization header.', '0002-00000209')
  const proper = names.every((name, index) => {
    const before = names[index - 1]
    // A header that is always signed must not be named: it would be signed twice.
    const surplus = name.startsWith('x-oss-') || name === 'content-type' || name === 'content-md5'
    return !surplus && name === name.toLowerCase() && (before === undefined || before < name) && name in headers
  })
  if (!proper) throw badHeader('Invalid AdditionalHeaders in Authorization header.', '0002-00000210')
  return names
}

/** Checks what the scope says and gives the time of signing. */
function checkScope(claim: Claim, verifier: Verifier): number {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(claim.time)
  const [year, month, day, hour, minute, second] = (match?.slice(1) ?? []).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  if (match === null)
    throw new Failure('AccessDenied', { message: 'OSS authentication requires a valid Date.', ec: '0002-00000202' })
  if (claim.scope.date !== claim.time.slice(0, 8))
    throw badHeader('Invalid signing date in Authorization header.', '0002-00000225')
  if (claim.scope.region !== verifier.region)
    throw badHeader('Invalid signing region in Authorization header.', '0002-00000226')
  if (claim.scope.product !== 'oss')
    throw badHeader('Invalid signing product in Authorization header.', '0002-00000227')
  return Date.UTC(year, month - 1, day, hour, minute, second)
}

function timeOfDate(date: string | undefined): string {
  const time = new Date(date ?? '')
  return Number.isNaN(time.getTime()) ? '' : timestampV4(time)
}

function badHeader(message: string, ec: string): Failure {
  return new Failure('InvalidArgument', { message, ec })
}
