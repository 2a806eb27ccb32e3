import { bool, httpDate, int, type Open, oneOf, text } from '../binding/codec.js'
import {
  type Bindings,
  bucketName,
  element,
  elements,
  header,
  headers,
  local,
  objectKey,
  query,
  required,
} from '../binding/field.js'
import type { OperationRequest, OperationResult } from '../binding/operation.js'
import { shape } from '../binding/shape.js'

// What several families have in common: requests to extend and tables to spread, structures, and known values.
// `index.ts` passes on the types only.

/** A table for the fields that an interface adds to its operation base. */
type Rows<T> = Bindings<Omit<T, keyof OperationRequest | keyof OperationResult>>

/** Who may read and write a bucket: nobody but the owner, everybody may read, or everybody may do both. */
export type BucketAcl = Open<'private' | 'public-read' | 'public-read-write'>

export const bucketAcl = oneOf('private', 'public-read', 'public-read-write')

/** Who may read and write an object. `default` means that the bucket's ACL decides. */
export type ObjectAcl = Open<'default' | 'private' | 'public-read' | 'public-read-write'>

export const objectAcl = oneOf('default', 'private', 'public-read', 'public-read-write')

/**
 * How data is kept, from hot to cold. The colder, the cheaper to store and the dearer to read; the archive classes must be
 * restored before they can be read.
 */
export type StorageClass = Open<'Standard' | 'IA' | 'Archive' | 'ColdArchive' | 'DeepColdArchive'>

export const storageClass = oneOf('Standard', 'IA', 'Archive', 'ColdArchive', 'DeepColdArchive')

/** Where copies of the data lie: `LRS` in one zone, `ZRS` in several zones of the region. */
export type DataRedundancyType = Open<'LRS' | 'ZRS'>

export const dataRedundancyType = oneOf('LRS', 'ZRS')

/** Who pays for requests and traffic when it is not the bucket's owner. */
export type RequestPayer = Open<'requester'>

export const requestPayer = oneOf('requester')

/** How the service encrypts at rest: with keys of its own (`AES256`), with a key in KMS, or with SM4. */
export type SseAlgorithm = Open<'AES256' | 'KMS' | 'SM4'>

export const sseAlgorithm = oneOf('AES256', 'KMS', 'SM4')

/** Cipher used together with a KMS key where it is not AES-256. */
export type KmsDataEncryption = Open<'SM4'>

export const kmsDataEncryption = oneOf('SM4')

/** How firmly a retention period holds: `GOVERNANCE` may be bypassed with a special permission, `COMPLIANCE` by nobody. */
export type ObjectWormMode = Open<'GOVERNANCE' | 'COMPLIANCE'>

export const objectWormMode = oneOf('GOVERNANCE', 'COMPLIANCE')

/** Whether an object is under legal hold, which protects it without a time limit. */
export type ObjectWormLegalHold = Open<'ON' | 'OFF'>

export const objectWormLegalHold = oneOf('ON', 'OFF')

/** How names in an answer are encoded. */
export type EncodingType = Open<'url'>

export const encodingType = oneOf('url')

/** How an object came to be. */
export type ObjectType = Open<'Normal' | 'Multipart' | 'Appendable' | 'Symlink'>

export const objectType = oneOf('Normal', 'Multipart', 'Appendable', 'Symlink')

/** Whether a bucket keeps old versions. `Suspended` keeps those that exist and adds none. */
export type VersioningStatus = Open<'Enabled' | 'Suspended'>

export const versioningStatus = oneOf('Enabled', 'Suspended')

/** Whether a feature is switched on. */
export type Toggle = Open<'Enabled' | 'Disabled'>

export const toggle = oneOf('Enabled', 'Disabled')

/** Request about a bucket. */
export interface BucketRequest extends OperationRequest {
  /** Name of the bucket: 3 to 63 lower-case letters, digits and hyphens. */
  bucket: string
}

export const bucketRequest = { bucket: required(bucketName) } satisfies Rows<BucketRequest>

