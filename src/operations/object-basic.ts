import { bool, httpDate, int, isoDate, listedText, type Open, oneOf, text } from '../binding/codec.js'
import {
  callbackText,
  element,
  elements,
  header,
  local,
  query,
  receivedBody,
  required,
  sentBody,
} from '../binding/field.js'
import { copySource, deleteObjectsBody } from '../binding/hooks.js'
import { type OperationResult, operation } from '../binding/operation.js'
import { shape } from '../binding/shape.js'
import type { Body } from '../pipeline/body.js'
import type { ProgressListener } from '../pipeline/context.js'
import type { ObjectBody } from '../pipeline/object-body.js'
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
  type ObjectHeadersResult,
  type ObjectRequest,
  type ObjectVersion,
  type ObjectWorm,
  objectAcl,
  objectHeadersResult,
  objectRequest,
  objectVersion,
  objectWorm,
  type ReadConditions,
  type RequesterPays,
  type RequestPayer,
  readConditions,
  requesterPays,
  requestPayer,
  type ServerSideEncryption,
  serverSideEncryption,
  type VersionedResult,
  versionedResult,
  type WriteObjectRequest,
  writeObjectRequest,
} from './shared.js'

/** Input of {@link putObject}. */
export interface PutObjectRequest extends WriteObjectRequest, CallbackRequest, ObjectWorm {
  /** Who may read and write the object. @default 'default' */
  acl?: ObjectAcl
  /** Bandwidth for this request in bit/s (not bytes), 819,200 to 838,860,800. Without it, no limit of its own. */
  trafficLimit?: number
  /** Bytes to store. Without it, the object is empty. A stream can be sent only once, so it is not retried. */
  body?: Body
  /**
   * Called while the body moves with the bytes since the last call, the bytes so far, and the total where it is known.
   */
  progressFn?: ProgressListener
}

/** Result of {@link putObject}. */
export interface PutObjectResult extends VersionedResult {
  /** Base64 of the MD5 of what was stored. */
  contentMd5?: string
  /** Entity tag with its quotes: the upper-case MD5 of the content, unless KMS encrypts it. */
  etag?: string
  /** CRC-64 of what was stored, as a decimal number. */
  hashCrc64?: string
  /** Answer of the application's server. Only when the request asked for a callback. */
  callbackResult?: string
}

/**
 * Stores an object in one request, up to 5 GB, and replaces one of the same key; larger ones need a multipart upload
 * (`client.uploader()`). The CRC-64 of what was sent is compared with the service's (`InconsistentError`). Fails with
 * `NoSuchBucket` (404), `AccessDenied` (403), `FileAlreadyExists` (409) under `forbidOverwrite`, `InvalidDigest` for a
 * wrong `contentMd5`, `CallbackFailed` (203) when the object is stored but the callback was not answered.
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/putobject
 */
export const putObject = operation<PutObjectRequest, PutObjectResult>({
  name: 'PutObject',
  method: 'PUT',
  contentTypeFromKey: true,
  checkCrc: true,
  request: {
    ...writeObjectRequest,
    ...callbackRequest,
    ...objectWorm,
    acl: header('x-oss-object-acl', objectAcl),
    trafficLimit: header('x-oss-traffic-limit', int),
    body: sentBody,
    progressFn: local<ProgressListener>(),
  },
  response: {
    ...versionedResult,
    contentMd5: header('Content-MD5', text),
    etag: header('ETag', text),
    hashCrc64: header('x-oss-hash-crc64ecma', text),
    callbackResult: callbackText,
  },
})

/** Input of {@link getObject}. */
export interface GetObjectRequest extends ObjectRequest, ReadConditions, ObjectVersion, RequesterPays {
  /**
   * Bytes to read, ends included: `bytes=0-499`, `bytes=500-`, `bytes=-500`. A range that does not fit is ignored and
   * gives the whole object with status 200, unless `rangeBehavior` is set.
   */
  rangeHeader?: string
  /** How ranges that do not fit are taken. Without it, they are ignored. */
  rangeBehavior?: RangeBehavior
  /** Replaces `Cache-Control` in the answer. Not for anonymous requests, like the other `response…` fields. */
  responseCacheControl?: string
  /** Replaces `Content-Disposition` in the answer, such as `attachment; filename="a.txt"`. */
  responseContentDisposition?: string
  /** Replaces `Content-Encoding` in the answer. */
  responseContentEncoding?: string
  /** Replaces `Content-Language` in the answer. */
  responseContentLanguage?: string
  /** Replaces `Content-Type` in the answer. */
  responseContentType?: string
  /** Replaces `Expires` in the answer, an HTTP date. */
  responseExpires?: string
  /** Bandwidth for this request in bit/s (not bytes), 819,200 to 838,860,800. Without it, no limit of its own. */
  trafficLimit?: number
  /**
   * Transformation of the content, such as `image/resize,w_100`. Length and checksum then differ from the stored
   * object's.
   */
  process?: string
  /**
   * Encodings the caller takes, such as `gzip`: the service may then compress text, without `contentLength`. It is not
   * decompressed here.
   */
  acceptEncoding?: string
  /**
   * Called while the body moves with the bytes since the last call, the bytes so far, and the total where it is known.
   */
  progressFn?: ProgressListener
}

