import { bool, int, isoDate, listedText, text } from '../binding/codec.js'
import { element, elements, query } from '../binding/field.js'
import { type OperationResult, operation } from '../binding/operation.js'
import { shape } from '../binding/shape.js'
import {
  type BucketRequest,
  bucketRequest,
  type EncodingType,
  encodingType,
  type ObjectType,
  type Owner,
  objectType,
  ownerShape,
  type RequesterPays,
  requesterPays,
  type StorageClass,
  storageClass,
} from './shared.js'

/** Input of {@link listObjects}. */
export interface ListObjectsRequest extends BucketRequest, RequesterPays {
  /**
   * Character, usually `/`, up to which keys are rolled up into `commonPrefixes` after `prefix`. Without it, all keys
   * are listed one by one.
   */
  delimiter?: string
  /**
   * How the answer encodes names, so that control characters survive. Leave it alone: ferross asks for `url` and
   * decodes.
   * @default 'url'
   */
  encodingType?: EncodingType
  /** Key after which the page begins: `nextMarker` of the page before. Without it, the first page. */
  marker?: string
  /** Entries per page, 1 to 1000; prefixes count. @default 100 */
  maxKeys?: number
  /** Only keys that begin with this. */
  prefix?: string
}

/** Result of {@link listObjects}. */
export interface ListObjectsResult extends OperationResult {
  /** Name of the bucket. */
  name?: string
  /** Prefix of the request. Absent when there was none. */
  prefix?: string
  /** Marker of the request. Absent when there was none. */
  marker?: string
  /** Page size that was in effect. */
  maxKeys?: number
  /** Delimiter of the request. Absent when there was none. */
  delimiter?: string
  /** Whether more entries follow. */
  isTruncated?: boolean
  /** Where the next page begins. Absent on the last page. */
  nextMarker?: string
  /** How names arrived. They are decoded already. */
  encodingType?: EncodingType
  /** Objects of this page. Absent when there are none. */
  contents?: ObjectProperties[]
  /** Beginnings up to the delimiter, the "folders" of this page. Absent when there are none. */
  commonPrefixes?: CommonPrefix[]
}

/** An object in a listing. */
export interface ObjectProperties {
  /** Key of the object. */
  key?: string
  /** How the object was made. */
  objectType?: ObjectType
  /** Length in bytes. */
  size?: number
  /** Entity tag with its quotes. It is the MD5 only for objects written in one request. */
  etag?: string
  /** When the object was last written. */
  lastModified?: Date
  /** Storage class of the object. */
  storageClass?: StorageClass
  /** Owner of the object. V2 listings have it only with `fetchOwner`. */
  owner?: Owner
  /** State of a restored archive object: `ongoing-request="true"`, later with `expiry-date="…"`. */
  restoreInfo?: string
  /** When a lifecycle rule moved the object to Cold Archive or Deep Cold Archive, ISO 8601. */
  transitionTime?: string
}

const objectPropertiesShape = shape<ObjectProperties>({
  key: element('Key', listedText),
  objectType: element('Type', objectType),
  size: element('Size', int),
  etag: element('ETag', text),
  lastModified: element('LastModified', isoDate),
  storageClass: element('StorageClass', storageClass),
  owner: element('Owner', ownerShape),
  restoreInfo: element('RestoreInfo', text),
  transitionTime: element('TransitionTime', text),
})

/** Beginning that several keys share. */
export interface CommonPrefix {
  /** The shared beginning, with the delimiter at its end. */
  prefix?: string
}

const commonPrefixShape = shape<CommonPrefix>({ prefix: element('Prefix', listedText) })

/**
 * Lists objects in byte order of their keys, a page at a time; `listObjectsPaginator` walks through all of them. {@link
 * listObjectsV2} is the newer form. Fails with `NoSuchBucket` (404), `AccessDenied` (403), `InvalidArgument` for a page
 * size out of range.
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/listobjects
 */
export const listObjects = operation<ListObjectsRequest, ListObjectsResult>({
  name: 'ListObjects',
  method: 'GET',
  query: { 'encoding-type': 'url' },
  headers: { 'content-type': 'application/octet-stream' },
  contentMd5: true,
  request: {
    ...bucketRequest,
    ...requesterPays,
    delimiter: query('delimiter', text),
    encodingType: query('encoding-type', encodingType),
    marker: query('marker', text),
    maxKeys: query('max-keys', int),
    prefix: query('prefix', text),
  },
  response: {
    name: element('Name', text),
    prefix: element('Prefix', listedText),
    marker: element('Marker', listedText),
    maxKeys: element('MaxKeys', int),
    delimiter: element('Delimiter', listedText),
    isTruncated: element('IsTruncated', bool),
    nextMarker: element('NextMarker', listedText),
    encodingType: element('EncodingType', encodingType),
    contents: elements('Contents', objectPropertiesShape),
    commonPrefixes: elements('CommonPrefixes', commonPrefixShape),
  },
})

