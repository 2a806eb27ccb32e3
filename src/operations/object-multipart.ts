import { bool, int, isoDate, listedText, type Open, oneOf, text } from '../binding/codec.js'
import {
  callbackText,
  document,
  element,
  elements,
  header,
  local,
  query,
  required,
  sentBody,
} from '../binding/field.js'
import { copySource } from '../binding/hooks.js'
import { type OperationResult, operation } from '../binding/operation.js'
import { shape } from '../binding/shape.js'
import type { Body } from '../pipeline/body.js'
import type { ProgressListener } from '../pipeline/context.js'
import {
  type BucketRequest,
  bucketRequest,
  type CallbackRequest,
  type CopySourceRequest,
  callbackRequest,
  copySourceRequest,
  type EncodingType,
  encodingType,
  type ObjectAcl,
  type ObjectRequest,
  type ObjectWorm,
  objectAcl,
  objectRequest,
  objectWorm,
  type RequesterPays,
  requesterPays,
  type StorageClass,
  storageClass,
  type VersionedResult,
  versionedResult,
  type WriteObjectRequest,
  writeObjectRequest,
} from './shared.js'

/** Input of {@link initiateMultipartUpload}. */
export interface InitiateMultipartUploadRequest extends WriteObjectRequest, ObjectWorm {
  /**
   * How the answer encodes names, so that control characters survive. Leave it alone: ferross asks for `url` and
   * decodes.
   * @default 'url'
   */
  encodingType?: EncodingType
  /** Length of the whole plaintext in bytes, for client-side encryption; not sent as such. */
  cseDataSize?: number
  /** Part size in bytes, for client-side encryption: a multiple of 16; not sent as such. */
  csePartSize?: number
  /** Whether no content type is derived from the key's extension. @default false */
  disableAutoDetectMimeType?: boolean
}

/** Result of {@link initiateMultipartUpload}. */
export interface InitiateMultipartUploadResult extends OperationResult {
  /** Name of the bucket. */
  bucket?: string
  /** Key of the object to be. */
  key?: string
  /** Id of the upload. */
  uploadId?: string
  /** How names arrived. They are decoded already. */
  encodingType?: EncodingType
  /** Keys of an encrypted upload, to be handed to {@link uploadPart} as they are. Only from the encryption client. */
  cseMultipartContext?: unknown
}

/**
 * Begins an upload in parts and gives the id that the following calls name. The object appears only with {@link
 * completeMultipartUpload}; parts are billed until then or until {@link abortMultipartUpload}. Fails with
 * `NoSuchBucket` (404), `AccessDenied` (403), `FileAlreadyExists` (409) under `forbidOverwrite`.
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/initiatemultipartupload
 */
export const initiateMultipartUpload = operation<InitiateMultipartUploadRequest, InitiateMultipartUploadResult>({
  name: 'InitiateMultipartUpload',
  method: 'POST',
  query: { uploads: '', 'encoding-type': 'url' },
  contentMd5: true,
  contentTypeFromKey: true,
  root: 'InitiateMultipartUploadResult',
  request: {
    ...writeObjectRequest,
    ...objectWorm,
    encodingType: query('encoding-type', encodingType),
    cseDataSize: local<number>(),
    csePartSize: local<number>(),
    disableAutoDetectMimeType: local<boolean>(),
  },
  response: {
    bucket: element('Bucket', text),
    key: element('Key', listedText),
    uploadId: element('UploadId', text),
    encodingType: element('EncodingType', encodingType),
    cseMultipartContext: local<unknown>(),
  },
})

/** Input of {@link uploadPart}. */
export interface UploadPartRequest extends ObjectRequest, RequesterPays {
  /** Place of the part in the object, 1 to 10,000. Gaps are allowed. */
  partNumber: number
  /** Id that {@link initiateMultipartUpload} gave. */
  uploadId: string
  /** Base64 of the part's MD5. The service compares it and refuses other bytes with `InvalidDigest`. */
  contentMd5?: string
  /** Length of the part in bytes. Needed only for streams whose length is known beforehand. */
  contentLength?: number
  /** Bandwidth for this request in bit/s (not bytes), 819,200 to 838,860,800. Without it, no limit of its own. */
  trafficLimit?: number
  /** Bytes of the part. A stream can be sent only once, so it is not retried. */
  body?: Body
  /**
   * Called while the body moves with the bytes since the last call, the bytes so far, and the total where it is known.
   */
  progressFn?: ProgressListener
  /** Keys of an encrypted upload, as {@link initiateMultipartUpload} gave them. Only for the encryption client. */
  cseMultipartContext?: unknown
}

