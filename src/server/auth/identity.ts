import type { Credentials } from '../../credentials/credentials.js'
import { Failure } from '../failure.js'

/** Who sent a request. `undefined` credentials mean: nobody in particular. */
export interface Identity {
  readonly accessKeyId: string | undefined
}

/** What verifying a signature needs to know about the server. */
export interface Verifier {
  readonly credentials: readonly Credentials[]
  /** Region that V4 signatures must name, without `oss-`. */
  readonly region: string
  /** The server's clock, in milliseconds since 1970. */
  readonly now: number
}

/** A signature may be this old, or this much ahead of the server's clock. */
export const maxSkewMs = 15 * 60 * 1000

/**
 * The credentials of an access key. A temporary key is only good together with its token.
 * @throws Failure InvalidAccessKeyId, InvalidSecurityToken, SecurityTokenExpired
 */
export function findCredentials(verifier: Verifier, accessKeyId: string, token: string | undefined): Credentials {
  const known = verifier.credentials.filter(each => each.accessKeyId === accessKeyId)
  const details = { OSSAccessKeyId: accessKeyId }
  if (known.length === 0) throw new Failure('InvalidAccessKeyId', { details })
  const found = known.find(each => each.securityToken === token)
  if (found === undefined) {
    // The service does not know a temporary key that comes without its token.
    throw new Failure(token === undefined ? 'InvalidAccessKeyId' : 'InvalidSecurityToken', { details })
  }
  if (found.expiration !== undefined && found.expiration.getTime() <= verifier.now) {
    throw new Failure('SecurityTokenExpired', { details })
  }
  return found
}

/** Checks the time of a header signature. @throws Failure RequestTimeTooSkewed */
export function checkSkew(verifier: Verifier, signedAt: number): void {
  if (Math.abs(verifier.now - signedAt) <= maxSkewMs) return
  throw new Failure('RequestTimeTooSkewed', {
    details: {
      MaxAllowedSkewMilliseconds: String(maxSkewMs),
      RequestTime: new Date(signedAt).toISOString(),
      ServerTime: new Date(verifier.now).toISOString(),
    },
  })
}

/** The failure for a presigned URL whose time is over. */
export function expired(verifier: Verifier, expires: number): Failure {
  return new Failure('AccessDenied', {
    message: 'Request has expired.',
    ec: '0002-00000069',
    details: { Expires: new Date(expires).toISOString(), ServerTime: new Date(verifier.now).toISOString() },
  })
}

/** The failure for a signature that is not the expected one. It shows what was signed here, never a secret. */
export function mismatch(
  accessKeyId: string,
  provided: string,
  stringToSign: string,
  canonicalRequest?: string,
): Failure {
  const details: Record<string, string> = {
    OSSAccessKeyId: accessKeyId,
    SignatureProvided: provided,
    StringToSign: stringToSign,
    StringToSignBytes: hexBytes(stringToSign),
  }
  if (canonicalRequest !== undefined) {
    details.CanonicalRequest = canonicalRequest
    details.CanonicalRequestBytes = hexBytes(canonicalRequest)
  }
  return new Failure('SignatureDoesNotMatch', { details })
}

function hexBytes(value: string): string {
  return Buffer.from(value).toString('hex').toUpperCase().replace(/(..)/g, '$1 ')
}
