import { document } from '../binding/field.js'
import { type OperationRequest, type OperationResult, operation } from '../binding/operation.js'
import { type PublicAccessBlockConfiguration, publicAccessBlockConfigurationShape } from './shared.js'

/** Input of {@link getPublicAccessBlock}. */
export interface GetPublicAccessBlockRequest extends OperationRequest {}

/** Result of {@link getPublicAccessBlock}. */
export interface GetPublicAccessBlockResult extends OperationResult {
  /** State of the block for the whole account. */
  publicAccessBlockConfiguration?: PublicAccessBlockConfiguration
}

/**
 * Tells whether the account refuses public access to all of its buckets. Fails with `AccessDenied` (403) without the
 * permission `oss:GetPublicAccessBlock`.
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/getpublicaccessblock
 */
export const getPublicAccessBlock = operation<GetPublicAccessBlockRequest, GetPublicAccessBlockResult>({
  name: 'GetPublicAccessBlock',
  method: 'GET',
  query: { publicAccessBlock: '' },
  headers: { 'content-type': 'application/xml' },
  subResource: ['publicAccessBlock'],
  contentMd5: true,
  request: {},
  response: {
    publicAccessBlockConfiguration: document('PublicAccessBlockConfiguration', publicAccessBlockConfigurationShape),
  },
})

/** Input of {@link putPublicAccessBlock}. */
export interface PutPublicAccessBlockRequest extends OperationRequest {
  /** New state. The service refuses a request without it. */
  publicAccessBlockConfiguration?: PublicAccessBlockConfiguration
}

/** Result of {@link putPublicAccessBlock}. */
export interface PutPublicAccessBlockResult extends OperationResult {}

/**
 * Blocks public access to all buckets of the account, or leaves it to the buckets again. While it is blocked, public
 * ACLs and policies that exist have no effect, and setting one fails with `AccessDenied` (403). Fails with
 * `AccessDenied` (403) without the permission `oss:PutPublicAccessBlock`.
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/putpublicaccessblock
 */
export const putPublicAccessBlock = operation<PutPublicAccessBlockRequest, PutPublicAccessBlockResult>({
  name: 'PutPublicAccessBlock',
  method: 'PUT',
  query: { publicAccessBlock: '' },
  headers: { 'content-type': 'application/xml' },
  subResource: ['publicAccessBlock'],
  contentMd5: true,
  request: {
    publicAccessBlockConfiguration: document('PublicAccessBlockConfiguration', publicAccessBlockConfigurationShape),
  },
  response: {},
})

/** Input of {@link deletePublicAccessBlock}. */
export interface DeletePublicAccessBlockRequest extends OperationRequest {}

/** Result of {@link deletePublicAccessBlock}. */
export interface DeletePublicAccessBlockResult extends OperationResult {}

/**
 * Removes the account's block of public access; those of single buckets and access points stay in force. Succeeds when
 * there is none. Fails with `AccessDenied` (403).
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/deletepublicaccessblock
 */
export const deletePublicAccessBlock = operation<DeletePublicAccessBlockRequest, DeletePublicAccessBlockResult>({
  name: 'DeletePublicAccessBlock',
  method: 'DELETE',
  query: { publicAccessBlock: '' },
  headers: { 'content-type': 'application/xml' },
  subResource: ['publicAccessBlock'],
  contentMd5: true,
  request: {},
  response: {},
})
