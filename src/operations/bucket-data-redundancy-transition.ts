import { bool, int, type Open, oneOf, text } from '../binding/codec.js'
import { document, element, elements, query, required } from '../binding/field.js'
import { type OperationRequest, type OperationResult, operation } from '../binding/operation.js'
import { shape } from '../binding/shape.js'
import { type BucketRequest, bucketRequest, type DataRedundancyType, dataRedundancyType } from './shared.js'

/** Input of {@link createBucketDataRedundancyTransition}. */
export interface CreateBucketDataRedundancyTransitionRequest extends BucketRequest {
  /** Redundancy to change to. Only `ZRS` is possible. */
  targetRedundancyType: DataRedundancyType
}

/** Result of {@link createBucketDataRedundancyTransition}. */
export interface CreateBucketDataRedundancyTransitionResult extends OperationResult {
  /** The new task; only its `taskId` is filled in. */
  bucketDataRedundancyTransition?: BucketDataRedundancyTransition
}

/** State of a change of redundancy. */
export type DataRedundancyTransitionStatus = Open<'Queueing' | 'Processing' | 'Finished'>

const dataRedundancyTransitionStatus = oneOf('Queueing', 'Processing', 'Finished')

/** A change of redundancy. */
export interface BucketDataRedundancyTransition {
  /** Name of the bucket. */
  bucket?: string
  /** Id of the task. */
  taskId?: string
  /** State of the task. */
  status?: DataRedundancyTransitionStatus
  /** When it was created, ISO 8601. */
  createTime?: string
  /** When the work began, ISO 8601. Absent while it is queueing. */
  startTime?: string
  /** When the work ended, ISO 8601. Absent until it is finished. */
  endTime?: string
  /** Percent done. Absent while it is queueing. */
  processPercentage?: number
  /** Hours that are left by estimate. Absent while it is queueing. */
  estimatedRemainingTime?: number
}

const bucketDataRedundancyTransitionShape = shape<BucketDataRedundancyTransition>({
  bucket: element('Bucket', text),
  taskId: element('TaskId', text),
  status: element('Status', dataRedundancyTransitionStatus),
  createTime: element('CreateTime', text),
  startTime: element('StartTime', text),
  endTime: element('EndTime', text),
  processPercentage: element('ProcessPercentage', int),
  estimatedRemainingTime: element('EstimatedRemainingTime', int),
})

/**
 * Starts to change where the copies of a bucket's data lie. The bucket stays usable; the work may take days. Fails with
 * `InvalidArgument` (400) for a type that can't be changed to, `AccessDenied` (403), `NoSuchBucket` (404).
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/createbucketdataredundancytransition
 */
export const createBucketDataRedundancyTransition = operation<
  CreateBucketDataRedundancyTransitionRequest,
  CreateBucketDataRedundancyTransitionResult
>({
  name: 'CreateBucketDataRedundancyTransition',
  method: 'POST',
  query: { redundancyTransition: '' },
  headers: { 'content-type': 'application/xml' },
  subResource: ['redundancyTransition', 'x-oss-target-redundancy-type'],
  contentMd5: true,
  request: {
    ...bucketRequest,
    targetRedundancyType: required(query('x-oss-target-redundancy-type', dataRedundancyType)),
  },
  response: {
    bucketDataRedundancyTransition: document('BucketDataRedundancyTransition', bucketDataRedundancyTransitionShape),
  },
})

/** Input of {@link getBucketDataRedundancyTransition}. */
export interface GetBucketDataRedundancyTransitionRequest extends BucketRequest {
  /** Id of the task. */
  redundancyTransitionTaskid: string
}

/** Result of {@link getBucketDataRedundancyTransition}. */
export interface GetBucketDataRedundancyTransitionResult extends OperationResult {
  /** The task. */
  bucketDataRedundancyTransition?: BucketDataRedundancyTransition
}

/**
 * Describes one change of a bucket's redundancy. Fails with status 404 for an unknown task, `AccessDenied` (403).
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/getbucketdataredundancytransition
 */
export const getBucketDataRedundancyTransition = operation<
  GetBucketDataRedundancyTransitionRequest,
  GetBucketDataRedundancyTransitionResult
>({
  name: 'GetBucketDataRedundancyTransition',
  method: 'GET',
  query: { redundancyTransition: '' },
  headers: { 'content-type': 'application/xml' },
  subResource: ['redundancyTransition', 'x-oss-redundancy-transition-taskid'],
  contentMd5: true,
  request: {
    ...bucketRequest,
    redundancyTransitionTaskid: required(query('x-oss-redundancy-transition-taskid', text)),
  },
  response: {
    bucketDataRedundancyTransition: document('BucketDataRedundancyTransition', bucketDataRedundancyTransitionShape),
  },
})