/** Result of {@link getObject}. */
export interface GetObjectResult extends ObjectHeadersResult {
  /** Which bytes came, and of how many: `bytes 0-9/1000`. Absent when the whole object came. */
  contentRange?: string
  /** Whether the version is a delete marker. Absent otherwise. */
  deleteMarker?: boolean
  /** The content: a Node `Readable` that can also give it as `bytes()`, `text()` or `json()`, or write it to a file. */
  body?: ObjectBody
}

/**
 * How ranges are taken that do not fit the object: `standard` as HTTP has it, cut to the object's end or
 * `InvalidRange`.
 */
export type RangeBehavior = Open<'standard'>

const rangeBehavior = oneOf('standard')

/**
 * Reads an object as a stream, whole or a range of it. The stream checks its CRC-64 against the service's at the end.
 * Read it to its end or destroy it: until then it holds a connection. Fails with `NoSuchKey` (404), also for a deleted
 * object, `NoSuchVersion` (404), `AccessDenied` (403), `InvalidObjectState` (403) for archived objects that are not
 * restored, `InvalidRange` (416), and as {@link ReadConditions} say.
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/getobject
 */
export const getObject = operation<GetObjectRequest, GetObjectResult>({
  name: 'GetObject',
  method: 'GET',
  checkReceivedCrc: true,
  request: {
    ...objectRequest,
    ...readConditions,
    ...objectVersion,
    ...requesterPays,
    rangeHeader: header('Range', text),
    rangeBehavior: header('x-oss-range-behavior', rangeBehavior),
    responseCacheControl: query('response-cache-control', text),
    responseContentDisposition: query('response-content-disposition', text),
    responseContentEncoding: query('response-content-encoding', text),
    responseContentLanguage: query('response-content-language', text),
    responseContentType: query('response-content-type', text),
    responseExpires: query('response-expires', text),
    trafficLimit: header('x-oss-traffic-limit', int),
    process: query('x-oss-process', text),
    acceptEncoding: header('Accept-Encoding', text),
    progressFn: local<ProgressListener>(),
  },
  response: {
    ...objectHeadersResult,
    contentRange: header('Content-Range', text),
    deleteMarker: header('x-oss-delete-marker', bool),
    body: receivedBody,
  },
})

/** Input of {@link copyObject}. */
export interface CopyObjectRequest extends WriteObjectRequest, CopySourceRequest, ObjectWorm {
  /** Who may read and write the copy; the source's ACL is not copied. @default 'default' */
  acl?: ObjectAcl
  /** Whether the copy takes the source's metadata, or that of this request. @default 'COPY' */
  metadataDirective?: MetadataDirective
  /** Whether the copy takes the source's tags, or those of this request. @default 'Copy' */
  taggingDirective?: TaggingDirective
  /** Bandwidth for this request in bit/s (not bytes), 819,200 to 838,860,800. Without it, no limit of its own. */
  trafficLimit?: number
  /** Not called: the service copies by itself. Present for symmetry with uploads. */
  progressFn?: ProgressListener
}

/** Result of {@link copyObject}. */
export interface CopyObjectResult extends VersionedResult, ServerSideEncryption {
  /** CRC-64 of the copy as a decimal number. Absent when the source has none. */
  hashCrc64?: string
  /** Version that was copied. Absent where the source's bucket never had versioning. */
  sourceVersionId?: string
  /** When the copy was made. */
  lastModified?: Date
  /** Entity tag of the copy with its quotes. */
  etag?: string
}

/** Where the metadata of a copy comes from: the source, or the request. */
export type MetadataDirective = Open<'COPY' | 'REPLACE'>

