import { document, element } from '../binding/field.js'
import { type OperationResult, operation } from '../binding/operation.js'
import { shape } from '../binding/shape.js'
import { type BucketRequest, bucketRequest, type VersioningStatus, versioningStatus } from './shared.js'

/** Input of {@link putBucketVersioning}. */
export interface PutBucketVersioningRequest extends BucketRequest {
  /** New state. The service refuses a request without it. */
  versioningConfiguration?: VersioningConfiguration
}

/** Result of {@link putBucketVersioning}. */
export interface PutBucketVersioningResult extends OperationResult {}

/** State of versioning in a document. */
export interface VersioningConfiguration {
  /** Whether old versions are kept. */
  status?: VersioningStatus
}

const versioningConfigurationShape = shape<VersioningConfiguration>({ status: element('Status', versioningStatus) })

/**
 * Switches versioning on or suspends it. It can never be switched off again. Fails with `AccessDenied` (403) for anyone
 * but the owner, `InvalidArgument` where it conflicts with a retention policy.
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/putbucketversioning
 */
export const putBucketVersioning = operation<PutBucketVersioningRequest, PutBucketVersioningResult>({
  name: 'PutBucketVersioning',
  method: 'PUT',
  query: { versioning: '' },
  headers: { 'content-type': 'application/xml' },
  contentMd5: true,
  request: {
    ...bucketRequest,
    versioningConfiguration: document('VersioningConfiguration', versioningConfigurationShape),
  },
  response: {},
})

/** Input of {@link getBucketVersioning}. */
export interface GetBucketVersioningRequest extends BucketRequest {}

/** Result of {@link getBucketVersioning}. */
export interface GetBucketVersioningResult extends OperationResult {
  /** State of versioning. Absent when it was never switched on. */
  versionStatus?: VersioningStatus
}

/**
 * Tells whether a bucket keeps old versions. Fails with `AccessDenied` (403) for anyone but the owner.
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/getbucketversioning
 */
export const getBucketVersioning = operation<GetBucketVersioningRequest, GetBucketVersioningResult>({
  name: 'GetBucketVersioning',
  method: 'GET',
  query: { versioning: '' },
  contentMd5: true,
  root: 'VersioningConfiguration',
  request: { ...bucketRequest },
  response: { versionStatus: element('Status', versioningStatus) },
})