/** Request about an object. */
export interface ObjectRequest extends BucketRequest {
  /** Full name of the object in the bucket: 1 to 1024 characters, not beginning with `/`. */
  key: string
}

export const objectRequest = { ...bucketRequest, key: required(objectKey) } satisfies Rows<ObjectRequest>

/** Consent to pay, for buckets whose owner leaves the cost of access to the requester. */
export interface RequesterPays {
  /** Confirms that the caller pays. Without it such a bucket answers `AccessDenied`; other buckets ignore it. */
  requestPayer?: RequestPayer
}

export const requesterPays = {
  requestPayer: header('x-oss-request-payer', requestPayer),
} satisfies Rows<RequesterPays>

/** Choice of a version in a versioned bucket. */
export interface ObjectVersion {
  /** Version that is meant. Without it, the current one. */
  versionId?: string
}

export const objectVersion = { versionId: query('versionId', text) } satisfies Rows<ObjectVersion>

/** Result that names a version. */
export interface VersionedResult extends OperationResult {
  /** Version that was read, written or removed. Absent where the bucket never had versioning. */
  versionId?: string
}

export const versionedResult = { versionId: header('x-oss-version-id', text) } satisfies Rows<VersionedResult>

/**
 * Conditions on the object as it is now. When one does not hold nothing is sent: the service answers `PreconditionFailed`
 * (412) or `NotModified` (304), which is an error too.
 */
export interface ReadConditions {
  /** Entity tag that the object must have; otherwise 412. */
  ifMatch?: string
  /** Entity tag that the object must not have; otherwise 304. */
  ifNoneMatch?: string
  /** HTTP date after which the object must have changed; otherwise 304. */
  ifModifiedSince?: string
  /** HTTP date after which the object must not have changed; otherwise 412. */
  ifUnmodifiedSince?: string
}

export const readConditions = {
  ifMatch: header('If-Match', text),
  ifNoneMatch: header('If-None-Match', text),
  ifModifiedSince: header('If-Modified-Since', text),
  ifUnmodifiedSince: header('If-Unmodified-Since', text),
} satisfies Rows<ReadConditions>

/** Object to copy from, and conditions on it. The caller must be allowed to read it. */
export interface CopySourceRequest {
  /** Bucket of the source, in the same region. Without it, the destination's bucket. */
  sourceBucket?: string
  /** Key of the source, not encoded. */
  sourceKey: string
  /** Version of the source. Without it, the current one. */
  sourceVersionId?: string
  /** Entity tag that the source must have; otherwise `PreconditionFailed` (412). */
  ifMatch?: string
  /** Entity tag that the source must not have; otherwise 304 and nothing is copied. */
  ifNoneMatch?: string
  /** HTTP date after which the source must have changed; otherwise 304 and nothing is copied. */
  ifModifiedSince?: string
  /** HTTP date after which the source must not have changed; otherwise `PreconditionFailed` (412). */
  ifUnmodifiedSince?: string
}

export const copySourceRequest = {
  sourceBucket: local<string>(),
  sourceKey: required(local<string>()),
  sourceVersionId: local<string>(),
  ifMatch: header('x-oss-copy-source-if-match', text),
  ifNoneMatch: header('x-oss-copy-source-if-none-match', text),
  ifModifiedSince: header('x-oss-copy-source-if-modified-since', text),
  ifUnmodifiedSince: header('x-oss-copy-source-if-unmodified-since', text),
} satisfies Rows<CopySourceRequest>

/** Standard HTTP headers that are stored with an object and given back with it. */
export interface ContentHeaders {
  /** How caches may keep the object, such as `no-cache` or `max-age=3600`. */
  cacheControl?: string
  /** How a browser presents the object, such as `attachment; filename="report.pdf"`. */
  contentDisposition?: string
  /** Encoding of the stored bytes, such as `gzip`. The service and ferross do not encode or decode. */
  contentEncoding?: string
  /**
   * Bytes in the body. A request needs it only for streams whose length is known beforehand; if it is less than what the
   * stream gives, the service cuts the object short.
   */
  contentLength?: number
  /** Base64 of the body's MD5. A request that carries it fails with `InvalidDigest` when other bytes arrive. */
  contentMd5?: string
  /** MIME type. An upload without it takes the type of the key's extension, or `application/octet-stream`. */
  contentType?: string
  /** HTTP date after which caches ask again. */
  expires?: string
}

