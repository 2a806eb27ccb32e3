import { bool, int, type Open, oneOf, text } from '../binding/codec.js'
import { document, element, elements, query, required } from '../binding/field.js'
import { type OperationResult, operation } from '../binding/operation.js'
import { shape } from '../binding/shape.js'
import { type BucketRequest, bucketRequest } from './shared.js'

/** Input of {@link putBucketInventory}. */
export interface PutBucketInventoryRequest extends BucketRequest {
  /** Name of the inventory; must be the `id` in the configuration. */
  inventoryId: string
  /** Description of the inventory. The service refuses a request without it. */
  inventoryConfiguration?: InventoryConfiguration
}

/** Result of {@link putBucketInventory}. */
export interface PutBucketInventoryResult extends OperationResult {}

/** Which versions an inventory lists. */
export type InventoryObjectVersions = Open<'All' | 'Current'>

const inventoryObjectVersions = oneOf('All', 'Current')

/**
 * Column of an inventory besides bucket and key. `SequenceNumber`, `RecordType`, `RecordTimestamp`, `Requester`,
 * `SourceIp` and `RequestId` exist in incremental inventories only; `TransitionTime` and `TaggingCount` only in full
 * ones.
 */
export type InventoryOptionalField = Open<
  | 'Size'
  | 'LastModifiedDate'
  | 'ETag'
  | 'StorageClass'
  | 'IsMultipartUploaded'
  | 'EncryptionStatus'
  | 'TransitionTime'
  | 'ObjectAcl'
  | 'TaggingCount'
  | 'ObjectType'
  | 'Crc64'
  | 'SequenceNumber'
  | 'RecordType'
  | 'RecordTimestamp'
  | 'Requester'
  | 'SourceIp'
  | 'RequestId'
>

const inventoryOptionalField = oneOf(
  'Size',
  'LastModifiedDate',
  'ETag',
  'StorageClass',
  'IsMultipartUploaded',
  'EncryptionStatus',
  'TransitionTime',
  'ObjectAcl',
  'TaggingCount',
  'ObjectType',
  'Crc64',
  'SequenceNumber',
  'RecordType',
  'RecordTimestamp',
  'Requester',
  'SourceIp',
  'RequestId',
)

/** Columns of an inventory. */
export interface OptionalFields {
  /** The columns. */
  fields?: InventoryOptionalField[]
}

const optionalFieldsShape = shape<OptionalFields>({ fields: elements('Field', inventoryOptionalField) })

/** Format of an inventory's files. */
export type InventoryFormat = Open<'CSV'>

const inventoryFormat = oneOf('CSV')

/** Key in KMS for an inventory's files. */
export interface SseKms {
  /** Id of the key. */
  keyId?: string
}

const sseKmsShape = shape<SseKms>({ keyId: element('KeyId', text) })

/** How an inventory's files are encrypted; one of the two. */
export interface InventoryEncryption {
  /** With a key in KMS. */
  sseKms?: SseKms
  /** With keys of the service: set it to an empty string. Answers leave it out, so that the structure is empty then. */
  sseOss?: string
}

const inventoryEncryptionShape = shape<InventoryEncryption>({
  sseKms: element('SSE-KMS', sseKmsShape),
  sseOss: element('SSE-OSS', text),
})

/** Bucket that receives an inventory. */
export interface InventoryOssBucketDestination {
  /** Format of the files, which are gzip-compressed. */
  format?: InventoryFormat
  /** Account that bucket and role belong to. */
  accountId?: string
  /**
   * RAM role that the service assumes, `acs:ram::<account id>:role/<name>`: it must be allowed to read the source and
   * to write here.
   */
  roleArn?: string
  /** The bucket as a resource name, `acs:oss:::<name>`. */
  bucket?: string
  /** Beginning of the files' keys. Without it, they lie at the top. */
  prefix?: string
  /** How the files are encrypted. Without it, as the bucket's rule says. */
  encryption?: InventoryEncryption
}

const inventoryOssBucketDestinationShape = shape<InventoryOssBucketDestination>({
  format: element('Format', inventoryFormat),
  accountId: element('AccountId', text),
  roleArn: element('RoleArn', text),
  bucket: element('Bucket', text),
  prefix: element('Prefix', text),
  encryption: element('Encryption', inventoryEncryptionShape),
})

/** Where an inventory is written. */
export interface InventoryDestination {
  /** The bucket, and how to write to it. */
  ossBucketDestination?: InventoryOssBucketDestination
}