/** Input of {@link listBucketDataRedundancyTransition}. */
export interface ListBucketDataRedundancyTransitionRequest extends BucketRequest {}

/** Result of {@link listBucketDataRedundancyTransition}. */
export interface ListBucketDataRedundancyTransitionResult extends OperationResult {
  /** The tasks. */
  listBucketDataRedundancyTransition?: ListBucketDataRedundancyTransition
}

/** Changes of redundancy, all or a page of them. */
export interface ListBucketDataRedundancyTransition {
  /** The tasks. Absent when there are none. */
  bucketDataRedundancyTransition?: BucketDataRedundancyTransition[]
  /** Whether more entries follow. Absent in the listing of one bucket. */
  isTruncated?: boolean
  /** Where the next page begins. Absent on the last page. */
  nextContinuationToken?: string
}

const listBucketDataRedundancyTransitionShape = shape<ListBucketDataRedundancyTransition>({
  bucketDataRedundancyTransition: elements('BucketDataRedundancyTransition', bucketDataRedundancyTransitionShape),
  isTruncated: element('IsTruncated', bool),
  nextContinuationToken: element('NextContinuationToken', text),
})

/**
 * Lists all changes of a bucket's redundancy. Fails with `AccessDenied` (403), `NoSuchBucket` (404).
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/listbucketdataredundancytransition
 */
export const listBucketDataRedundancyTransition = operation<
  ListBucketDataRedundancyTransitionRequest,
  ListBucketDataRedundancyTransitionResult
>({
  name: 'ListBucketDataRedundancyTransition',
  method: 'GET',
  query: { redundancyTransition: '' },
  headers: { 'content-type': 'application/xml' },
  subResource: ['redundancyTransition'],
  contentMd5: true,
  request: { ...bucketRequest },
  response: {
    listBucketDataRedundancyTransition: document(
      'ListBucketDataRedundancyTransition',
      listBucketDataRedundancyTransitionShape,
    ),
  },
})

/** Input of {@link listUserDataRedundancyTransition}. */
export interface ListUserDataRedundancyTransitionRequest extends OperationRequest {
  /** Entries per page, 1 to 100. */
  maxKeys?: number
  /** Where the page begins: `nextContinuationToken` of the page before. Without it, the first page. */
  continuationToken?: string
}

/** Result of {@link listUserDataRedundancyTransition}. */
export interface ListUserDataRedundancyTransitionResult extends OperationResult {
  /** The tasks of this page. */
  listBucketDataRedundancyTransition?: ListBucketDataRedundancyTransition
}

/**
 * Lists the changes of redundancy in all buckets of the account, a page at a time. Fails with `AccessDenied` (403),
 * `InvalidArgument` (400) for a page size out of range.
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/listuserdataredundancytransition
 */
export const listUserDataRedundancyTransition = operation<
  ListUserDataRedundancyTransitionRequest,
  ListUserDataRedundancyTransitionResult
>({
  name: 'ListUserDataRedundancyTransition',
  method: 'GET',
  query: { redundancyTransition: '' },
  headers: { 'content-type': 'application/xml' },
  subResource: ['redundancyTransition'],
  contentMd5: true,
  request: { maxKeys: query('max-keys', int), continuationToken: query('continuation-token', text) },
  response: {
    listBucketDataRedundancyTransition: document(
      'ListBucketDataRedundancyTransition',
      listBucketDataRedundancyTransitionShape,
    ),
  },
})

/** Input of {@link deleteBucketDataRedundancyTransition}. */
export interface DeleteBucketDataRedundancyTransitionRequest extends BucketRequest {
  /** Id of the task. */
  redundancyTransitionTaskid: string
}

/** Result of {@link deleteBucketDataRedundancyTransition}. */
export interface DeleteBucketDataRedundancyTransitionResult extends OperationResult {}

/**
 * Withdraws a change of redundancy whose work has not begun. Fails with status 404 for an unknown task, `AccessDenied`
 * (403) for anyone but the owner.
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/deletebucketdataredundancytransition
 */
export const deleteBucketDataRedundancyTransition = operation<
  DeleteBucketDataRedundancyTransitionRequest,
  DeleteBucketDataRedundancyTransitionResult
>({
  name: 'DeleteBucketDataRedundancyTransition',
  method: 'DELETE',
  query: { redundancyTransition: '' },
  headers: { 'content-type': 'application/xml' },
  subResource: ['redundancyTransition', 'x-oss-redundancy-transition-taskid'],
  contentMd5: true,
  request: {
    ...bucketRequest,
    redundancyTransitionTaskid: required(query('x-oss-redundancy-transition-taskid', text)),
  },
  response: {},
})
