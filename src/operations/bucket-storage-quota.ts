import { int, text } from '../binding/codec.js'
import { document, element } from '../binding/field.js'
import { type OperationResult, operation } from '../binding/operation.js'
import { shape } from '../binding/shape.js'
import { type BucketRequest, bucketRequest } from './shared.js'

/** Input of {@link putBucketStorageQuota}. */
export interface PutBucketStorageQuotaRequest extends BucketRequest {
  /** New limit. The service refuses a request without it. */
  quotaConfiguration?: QuotaConfiguration
}

/** Result of {@link putBucketStorageQuota}. */
export interface PutBucketStorageQuotaResult extends OperationResult {}

/** Limit on what a bucket may hold. */
export interface QuotaConfiguration {
  /** The limit in bytes. */
  storageQuota?: number
  /** How the limit is applied. Without it, the service's default. */
  mode?: string
  /** Bytes in the bucket when they were last counted. Only in answers, and behind the present by some time. */
  currentUsage?: number
}

const quotaConfigurationShape = shape<QuotaConfiguration>({
  storageQuota: element('StorageQuota', int),
  mode: element('Mode', text),
  currentUsage: element('CurrentUsage', int),
})

/**
 * Limits how much a bucket may hold. Fails with `NoSuchBucket` (404), `AccessDenied` (403), `InvalidArgument` (400) for
 * a limit that is not accepted.
 */
export const putBucketStorageQuota = operation<PutBucketStorageQuotaRequest, PutBucketStorageQuotaResult>({
  name: 'PutBucketStorageQuota',
  method: 'PUT',
  query: { quota: '' },
  headers: { 'content-type': 'application/xml' },
  subResource: ['quota'],
  contentMd5: true,
  request: { ...bucketRequest, quotaConfiguration: document('QuotaConfiguration', quotaConfigurationShape) },
  response: {},
})

/** Input of {@link getBucketStorageQuota}. */
export interface GetBucketStorageQuotaRequest extends BucketRequest {}

/** Result of {@link getBucketStorageQuota}. */
export interface GetBucketStorageQuotaResult extends OperationResult {
  /** Present limit and usage. */
  quotaConfiguration?: QuotaConfiguration
}

/**
 * Tells how much a bucket may hold, and how much it held when last counted. Fails with `NoSuchBucket` (404),
 * `AccessDenied` (403).
 */
export const getBucketStorageQuota = operation<GetBucketStorageQuotaRequest, GetBucketStorageQuotaResult>({
  name: 'GetBucketStorageQuota',
  method: 'GET',
  query: { quota: '' },
  headers: { 'content-type': 'application/xml' },
  subResource: ['quota'],
  contentMd5: true,
  request: { ...bucketRequest },
  response: { quotaConfiguration: document('QuotaConfiguration', quotaConfigurationShape) },
})

/** Input of {@link deleteBucketStorageQuota}. */
export interface DeleteBucketStorageQuotaRequest extends BucketRequest {}

/** Result of {@link deleteBucketStorageQuota}. */
export interface DeleteBucketStorageQuotaResult extends OperationResult {}

/** Removes the limit on what a bucket may hold. Fails with `NoSuchBucket` (404), `AccessDenied` (403). */
export const deleteBucketStorageQuota = operation<DeleteBucketStorageQuotaRequest, DeleteBucketStorageQuotaResult>({
  name: 'DeleteBucketStorageQuota',
  method: 'DELETE',
  query: { quota: '' },
  headers: { 'content-type': 'application/xml' },
  subResource: ['quota'],
  contentMd5: true,
  request: { ...bucketRequest },
  response: {},
})