const metadataDirective = oneOf('COPY', 'REPLACE')

/** Where the tags of a copy come from: the source, or the request. */
export type TaggingDirective = Open<'Copy' | 'Replace'>

const taggingDirective = oneOf('Copy', 'Replace')

/**
 * Copies an object of up to 5 GB inside a region without moving its bytes through the caller; onto itself it changes
 * metadata or storage class. Larger ones need {@link uploadPartCopy} (`client.copier()`). Fails with `NoSuchKey` (404),
 * `AccessDenied` (403) without read permission on the source, `InvalidObjectState` (403) for archived sources,
 * `FileAlreadyExists` (409), `EntityTooLarge`, and as the conditions say.
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/copyobject
 */
export const copyObject = operation<CopyObjectRequest, CopyObjectResult>({
  name: 'CopyObject',
  method: 'PUT',
  contentMd5: true,
  longRunning: true,
  encode: copySource,
  request: {
    ...writeObjectRequest,
    ...copySourceRequest,
    ...objectWorm,
    acl: header('x-oss-object-acl', objectAcl),
    metadataDirective: header('x-oss-metadata-directive', metadataDirective),
    taggingDirective: header('x-oss-tagging-directive', taggingDirective),
    trafficLimit: header('x-oss-traffic-limit', int),
    progressFn: local<ProgressListener>(),
  },
  response: {
    ...versionedResult,
    ...serverSideEncryption,
    hashCrc64: header('x-oss-hash-crc64ecma', text),
    sourceVersionId: header('x-oss-copy-source-version-id', text),
    lastModified: element('LastModified', isoDate),
    etag: element('ETag', text),
  },
})

/** Input of {@link appendObject}. */
export interface AppendObjectRequest extends WriteObjectRequest {
  /** Length of the object as it is now; 0 creates it. */
  position: number
  /** Who may read and write the object. Only at creation. @default 'default' */
  acl?: ObjectAcl
  /** Bandwidth for this request in bit/s (not bytes), 819,200 to 838,860,800. Without it, no limit of its own. */
  trafficLimit?: number
  /** Bytes to append. */
  body?: Body
  /**
   * Called while the body moves with the bytes since the last call, the bytes so far, and the total where it is known.
   */
  progressFn?: ProgressListener
}

/** Result of {@link appendObject}. */
export interface AppendObjectResult extends VersionedResult, ServerSideEncryption {
  /** CRC-64 of the whole object after this append, as a decimal number. */
  hashCrc64?: string
  /** New length of the object: the position of the next append. */
  nextPosition?: number
}

/**
 * Appends to an object that can grow, and creates it at position 0; up to 5 GB in all. Headers and metadata count only
 * at creation. `client.appendFile()` keeps track of the position. Fails with `PositionNotEqualToLength` (409) whose
 * header `x-oss-next-append-position` has the right one, `ObjectNotAppendable` (409) for objects made otherwise,
 * `AppendSealedObjectNotAllowed` after sealing. A repeated append whose first answer was lost ends in the first of
 * these.
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/appendobject
 */
export const appendObject = operation<AppendObjectRequest, AppendObjectResult>({
  name: 'AppendObject',
  method: 'POST',
  query: { append: '' },
  contentTypeFromKey: true,
  request: {
    ...writeObjectRequest,
    position: required(query('position', int)),
    acl: header('x-oss-object-acl', objectAcl),
    trafficLimit: header('x-oss-traffic-limit', int),
    body: sentBody,
    progressFn: local<ProgressListener>(),
  },
  response: {
    ...versionedResult,
    ...serverSideEncryption,
    hashCrc64: header('x-oss-hash-crc64ecma', text),
    nextPosition: header('x-oss-next-append-position', int),
  },
})

/** Input of {@link sealAppendObject}. */
export interface SealAppendObjectRequest extends ObjectRequest {
  /** Length of the object as it is now. Guards against sealing before the last append. */
  position: number
}

/** Result of {@link sealAppendObject}. */
export interface SealAppendObjectResult extends OperationResult {
  /** When the object was sealed, as an HTTP date. */
  sealedTime?: string
}

/**
 * Ends the growth of an appendable object, after which it may move to colder storage. Sealing again is not an error.
 * Fails with `PositionNotEqualToLength` (409), `ObjectNotAppendable` (409), `NoSuchKey` (404).
 */
