import { int, type Open, oneOf, text } from '../binding/codec.js'
import { document, element, header, query, required } from '../binding/field.js'
import { type OperationResult, operation } from '../binding/operation.js'
import { shape } from '../binding/shape.js'
import { type BucketRequest, bucketRequest } from './shared.js'

/** Input of {@link initiateBucketWorm}. */
export interface InitiateBucketWormRequest extends BucketRequest {
  /** The policy. The service refuses a request without it. */
  initiateWormConfiguration?: InitiateWormConfiguration
}

/** Result of {@link initiateBucketWorm}. */
export interface InitiateBucketWormResult extends OperationResult {
  /** Id of the policy. */
  wormId?: string
}

/** New retention policy. */
export interface InitiateWormConfiguration {
  /** Days for which each object can be neither deleted nor overwritten, counted from its last change: 1 to 25,550. */
  retentionPeriodInDays?: number
}

const initiateWormConfigurationShape = shape<InitiateWormConfiguration>({
  retentionPeriodInDays: element('RetentionPeriodInDays', int),
})

/**
 * Creates a retention policy for a bucket. It protects at once, but is a draft: lock it with {@link completeBucketWorm}
 * within 24 hours or it ends. Fails with `WORMConfigurationLocked` when the bucket has a locked one, `InvalidArgument`
 * (400) for a period out of range, `AccessDenied` (403); a bucket with versioning is refused.
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/initiatebucketworm
 */
export const initiateBucketWorm = operation<InitiateBucketWormRequest, InitiateBucketWormResult>({
  name: 'InitiateBucketWorm',
  method: 'POST',
  query: { worm: '' },
  headers: { 'content-type': 'application/xml' },
  subResource: ['worm'],
  contentMd5: true,
  request: {
    ...bucketRequest,
    initiateWormConfiguration: document('InitiateWormConfiguration', initiateWormConfigurationShape),
  },
  response: { wormId: header('x-oss-worm-id', text) },
})

/** Input of {@link abortBucketWorm}. */
export interface AbortBucketWormRequest extends BucketRequest {}

/** Result of {@link abortBucketWorm}. */
export interface AbortBucketWormResult extends OperationResult {}

/**
 * Removes a retention policy that is not locked yet. Fails with `WORMConfigurationLocked` for a locked one,
 * `NoSuchWORMConfiguration` (404) when there is none, `AccessDenied` (403).
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/abortbucketworm
 */
export const abortBucketWorm = operation<AbortBucketWormRequest, AbortBucketWormResult>({
  name: 'AbortBucketWorm',
  method: 'DELETE',
  query: { worm: '' },
  headers: { 'content-type': 'application/xml' },
  subResource: ['worm'],
  contentMd5: true,
  request: { ...bucketRequest },
  response: {},
})

/** Input of {@link completeBucketWorm}. */
export interface CompleteBucketWormRequest extends BucketRequest {
  /** Id of the policy. */
  wormId: string
}

/** Result of {@link completeBucketWorm}. */
export interface CompleteBucketWormResult extends OperationResult {}

/**
 * Locks a retention policy for good: afterwards nobody can remove or shorten it, only extend it. Fails with
 * `NoSuchWORMConfiguration` (404) for an unknown id or one that has ended, `WORMConfigurationLocked` for a locked one,
 * `AccessDenied` (403).
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/completebucketworm
 */
export const completeBucketWorm = operation<CompleteBucketWormRequest, CompleteBucketWormResult>({
  name: 'CompleteBucketWorm',
  method: 'POST',
  headers: { 'content-type': 'application/xml' },
  subResource: ['wormId'],
  contentMd5: true,
  request: { ...bucketRequest, wormId: required(query('wormId', text)) },
  response: {},
})

/** Input of {@link extendBucketWorm}. */
export interface ExtendBucketWormRequest extends BucketRequest {
  /** Id of the policy. */
  wormId: string
  /** The new period. The service refuses a request without it. */
  extendWormConfiguration?: ExtendWormConfiguration
}

/** Result of {@link extendBucketWorm}. */
export interface ExtendBucketWormResult extends OperationResult {}

/** New period of a retention policy. */
export interface ExtendWormConfiguration {
  /** Days for which each object is protected: more than now, at most 25,550. */
  retentionPeriodInDays?: number
}

const extendWormConfigurationShape = shape<ExtendWormConfiguration>({
  retentionPeriodInDays: element('RetentionPeriodInDays', int),
})

/**
 * Lengthens the period of a locked retention policy. Fails with `NoSuchWORMConfiguration` (404) for an unknown id,
 * `InvalidArgument` (400) for a period that is not longer, `AccessDenied` (403).
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/extendbucketworm
 */
export const extendBucketWorm = operation<ExtendBucketWormRequest, ExtendBucketWormResult>({
  name: 'ExtendBucketWorm',
  method: 'POST',
  query: { wormExtend: '' },
  headers: { 'content-type': 'application/xml' },
  subResource: ['wormExtend', 'wormId'],
  contentMd5: true,
  request: {
    ...bucketRequest,
    wormId: required(query('wormId', text)),
    extendWormConfiguration: document('ExtendWormConfiguration', extendWormConfigurationShape),
  },
  response: {},
})

/** Input of {@link getBucketWorm}. */
export interface GetBucketWormRequest extends BucketRequest {}

/** Result of {@link getBucketWorm}. */
export interface GetBucketWormResult extends OperationResult {
  /** Present policy. */
  wormConfiguration?: WormConfiguration
}

/** Stage of a retention policy: a draft that ends by itself after 24 hours, or locked for good. */
export type BucketWormState = Open<'InProgress' | 'Locked'>

const bucketWormState = oneOf('InProgress', 'Locked')

/** A bucket's retention policy. */
export interface WormConfiguration {
  /** Id of the policy. */
  wormId?: string
  /** Stage of the policy. */
  state?: BucketWormState
  /** Days for which each object is protected. */
  retentionPeriodInDays?: number
  /** When the policy was created, ISO 8601. */
  creationDate?: string
  /** When the draft ends unless it is locked, ISO 8601. */
  expirationDate?: string
}

const wormConfigurationShape = shape<WormConfiguration>({
  wormId: element('WormId', text),
  state: element('State', bucketWormState),
  retentionPeriodInDays: element('RetentionPeriodInDays', int),
  creationDate: element('CreationDate', text),
  expirationDate: element('ExpirationDate', text),
})

/**
 * Shows a bucket's retention policy. Fails with `NoSuchWORMConfiguration` (404) when there is none, `AccessDenied`
 * (403).
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/getbucketworm
 */
export const getBucketWorm = operation<GetBucketWormRequest, GetBucketWormResult>({
  name: 'GetBucketWorm',
  method: 'GET',
  query: { worm: '' },
  headers: { 'content-type': 'application/xml' },
  subResource: ['worm'],
  contentMd5: true,
  request: { ...bucketRequest },
  response: { wormConfiguration: document('WormConfiguration', wormConfigurationShape) },
})
