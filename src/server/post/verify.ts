import { createHmac, timingSafeEqual } from 'node:crypto'
import { algorithmV4, signatureV4, signingKeyV4 } from '../../signing/v4.js'
import { findCredentials, type Identity, maxSkewMs, mismatch, type Verifier } from '../auth/identity.js'
import { Failure, invalidArgument } from '../failure.js'

type Fields = ReadonlyMap<string, string>

/** A form may be sent as long after it was signed as a URL may be used. */
const maxAgeMs = 7 * 24 * 60 * 60 * 1000

/**
 * Finds out who signed a form: V4 or V1. What is signed is the policy as it is sent. A form without any signature is
 * anonymous.
 * @throws Failure what the service says about the signature
 */
export function verifyForm(fields: Fields, verifier: Verifier): Identity {
  if (fields.has('x-oss-signature-version') || fields.has('x-oss-signature')) return verifyV4(fields, verifier)
  if (fields.has('ossaccesskeyid') || fields.has('signature')) return verifyV1(fields, verifier)
  if (fields.has('policy')) throw missing('OSSAccessKeyId', '0006-00000000')
  return { accessKeyId: undefined }
}

function missing(name: string, ec: string): Failure {
  return new Failure('InvalidArgument', {
    message: `Bucket POST must contain a field named '${name}'.`,
    ec,
    details: { ArgumentName: name, ArgumentValue: '' },
  })
}

function take(fields: Fields, name: string, ec = '0002-00000710'): string {
  const value = fields.get(name.toLowerCase())
  if (value === undefined || value === '') throw missing(name, ec)
  return value
}

function verifyV1(fields: Fields, verifier: Verifier): Identity {
  const accessKeyId = take(fields, 'OSSAccessKeyId')
  const signature = take(fields, 'Signature')
  const policy = take(fields, 'policy')
  const { accessKeySecret } = findCredentials(verifier, accessKeyId, fields.get('x-oss-security-token'))
  const expected = createHmac('sha1', accessKeySecret).update(policy).digest('base64')
  return compare(accessKeyId, signature, expected, policy)
}

function verifyV4(fields: Fields, verifier: Verifier): Identity {
  const version = take(fields, 'x-oss-signature-version', '0002-00000703')
  if (version !== algorithmV4) {
    throw invalidArgument('x-oss-signature-version', version, 'The signature version is not valid.', '0002-00000703')
  }
  const credential = take(fields, 'x-oss-credential', '0002-00000704')
  const time = take(fields, 'x-oss-date')
  const signature = take(fields, 'x-oss-signature')
  const policy = take(fields, 'policy')
  const match = /^(.+)\/(\d{8})\/([^/]+)\/([^/]+)\/aliyun_v4_request$/.exec(credential)
  if (match === null)
    throw invalidArgument('x-oss-credential', credential, 'The credential is not valid.', '0002-00000704')
  const [, accessKeyId, date, region, product] = match as unknown as [string, string, string, string, string]
  if (region !== verifier.region || product !== 'oss') {
    throw invalidArgument(
      'x-oss-credential',
      credential,
      'Invalid signing region in x-oss-credential.',
      '0002-00000226',
    )
  }
  const { accessKeySecret } = findCredentials(verifier, accessKeyId, fields.get('x-oss-security-token'))
  checkTime(time, date, verifier)
  const expected = signatureV4(signingKeyV4(accessKeySecret, { date, region, product }), policy)
  return compare(accessKeyId, signature, expected, policy)
}

function checkTime(time: string, date: string, verifier: Verifier): void {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(time)
  if (match === null || !time.startsWith(date)) {
    throw invalidArgument('x-oss-date', time, 'The date does not agree with the credential.', '0002-00000710')
  }
  const [year, month, day, hour, minute, second] = match.slice(1).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  const age = verifier.now - Date.UTC(year, month - 1, day, hour, minute, second)
  if (age <= maxAgeMs && age >= -maxSkewMs) return
  throw new Failure('AccessDenied', { message: 'Request has expired.', ec: '0002-00000069' })
}

function compare(accessKeyId: string, provided: string, expected: string, policy: string): Identity {
  const [a, b] = [Buffer.from(provided), Buffer.from(expected)]
  if (a.length === b.length && timingSafeEqual(a, b)) return { accessKeyId }
  throw mismatch(accessKeyId, provided, policy)
}
