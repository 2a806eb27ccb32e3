import { int, type Open, oneOf, text } from '../binding/codec.js'
import { document, element } from '../binding/field.js'
import { type OperationResult, operation } from '../binding/operation.js'
import { shape } from '../binding/shape.js'
import { type BucketRequest, bucketRequest, type SseAlgorithm, sseAlgorithm } from './shared.js'

/** Input of {@link createBucketMetadataConfiguration}. */
export interface CreateBucketMetadataConfigurationRequest extends BucketRequest {
  /** Description of the tables. The service refuses a request without it. */
  metadataConfiguration?: MetadataConfiguration
}

/** Result of {@link createBucketMetadataConfiguration}. */
export interface CreateBucketMetadataConfigurationResult extends OperationResult {}

/** Whether a part of the metadata tables is in use. */
export type MetadataTableSwitch = Open<'ENABLED' | 'DISABLED'>

const metadataTableSwitch = oneOf('ENABLED', 'DISABLED')

/** How long entries of the journal are kept. */
export interface MetadataTableRecordExpiration {
  /** Whether old entries are removed. */
  expiration?: MetadataTableSwitch
  /** Days after which an entry is removed. Only for `ENABLED`. */
  days?: number
}

const metadataTableRecordExpirationShape = shape<MetadataTableRecordExpiration>({
  expiration: element('Expiration', metadataTableSwitch),
  days: element('Days', int),
})

/** How a metadata table is encrypted. */
export interface MetadataTableEncryptionConfiguration {
  /** Method. */
  sseAlgorithm?: SseAlgorithm
  /** Resource name of the key in KMS. Only for `KMS`. */
  kmsKeyArn?: string
}

const metadataTableEncryptionConfigurationShape = shape<MetadataTableEncryptionConfiguration>({
  sseAlgorithm: element('SseAlgorithm', sseAlgorithm),
  kmsKeyArn: element('KmsKeyArn', text),
})

/** How the journal of changes is kept. */
export interface JournalTableConfiguration {
  /** How long entries are kept. */
  recordExpiration?: MetadataTableRecordExpiration
  /** How the table is encrypted. Fixed once the table exists; without it, the table bucket decides. */
  encryptionConfiguration?: MetadataTableEncryptionConfiguration
}

const journalTableConfigurationShape = shape<JournalTableConfiguration>({
  recordExpiration: element('RecordExpiration', metadataTableRecordExpirationShape),
  encryptionConfiguration: element('EncryptionConfiguration', metadataTableEncryptionConfigurationShape),
})

/** How the inventory of all objects is kept. */
export interface InventoryTableConfiguration {
  /** Whether there is an inventory. */
  configurationState?: MetadataTableSwitch
  /** How the table is encrypted. Only for `ENABLED`; without it, the table bucket decides. */
  encryptionConfiguration?: MetadataTableEncryptionConfiguration
}

const inventoryTableConfigurationShape = shape<InventoryTableConfiguration>({
  configurationState: element('ConfigurationState', metadataTableSwitch),
  encryptionConfiguration: element('EncryptionConfiguration', metadataTableEncryptionConfigurationShape),
})

/** Metadata tables to set up. */
export interface MetadataConfiguration {
  /** Journal of changes. The service refuses a request without it. */
  journalTableConfiguration?: JournalTableConfiguration
  /** Inventory of all objects. Without it, there is none. */
  inventoryTableConfiguration?: InventoryTableConfiguration
}

const metadataConfigurationShape = shape<MetadataConfiguration>({
  journalTableConfiguration: element('JournalTableConfiguration', journalTableConfigurationShape),
  inventoryTableConfiguration: element('InventoryTableConfiguration', inventoryTableConfigurationShape),
})

/**
 * Sets up tables with the metadata of a bucket's objects: a journal of all changes, and on request an inventory that is
 * kept current. The tables are created in the background; {@link getBucketMetadataConfiguration} tells how far they
 * are. The caller also needs rights on tables and, for own keys, in KMS. Fails with `AccessDenied` (403),
 * `NoSuchBucket` (404), `MalformedXML` (400).
 */
export const createBucketMetadataConfiguration = operation<
  CreateBucketMetadataConfigurationRequest,
  CreateBucketMetadataConfigurationResult
>({
  name: 'CreateBucketMetadataConfiguration',
  method: 'POST',
  query: { metadataConfiguration: '' },
  headers: { 'content-type': 'application/xml' },
  subResource: ['metadataConfiguration'],
  contentMd5: true,
  request: { ...bucketRequest, metadataConfiguration: document('MetadataConfiguration', metadataConfigurationShape) },
  response: {},
})