/** Result of {@link uploadPart}. */
export interface UploadPartResult extends OperationResult {
  /** Base64 of the part's MD5. */
  contentMd5?: string
  /** Entity tag of the part with its quotes; {@link completeMultipartUpload} needs it. */
  etag?: string
  /** CRC-64 of the part as a decimal number. */
  hashCrc64?: string
}

/**
 * Sends one part: 100 KB to 5 GB, the last may be smaller. Sending a number again replaces the part. The CRC-64 of what
 * was sent is compared with the service's (`InconsistentError`). Fails with `NoSuchUpload` (404) after completion or
 * abort, `InvalidDigest` for a wrong `contentMd5`, `InvalidArgument` for a part number out of range.
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/uploadpart
 */
export const uploadPart = operation<UploadPartRequest, UploadPartResult>({
  name: 'UploadPart',
  method: 'PUT',
  checkCrc: true,
  request: {
    ...objectRequest,
    ...requesterPays,
    partNumber: required(query('partNumber', int)),
    uploadId: required(query('uploadId', text)),
    contentMd5: header('Content-MD5', text),
    contentLength: header('Content-Length', int),
    trafficLimit: header('x-oss-traffic-limit', int),
    body: sentBody,
    progressFn: local<ProgressListener>(),
    cseMultipartContext: local<unknown>(),
  },
  response: {
    contentMd5: header('Content-MD5', text),
    etag: header('ETag', text),
    hashCrc64: header('x-oss-hash-crc64ecma', text),
  },
})

/** Input of {@link uploadPartCopy}. */
export interface UploadPartCopyRequest extends ObjectRequest, CopySourceRequest, RequesterPays {
  /** Place of the part in the object, 1 to 10,000. Gaps are allowed. */
  partNumber: number
  /** Id that {@link initiateMultipartUpload} gave. */
  uploadId: string
  /** Bytes of the source, ends included: `bytes=0-1048575`. Without it, all of it. */
  sourceRange?: string
  /** Bandwidth for this request in bit/s (not bytes), 819,200 to 838,860,800. Without it, no limit of its own. */
  trafficLimit?: number
}

/** Result of {@link uploadPartCopy}. */
export interface UploadPartCopyResult extends OperationResult {
  /** When the source was last written. */
  lastModified?: Date
  /** Entity tag of the part with its quotes; {@link completeMultipartUpload} needs it. */
  etag?: string
  /** Version that was copied. Absent where the source's bucket never had versioning. */
  sourceVersionId?: string
}

/**
 * Makes a part from an object, or a range of it, in the same region. Fails with `NoSuchUpload` (404), `NoSuchKey`
 * (404), `AccessDenied` (403) without read permission on the source, `InvalidRange` (416), and as the conditions say.
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/uploadpartcopy
 */
export const uploadPartCopy = operation<UploadPartCopyRequest, UploadPartCopyResult>({
  name: 'UploadPartCopy',
  method: 'PUT',
  contentMd5: true,
  longRunning: true,
  root: 'CopyPartResult',
  encode: copySource,
  request: {
    ...objectRequest,
    ...copySourceRequest,
    ...requesterPays,
    partNumber: required(query('partNumber', int)),
    uploadId: required(query('uploadId', text)),
    sourceRange: header('x-oss-copy-source-range', text),
    trafficLimit: header('x-oss-traffic-limit', int),
  },
  response: {
    lastModified: element('LastModified', isoDate),
    etag: element('ETag', text),
    sourceVersionId: header('x-oss-copy-source-version-id', text),
  },
})