const inventoryDestinationShape = shape<InventoryDestination>({
  ossBucketDestination: element('OSSBucketDestination', inventoryOssBucketDestinationShape),
})

/** How often an inventory is written. */
export type InventoryFrequency = Open<'Daily' | 'Weekly' | 'Monthly' | 'Once'>

const inventoryFrequency = oneOf('Daily', 'Weekly', 'Monthly', 'Once')

/** How often an inventory is written. */
export interface InventorySchedule {
  /** Rhythm. `Weekly` suits buckets with more than ten billion objects. */
  frequency?: InventoryFrequency
  /** Day of the month. Only for `Monthly`. */
  dayOfMonth?: number
  /** Whether the inventory is removed after it was written. Only for `Once`. */
  autoDelete?: boolean
}

const inventoryScheduleShape = shape<InventorySchedule>({
  frequency: element('Frequency', inventoryFrequency),
  dayOfMonth: element('DayOfMonth', int),
  autoDelete: element('AutoDelete', bool),
})

/**
 * Objects that an inventory lists: those that meet all conditions. Conditions other than the prefix work in some
 * regions only.
 */
export interface InventoryFilter {
  /** Least size in bytes, 0 to 48.8 TB. Without it, no limit. */
  lowerSizeBound?: number
  /** Greatest size in bytes, up to 48.8 TB. Without it, no limit. */
  upperSizeBound?: number
  /** Storage classes separated by commas, such as `Standard,IA`, or `All`. @default 'All' */
  storageClass?: string
  /** Beginning of the keys. Without it, all keys. */
  prefix?: string
  /** Earliest last write, in seconds since 1970. Without it, no limit. */
  lastModifyBeginTimeStamp?: number
  /** Latest last write, in seconds since 1970. Without it, no limit. */
  lastModifyEndTimeStamp?: number
}

const inventoryFilterShape = shape<InventoryFilter>({
  lowerSizeBound: element('LowerSizeBound', int),
  upperSizeBound: element('UpperSizeBound', int),
  storageClass: element('StorageClass', text),
  prefix: element('Prefix', text),
  lastModifyBeginTimeStamp: element('LastModifyBeginTimeStamp', int),
  lastModifyEndTimeStamp: element('LastModifyEndTimeStamp', int),
})

/** How often changes are written. */
export interface IncrementInventorySchedule {
  /** Seconds between two lists. Only 600 is possible. */
  frequency?: number
}

const incrementInventoryScheduleShape = shape<IncrementInventorySchedule>({ frequency: element('Frequency', int) })

/** Addition to an inventory that lists the changes since the last one. */
export interface IncrementalInventory {
  /** Whether changes are listed. */
  isEnabled?: boolean
  /** How often changes are written. */
  schedule?: IncrementInventorySchedule
  /** Columns besides bucket and key. */
  optionalFields?: OptionalFields
}

const incrementalInventoryShape = shape<IncrementalInventory>({
  isEnabled: element('IsEnabled', bool),
  schedule: element('Schedule', incrementInventoryScheduleShape),
  optionalFields: element('OptionalFields', optionalFieldsShape),
})

/** An inventory: what is listed, where to and how often. */
export interface InventoryConfiguration {
  /** Versions that are listed. */
  includedObjectVersions?: InventoryObjectVersions
  /** Columns besides bucket and key. Without them, only these two. */
  optionalFields?: OptionalFields
  /** Name of the inventory: letters, digits, hyphens and underscores, one of its kind in the bucket. */
  id?: string
  /** Whether it is written. */
  isEnabled?: boolean
  /** Where it is written. */
  destination?: InventoryDestination
  /** How often it is written. */
  schedule?: InventorySchedule
  /** Objects that are listed. Without it, all. */
  filter?: InventoryFilter
  /** Addition that lists the changes in between. Only for accounts and regions where it is released. */
  incrementalInventory?: IncrementalInventory
}

const inventoryConfigurationShape = shape<InventoryConfiguration>({
  includedObjectVersions: element('IncludedObjectVersions', inventoryObjectVersions),
  optionalFields: element('OptionalFields', optionalFieldsShape),
  id: element('Id', text),
  isEnabled: element('IsEnabled', bool),
  destination: element('Destination', inventoryDestinationShape),
  schedule: element('Schedule', inventoryScheduleShape),
  filter: element('Filter', inventoryFilterShape),
  incrementalInventory: element('IncrementalInventory', incrementalInventoryShape),
})

/**
 * Sets up an inventory: a list of the bucket's objects that the service writes to a bucket of the same region. To
 * change one, remove it first. At most 1000 for a bucket. Fails with `InventoryAlreadyExist` (409) when the id is
 * taken, `InvalidArgument` (400), `AccessDenied` (403).
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/putbucketinventory
 */
