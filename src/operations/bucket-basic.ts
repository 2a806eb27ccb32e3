import { bool, int, isoDate, type Open, oneOf, text } from '../binding/codec.js'
import { document, element, header } from '../binding/field.js'
import { type OperationResult, operation } from '../binding/operation.js'
import { shape } from '../binding/shape.js'
import {
  type BucketAcl,
  type BucketRequest,
  bucketAcl,
  bucketRequest,
  type DataRedundancyType,
  dataRedundancyType,
  type KmsDataEncryption,
  kmsDataEncryption,
  type Owner,
  ownerShape,
  type SseAlgorithm,
  type StorageClass,
  sseAlgorithm,
  storageClass,
  type Toggle,
  toggle,
  type VersioningStatus,
  versioningStatus,
} from './shared.js'

/** Input of {@link putBucket}. */
export interface PutBucketRequest extends BucketRequest {
  /** Who may read and write. @default 'private' */
  acl?: BucketAcl
  /** Resource group that the bucket joins. Without it, the account's default group. */
  resourceGroupId?: string
  /** Storage class and redundancy. Without it, `Standard` and the region's default. */
  createBucketConfiguration?: CreateBucketConfiguration
  /** Tags of the new bucket as a query string: `k1=v1&k2=v2`. */
  bucketTagging?: string
  /** Agentic bucket that the new bucket belongs to. */
  agenticBucket?: string
}

/** Result of {@link putBucket}. */
export interface PutBucketResult extends OperationResult {}

/** What is fixed when a bucket is created. */
export interface CreateBucketConfiguration {
  /** Storage class of objects that name none. @default 'Standard' */
  storageClass?: StorageClass
  /** Where copies lie. `ZRS` is not available for every storage class. @default 'LRS' */
  dataRedundancyType?: DataRedundancyType
}

const createBucketConfigurationShape = shape<CreateBucketConfiguration>({
  storageClass: element('StorageClass', storageClass),
  dataRedundancyType: element('DataRedundancyType', dataRedundancyType),
})

/**
 * Creates a bucket. Creating one's own bucket again changes nothing but the ACL. Fails with `BucketAlreadyExists` (409)
 * when the name is taken (names are unique across all accounts) or the storage class differs, `TooManyBuckets` (400)
 * beyond 100 in a region.
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/putbucket
 */
export const putBucket = operation<PutBucketRequest, PutBucketResult>({
  name: 'PutBucket',
  method: 'PUT',
  headers: { 'content-type': 'application/xml' },
  contentMd5: true,
  request: {
    ...bucketRequest,
    acl: header('x-oss-acl', bucketAcl),
    resourceGroupId: header('x-oss-resource-group-id', text),
    createBucketConfiguration: document('CreateBucketConfiguration', createBucketConfigurationShape),
    bucketTagging: header('x-oss-bucket-tagging', text),
    agenticBucket: header('x-oss-agentic-bucket', text),
  },
  response: {},
})

/** Input of {@link deleteBucket}. */
export interface DeleteBucketRequest extends BucketRequest {}

/** Result of {@link deleteBucket}. */
export interface DeleteBucketResult extends OperationResult {}

/**
 * Removes an empty bucket for good; its name becomes free for anybody. Fails with `BucketNotEmpty` (409) while objects,
 * versions, delete markers or unfinished uploads are left, `NoSuchBucket` (404).
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/deletebucket
 */
export const deleteBucket = operation<DeleteBucketRequest, DeleteBucketResult>({
  name: 'DeleteBucket',
  method: 'DELETE',
  headers: { 'content-type': 'application/xml' },
  contentMd5: true,
  request: { ...bucketRequest },
  response: {},
})

/** Input of {@link getBucketInfo}. */
export interface GetBucketInfoRequest extends BucketRequest {}

/** Result of {@link getBucketInfo}. */
export interface GetBucketInfoResult extends OperationResult {
  /** Description of the bucket. */
  bucketInfo?: BucketInfo
}

/** How a bucket encrypts new objects by default. */
export interface SseRule {
  /** Id of the key in KMS. Empty or absent for the default key. */
  kmsMasterKeyId?: string
  /** Method. The text `None` when nothing is configured. */
  sseAlgorithm?: SseAlgorithm
  /** Cipher under `KMS`. Absent means AES-256. */
  kmsDataEncryption?: KmsDataEncryption
}