export const contentHeaders = {
  cacheControl: header('Cache-Control', text),
  contentDisposition: header('Content-Disposition', text),
  contentEncoding: header('Content-Encoding', text),
  contentLength: header('Content-Length', int),
  contentMd5: header('Content-MD5', text),
  contentType: header('Content-Type', text),
  expires: header('Expires', text),
} satisfies Rows<ContentHeaders>

/** Encryption of an object at rest by the service; the bucket's encryption rule decides where a request says nothing. */
export interface ServerSideEncryption {
  /** Method: with keys of the service (`AES256`), with a KMS key (`KMS`), or with SM4. */
  serverSideEncryption?: SseAlgorithm
  /** Cipher under `KMS`. Absent means AES-256. */
  serverSideDataEncryption?: KmsDataEncryption
  /** Id of the key in KMS. Only for `KMS`; absent means the default key. */
  serverSideEncryptionKeyId?: string
}

export const serverSideEncryption = {
  serverSideEncryption: header('x-oss-server-side-encryption', sseAlgorithm),
  serverSideDataEncryption: header('x-oss-server-side-data-encryption', kmsDataEncryption),
  serverSideEncryptionKeyId: header('x-oss-server-side-encryption-key-id', text),
} satisfies Rows<ServerSideEncryption>

/** Protection of an object against deletion and overwriting, in buckets with object-level retention. */
export interface ObjectWorm {
  /** End of the retention period as an ISO 8601 time in UTC, such as `2027-01-01T00:00:00.000Z`. Goes with a mode. */
  objectWormRetainUntilDate?: string
  /** How firmly the retention period holds. Goes with an end. */
  objectWormMode?: ObjectWormMode
  /** Whether the object is under legal hold. */
  objectWormLegalHold?: ObjectWormLegalHold
}

export const objectWorm = {
  objectWormRetainUntilDate: header('x-oss-object-worm-retain-until-date', text),
  objectWormMode: header('x-oss-object-worm-mode', objectWormMode),
  objectWormLegalHold: header('x-oss-object-worm-legal-hold', objectWormLegalHold),
} satisfies Rows<ObjectWorm>

/** Request that creates an object. */
export interface WriteObjectRequest extends ObjectRequest, ContentHeaders, ServerSideEncryption, RequesterPays {
  /** Storage class. Without it, the bucket's. */
  storageClass?: StorageClass
  /** User metadata: values by name, the names without `x-oss-meta-`. At most 8 KB in all; names come back in lower case. */
  metadata?: Record<string, string>
  /** Tags as a query string, such as `stage=prod&team=a%26b`: at most 10, keys up to 128 and values up to 256 bytes. */
  tagging?: string
  /**
   * Whether an existing object makes the request fail with `FileAlreadyExists` (409). Ignored where versioning is enabled or
   * suspended. @default false
   */
  forbidOverwrite?: boolean
}

export const writeObjectRequest = {
  ...objectRequest,
  ...contentHeaders,
  ...serverSideEncryption,
  ...requesterPays,
  storageClass: header('x-oss-storage-class', storageClass),
  metadata: headers('x-oss-meta-'),
  tagging: header('x-oss-tagging', text),
  forbidOverwrite: header('x-oss-forbid-overwrite', bool),
} satisfies Rows<WriteObjectRequest>

/** Callback: the service calls the application's server after storing the object, and passes its answer on. */
export interface CallbackRequest {
  /** Base64 of the JSON that says where to call and what to send (`callbackUrl`, `callbackBody`, …). */
  callback?: string
  /** Base64 of a JSON object with own variables; their names begin with `x:`. */
  callbackVar?: string
}

