import type { Credentials } from '../credentials/credentials.js'
import { signatureV1 } from './v1.js'
import { algorithmV4, signatureV4, signingKeyV4, timestampV4 } from './v4.js'

/**
 * One rule of a form's policy: a field that equals a text (`eq`) or begins with one (`starts-with`), that is or is not among
 * several (`in`, `not-in`), or bounds for the size of the file. Fields are named as in `$content-type`, in lower case.
 */
export type PostCondition =
  | readonly ['eq' | 'starts-with', field: `$${string}`, value: string]
  | readonly ['in' | 'not-in', field: `$${string}`, values: readonly string[]]
  | readonly ['content-length-range', min: number, max: number]
  | { readonly [field: string]: string }

/** Who signs a form, for where and when. */
export interface PostSigning {
  readonly version: 'v4' | 'v1'
  readonly credentials: Credentials
  readonly region: string
  readonly product: string
  /** Time of signing, already corrected for clock skew. */
  readonly signingTime: Date
  /** Moment after which the form is refused. */
  readonly expiration: Date
}

/** The form fields that prove who made the policy; the policy is one of them. */
export function signPolicy(
  bucket: string,
  conditions: readonly PostCondition[],
  signing: PostSigning,
): Record<string, string> {
  return signing.version === 'v1' ? signV1(bucket, conditions, signing) : signV4(bucket, conditions, signing)
}

function signV4(bucket: string, conditions: readonly PostCondition[], signing: PostSigning): Record<string, string> {
  const { credentials, region, product } = signing
  const time = timestampV4(signing.signingTime)
  const date = time.slice(0, 8)
  const proof: Record<string, string> = {
    'x-oss-signature-version': algorithmV4,
    'x-oss-credential': `${credentials.accessKeyId}/${date}/${region}/${product}/aliyun_v4_request`,
    'x-oss-date': time,
    ...(credentials.securityToken && { 'x-oss-security-token': credentials.securityToken }),
  }
  // The service wants the policy to state what it was signed for, or the fields could be exchanged.
  const stated = Object.entries(proof).map(([name, value]) => ({ [name]: value }))
  const policy = policyText(bucket, [...stated, ...conditions], signing.expiration)
  const key = signingKeyV4(credentials.accessKeySecret, { date, region, product })
  return { ...proof, policy, 'x-oss-signature': signatureV4(key, policy) }
}

function signV1(bucket: string, conditions: readonly PostCondition[], signing: PostSigning): Record<string, string> {
  const { accessKeyId, accessKeySecret, securityToken } = signing.credentials
  const policy = policyText(bucket, conditions, signing.expiration)
  return {
    OSSAccessKeyId: accessKeyId,
    ...(securityToken && { 'x-oss-security-token': securityToken }),
    policy,
    Signature: signatureV1(accessKeySecret, policy),
  }
}

/** The policy as forms carry it: base64 of its JSON. This text is what gets signed. */
function policyText(bucket: string, conditions: readonly PostCondition[], expiration: Date): string {
  const policy = { expiration: expiration.toISOString(), conditions: [{ bucket }, ...conditions] }
  return Buffer.from(JSON.stringify(policy)).toString('base64')
}