/** Input of {@link getBucketMetadataConfiguration}. */
export interface GetBucketMetadataConfigurationRequest extends BucketRequest {}

/** Result of {@link getBucketMetadataConfiguration}. */
export interface GetBucketMetadataConfigurationResult extends OperationResult {
  /** The tables. */
  metadataConfigurationResult?: MetadataConfigurationResult
}

/** Where metadata tables are. */
export interface MetadataTableDestinationResult {
  /** Kind of the table bucket. */
  tableBucketType?: string
  /** Resource name of the table bucket, which the service manages. */
  tableBucketArn?: string
  /** Namespace of the tables. */
  tableNamespace?: string
}

const metadataTableDestinationResultShape = shape<MetadataTableDestinationResult>({
  tableBucketType: element('TableBucketType', text),
  tableBucketArn: element('TableBucketArn', text),
  tableNamespace: element('TableNamespace', text),
})

/** State of a metadata table; only the inventory table is filled with what exists (`BACKFILLING`). */
export type MetadataTableStatus = Open<'CREATING' | 'BACKFILLING' | 'ACTIVE' | 'FAILED'>

const metadataTableStatus = oneOf('CREATING', 'BACKFILLING', 'ACTIVE', 'FAILED')

/** Why a metadata table could not be created. */
export interface MetadataTableError {
  /** Code of the error. */
  errorCode?: string
  /** Description of the error. */
  errorMessage?: string
}

const metadataTableErrorShape = shape<MetadataTableError>({
  errorCode: element('ErrorCode', text),
  errorMessage: element('ErrorMessage', text),
})

/** State of the journal of changes. */
export interface JournalTableConfigurationResult {
  /** State of the table. */
  tableStatus?: MetadataTableStatus
  /** Name of the table: `journal`. */
  tableName?: string
  /** Resource name of the table. Absent until it is `ACTIVE`. */
  tableArn?: string
  /** How long entries are kept. */
  recordExpiration?: MetadataTableRecordExpiration
  /** How the table is encrypted. */
  encryptionConfiguration?: MetadataTableEncryptionConfiguration
  /** Why it failed. Absent unless it is `FAILED`. */
  error?: MetadataTableError
}

const journalTableConfigurationResultShape = shape<JournalTableConfigurationResult>({
  tableStatus: element('TableStatus', metadataTableStatus),
  tableName: element('TableName', text),
  tableArn: element('TableArn', text),
  recordExpiration: element('RecordExpiration', metadataTableRecordExpirationShape),
  encryptionConfiguration: element('EncryptionConfiguration', metadataTableEncryptionConfigurationShape),
  error: element('Error', metadataTableErrorShape),
})

/** State of the inventory of all objects. */
export interface InventoryTableConfigurationResult {
  /** Whether there is an inventory. */
  configurationState?: MetadataTableSwitch
  /** State of the table. Absent unless it is enabled. */
  tableStatus?: MetadataTableStatus
  /** Name of the table: `inventory`. */
  tableName?: string
  /** Resource name of the table. Absent until the table exists. */
  tableArn?: string
  /** How the table is encrypted. */
  encryptionConfiguration?: MetadataTableEncryptionConfiguration
  /** Why it failed. Absent unless it is `FAILED`. */
  error?: MetadataTableError
}

const inventoryTableConfigurationResultShape = shape<InventoryTableConfigurationResult>({
  configurationState: element('ConfigurationState', metadataTableSwitch),
  tableStatus: element('TableStatus', metadataTableStatus),
  tableName: element('TableName', text),
  tableArn: element('TableArn', text),
  encryptionConfiguration: element('EncryptionConfiguration', metadataTableEncryptionConfigurationShape),
  error: element('Error', metadataTableErrorShape),
})

/** Metadata tables of a bucket. */
export interface MetadataConfigurationResult {
  /** Where the tables are. */
  destinationResult?: MetadataTableDestinationResult
  /** Journal of changes. */
  journalTableConfigurationResult?: JournalTableConfigurationResult
  /** Inventory of all objects. Absent when there was never one. */
  inventoryTableConfigurationResult?: InventoryTableConfigurationResult
}

