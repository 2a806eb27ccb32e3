import { createHmac } from 'node:crypto'
import type { Signer, SigningContext } from './signer.js'

/**
 * Query names that are part of every V1 signature. The names of configurations, such as `cors`, are not among them: the
 * operations that use them say so with their `subResource`.
 */
const fixedNames: ReadonlySet<string> = new Set(
  `acl append asyncFetch bucketInfo callback callback-var cloudboxes continuation-token delete endTime live location
  objectMeta partNumber position qos qosInfo regionList response-cache-control response-content-disposition
  response-content-encoding response-content-language response-content-type response-expires restore security-token
  sequential startTime stat status symlink tagging uploadId uploads versionId versioning versions vod`.split(/\s+/),
)

/**
 * Query names of bucket configurations that the service signs under V1 wherever they occur. A verifier passes them as
 * `subResource`, since it does not know which operation the sender had in mind.
 */
export const configurationNamesV1: readonly string[] = [
  ...['accessPoint', 'bucketArchiveDirectRead', 'cname', 'comp', 'cors', 'encryption', 'httpsConfig', 'inventory'],
  ...[
    'inventoryId',
    'lifecycle',
    'logging',
    'metaQuery',
    'policy',
    'publicAccessBlock',
    'redundancyTransition',
    'referer',
  ],
  ...[
    'replication',
    'replicationLocation',
    'replicationProgress',
    'requestPayment',
    'resourceGroup',
    'style',
    'styleName',
  ],
  ...['transferAcceleration', 'website', 'worm', 'wormExtend', 'wormId'],
]

/**
 * Query names that newer senders sign under V1 and older ones do not. A verifier has to accept a signature made with or
 * without them.
 */
export const recentNamesV1: readonly string[] = [
  ...['objectWorm', 'overwriteConfig', 'quota', 'dataPipeline', 'rtc', 'retention', 'legalHold', 'action'],
]

/** Signature version 1: HMAC-SHA1 over the main parts of a request. For endpoints that do not know V4. */
export class SignerV1 implements Signer {
  /** Adds `date`, `security-token` (with temporary credentials) and `authorization`. */
  sign(context: SigningContext): void {
    const { headers, credentials } = context
    const date = context.signingTime.toUTCString()
    headers.date = date
    if (credentials.securityToken) headers['security-token'] = credentials.securityToken
    const signature = signatureV1(credentials.accessKeySecret, stringToSignV1({ ...context, date }))
    headers.authorization = `OSS ${credentials.accessKeyId}:${signature}`
  }

  /**
   * Adds `OSSAccessKeyId`, `Expires`, `security-token` (with temporary credentials) and `Signature` to the query, replacing
   * those of an earlier signature. There is no upper limit for `expiration`; fractions of a second are dropped.
   */
  presign(context: SigningContext, expiration: Date): string[] {
    const { headers, query, credentials } = context
    const date = String(Math.floor(expiration.getTime() / 1000))
    for (const name of ['Signature', 'security-token']) delete query[name]
    query.OSSAccessKeyId = credentials.accessKeyId
    query.Expires = date
    if (credentials.securityToken) query['security-token'] = credentials.securityToken
    query.Signature = signatureV1(credentials.accessKeySecret, stringToSignV1({ ...context, date }))
    return signedHeadersV1(headers)
  }
}

/** What a V1 signature is computed from. */
export interface PartsV1 {
  readonly method: string
  readonly bucket: string | undefined
  readonly key: string | undefined
  /** Stands for `/bucket/key` where a service signs something else; not encoded. */
  readonly resource?: string
  /** Query parameters, not encoded. Names that V1 does not sign are left out. */
  readonly query: Readonly<Record<string, string>>
  /** All headers, names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** The `Date` header, or `Expires` of a presigned URL. A verifier passes `x-oss-date` where the sender used that. */
  readonly date: string
  /** Query names to sign besides the fixed ones. */
  readonly subResource: readonly string[]
}

/** The text that is signed. Nothing in it is percent-encoded. */
export function stringToSignV1(parts: PartsV1): string {
  const { headers } = parts
  let lines = ''
  for (const name of Object.keys(headers).filter(isOssName).sort()) lines += `${name}:${headers[name]}\n`
  const md5 = headers['content-md5'] ?? ''
  const type = headers['content-type'] ?? ''
  return `${parts.method}\n${md5}\n${type}\n${parts.date}\n${lines}${resourceV1(parts)}`
}

/** Signature of a text, base64. Compare it in constant time when verifying. */
export function signatureV1(accessKeySecret: string, stringToSign: string): string {
  return createHmac('sha1', accessKeySecret).update(stringToSign).digest('base64')
}

/** Whether V1 signs a query parameter of this name; `subResource` are the names of the operation. */
export function isSignedQueryV1(name: string, subResource: readonly string[]): boolean {
  return fixedNames.has(name) || isOssName(name) || subResource.includes(name)
}

function resourceV1(parts: PartsV1): string {
  const { query, subResource } = parts
  const parent = parts.bucket === undefined ? '/' : `/${parts.bucket}/`
  const resource = parts.resource ?? parent + (parts.key ?? '')
  const names = Object.keys(query).filter(name => isSignedQueryV1(name, subResource))
  if (names.length === 0) return resource
  const pairs = names.sort().map(name => (query[name] === '' ? name : `${name}=${query[name]}`))
  return `${resource}?${pairs.join('&')}`
}

function signedHeadersV1(headers: Readonly<Record<string, string>>): string[] {
  const signed = (name: string) => isOssName(name) || name === 'content-type' || name === 'content-md5'
  return Object.keys(headers).filter(signed).sort()
}

function isOssName(name: string): boolean {
  return name.startsWith('x-oss-')
}
