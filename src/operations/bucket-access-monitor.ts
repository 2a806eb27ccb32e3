import { document, element } from '../binding/field.js'
import { type OperationResult, operation } from '../binding/operation.js'
import { shape } from '../binding/shape.js'
import { type BucketRequest, bucketRequest, type Toggle, toggle } from './shared.js'

/** Input of {@link putBucketAccessMonitor}. */
export interface PutBucketAccessMonitorRequest extends BucketRequest {
  /** New setting. The service refuses a request without it. */
  accessMonitorConfiguration?: AccessMonitorConfiguration
}

/** Result of {@link putBucketAccessMonitor}. */
export interface PutBucketAccessMonitorResult extends OperationResult {}

/** Whether the last access to each object is recorded. */
export interface AccessMonitorConfiguration {
  /**
   * State. `Enabled` counts from that moment: objects begin with it as their access time, and at most one access in 24
   * hours is recorded.
   */
  status?: Toggle
}

const accessMonitorConfigurationShape = shape<AccessMonitorConfiguration>({ status: element('Status', toggle) })

/**
 * Switches the record of the last access to each object on or off. Lifecycle rules by access time need it, and while
 * there is such a rule it can't be switched off. Fails with `AccessDenied` (403) for anyone but the owner,
 * `MalformedXML` (400).
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/putbucketaccessmonitor
 */
export const putBucketAccessMonitor = operation<PutBucketAccessMonitorRequest, PutBucketAccessMonitorResult>({
  name: 'PutBucketAccessMonitor',
  method: 'PUT',
  query: { accessmonitor: '' },
  headers: { 'content-type': 'application/xml' },
  contentMd5: true,
  request: {
    ...bucketRequest,
    accessMonitorConfiguration: document('AccessMonitorConfiguration', accessMonitorConfigurationShape),
  },
  response: {},
})

/** Input of {@link getBucketAccessMonitor}. */
export interface GetBucketAccessMonitorRequest extends BucketRequest {}

/** Result of {@link getBucketAccessMonitor}. */
export interface GetBucketAccessMonitorResult extends OperationResult {
  /** Present setting. */
  accessMonitorConfiguration?: AccessMonitorConfiguration
}

/**
 * Tells whether the last access to each object is recorded. `Disabled` when it was never set up. Fails with
 * `AccessDenied` (403), `NoSuchBucket` (404).
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/getbucketaccessmonitor
 */
export const getBucketAccessMonitor = operation<GetBucketAccessMonitorRequest, GetBucketAccessMonitorResult>({
  name: 'GetBucketAccessMonitor',
  method: 'GET',
  query: { accessmonitor: '' },
  headers: { 'content-type': 'application/xml' },
  contentMd5: true,
  request: { ...bucketRequest },
  response: { accessMonitorConfiguration: document('AccessMonitorConfiguration', accessMonitorConfigurationShape) },
})
