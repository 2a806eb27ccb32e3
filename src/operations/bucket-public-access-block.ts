import { document } from '../binding/field.js'
import { type OperationResult, operation } from '../binding/operation.js'
import {
  type BucketRequest,
  bucketRequest,
  type PublicAccessBlockConfiguration,
  publicAccessBlockConfigurationShape,
} from './shared.js'

/** Input of {@link getBucketPublicAccessBlock}. */
export interface GetBucketPublicAccessBlockRequest extends BucketRequest {}

/** Result of {@link getBucketPublicAccessBlock}. */
export interface GetBucketPublicAccessBlockResult extends OperationResult {
  /** State of the block for this bucket. The account may block on top of it, see {@link getPublicAccessBlock}. */
  publicAccessBlockConfiguration?: PublicAccessBlockConfiguration
}

/**
 * Tells whether a bucket refuses public access. Fails with `NoSuchBucket` (404), `AccessDenied` (403) without the
 * permission `oss:GetBucketPublicAccessBlock`.
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/getbucketpublicaccessblock
 */
export const getBucketPublicAccessBlock = operation<
  GetBucketPublicAccessBlockRequest,
  GetBucketPublicAccessBlockResult
>({
  name: 'GetBucketPublicAccessBlock',
  method: 'GET',
  query: { publicAccessBlock: '' },
  headers: { 'content-type': 'application/xml' },
  subResource: ['publicAccessBlock'],
  contentMd5: true,
  request: { ...bucketRequest },
  response: {
    publicAccessBlockConfiguration: document('PublicAccessBlockConfiguration', publicAccessBlockConfigurationShape),
  },
})

/** Input of {@link putBucketPublicAccessBlock}. */
export interface PutBucketPublicAccessBlockRequest extends BucketRequest {
  /** New state. The service refuses a request without it. */
  publicAccessBlockConfiguration?: PublicAccessBlockConfiguration
}

/** Result of {@link putBucketPublicAccessBlock}. */
export interface PutBucketPublicAccessBlockResult extends OperationResult {}

/**
 * Blocks public access to a bucket, or permits it again. While it is blocked, public ACLs and policies that exist have
 * no effect, and setting one fails with `AccessDenied` (403). New buckets may begin blocked. Fails with `NoSuchBucket`
 * (404), `AccessDenied` (403).
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/putbucketpublicaccessblock
 */
export const putBucketPublicAccessBlock = operation<
  PutBucketPublicAccessBlockRequest,
  PutBucketPublicAccessBlockResult
>({
  name: 'PutBucketPublicAccessBlock',
  method: 'PUT',
  query: { publicAccessBlock: '' },
  headers: { 'content-type': 'application/xml' },
  subResource: ['publicAccessBlock'],
  contentMd5: true,
  request: {
    ...bucketRequest,
    publicAccessBlockConfiguration: document('PublicAccessBlockConfiguration', publicAccessBlockConfigurationShape),
  },
  response: {},
})

/** Input of {@link deleteBucketPublicAccessBlock}. */
export interface DeleteBucketPublicAccessBlockRequest extends BucketRequest {}

/** Result of {@link deleteBucketPublicAccessBlock}. */
export interface DeleteBucketPublicAccessBlockResult extends OperationResult {}

/**
 * Removes a bucket's own block of public access; one of the account stays in force. Succeeds when there is none. Fails
 * with `NoSuchBucket` (404), `AccessDenied` (403).
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/deletebucketpublicaccessblock
 */
export const deleteBucketPublicAccessBlock = operation<
  DeleteBucketPublicAccessBlockRequest,
  DeleteBucketPublicAccessBlockResult
>({
  name: 'DeleteBucketPublicAccessBlock',
  method: 'DELETE',
  query: { publicAccessBlock: '' },
  headers: { 'content-type': 'application/xml' },
  subResource: ['publicAccessBlock'],
  contentMd5: true,
  request: { ...bucketRequest },
  response: {},
})
