import { bool } from '../binding/codec.js'
import { document, element } from '../binding/field.js'
import { type OperationResult, operation } from '../binding/operation.js'
import { shape } from '../binding/shape.js'
import { type BucketRequest, bucketRequest } from './shared.js'

/** Input of {@link getBucketArchiveDirectRead}. */
export interface GetBucketArchiveDirectReadRequest extends BucketRequest {}

/** Result of {@link getBucketArchiveDirectRead}. */
export interface GetBucketArchiveDirectReadResult extends OperationResult {
  /** Present setting. */
  archiveDirectReadConfiguration?: ArchiveDirectReadConfiguration
}

/** Whether Archive objects can be read without restoring them. */
export interface ArchiveDirectReadConfiguration {
  /**
   * State. While it is `true`, reading an Archive object that is not restored costs a fee by size. Cold Archive and
   * Deep Cold Archive still need restoring.
   */
  enabled?: boolean
}

const archiveDirectReadConfigurationShape = shape<ArchiveDirectReadConfiguration>({ enabled: element('Enabled', bool) })

/**
 * Tells whether Archive objects can be read without restoring them. Fails with `NoSuchArchiveDirectReadConfiguration`
 * (404) when it was never set up, `AccessDenied` (403).
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/getbucketarchivedirectread
 */
export const getBucketArchiveDirectRead = operation<
  GetBucketArchiveDirectReadRequest,
  GetBucketArchiveDirectReadResult
>({
  name: 'GetBucketArchiveDirectRead',
  method: 'GET',
  query: { bucketArchiveDirectRead: '' },
  headers: { 'content-type': 'application/xml' },
  subResource: ['bucketArchiveDirectRead'],
  contentMd5: true,
  request: { ...bucketRequest },
  response: {
    archiveDirectReadConfiguration: document('ArchiveDirectReadConfiguration', archiveDirectReadConfigurationShape),
  },
})

/** Input of {@link putBucketArchiveDirectRead}. */
export interface PutBucketArchiveDirectReadRequest extends BucketRequest {
  /** New setting. The service refuses a request without it. */
  archiveDirectReadConfiguration?: ArchiveDirectReadConfiguration
}

/** Result of {@link putBucketArchiveDirectRead}. */
export interface PutBucketArchiveDirectReadResult extends OperationResult {}

/**
 * Allows reading Archive objects without restoring them, or stops it. Fails with `AccessDenied` (403) for anyone but
 * the owner, `MalformedXML` (400).
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/putbucketarchivedirectread
 */
export const putBucketArchiveDirectRead = operation<
  PutBucketArchiveDirectReadRequest,
  PutBucketArchiveDirectReadResult
>({
  name: 'PutBucketArchiveDirectRead',
  method: 'PUT',
  query: { bucketArchiveDirectRead: '' },
  headers: { 'content-type': 'application/xml' },
  subResource: ['bucketArchiveDirectRead'],
  contentMd5: true,
  request: {
    ...bucketRequest,
    archiveDirectReadConfiguration: document('ArchiveDirectReadConfiguration', archiveDirectReadConfigurationShape),
  },
  response: {},
})