export const sealAppendObject = operation<SealAppendObjectRequest, SealAppendObjectResult>({
  name: 'SealAppendObject',
  method: 'POST',
  query: { seal: '' },
  headers: { 'content-type': 'application/xml' },
  subResource: ['seal'],
  contentMd5: true,
  request: { ...objectRequest, position: required(query('position', int)) },
  response: { sealedTime: header('x-oss-sealed-time', text) },
})

/** Input of {@link deleteObject}. */
export interface DeleteObjectRequest extends ObjectRequest, ObjectVersion, RequesterPays {
  /** Whether retention in `GOVERNANCE` mode is overridden; needs a permission of its own. @default false */
  bypassGovernanceRetention?: boolean
}

/** Result of {@link deleteObject}. */
export interface DeleteObjectResult extends VersionedResult {
  /** Whether a delete marker was made or removed. Absent otherwise. */
  deleteMarker?: boolean
}

/**
 * Deletes an object. In a versioned bucket without `versionId` it only puts a delete marker on top; with it the version
 * is gone for good. A key that does not exist is not an error. Fails with `AccessDenied` (403), `FileImmutable` (409)
 * under a retention policy.
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/deleteobject
 */
export const deleteObject = operation<DeleteObjectRequest, DeleteObjectResult>({
  name: 'DeleteObject',
  method: 'DELETE',
  contentMd5: true,
  request: {
    ...objectRequest,
    ...objectVersion,
    ...requesterPays,
    bypassGovernanceRetention: header('x-oss-bypass-governance-retention', bool),
  },
  response: { ...versionedResult, deleteMarker: header('x-oss-delete-marker', bool) },
})

/** Input of {@link deleteMultipleObjects}. */
export interface DeleteMultipleObjectsRequest extends BucketRequest, RequesterPays {
  /**
   * How the answer encodes names, so that control characters survive. Leave it alone: ferross asks for `url` and
   * decodes.
   * @default 'url'
   */
  encodingType?: EncodingType
  /** What to delete: 1 to 1000 entries. Required unless `delete` is given. */
  objects?: DeleteObject[]
  /** Whether the answer leaves out what was deleted. Goes with `objects`. @default false */
  quiet?: boolean
  /** What to delete and how to answer, as one structure. Stands for `objects` and `quiet`. */
  delete?: Delete
  /** Whether retention in `GOVERNANCE` mode is overridden; needs a permission of its own. @default false */
  bypassGovernanceRetention?: boolean
}

/** Result of {@link deleteMultipleObjects}. */
export interface DeleteMultipleObjectsResult extends OperationResult {
  /** What was deleted. Absent in quiet mode. */
  deletedObjects?: DeletedInfo[]
  /** How names arrived. They are decoded already. */
  encodingType?: EncodingType
}

/** An object to delete, see {@link deleteMultipleObjects}. */
export interface DeleteObject {
  /** Key of the object. */
  key?: string
  /** Version to delete for good. Without it, a versioned bucket puts a delete marker on top. */
  versionId?: string
}

/** Names an object or one of its versions. */
export interface ObjectIdentifier {
  /** Key of the object. */
  key: string
  /** Id of a version. Without it, the current one. */
  versionId?: string
}

/** A list of objects to delete, see {@link deleteMultipleObjects}. */
export interface Delete {
  /** What to delete: 1 to 1000 entries. */
  objects?: ObjectIdentifier[]
  /** Whether the answer leaves out what was deleted. @default false */
  quiet?: boolean
}

/** An object that {@link deleteMultipleObjects} deleted. */
export interface DeletedInfo {
  /** Key of the object. */
  key?: string
  /** Version the request named. Absent when it named none. */
  versionId?: string
  /** Whether a delete marker was made or removed. Absent otherwise. */
  deleteMarker?: boolean
  /** Id of that delete marker. Absent otherwise. */
  deleteMarkerVersionId?: string
}

const deletedInfoShape = shape<DeletedInfo>({
  key: element('Key', listedText),
  versionId: element('VersionId', text),
  deleteMarker: element('DeleteMarker', bool),
  deleteMarkerVersionId: element('DeleteMarkerVersionId', text),
})

/**
 * Deletes up to 1000 objects in one request. Give `objects` and `quiet`, or `delete`, not both (`SerializationError`).
 * Keys that do not exist count as deleted. Fails with `MalformedXML` beyond 1000, `AccessDenied` (403); objects that
 * could not be deleted are missing from the result, so compare when it matters.
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/deletemultipleobjects
 */