export const callbackRequest = {
  callback: header('x-oss-callback', text),
  callbackVar: header('x-oss-callback-var', text),
} satisfies Rows<CallbackRequest>

/** Result with an object's properties. */
export interface ObjectHeadersResult extends VersionedResult, ContentHeaders, ServerSideEncryption, ObjectWorm {
  /** Entity tag with its quotes. It is the upper-case MD5 only for objects written in one request without KMS. */
  etag?: string
  /** When the object was last written. */
  lastModified?: Date
  /** User metadata: values by name in lower case, without `x-oss-meta-`. Absent when there is none. */
  metadata?: Record<string, string>
  /** CRC-64 of the whole object as a decimal number, also when only a range is read. Some copies have none. */
  hashCrc64?: string
  /** Storage class. Absent for `Standard`. */
  storageClass?: StorageClass
  /** How the object was made. */
  objectType?: ObjectType
  /** Number of tags. Absent when there are none or the caller may not read them. */
  taggingCount?: number
  /** Length of an appendable object: the position of the next append. */
  nextAppendPosition?: number
  /** When the bucket's lifecycle rule will remove the object, and the rule's id: `expiry-date="…", rule-id="…"`. */
  expiration?: string
  /** State of a restored archive object: `ongoing-request="true"`, later with `expiry-date="…"`. */
  restore?: string
  /** Outcome of a media processing task that an event rule started; JSON in base64. */
  processStatus?: string
  /** When an appendable object was sealed, as an HTTP date. */
  sealedTime?: string
}

export const objectHeadersResult = {
  ...versionedResult,
  ...contentHeaders,
  ...serverSideEncryption,
  ...objectWorm,
  etag: header('ETag', text),
  lastModified: header('Last-Modified', httpDate),
  metadata: headers('x-oss-meta-'),
  hashCrc64: header('x-oss-hash-crc64ecma', text),
  storageClass: header('x-oss-storage-class', storageClass),
  objectType: header('x-oss-object-type', objectType),
  taggingCount: header('x-oss-tagging-count', int),
  nextAppendPosition: header('x-oss-next-append-position', int),
  expiration: header('x-oss-expiration', text),
  restore: header('x-oss-restore', text),
  processStatus: header('x-oss-process-status', text),
  sealedTime: header('x-oss-sealed-time', text),
} satisfies Rows<ObjectHeadersResult>

/** Account that owns something. */
export interface Owner {
  /** Id of the account. */
  id?: string
  /** Name for display; today the same as the id. */
  displayName?: string
}

export const ownerShape = shape<Owner>({ id: element('ID', text), displayName: element('DisplayName', text) })

/** Label of a bucket or an object. */
export interface Tag {
  /** Name of the tag: 1 to 64 characters on a bucket, up to 128 bytes on an object. */
  key?: string
  /** Value of the tag, which may be empty: up to 128 characters on a bucket, up to 256 bytes on an object. */
  value?: string
}

const tagShape = shape<Tag>({ key: element('Key', text), value: element('Value', text) })

/** All tags of a bucket or an object. */
export interface TagSet {
  /** The tags: at most 20 on a bucket, at most 10 on an object. Absent when there are none. */
  tags?: Tag[]
}

export const tagSetShape = shape<TagSet>({ tags: elements('Tag', tagShape) })

/** Document that holds the tags of a bucket or an object. */
export interface Tagging {
  /** The tags. */
  tagSet?: TagSet
}

export const taggingShape = shape<Tagging>({ tagSet: element('TagSet', tagSetShape) })

/** Whether public access is blocked. */
export interface PublicAccessBlockConfiguration {
  /** Whether public ACLs and policies are refused, and existing ones have no effect. */
  blockPublicAccess?: boolean
}

export const publicAccessBlockConfigurationShape = shape<PublicAccessBlockConfiguration>({
  blockPublicAccess: element('BlockPublicAccess', bool),
})
