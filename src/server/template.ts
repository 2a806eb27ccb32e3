import { Failure, invalidArgument } from './failure.js'
import type { Call } from './handler.js'
import { readProtection } from './protection.js'
import { checkAclAllowed } from './public-access.js'
import { encryption as encryptionRule } from './settings/known.js'
import type { Bucket } from './storage/bucket.js'
import type { Encryption, ObjectVersion } from './storage/records.js'
import { readTagging } from './tags.js'

/** What the headers of a request say about the object it makes. */
export type ObjectTemplate = Pick<
  ObjectVersion,
  'storageClass' | 'acl' | 'headers' | 'tags' | 'encryption' | 'retention' | 'legalHold'
>

const kept = ['content-type', 'cache-control', 'content-disposition', 'content-encoding', 'content-language', 'expires']
const storageClasses = new Set(['Standard', 'IA', 'Archive', 'ColdArchive', 'DeepColdArchive'])
const objectAcls = new Set(['default', 'private', 'public-read', 'public-read-write'])
const algorithms = new Set(['AES256', 'KMS', 'SM4'])
const maxMetadataBytes = 8 * 1024

/** Reads the headers that describe a new object. @throws Failure for values the service refuses */
export function readTemplate(call: Call): ObjectTemplate {
  const { headers } = call.incoming
  checkTrafficLimit(call)
  return {
    storageClass: readStorageClass(headers['x-oss-storage-class']) ?? call.bucket.record.storageClass,
    acl: readNewAcl(call) ?? 'default',
    headers: readStoredHeaders(headers),
    tags: readTagging(headers['x-oss-tagging']),
    ...withEncryption(readEncryption(call)),
    ...readProtection(call),
  }
}

/** `{ encryption }`, or nothing when there is none. */
export function withEncryption(encryption: Encryption | undefined): { encryption?: Encryption } {
  return encryption === undefined ? {} : { encryption }
}

/** The content headers and user metadata of a request. @throws Failure when the metadata is larger than 8 KiB */
export function readStoredHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  const stored: Record<string, string> = {}
  let metadataBytes = 0
  for (const [name, value] of Object.entries(headers)) {
    if (name.startsWith('x-oss-meta-')) {
      metadataBytes += name.length + value.length
      stored[name] = value
    } else if (kept.includes(name)) {
      stored[name] = value
    }
  }
  if (metadataBytes > maxMetadataBytes) {
    throw new Failure('InvalidArgument', { message: 'The total size of the user metadata exceeds 8 KB.' })
  }
  return stored
}

function readStorageClass(value: string | undefined): string | undefined {
  if (value !== undefined && !storageClasses.has(value))
    throw new Failure('InvalidStorageClass', { details: { StorageClass: value } })
  return value
}

/** The object ACL of a request. @throws Failure InvalidArgument, AccessDenied where public access is blocked */
export function readNewAcl(call: Call): string | undefined {
  const acl = readObjectAcl(call.incoming.headers['x-oss-object-acl'])
  checkAclAllowed(call, 'object', acl)
  return acl
}

/** Checks an object ACL. @throws Failure InvalidArgument */
export function readObjectAcl(value: string | undefined): string | undefined {
  if (value !== undefined && !objectAcls.has(value))
    throw invalidArgument('x-oss-object-acl', value, 'no such object acl')
  return value
}

/** Checks a bucket's ACL. @throws Failure InvalidArgument */
export function readBucketAcl(value: string | undefined): string | undefined {
  if (value === 'default' || (value !== undefined && !objectAcls.has(value))) {
    throw invalidArgument('x-oss-acl', value, 'no such bucket access control exists')
  }
  return value
}

/** Reads the encryption headers, or takes over what the bucket does by default. */
export function readEncryption(call: Call): Encryption | undefined {
  const { headers } = call.incoming
  const algorithm = headers['x-oss-server-side-encryption']
  const keyId = headers['x-oss-server-side-encryption-key-id']
  const dataAlgorithm = headers['x-oss-server-side-data-encryption']
  if (algorithm === undefined) return bucketEncryption(call.bucket)
  if (!algorithms.has(algorithm))
    throw new Failure('InvalidEncryptionAlgorithmError', { details: { Algorithm: algorithm } })
  return {
    algorithm,
    ...(keyId === undefined ? {} : { keyId }),
    ...(dataAlgorithm === undefined ? {} : { dataAlgorithm }),
  }
}

/** How a bucket encrypts new objects by default. */
export function bucketEncryption(bucket: Bucket): Encryption | undefined {
  const rule = encryptionRule.of(bucket)?.applyServerSideEncryptionByDefault
  if (rule?.sseAlgorithm === undefined) return undefined
  return {
    algorithm: rule.sseAlgorithm,
    ...(rule.kmsMasterKeyId === undefined ? {} : { keyId: rule.kmsMasterKeyId }),
    ...(rule.kmsDataEncryption === undefined ? {} : { dataAlgorithm: rule.kmsDataEncryption }),
  }
}

/** The headers that tell how an object is encrypted. */
export function encryptionHeaders(encryption: Encryption | undefined): Record<string, string> {
  if (encryption === undefined) return {}
  const headers: Record<string, string> = { 'x-oss-server-side-encryption': encryption.algorithm }
  if (encryption.keyId !== undefined) headers['x-oss-server-side-encryption-key-id'] = encryption.keyId
  if (encryption.dataAlgorithm !== undefined) headers['x-oss-server-side-data-encryption'] = encryption.dataAlgorithm
  return headers
}

/** Checks the traffic limit, in bits a second. It is not enforced. @throws Failure InvalidArgument */
export function checkTrafficLimit(call: Call): void {
  const value = call.incoming.headers['x-oss-traffic-limit'] ?? call.incoming.query['x-oss-traffic-limit']
  if (value === undefined) return
  const limit = /^\d+$/.test(value) ? Number(value) : 0
  if (limit < 819_200 || limit > 838_860_800) {
    throw invalidArgument(
      'x-oss-traffic-limit',
      value,
      'The traffic limit must be between 819200 and 838860800.',
      '0004-00000502',
    )
  }
}