/** Input of {@link listObjectsV2}. */
export interface ListObjectsV2Request extends BucketRequest, RequesterPays {
  /**
   * Character, usually `/`, up to which keys are rolled up into `commonPrefixes` after `prefix`. Without it, all keys
   * are listed one by one.
   */
  delimiter?: string
  /** Key after which the listing begins. Only for the first page: a token wins over it. */
  startAfter?: string
  /**
   * How the answer encodes names, so that control characters survive. Leave it alone: ferross asks for `url` and
   * decodes.
   * @default 'url'
   */
  encodingType?: EncodingType
  /** Where the page begins: `nextContinuationToken` of the page before. Without it, the first page. */
  continuationToken?: string
  /** Entries per page, 1 to 1000; prefixes count. @default 100 */
  maxKeys?: number
  /** Only keys that begin with this. */
  prefix?: string
  /** Whether each object comes with its owner. @default false */
  fetchOwner?: boolean
}

/** Result of {@link listObjectsV2}. */
export interface ListObjectsV2Result extends OperationResult {
  /** Name of the bucket. */
  name?: string
  /** Prefix of the request. Absent when there was none. */
  prefix?: string
  /** Token of the request. Absent on the first page. */
  continuationToken?: string
  /** Page size that was in effect. */
  maxKeys?: number
  /** Delimiter of the request. Absent when there was none. */
  delimiter?: string
  /** Whether more entries follow. */
  isTruncated?: boolean
  /** Token of the next page. Absent on the last page. */
  nextContinuationToken?: string
  /** How names arrived. They are decoded already. */
  encodingType?: EncodingType
  /** Objects of this page. Absent when there are none. */
  contents?: ObjectProperties[]
  /** Beginnings up to the delimiter, the "folders" of this page. Absent when there are none. */
  commonPrefixes?: CommonPrefix[]
  /** `startAfter` of the request. Absent when there was none. */
  startAfter?: string
  /** Objects and common prefixes on this page together. */
  keyCount?: number
}

/**
 * Lists objects in byte order of their keys, a page at a time; `listObjectsV2Paginator` walks through all of them.
 * Fails with `NoSuchBucket` (404), `AccessDenied` (403), `InvalidArgument` for a page size out of range.
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/listobjectsv2
 */
export const listObjectsV2 = operation<ListObjectsV2Request, ListObjectsV2Result>({
  name: 'ListObjectsV2',
  method: 'GET',
  query: { 'encoding-type': 'url', 'list-type': '2' },
  headers: { 'content-type': 'application/octet-stream' },
  contentMd5: true,
  request: {
    ...bucketRequest,
    ...requesterPays,
    delimiter: query('delimiter', text),
    startAfter: query('start-after', text),
    encodingType: query('encoding-type', encodingType),
    continuationToken: query('continuation-token', text),
    maxKeys: query('max-keys', int),
    prefix: query('prefix', text),
    fetchOwner: query('fetch-owner', bool),
  },
  response: {
    name: element('Name', text),
    prefix: element('Prefix', listedText),
    continuationToken: element('ContinuationToken', listedText),
    maxKeys: element('MaxKeys', int),
    delimiter: element('Delimiter', listedText),
    isTruncated: element('IsTruncated', bool),
    nextContinuationToken: element('NextContinuationToken', listedText),
    encodingType: element('EncodingType', encodingType),
    contents: elements('Contents', objectPropertiesShape),
    commonPrefixes: elements('CommonPrefixes', commonPrefixShape),
    startAfter: element('StartAfter', listedText),
    keyCount: element('KeyCount', int),
  },
})

/** Input of {@link listObjectVersions}. */
export interface ListObjectVersionsRequest extends BucketRequest, RequesterPays {
  /**
   * Character, usually `/`, up to which keys are rolled up into `commonPrefixes` after `prefix`. Without it, all keys
   * are listed one by one.
   */
  delimiter?: string
  /**
   * Key after which the page begins: `nextKeyMarker` of the page before. Without `versionIdMarker` the key's remaining
   * versions are passed over.
   */
  keyMarker?: string
  /** Version of `keyMarker` after which the page begins: `nextVersionIdMarker` of the page before. */
  versionIdMarker?: string
  /** Entries per page, 1 to 1000; delete markers and prefixes count. @default 100 */
  maxKeys?: number
  /** Only keys that begin with this. */
  prefix?: string
  /**
   * How the answer encodes names, so that control characters survive. Leave it alone: ferross asks for `url` and
   * decodes.
   * @default 'url'
   */
  encodingType?: EncodingType
}