/** Input of {@link completeMultipartUpload}. */
export interface CompleteMultipartUploadRequest extends ObjectRequest, CallbackRequest, RequesterPays {
  /** Id that {@link initiateMultipartUpload} gave. */
  uploadId: string
  /** Who may read and write the object. @default 'default' */
  acl?: ObjectAcl
  /** Parts to join. Parts that are not named are thrown away. Not together with `completeAll`. */
  completeMultipartUpload?: CompleteMultipartUpload
  /**
   * `yes` joins all parts that have arrived, in the order of their numbers. Fails with `InvalidArgument` together with
   * a list of parts.
   */
  completeAll?: CompleteAll
  /**
   * Whether an existing object makes the request fail with `FileAlreadyExists` (409). Ignored where versioning is
   * enabled or suspended.
   * @default false
   */
  forbidOverwrite?: boolean
  /**
   * How the answer encodes names, so that control characters survive. Leave it alone: ferross asks for `url` and
   * decodes.
   * @default 'url'
   */
  encodingType?: EncodingType
}

/** Result of {@link completeMultipartUpload}. */
export interface CompleteMultipartUploadResult extends VersionedResult {
  /** Name of the bucket. Absent with a callback, like the other fields of the document. */
  bucket?: string
  /** Key of the object. */
  key?: string
  /** URL of the object. */
  location?: string
  /** Entity tag of the object with its quotes; not an MD5. */
  etag?: string
  /** How names arrived. They are decoded already. */
  encodingType?: EncodingType
  /** CRC-64 of the whole object as a decimal number. Absent when a part has none. */
  hashCrc64?: string
  /** Answer of the application's server. Only when the request asked for a callback. */
  callbackResult?: string
}

/** A part as {@link completeMultipartUpload} needs it. */
export interface UploadPart {
  /** Number of the part, 1 to 10,000. */
  partNumber?: number
  /** Entity tag that the part's upload gave. */
  etag?: string
}

const uploadPartShape = shape<UploadPart>({ partNumber: element('PartNumber', int), etag: element('ETag', text) })

/** Parts that make up an object. */
export interface CompleteMultipartUpload {
  /** The parts, numbers ascending. */
  parts?: UploadPart[]
}

const completeMultipartUploadShape = shape<CompleteMultipartUpload>({ parts: elements('Part', uploadPartShape) })

/** Whether the service collects the parts itself. */
export type CompleteAll = Open<'yes'>

const completeAll = oneOf('yes')

/**
 * Joins the parts into the object and ends the upload. Name the parts in ascending order, or set `completeAll`. Fails
 * with `InvalidPart` (a part is missing or has another tag), `InvalidPartOrder`, `EntityTooSmall` (a part but the last
 * is under 100 KB), `FileAlreadyExists` (409); the upload survives these. `NoSuchUpload` (404) on a retry may mean that
 * the first attempt succeeded and its answer was lost. `CallbackFailed` (203) comes when the object is there but the
 * callback was not answered.
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/completemultipartupload
 */
export const completeMultipartUpload = operation<CompleteMultipartUploadRequest, CompleteMultipartUploadResult>({
  name: 'CompleteMultipartUpload',
  method: 'POST',
  query: { 'encoding-type': 'url' },
  contentMd5: true,
  longRunning: true,
  request: {
    ...objectRequest,
    ...callbackRequest,
    ...requesterPays,
    uploadId: required(query('uploadId', text)),
    acl: header('x-oss-object-acl', objectAcl),
    completeMultipartUpload: document('CompleteMultipartUpload', completeMultipartUploadShape),
    completeAll: header('x-oss-complete-all', completeAll),
    forbidOverwrite: header('x-oss-forbid-overwrite', bool),
    encodingType: query('encoding-type', encodingType),
  },
  response: {
    ...versionedResult,
    bucket: element('Bucket', text),
    key: element('Key', listedText),
    location: element('Location', text),
    etag: element('ETag', text),
    encodingType: element('EncodingType', encodingType),
    hashCrc64: header('x-oss-hash-crc64ecma', text),
    callbackResult: callbackText,
  },
})

/** Input of {@link abortMultipartUpload}. */
export interface AbortMultipartUploadRequest extends ObjectRequest, RequesterPays {
  /** Id that {@link initiateMultipartUpload} gave. */
  uploadId: string
}

/** Result of {@link abortMultipartUpload}. */
export interface AbortMultipartUploadResult extends OperationResult {}

/**
 * Cancels an upload and removes its parts. Parts in flight may survive: abort again after they have ended. Fails with
 * `NoSuchUpload` (404) when the upload is completed or aborted already.
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/abortmultipartupload
 */