const sseRuleShape = shape<SseRule>({
  kmsMasterKeyId: element('KMSMasterKeyID', text),
  sseAlgorithm: element('SSEAlgorithm', sseAlgorithm),
  kmsDataEncryption: element('KMSDataEncryption', kmsDataEncryption),
})

/** Where a bucket's access logs go, as {@link getBucketInfo} shows it. Not an access policy. */
export interface BucketPolicy {
  /** Bucket that receives the logs. Absent when there is no logging. */
  logBucket?: string
  /** Beginning of the log objects' keys. */
  logPrefix?: string
}

const bucketPolicyShape = shape<BucketPolicy>({
  logBucket: element('LogBucket', text),
  logPrefix: element('LogPrefix', text),
})

/** Kind of a bucket. */
export type BucketResourceType = Open<'bucket' | 'agentic-bucket' | 'bucket-space'>

const bucketResourceType = oneOf('bucket', 'agentic-bucket', 'bucket-space')

/** What {@link getBucketInfo} tells about a bucket. */
export interface BucketInfo {
  /** Name of the bucket. */
  name?: string
  /** Whether the last access to each object is recorded. */
  accessMonitor?: Toggle
  /** Region with its prefix: `oss-cn-hangzhou`. */
  location?: string
  /** When the bucket was created. */
  creationDate?: Date
  /** Host of the public endpoint, without the bucket's name. */
  extranetEndpoint?: string
  /** Host of the endpoint for machines in the same region, without traffic cost. */
  intranetEndpoint?: string
  /** Who may read and write. */
  acl?: BucketAcl
  /** Where copies of the data lie. */
  dataRedundancyType?: DataRedundancyType
  /** Owner of the bucket. */
  owner?: Owner
  /** Storage class of new objects that name none. */
  storageClass?: StorageClass
  /** Resource group of the bucket. */
  resourceGroupId?: string
  /** How new objects are encrypted when their request says nothing. */
  sseRule?: SseRule
  /** State of versioning. Absent when it was never switched on. */
  versioning?: VersioningStatus
  /** Whether the acceleration endpoint may be used. */
  transferAcceleration?: Toggle
  /** Whether objects are replicated to other regions. */
  crossRegionReplication?: Toggle
  /** Where access logs go. */
  bucketPolicy?: BucketPolicy
  /** Remark on the bucket. */
  comment?: string
  /** Whether public ACLs and policies are refused. */
  blockPublicAccess?: boolean
  /** Kind of the bucket. Absent for ordinary ones. */
  bucketResourceType?: BucketResourceType
  /** Agentic bucket that it belongs to. Absent for ordinary buckets. */
  agenticBucketName?: string
}

const bucketInfoShape = shape<BucketInfo>({
  name: element('Name', text),
  accessMonitor: element('AccessMonitor', toggle),
  location: element('Location', text),
  creationDate: element('CreationDate', isoDate),
  extranetEndpoint: element('ExtranetEndpoint', text),
  intranetEndpoint: element('IntranetEndpoint', text),
  acl: element('AccessControlList/Grant', bucketAcl),
  dataRedundancyType: element('DataRedundancyType', dataRedundancyType),
  owner: element('Owner', ownerShape),
  storageClass: element('StorageClass', storageClass),
  resourceGroupId: element('ResourceGroupId', text),
  sseRule: element('ServerSideEncryptionRule', sseRuleShape),
  versioning: element('Versioning', versioningStatus),
  transferAcceleration: element('TransferAcceleration', toggle),
  crossRegionReplication: element('CrossRegionReplication', toggle),
  bucketPolicy: element('BucketPolicy', bucketPolicyShape),
  comment: element('Comment', text),
  blockPublicAccess: element('BlockPublicAccess', bool),
  bucketResourceType: element('BucketResourceType', bucketResourceType),
  agenticBucketName: element('AgenticBucketName', text),
})

/**
 * Describes a bucket: region, endpoints, owner, storage class and the main settings. Fails with `NoSuchBucket` (404),
 * `AccessDenied` (403).
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/getbucketinfo
 */
export const getBucketInfo = operation<GetBucketInfoRequest, GetBucketInfoResult>({
  name: 'GetBucketInfo',
  method: 'GET',
  query: { bucketInfo: '' },
  contentMd5: true,
  root: 'BucketInfo',
  request: { ...bucketRequest },
  response: { bucketInfo: element('Bucket', bucketInfoShape) },
})

/** Input of {@link getBucketStat}. */
export interface GetBucketStatRequest extends BucketRequest {}

