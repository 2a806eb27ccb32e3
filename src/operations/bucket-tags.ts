import { document } from '../binding/field.js'
import { type OperationResult, operation } from '../binding/operation.js'
import { type BucketRequest, bucketRequest, type Tagging, taggingShape } from './shared.js'

/** Input of {@link putBucketTags}. */
export interface PutBucketTagsRequest extends BucketRequest {
  /** New tags. The service refuses a request without them. */
  tagging?: Tagging
}

/** Result of {@link putBucketTags}. */
export interface PutBucketTagsResult extends OperationResult {}

/**
 * Sets the tags of a bucket, in place of all present ones. Fails with `InvalidTag` (400) for more than 20 tags, keys
 * that are empty, too long, given twice or begin with `http://`, `https://`, `Aliyun` or `acs:`, `NoSuchBucket` (404),
 * `AccessDenied` (403).
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/putbuckettags
 */
export const putBucketTags = operation<PutBucketTagsRequest, PutBucketTagsResult>({
  name: 'PutBucketTags',
  method: 'PUT',
  query: { tagging: '' },
  headers: { 'content-type': 'application/xml' },
  subResource: ['tagging'],
  contentMd5: true,
  request: { ...bucketRequest, tagging: document('Tagging', taggingShape) },
  response: {},
})

/** Input of {@link getBucketTags}. */
export interface GetBucketTagsRequest extends BucketRequest {}

/** Result of {@link getBucketTags}. */
export interface GetBucketTagsResult extends OperationResult {
  /** Present tags. */
  tagging?: Tagging
}

/**
 * Shows the tags of a bucket. One without tags is not an error: the set is empty. Fails with `NoSuchBucket` (404),
 * `AccessDenied` (403).
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/getbuckettags
 */
export const getBucketTags = operation<GetBucketTagsRequest, GetBucketTagsResult>({
  name: 'GetBucketTags',
  method: 'GET',
  query: { tagging: '' },
  headers: { 'content-type': 'application/xml' },
  subResource: ['tagging'],
  contentMd5: true,
  request: { ...bucketRequest },
  response: { tagging: document('Tagging', taggingShape) },
})

/** Input of {@link deleteBucketTags}. */
export interface DeleteBucketTagsRequest extends BucketRequest {}

/** Result of {@link deleteBucketTags}. */
export interface DeleteBucketTagsResult extends OperationResult {}

/**
 * Removes all tags of a bucket; with `parameters: { tagging: 'key1,key2' }` only those. Succeeds when there are none.
 * Fails with `NoSuchBucket` (404), `AccessDenied` (403).
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/deletebuckettags
 */
export const deleteBucketTags = operation<DeleteBucketTagsRequest, DeleteBucketTagsResult>({
  name: 'DeleteBucketTags',
  method: 'DELETE',
  query: { tagging: '' },
  headers: { 'content-type': 'application/xml' },
  subResource: ['tagging'],
  contentMd5: true,
  request: { ...bucketRequest },
  response: {},
})