export const abortMultipartUpload = operation<AbortMultipartUploadRequest, AbortMultipartUploadResult>({
  name: 'AbortMultipartUpload',
  method: 'DELETE',
  contentMd5: true,
  request: { ...objectRequest, ...requesterPays, uploadId: required(query('uploadId', text)) },
  response: {},
})

/** Input of {@link listMultipartUploads}. */
export interface ListMultipartUploadsRequest extends BucketRequest, RequesterPays {
  /** Character, usually `/`, up to which keys are rolled up. Without it, all uploads are listed one by one. */
  delimiter?: string
  /**
   * How the answer encodes names, so that control characters survive. Leave it alone: ferross asks for `url` and
   * decodes.
   * @default 'url'
   */
  encodingType?: EncodingType
  /**
   * Key after which the page begins: `nextKeyMarker` of the page before. Without `uploadIdMarker` the key's remaining
   * uploads are passed over.
   */
  keyMarker?: string
  /** Uploads per page, 1 to 1000. @default 1000 */
  maxUploads?: number
  /** Only uploads whose keys begin with this. */
  prefix?: string
  /** Upload of `keyMarker` after which the page begins: `nextUploadIdMarker` of the page before. */
  uploadIdMarker?: string
}

/** Result of {@link listMultipartUploads}. */
export interface ListMultipartUploadsResult extends OperationResult {
  /** How names arrived. They are decoded already. */
  encodingType?: EncodingType
  /** Name of the bucket. */
  bucket?: string
  /** Key marker of the request. Absent when there was none. */
  keyMarker?: string
  /** Upload marker of the request. Absent when there was none. */
  uploadIdMarker?: string
  /** Key where the next page begins. Absent when nothing was listed. */
  nextKeyMarker?: string
  /** Upload where the next page begins. Absent when nothing was listed. */
  nextUploadIdMarker?: string
  /** Delimiter of the request. Absent when there was none. */
  delimiter?: string
  /** Prefix of the request. Absent when there was none. */
  prefix?: string
  /** Page size that was in effect. */
  maxUploads?: number
  /** Whether more entries follow. */
  isTruncated?: boolean
  /** Uploads of this page. Absent when there are none. */
  uploads?: Upload[]
}

/** An upload in progress. */
export interface Upload {
  /** Key of the object to be. */
  key?: string
  /** Id of the upload. */
  uploadId?: string
  /** When the upload began. */
  initiated?: Date
}

const uploadShape = shape<Upload>({
  key: element('Key', listedText),
  uploadId: element('UploadId', text),
  initiated: element('Initiated', isoDate),
})

/**
 * Lists uploads that are neither completed nor aborted, by key and then by time; `listMultipartUploadsPaginator` walks
 * through all of them. Fails with `NoSuchBucket` (404), `AccessDenied` (403), `InvalidArgument` for a page size out of
 * range.
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/listmultipartuploads
 */
export const listMultipartUploads = operation<ListMultipartUploadsRequest, ListMultipartUploadsResult>({
  name: 'ListMultipartUploads',
  method: 'GET',
  query: { 'encoding-type': 'url', uploads: '' },
  contentMd5: true,
  root: 'ListMultipartUploadsResult',
  request: {
    ...bucketRequest,
    ...requesterPays,
    delimiter: query('delimiter', text),
    encodingType: query('encoding-type', encodingType),
    keyMarker: query('key-marker', text),
    maxUploads: query('max-uploads', int),
    prefix: query('prefix', text),
    uploadIdMarker: query('upload-id-marker', text),
  },
  response: {
    encodingType: element('EncodingType', encodingType),
    bucket: element('Bucket', text),
    keyMarker: element('KeyMarker', listedText),
    uploadIdMarker: element('UploadIdMarker', text),
    nextKeyMarker: element('NextKeyMarker', listedText),
    nextUploadIdMarker: element('NextUploadIdMarker', text),
    delimiter: element('Delimiter', listedText),
    prefix: element('Prefix', listedText),
    maxUploads: element('MaxUploads', int),
    isTruncated: element('IsTruncated', bool),
    uploads: elements('Upload', uploadShape),
  },
})

