import { bool } from '../binding/codec.js'
import { document, element, receivedText, required, sentBody } from '../binding/field.js'
import { type OperationResult, operation } from '../binding/operation.js'
import { shape } from '../binding/shape.js'
import type { Body } from '../pipeline/body.js'
import { type BucketRequest, bucketRequest } from './shared.js'

/** Input of {@link putBucketPolicy}. */
export interface PutBucketPolicyRequest extends BucketRequest {
  /** The policy as JSON, up to 16 KB: `{"Version":"1","Statement":[…]}`. */
  body: Body
}

/** Result of {@link putBucketPolicy}. */
export interface PutBucketPolicyResult extends OperationResult {}

/**
 * Sets the access policy of a bucket in place of the present one. Fails with `InvalidPolicyDocument` (400) for a policy
 * that is not valid, `AccessDenied` (403) for anyone but the owner or for a public policy while public access is
 * blocked.
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/putbucketpolicy
 */
export const putBucketPolicy = operation<PutBucketPolicyRequest, PutBucketPolicyResult>({
  name: 'PutBucketPolicy',
  method: 'PUT',
  query: { policy: '' },
  headers: { 'content-type': 'application/xml' },
  subResource: ['policy'],
  request: { ...bucketRequest, body: required(sentBody) },
  response: {},
})

/** Input of {@link getBucketPolicy}. */
export interface GetBucketPolicyRequest extends BucketRequest {}

/** Result of {@link getBucketPolicy}. */
export interface GetBucketPolicyResult extends OperationResult {
  /** The policy as JSON text. */
  body?: string
}

/**
 * Reads the access policy of a bucket, as it was set. Fails with `NoSuchBucketPolicy` (404) when there is none,
 * `AccessDenied` (403).
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/getbucketpolicy
 */
export const getBucketPolicy = operation<GetBucketPolicyRequest, GetBucketPolicyResult>({
  name: 'GetBucketPolicy',
  method: 'GET',
  query: { policy: '' },
  headers: { 'content-type': 'application/xml' },
  subResource: ['policy'],
  contentMd5: true,
  request: { ...bucketRequest },
  response: { body: receivedText },
})

/** Input of {@link deleteBucketPolicy}. */
export interface DeleteBucketPolicyRequest extends BucketRequest {}

/** Result of {@link deleteBucketPolicy}. */
export interface DeleteBucketPolicyResult extends OperationResult {}

/**
 * Removes the access policy of a bucket, also when there is none. Fails with `AccessDenied` (403) for anyone but the
 * owner.
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/deletebucketpolicy
 */
export const deleteBucketPolicy = operation<DeleteBucketPolicyRequest, DeleteBucketPolicyResult>({
  name: 'DeleteBucketPolicy',
  method: 'DELETE',
  query: { policy: '' },
  headers: { 'content-type': 'application/xml' },
  subResource: ['policy'],
  contentMd5: true,
  request: { ...bucketRequest },
  response: {},
})

/** Input of {@link getBucketPolicyStatus}. */
export interface GetBucketPolicyStatusRequest extends BucketRequest {}

/** Result of {@link getBucketPolicyStatus}. */
export interface GetBucketPolicyStatusResult extends OperationResult {
  /** The finding. */
  policyStatus?: PolicyStatus
}

/** Whether a policy allows access to the public. */
export interface PolicyStatus {
  /** Whether it does. */
  isPublic?: boolean
}

const policyStatusShape = shape<PolicyStatus>({ isPublic: element('IsPublic', bool) })

/**
 * Tells whether the policy of a bucket allows access to the public. Fails with `AccessDenied` (403), `NoSuchBucket`
 * (404).
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/getbucketpolicystatus
 */
export const getBucketPolicyStatus = operation<GetBucketPolicyStatusRequest, GetBucketPolicyStatusResult>({
  name: 'GetBucketPolicyStatus',
  method: 'GET',
  query: { policyStatus: '' },
  headers: { 'content-type': 'application/xml' },
  subResource: ['policyStatus'],
  contentMd5: true,
  request: { ...bucketRequest },
  response: { policyStatus: document('PolicyStatus', policyStatusShape) },
})