export const deleteMultipleObjects = operation<DeleteMultipleObjectsRequest, DeleteMultipleObjectsResult>({
  name: 'DeleteMultipleObjects',
  method: 'POST',
  query: { delete: '', 'encoding-type': 'url' },
  headers: { 'content-type': 'application/xml' },
  contentMd5: true,
  root: 'DeleteResult',
  encode: deleteObjectsBody,
  request: {
    ...bucketRequest,
    ...requesterPays,
    encodingType: query('encoding-type', encodingType),
    objects: local<DeleteObject[]>(),
    quiet: local<boolean>(),
    delete: local<Delete>(),
    bypassGovernanceRetention: header('x-oss-bypass-governance-retention', bool),
  },
  response: {
    deletedObjects: elements('Deleted', deletedInfoShape),
    encodingType: element('EncodingType', encodingType),
  },
})

/** Input of {@link headObject}. */
export interface HeadObjectRequest extends ObjectRequest, ReadConditions, ObjectVersion, RequesterPays {}

/** Result of {@link headObject}. */
export interface HeadObjectResult extends ObjectHeadersResult {
  /** Set to `requester` when the caller paid. */
  requestCharged?: RequestPayer
  /** Origin that may read the answer, when the request had an `Origin` that a CORS rule allows. */
  allowOrigin?: string
  /** Methods that the CORS rule allows. */
  allowMethods?: string
  /** Seconds for which a browser may keep the CORS answer. */
  allowAge?: string
  /** Request headers that the CORS rule allows. */
  allowHeaders?: string
  /** Answer headers that scripts may read under the CORS rule. */
  exposeHeaders?: string
  /** When a lifecycle rule moved the object to Cold Archive or Deep Cold Archive, as an HTTP date. */
  transitionTime?: string
}

/**
 * Reads an object's properties without its content. Fails with `NoSuchKey` (404), `NoSuchVersion` (404), `AccessDenied`
 * (403), and as {@link ReadConditions} say.
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/headobject
 */
export const headObject = operation<HeadObjectRequest, HeadObjectResult>({
  name: 'HeadObject',
  method: 'HEAD',
  request: { ...objectRequest, ...readConditions, ...objectVersion, ...requesterPays },
  response: {
    ...objectHeadersResult,
    requestCharged: header('x-oss-request-charged', requestPayer),
    allowOrigin: header('Access-Control-Allow-Origin', text),
    allowMethods: header('Access-Control-Allow-Methods', text),
    allowAge: header('Access-Control-Allow-Age', text),
    allowHeaders: header('Access-Control-Allow-Headers', text),
    exposeHeaders: header('Access-Control-Expose-Headers', text),
    transitionTime: header('x-oss-transition-time', text),
  },
})

/** Input of {@link getObjectMeta}. */
export interface GetObjectMetaRequest extends ObjectRequest, ObjectVersion, RequesterPays {}

/** Result of {@link getObjectMeta}. */
export interface GetObjectMetaResult extends VersionedResult {
  /** Length in bytes. */
  contentLength?: number
  /** Entity tag with its quotes. */
  etag?: string
  /** When the object was last written. */
  lastModified?: Date
  /** When the object was last read. Only where the bucket's access monitor is on. */
  lastAccessTime?: Date
  /** CRC-64 of the whole object as a decimal number. Some copies have none. */
  hashCrc64?: string
  /** When a lifecycle rule moved the object to Cold Archive or Deep Cold Archive, as an HTTP date. */
  transitionTime?: string
}

/**
 * Reads the few properties that need no metadata look-up: length, entity tag, times. Cheaper than {@link headObject}.
 * Fails with `NoSuchKey` (404), `NoSuchVersion` (404), `AccessDenied` (403).
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/getobjectmeta
 */
export const getObjectMeta = operation<GetObjectMetaRequest, GetObjectMetaResult>({
  name: 'GetObjectMeta',
  method: 'HEAD',
  query: { objectMeta: '' },
  request: { ...objectRequest, ...objectVersion, ...requesterPays },
  response: {
    ...versionedResult,
    contentLength: header('Content-Length', int),
    etag: header('ETag', text),
    lastModified: header('Last-Modified', httpDate),
    lastAccessTime: header('x-oss-last-access-time', httpDate),
    hashCrc64: header('x-oss-hash-crc64ecma', text),
    transitionTime: header('x-oss-transition-time', text),
  },
})