/** Input of {@link listParts}. */
export interface ListPartsRequest extends ObjectRequest, RequesterPays {
  /** Id that {@link initiateMultipartUpload} gave. */
  uploadId: string
  /**
   * How the answer encodes names, so that control characters survive. Leave it alone: ferross asks for `url` and
   * decodes.
   * @default 'url'
   */
  encodingType?: EncodingType
  /** Parts per page, 1 to 1000. @default 1000 */
  maxParts?: number
  /** Number after which the page begins: `nextPartNumberMarker` of the page before. Without it, the first page. */
  partNumberMarker?: string
}

/** Result of {@link listParts}. */
export interface ListPartsResult extends OperationResult {
  /** How names arrived. They are decoded already. */
  encodingType?: EncodingType
  /** Name of the bucket. */
  bucket?: string
  /** Key of the object to be. */
  key?: string
  /** Id of the upload. */
  uploadId?: string
  /** Marker of the request, 0 when there was none. */
  partNumberMarker?: number
  /** Number of the last part of this page. */
  nextPartNumberMarker?: number
  /** Page size that was in effect. */
  maxParts?: number
  /** Whether more entries follow. */
  isTruncated?: boolean
  /** Storage class of the object to be. */
  storageClass?: StorageClass
  /** Wrapped key of a client-side encrypted upload, base64. Absent otherwise, like the following five. */
  clientEncryptionKey?: string
  /** Wrapped start value of the counter, base64. */
  clientEncryptionStart?: string
  /** Content cipher, such as `AES/CTR/NoPadding`. */
  clientEncryptionCekAlg?: string
  /** How key and start value are wrapped, such as `RSA/NONE/PKCS1Padding`. */
  clientEncryptionWrapAlg?: string
  /** Length of the whole plaintext in bytes. */
  clientEncryptionDataSize?: number
  /** Part size of the plaintext in bytes. */
  clientEncryptionPartSize?: number
  /** Parts of this page. Absent when there are none. */
  parts?: Part[]
}

/** A part that has arrived. */
export interface Part {
  /** Number of the part. */
  partNumber?: number
  /** Entity tag of the part with its quotes: the upper-case MD5. */
  etag?: string
  /** When the part arrived. */
  lastModified?: Date
  /** Length in bytes. */
  size?: number
  /** CRC-64 of the part as a decimal number. */
  hashCrc64?: string
}

const partShape = shape<Part>({
  partNumber: element('PartNumber', int),
  etag: element('ETag', text),
  lastModified: element('LastModified', isoDate),
  size: element('Size', int),
  hashCrc64: element('HashCrc64ecma', text),
})

/**
 * Lists the parts of an upload that have arrived, by number; `listPartsPaginator` walks through all of them. For
 * resuming an upload, own records with checksums are safer. Fails with `NoSuchUpload` (404), `AccessDenied` (403),
 * `InvalidArgument` for a page size out of range.
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/listparts
 */
export const listParts = operation<ListPartsRequest, ListPartsResult>({
  name: 'ListParts',
  method: 'GET',
  query: { 'encoding-type': 'url' },
  contentMd5: true,
  root: 'ListPartsResult',
  request: {
    ...objectRequest,
    ...requesterPays,
    uploadId: required(query('uploadId', text)),
    encodingType: query('encoding-type', encodingType),
    maxParts: query('max-parts', int),
    partNumberMarker: query('part-number-marker', text),
  },
  response: {
    encodingType: element('EncodingType', encodingType),
    bucket: element('Bucket', text),
    key: element('Key', listedText),
    uploadId: element('UploadId', text),
    partNumberMarker: element('PartNumberMarker', int),
    nextPartNumberMarker: element('NextPartNumberMarker', int),
    maxParts: element('MaxParts', int),
    isTruncated: element('IsTruncated', bool),
    storageClass: element('StorageClass', storageClass),
    clientEncryptionKey: element('ClientEncryptionKey', text),
    clientEncryptionStart: element('ClientEncryptionStart', text),
    clientEncryptionCekAlg: element('ClientEncryptionCekAlg', text),
    clientEncryptionWrapAlg: element('ClientEncryptionWrapAlg', text),
    clientEncryptionDataSize: element('ClientEncryptionDataSize', int),
    clientEncryptionPartSize: element('ClientEncryptionPartSize', int),
    parts: elements('Part', partShape),
  },
})