/** Result of {@link getBucketStat}. */
export interface GetBucketStatResult extends OperationResult {
  /** Bytes of all objects together. */
  storage?: number
  /** Number of objects in all storage classes. */
  objectCount?: number
  /** Multipart uploads that are neither completed nor aborted. */
  multiPartUploadCount?: number
  /** Number of live channels. */
  liveChannelCount?: number
  /** When the figures were taken, in seconds since 1970. */
  lastModifiedTime?: number
  /** Bytes of Standard objects. */
  standardStorage?: number
  /** Number of Standard objects. */
  standardObjectCount?: number
  /** Bytes of IA objects as they are billed: at least 64 KiB each. */
  infrequentAccessStorage?: number
  /** Bytes of IA objects as they are. */
  infrequentAccessRealStorage?: number
  /** Number of IA objects. */
  infrequentAccessObjectCount?: number
  /** Bytes of Archive objects as they are billed: at least 64 KiB each. */
  archiveStorage?: number
  /** Bytes of Archive objects as they are. */
  archiveRealStorage?: number
  /** Number of Archive objects. */
  archiveObjectCount?: number
  /** Bytes of Cold Archive objects as they are billed: at least 64 KiB each. */
  coldArchiveStorage?: number
  /** Bytes of Cold Archive objects as they are. */
  coldArchiveRealStorage?: number
  /** Number of Cold Archive objects. */
  coldArchiveObjectCount?: number
  /** Bytes of Deep Cold Archive objects as they are billed: at least 64 KiB each. */
  deepColdArchiveStorage?: number
  /** Bytes of Deep Cold Archive objects as they are. */
  deepColdArchiveRealStorage?: number
  /** Number of Deep Cold Archive objects. */
  deepColdArchiveObjectCount?: number
  /** Number of delete markers. */
  deleteMarkerCount?: number
}

/**
 * Tells how much a bucket holds, by storage class. The figures lag behind by an hour or more. Fails with `NoSuchBucket`
 * (404), `AccessDenied` (403).
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/getbucketstat
 */
export const getBucketStat = operation<GetBucketStatRequest, GetBucketStatResult>({
  name: 'GetBucketStat',
  method: 'GET',
  query: { stat: '' },
  contentMd5: true,
  root: 'BucketStat',
  request: { ...bucketRequest },
  response: {
    storage: element('Storage', int),
    objectCount: element('ObjectCount', int),
    multiPartUploadCount: element('MultipartUploadCount', int),
    liveChannelCount: element('LiveChannelCount', int),
    lastModifiedTime: element('LastModifiedTime', int),
    standardStorage: element('StandardStorage', int),
    standardObjectCount: element('StandardObjectCount', int),
    infrequentAccessStorage: element('InfrequentAccessStorage', int),
    infrequentAccessRealStorage: element('InfrequentAccessRealStorage', int),
    infrequentAccessObjectCount: element('InfrequentAccessObjectCount', int),
    archiveStorage: element('ArchiveStorage', int),
    archiveRealStorage: element('ArchiveRealStorage', int),
    archiveObjectCount: element('ArchiveObjectCount', int),
    coldArchiveStorage: element('ColdArchiveStorage', int),
    coldArchiveRealStorage: element('ColdArchiveRealStorage', int),
    coldArchiveObjectCount: element('ColdArchiveObjectCount', int),
    deepColdArchiveStorage: element('DeepColdArchiveStorage', int),
    deepColdArchiveRealStorage: element('DeepColdArchiveRealStorage', int),
    deepColdArchiveObjectCount: element('DeepColdArchiveObjectCount', int),
    deleteMarkerCount: element('DeleteMarkerCount', int),
  },
})

/** Input of {@link getBucketLocation}. */
export interface GetBucketLocationRequest extends BucketRequest {}

/** Result of {@link getBucketLocation}. */
export interface GetBucketLocationResult extends OperationResult {
  /** Region with its prefix: `oss-cn-hangzhou`. */
  location?: string
}

/**
 * Tells the region of a bucket, through the endpoint of any region. Only for the owner, others get `AccessDenied`
 * (403); {@link getBucketInfo} tells more.
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/getbucketlocation
 */
export const getBucketLocation = operation<GetBucketLocationRequest, GetBucketLocationResult>({
  name: 'GetBucketLocation',
  method: 'GET',
  query: { location: '' },
  contentMd5: true,
  root: 'LocationConstraint',
  request: { ...bucketRequest },
  response: { location: element('.', text) },
})
