import { text } from '../binding/codec.js'
import { document, element } from '../binding/field.js'
import { type OperationResult, operation } from '../binding/operation.js'
import { shape } from '../binding/shape.js'
import { type BucketRequest, bucketRequest } from './shared.js'

/** Input of {@link getBucketResourceGroup}. */
export interface GetBucketResourceGroupRequest extends BucketRequest {}

/** Result of {@link getBucketResourceGroup}. */
export interface GetBucketResourceGroupResult extends OperationResult {
  /** Present resource group. */
  bucketResourceGroupConfiguration?: BucketResourceGroupConfiguration
}

/** Resource group of a bucket, in a document. */
export interface BucketResourceGroupConfiguration {
  /** Id such as `rg-aekz****`. An empty id in a request moves the bucket to the account's default group. */
  resourceGroupId?: string
}

const bucketResourceGroupConfigurationShape = shape<BucketResourceGroupConfiguration>({
  resourceGroupId: element('ResourceGroupId', text),
})

/**
 * Tells the resource group that a bucket belongs to; every bucket is in one. Fails with `NoSuchBucket` (404),
 * `AccessDenied` (403) for anyone but the owner.
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/getbucketresourcegroup
 */
export const getBucketResourceGroup = operation<GetBucketResourceGroupRequest, GetBucketResourceGroupResult>({
  name: 'GetBucketResourceGroup',
  method: 'GET',
  query: { resourceGroup: '' },
  headers: { 'content-type': 'application/xml' },
  subResource: ['resourceGroup'],
  contentMd5: true,
  request: { ...bucketRequest },
  response: {
    bucketResourceGroupConfiguration: document(
      'BucketResourceGroupConfiguration',
      bucketResourceGroupConfigurationShape,
    ),
  },
})

/** Input of {@link putBucketResourceGroup}. */
export interface PutBucketResourceGroupRequest extends BucketRequest {
  /** New resource group. The service refuses a request without it. */
  bucketResourceGroupConfiguration?: BucketResourceGroupConfiguration
}

/** Result of {@link putBucketResourceGroup}. */
export interface PutBucketResourceGroupResult extends OperationResult {}

/**
 * Moves a bucket to another resource group, by which RAM grants permissions and bills are split. Fails with
 * `AccessDenied` (403) for anyone but the owner and for a group of another account, `NoSuchBucket` (404).
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/putbucketresourcegroup
 */
export const putBucketResourceGroup = operation<PutBucketResourceGroupRequest, PutBucketResourceGroupResult>({
  name: 'PutBucketResourceGroup',
  method: 'PUT',
  query: { resourceGroup: '' },
  headers: { 'content-type': 'application/xml' },
  subResource: ['resourceGroup'],
  contentMd5: true,
  request: {
    ...bucketRequest,
    bucketResourceGroupConfiguration: document(
      'BucketResourceGroupConfiguration',
      bucketResourceGroupConfigurationShape,
    ),
  },
  response: {},
})