export const putBucketInventory = operation<PutBucketInventoryRequest, PutBucketInventoryResult>({
  name: 'PutBucketInventory',
  method: 'PUT',
  query: { inventory: '' },
  headers: { 'content-type': 'application/xml' },
  subResource: ['inventory', 'inventoryId'],
  contentMd5: true,
  request: {
    ...bucketRequest,
    inventoryId: required(query('inventoryId', text)),
    inventoryConfiguration: document('InventoryConfiguration', inventoryConfigurationShape),
  },
  response: {},
})

/** Input of {@link getBucketInventory}. */
export interface GetBucketInventoryRequest extends BucketRequest {
  /** Inventory that is meant, by its `id`. */
  inventoryId: string
}

/** Result of {@link getBucketInventory}. */
export interface GetBucketInventoryResult extends OperationResult {
  /** The inventory. */
  inventoryConfiguration?: InventoryConfiguration
}

/**
 * Reads one inventory of a bucket. Fails with `NoSuchInventory` (404) for an unknown id, `AccessDenied` (403).
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/getbucketinventory
 */
export const getBucketInventory = operation<GetBucketInventoryRequest, GetBucketInventoryResult>({
  name: 'GetBucketInventory',
  method: 'GET',
  query: { inventory: '' },
  headers: { 'content-type': 'application/xml' },
  subResource: ['inventory', 'inventoryId'],
  contentMd5: true,
  request: { ...bucketRequest, inventoryId: required(query('inventoryId', text)) },
  response: { inventoryConfiguration: document('InventoryConfiguration', inventoryConfigurationShape) },
})

/** Input of {@link listBucketInventory}. */
export interface ListBucketInventoryRequest extends BucketRequest {
  /** Where the page begins: `nextContinuationToken` of the page before. Without it, the first page. */
  continuationToken?: string
}

/** Result of {@link listBucketInventory}. */
export interface ListBucketInventoryResult extends OperationResult {
  /** The inventories of this page. */
  listInventoryConfigurationsResult?: ListInventoryConfigurationsResult
}

/** A page of a bucket's inventories. */
export interface ListInventoryConfigurationsResult {
  /** The inventories. Absent when there are none. */
  inventoryConfigurations?: InventoryConfiguration[]
  /** Whether more entries follow. */
  isTruncated?: boolean
  /** Where the next page begins. Absent on the last page. */
  nextContinuationToken?: string
}

const listInventoryConfigurationsResultShape = shape<ListInventoryConfigurationsResult>({
  inventoryConfigurations: elements('InventoryConfiguration', inventoryConfigurationShape),
  isTruncated: element('IsTruncated', bool),
  nextContinuationToken: element('NextContinuationToken', text),
})

/**
 * Lists the inventories of a bucket, 100 at a time. Fails with `AccessDenied` (403), `NoSuchBucket` (404).
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/listbucketinventory
 */
export const listBucketInventory = operation<ListBucketInventoryRequest, ListBucketInventoryResult>({
  name: 'ListBucketInventory',
  method: 'GET',
  query: { inventory: '' },
  headers: { 'content-type': 'application/xml' },
  subResource: ['inventory', 'inventoryId'],
  contentMd5: true,
  request: { ...bucketRequest, continuationToken: query('continuation-token', text) },
  response: {
    listInventoryConfigurationsResult: document(
      'ListInventoryConfigurationsResult',
      listInventoryConfigurationsResultShape,
    ),
  },
})

/** Input of {@link deleteBucketInventory}. */
export interface DeleteBucketInventoryRequest extends BucketRequest {
  /** Inventory that is meant, by its `id`. */
  inventoryId: string
}

/** Result of {@link deleteBucketInventory}. */
export interface DeleteBucketInventoryResult extends OperationResult {}

/**
 * Removes an inventory, also when there is none of that id; files that were written stay. Fails with `AccessDenied`
 * (403) for anyone but the owner.
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/deletebucketinventory
 */
export const deleteBucketInventory = operation<DeleteBucketInventoryRequest, DeleteBucketInventoryResult>({
  name: 'DeleteBucketInventory',
  method: 'DELETE',
  query: { inventory: '' },
  headers: { 'content-type': 'application/xml' },
  subResource: ['inventory', 'inventoryId'],
  contentMd5: true,
  request: { ...bucketRequest, inventoryId: required(query('inventoryId', text)) },
  response: {},
})