const metadataConfigurationResultShape = shape<MetadataConfigurationResult>({
  destinationResult: element('DestinationResult', metadataTableDestinationResultShape),
  journalTableConfigurationResult: element('JournalTableConfigurationResult', journalTableConfigurationResultShape),
  inventoryTableConfigurationResult: element(
    'InventoryTableConfigurationResult',
    inventoryTableConfigurationResultShape,
  ),
})

/**
 * Describes the metadata tables of a bucket and their state. Fails with status 404 when there are none or the bucket is
 * missing (`NoSuchBucket`), `AccessDenied` (403).
 */
export const getBucketMetadataConfiguration = operation<
  GetBucketMetadataConfigurationRequest,
  GetBucketMetadataConfigurationResult
>({
  name: 'GetBucketMetadataConfiguration',
  method: 'GET',
  query: { metadataConfiguration: '' },
  headers: { 'content-type': 'application/xml' },
  subResource: ['metadataConfiguration'],
  contentMd5: true,
  root: 'GetBucketMetadataConfigurationResult',
  request: { ...bucketRequest },
  response: { metadataConfigurationResult: element('MetadataConfigurationResult', metadataConfigurationResultShape) },
})

/** Input of {@link deleteBucketMetadataConfiguration}. */
export interface DeleteBucketMetadataConfigurationRequest extends BucketRequest {}

/** Result of {@link deleteBucketMetadataConfiguration}. */
export interface DeleteBucketMetadataConfigurationResult extends OperationResult {}

/** Stops keeping metadata tables for a bucket. Fails with `AccessDenied` (403), `NoSuchBucket` (404). */
export const deleteBucketMetadataConfiguration = operation<
  DeleteBucketMetadataConfigurationRequest,
  DeleteBucketMetadataConfigurationResult
>({
  name: 'DeleteBucketMetadataConfiguration',
  method: 'DELETE',
  query: { metadataConfiguration: '' },
  headers: { 'content-type': 'application/xml' },
  subResource: ['metadataConfiguration'],
  contentMd5: true,
  request: { ...bucketRequest },
  response: {},
})

/** Input of {@link updateBucketMetadataInventoryTableConfiguration}. */
export interface UpdateBucketMetadataInventoryTableConfigurationRequest extends BucketRequest {
  /** New setting. The service refuses a request without it. */
  inventoryTableConfiguration?: InventoryTableConfiguration
}

/** Result of {@link updateBucketMetadataInventoryTableConfiguration}. */
export interface UpdateBucketMetadataInventoryTableConfigurationResult extends OperationResult {}

/**
 * Switches the inventory table on or off. Fails with `AccessDenied` (403), status 404 when the bucket has no metadata
 * tables.
 */
export const updateBucketMetadataInventoryTableConfiguration = operation<
  UpdateBucketMetadataInventoryTableConfigurationRequest,
  UpdateBucketMetadataInventoryTableConfigurationResult
>({
  name: 'UpdateBucketMetadataInventoryTableConfiguration',
  method: 'PUT',
  query: { metadataInventoryTable: '' },
  headers: { 'content-type': 'application/xml' },
  subResource: ['metadataInventoryTable'],
  contentMd5: true,
  request: {
    ...bucketRequest,
    inventoryTableConfiguration: document('InventoryTableConfiguration', inventoryTableConfigurationShape),
  },
  response: {},
})

/** Input of {@link updateBucketMetadataJournalTableConfiguration}. */
export interface UpdateBucketMetadataJournalTableConfigurationRequest extends BucketRequest {
  /** New setting. The service refuses a request without it. */
  journalTableConfiguration?: JournalTableConfiguration
}

/** Result of {@link updateBucketMetadataJournalTableConfiguration}. */
export interface UpdateBucketMetadataJournalTableConfigurationResult extends OperationResult {}

/**
 * Changes how long entries of the journal table are kept. Fails with `AccessDenied` (403), status 404 when the bucket
 * has no metadata tables.
 */
export const updateBucketMetadataJournalTableConfiguration = operation<
  UpdateBucketMetadataJournalTableConfigurationRequest,
  UpdateBucketMetadataJournalTableConfigurationResult
>({
  name: 'UpdateBucketMetadataJournalTableConfiguration',
  method: 'PUT',
  query: { metadataJournalTable: '' },
  headers: { 'content-type': 'application/xml' },
  subResource: ['metadataJournalTable'],
  contentMd5: true,
  request: {
    ...bucketRequest,
    journalTableConfiguration: document('JournalTableConfiguration', journalTableConfigurationShape),
  },
  response: {},
})