/** Result of {@link listObjectVersions}. */
export interface ListObjectVersionsResult extends OperationResult {
  /** Name of the bucket. */
  name?: string
  /** Key marker of the request. Absent when there was none. */
  keyMarker?: string
  /** Key where the next page begins. Absent on the last page. */
  nextKeyMarker?: string
  /** Version marker of the request. Absent when there was none. */
  versionIdMarker?: string
  /** Version where the next page begins. Absent on the last page. */
  nextVersionIdMarker?: string
  /** Prefix of the request. Absent when there was none. */
  prefix?: string
  /** Page size that was in effect. */
  maxKeys?: number
  /** Delimiter of the request. Absent when there was none. */
  delimiter?: string
  /** Whether more entries follow. */
  isTruncated?: boolean
  /** How names arrived. They are decoded already. */
  encodingType?: EncodingType
  /** Versions of this page. Absent when there are none. */
  version?: ObjectVersionProperties[]
  /** Delete markers of this page. Absent when there are none. */
  deleteMarker?: DeleteMarkerProperties[]
  /** Beginnings up to the delimiter, the "folders" of this page. Absent when there are none. */
  commonPrefixes?: CommonPrefix[]
}

/** A version of an object in a listing. */
export interface ObjectVersionProperties {
  /** Key of the object. */
  key?: string
  /** Id of the version; `null` for one written without versioning. */
  versionId?: string
  /** Whether it is the current version. */
  isLatest?: boolean
  /** How the version was made. */
  objectType?: ObjectType
  /** Length in bytes. */
  size?: number
  /** Entity tag with its quotes. It is the MD5 only for objects written in one request. */
  etag?: string
  /** When the version was written. */
  lastModified?: Date
  /** Storage class of the version. */
  storageClass?: StorageClass
  /** Owner of the object. */
  owner?: Owner
  /** State of a restored archive object: `ongoing-request="true"`, later with `expiry-date="…"`. */
  restoreInfo?: string
  /** When a lifecycle rule moved the version to Cold Archive or Deep Cold Archive, ISO 8601. */
  transitionTime?: string
}

const objectVersionPropertiesShape = shape<ObjectVersionProperties>({
  key: element('Key', listedText),
  versionId: element('VersionId', text),
  isLatest: element('IsLatest', bool),
  objectType: element('Type', objectType),
  size: element('Size', int),
  etag: element('ETag', text),
  lastModified: element('LastModified', isoDate),
  storageClass: element('StorageClass', storageClass),
  owner: element('Owner', ownerShape),
  restoreInfo: element('RestoreInfo', text),
  transitionTime: element('TransitionTime', text),
})

/** A delete marker: what deleting without a version id leaves on top of an object. */
export interface DeleteMarkerProperties {
  /** Key of the object. */
  key?: string
  /** Id of the marker. Deleting it brings the object back. */
  versionId?: string
  /** Whether the marker is on top, so that the object counts as deleted. */
  isLatest?: boolean
  /** When the object was deleted. */
  lastModified?: Date
  /** Owner of the object. */
  owner?: Owner
}

const deleteMarkerPropertiesShape = shape<DeleteMarkerProperties>({
  key: element('Key', listedText),
  versionId: element('VersionId', text),
  isLatest: element('IsLatest', bool),
  lastModified: element('LastModified', isoDate),
  owner: element('Owner', ownerShape),
})

/**
 * Lists all versions of objects and the delete markers, keys in byte order and the newest version first;
 * `listObjectVersionsPaginator` walks through all of them. Fails with `NoSuchBucket` (404), `AccessDenied` (403),
 * `InvalidArgument` for a page size out of range.
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/listobjectversions
 */
export const listObjectVersions = operation<ListObjectVersionsRequest, ListObjectVersionsResult>({
  name: 'ListObjectVersions',
  method: 'GET',
  query: { 'encoding-type': 'url', versions: '' },
  headers: { 'content-type': 'application/octet-stream' },
  contentMd5: true,
  root: 'ListVersionsResult',
  request: {
    ...bucketRequest,
    ...requesterPays,
    delimiter: query('delimiter', text),
    keyMarker: query('key-marker', text),
    versionIdMarker: query('version-id-marker', text),
    maxKeys: query('max-keys', int),
    prefix: query('prefix', text),
    encodingType: query('encoding-type', encodingType),
  },
  response: {
    name: element('Name', text),
    keyMarker: element('KeyMarker', listedText),
    nextKeyMarker: element('NextKeyMarker', listedText),
    versionIdMarker: element('VersionIdMarker', text),
    nextVersionIdMarker: element('NextVersionIdMarker', text),
    prefix: element('Prefix', listedText),
    maxKeys: element('MaxKeys', int),
    delimiter: element('Delimiter', listedText),
    isTruncated: element('IsTruncated', bool),
    encodingType: element('EncodingType', encodingType),
    version: elements('Version', objectVersionPropertiesShape),
    deleteMarker: elements('DeleteMarker', deleteMarkerPropertiesShape),
    commonPrefixes: elements('CommonPrefixes', commonPrefixShape),
  },
})
