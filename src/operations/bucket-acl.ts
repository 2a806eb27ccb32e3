import { element, header } from '../binding/field.js'
import { type OperationResult, operation } from '../binding/operation.js'
import { type BucketAcl, type BucketRequest, bucketAcl, bucketRequest, type Owner, ownerShape } from './shared.js'

/** Input of {@link putBucketAcl}. */
export interface PutBucketAclRequest extends BucketRequest {
  /** Access rule that replaces the present one. The service refuses a request without it. */
  acl?: BucketAcl
}

/** Result of {@link putBucketAcl}. */
export interface PutBucketAclResult extends OperationResult {}

/**
 * Sets who may read and write a bucket. Only the owner may; others get `AccessDenied` (403), as does a public ACL while
 * public access is blocked.
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/putbucketacl
 */
export const putBucketAcl = operation<PutBucketAclRequest, PutBucketAclResult>({
  name: 'PutBucketAcl',
  method: 'PUT',
  query: { acl: '' },
  contentMd5: true,
  request: { ...bucketRequest, acl: header('x-oss-acl', bucketAcl) },
  response: {},
})

/** Input of {@link getBucketAcl}. */
export interface GetBucketAclRequest extends BucketRequest {}

/** Result of {@link getBucketAcl}. */
export interface GetBucketAclResult extends OperationResult {
  /** Owner of the bucket. */
  owner?: Owner
  /** Present access rule. */
  acl?: BucketAcl
}

/**
 * Tells who may read and write a bucket. Fails with `AccessDenied` (403) for anyone but the owner.
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/getbucketacl
 */
export const getBucketAcl = operation<GetBucketAclRequest, GetBucketAclResult>({
  name: 'GetBucketAcl',
  method: 'GET',
  query: { acl: '' },
  contentMd5: true,
  root: 'AccessControlPolicy',
  request: { ...bucketRequest },
  response: { owner: element('Owner', ownerShape), acl: element('AccessControlList/Grant', bucketAcl) },
})
