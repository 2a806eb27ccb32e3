import { text } from '../binding/codec.js'
import { document, query, required } from '../binding/field.js'
import { type OperationResult, operation } from '../binding/operation.js'
import {
  type BucketRequest,
  bucketRequest,
  type PublicAccessBlockConfiguration,
  publicAccessBlockConfigurationShape,
} from './shared.js'

/** Input of {@link putAccessPointPublicAccessBlock}. */
export interface PutAccessPointPublicAccessBlockRequest extends BucketRequest {
  /** Access point that is meant, by name. */
  accessPointName: string
  /** New setting. The service refuses a request without it. */
  publicAccessBlockConfiguration?: PublicAccessBlockConfiguration
}

/** Result of {@link putAccessPointPublicAccessBlock}. */
export interface PutAccessPointPublicAccessBlockResult extends OperationResult {}

/**
 * Blocks or allows public access through an access point. Fails with `NoSuchAccessPoint` (404), `AccessDenied` (403).
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/putaccesspointpublicaccessblock
 */
export const putAccessPointPublicAccessBlock = operation<
  PutAccessPointPublicAccessBlockRequest,
  PutAccessPointPublicAccessBlockResult
>({
  name: 'PutAccessPointPublicAccessBlock',
  method: 'PUT',
  query: { publicAccessBlock: '' },
  headers: { 'content-type': 'application/xml' },
  subResource: ['publicAccessBlock', 'x-oss-access-point-name'],
  contentMd5: true,
  request: {
    ...bucketRequest,
    accessPointName: required(query('x-oss-access-point-name', text)),
    publicAccessBlockConfiguration: document('PublicAccessBlockConfiguration', publicAccessBlockConfigurationShape),
  },
  response: {},
})

/** Input of {@link getAccessPointPublicAccessBlock}. */
export interface GetAccessPointPublicAccessBlockRequest extends BucketRequest {
  /** Access point that is meant, by name. The service refuses a request without it. */
  accessPointName?: string
}

/** Result of {@link getAccessPointPublicAccessBlock}. */
export interface GetAccessPointPublicAccessBlockResult extends OperationResult {
  /** Present setting. */
  publicAccessBlockConfiguration?: PublicAccessBlockConfiguration
}

/**
 * Tells whether public access through an access point is blocked. Fails with `NoSuchAccessPoint` (404), `AccessDenied`
 * (403).
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/getaccesspointpublicaccessblock
 */
export const getAccessPointPublicAccessBlock = operation<
  GetAccessPointPublicAccessBlockRequest,
  GetAccessPointPublicAccessBlockResult
>({
  name: 'GetAccessPointPublicAccessBlock',
  method: 'GET',
  query: { publicAccessBlock: '' },
  headers: { 'content-type': 'application/xml' },
  subResource: ['publicAccessBlock', 'x-oss-access-point-name'],
  contentMd5: true,
  request: { ...bucketRequest, accessPointName: query('x-oss-access-point-name', text) },
  response: {
    publicAccessBlockConfiguration: document('PublicAccessBlockConfiguration', publicAccessBlockConfigurationShape),
  },
})

/** Input of {@link deleteAccessPointPublicAccessBlock}. */
export interface DeleteAccessPointPublicAccessBlockRequest extends BucketRequest {
  /** Access point that is meant, by name. The service refuses a request without it. */
  accessPointName?: string
}

/** Result of {@link deleteAccessPointPublicAccessBlock}. */
export interface DeleteAccessPointPublicAccessBlockResult extends OperationResult {}

/**
 * Removes the block of public access through an access point. Blocks of the bucket and the account stay. Fails with
 * `NoSuchAccessPoint` (404), `AccessDenied` (403).
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/deleteaccesspointpublicaccessblock
 */
export const deleteAccessPointPublicAccessBlock = operation<
  DeleteAccessPointPublicAccessBlockRequest,
  DeleteAccessPointPublicAccessBlockResult
>({
  name: 'DeleteAccessPointPublicAccessBlock',
  method: 'DELETE',
  query: { publicAccessBlock: '' },
  headers: { 'content-type': 'application/xml' },
  subResource: ['publicAccessBlock', 'x-oss-access-point-name'],
  contentMd5: true,
  request: { ...bucketRequest, accessPointName: query('x-oss-access-point-name', text) },
  response: {},
})
