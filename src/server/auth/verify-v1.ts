import { timingSafeEqual } from 'node:crypto'
import { configurationNamesV1, isSignedQueryV1, recentNamesV1, signatureV1, stringToSignV1 } from '../../signing/v1.js'
import type { Address } from '../addressing.js'
import { Failure, invalidArgument } from '../failure.js'
import { headerText, type Incoming } from '../incoming.js'
import { checkSkew, expired, findCredentials, type Identity, mismatch, type Verifier } from './identity.js'

/** Verifies a V1 signature in the Authorization header. @param own query names that senders sign for this operation */
export function verifyHeaderV1(
  incoming: Incoming,
  address: Address,
  verifier: Verifier,
  own: readonly string[],
): Identity {
  const { headers } = incoming
  const match = /^OSS\s+(.+):([^:]*)$/.exec(headers.authorization as string)
  if (match === null)
    throw new Failure('InvalidArgument', { message: 'Authorization header is invalid.', ec: '0002-00000001' })
  const [, accessKeyId, signature] = match as unknown as [string, string, string]
  const date = headers['x-oss-date'] ?? headers.date ?? ''
  const signedAt = timeOf(date)
  const token = headers['x-oss-security-token'] ?? headers['security-token']
  const { accessKeySecret } = findCredentials(verifier, accessKeyId, token)
  if (Number.isNaN(signedAt)) {
    throw new Failure('AccessDenied', { message: 'OSS authentication requires a valid Date.', ec: '0002-00000202' })
  }
  checkSkew(verifier, signedAt)
  return verify(incoming, address, own, { accessKeyId, signature, date, secret: accessKeySecret })
}

/** Verifies a URL presigned with V1. @param own query names that senders sign for this operation */
export function verifyQueryV1(
  incoming: Incoming,
  address: Address,
  verifier: Verifier,
  own: readonly string[],
): Identity {
  const { query, headers } = incoming
  const accessKeyId = query.OSSAccessKeyId ?? ''
  const signature = query.Signature ?? ''
  const date = query.Expires ?? ''
  if (accessKeyId === '' || signature === '' || date === '') {
    throw new Failure('AccessDenied', {
      message: 'OSSAccessKeyId, Expires and Signature belong together.',
      ec: '0002-00000071',
    })
  }
  if (!/^\d{1,12}$/.test(date)) throw invalidArgument('Expires', date, 'Invalid date in Expires.', '0002-00000070')
  const token = query['security-token'] ?? headers['x-oss-security-token']
  const { accessKeySecret } = findCredentials(verifier, accessKeyId, token)
  const end = Number(date) * 1000
  if (verifier.now > end) throw expired(verifier, end)
  return verify(incoming, address, own, { accessKeyId, signature, date, secret: accessKeySecret })
}

interface Claim {
  readonly accessKeyId: string
  readonly signature: string
  readonly date: string
  readonly secret: string
}

/** Senders disagree on whether these are signed, even where their own tests pass. */
const undecided = new Set([...recentNamesV1, 'accessmonitor', 'category'])

function verify(incoming: Incoming, address: Address, own: readonly string[], claim: Claim): Identity {
  const { method, query } = incoming
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(incoming.headers)) headers[name] = headerText(value)
  const fixed = configurationNamesV1.filter(name => name in query)
  const open = new Set([...undecided, ...own].filter(name => name in query && !isSignedQueryV1(name, fixed)))
  const provided = Buffer.from(claim.signature)
  let first: string | undefined
  for (const chosen of subsets([...open])) {
    const subResource = [...fixed, ...chosen]
    const text = stringToSignV1({ method, ...address, query, headers, date: claim.date, subResource })
    const expected = Buffer.from(signatureV1(claim.secret, text))
    if (expected.length === provided.length && timingSafeEqual(expected, provided))
      return { accessKeyId: claim.accessKeyId }
    first ??= text
  }
  throw mismatch(claim.accessKeyId, claim.signature, first as string)
}

/** All choices from a few names, the whole list first. */
function subsets(names: string[]): string[][] {
  const few = names.slice(0, 4)
  return Array.from({ length: 1 << few.length }, (_, skipped) => few.filter((_, index) => !((skipped >> index) & 1)))
}

/** Reads an HTTP date, or the compact form that some senders put into `x-oss-date`. */
function timeOf(date: string): number {
  const compact = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(date)
  if (compact === null) return Date.parse(date)
  const [year, month, day, hour, minute, second] = compact.slice(1).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  return Date.UTC(year, month - 1, day, hour, minute, second)
}
