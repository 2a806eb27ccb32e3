import { bool } from '../binding/codec.js'
import { document, element } from '../binding/field.js'
import { type OperationResult, operation } from '../binding/operation.js'
import { shape } from '../binding/shape.js'
import { type BucketRequest, bucketRequest } from './shared.js'

/** Input of {@link putBucketTransferAcceleration}. */
export interface PutBucketTransferAccelerationRequest extends BucketRequest {
  /** New setting. The service refuses a request without it. */
  transferAccelerationConfiguration?: TransferAccelerationConfiguration
}

/** Result of {@link putBucketTransferAcceleration}. */
export interface PutBucketTransferAccelerationResult extends OperationResult {}

/** Whether the acceleration endpoint may be used, in a document. */
export interface TransferAccelerationConfiguration {
  /** Whether it may be used. */
  enabled?: boolean
}

const transferAccelerationConfigurationShape = shape<TransferAccelerationConfiguration>({
  enabled: element('Enabled', bool),
})

/**
 * Permits the acceleration endpoint for a bucket, or forbids it. The change takes up to 30 minutes; what goes through
 * that endpoint costs extra. Fails with `NoSuchBucket` (404), `AccessDenied` (403).
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/putbuckettransferacceleration
 */
export const putBucketTransferAcceleration = operation<
  PutBucketTransferAccelerationRequest,
  PutBucketTransferAccelerationResult
>({
  name: 'PutBucketTransferAcceleration',
  method: 'PUT',
  query: { transferAcceleration: '' },
  headers: { 'content-type': 'application/xml' },
  subResource: ['transferAcceleration'],
  contentMd5: true,
  request: {
    ...bucketRequest,
    transferAccelerationConfiguration: document(
      'TransferAccelerationConfiguration',
      transferAccelerationConfigurationShape,
    ),
  },
  response: {},
})

/** Input of {@link getBucketTransferAcceleration}. */
export interface GetBucketTransferAccelerationRequest extends BucketRequest {}

/** Result of {@link getBucketTransferAcceleration}. */
export interface GetBucketTransferAccelerationResult extends OperationResult {
  /** Present setting. */
  transferAccelerationConfiguration?: TransferAccelerationConfiguration
}

/**
 * Tells whether the acceleration endpoint may be used. Fails with `NoSuchTransferAccelerationConfiguration` (404) when
 * it was never set, `NoSuchBucket` (404), `AccessDenied` (403).
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/getbuckettransferacceleration
 */
export const getBucketTransferAcceleration = operation<
  GetBucketTransferAccelerationRequest,
  GetBucketTransferAccelerationResult
>({
  name: 'GetBucketTransferAcceleration',
  method: 'GET',
  query: { transferAcceleration: '' },
  headers: { 'content-type': 'application/xml' },
  subResource: ['transferAcceleration'],
  contentMd5: true,
  request: { ...bucketRequest },
  response: {
    transferAccelerationConfiguration: document(
      'TransferAccelerationConfiguration',
      transferAccelerationConfigurationShape,
    ),
  },
})
