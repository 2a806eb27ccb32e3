import { int, type Open, oneOf } from '../binding/codec.js'
import { document, element } from '../binding/field.js'
import { type OperationResult, operation } from '../binding/operation.js'
import { shape } from '../binding/shape.js'
import { type BucketRequest, bucketRequest, type ObjectWormMode, objectWormMode } from './shared.js'

/** Input of {@link putBucketObjectWormConfiguration}. */
export interface PutBucketObjectWormConfigurationRequest extends BucketRequest {
  /** New setting. The service refuses a request without it. */
  objectWormConfiguration?: ObjectWormConfiguration
}

/** Result of {@link putBucketObjectWormConfiguration}. */
export interface PutBucketObjectWormConfigurationResult extends OperationResult {}

/** State of retention of single objects. */
export type ObjectWormSwitch = Open<'Enabled'>

const objectWormSwitch = oneOf('Enabled')

/** Retention by default: a mode with days or years. */
export interface ObjectWormConfigurationRuleDefaultRetention {
  /** How firmly the retention holds. */
  mode?: ObjectWormMode
  /** Days of retention, 1 to 36500. Not together with `years`. */
  days?: number
  /** Years of retention, 1 to 100. Not together with `days`. */
  years?: number
}

const objectWormConfigurationRuleDefaultRetentionShape = shape<ObjectWormConfigurationRuleDefaultRetention>({
  mode: element('Mode', objectWormMode),
  days: element('Days', int),
  years: element('Years', int),
})

/** Retention that new objects get. */
export interface ObjectWormConfigurationRule {
  /** How firmly and how long. */
  defaultRetention?: ObjectWormConfigurationRuleDefaultRetention
}

const objectWormConfigurationRuleShape = shape<ObjectWormConfigurationRule>({
  defaultRetention: element('DefaultRetention', objectWormConfigurationRuleDefaultRetentionShape),
})

/** Whether and how single objects are retained. */
export interface ObjectWormConfiguration {
  /** State. It can't be switched off. */
  objectWormEnabled?: ObjectWormSwitch
  /** Retention of new objects that name none. Without it, they are not retained. */
  rule?: ObjectWormConfigurationRule
}

const objectWormConfigurationShape = shape<ObjectWormConfiguration>({
  objectWormEnabled: element('ObjectWormEnabled', objectWormSwitch),
  rule: element('Rule', objectWormConfigurationRuleShape),
})

/**
 * Switches retention of single objects on, for good, and sets what new objects get by default. Appending stops working.
 * Fails where the bucket has no versioning or a retention policy of its own, and with `AccessDenied` (403) for anyone
 * but the owner.
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/putbucketobjectwormconfiguration
 */
export const putBucketObjectWormConfiguration = operation<
  PutBucketObjectWormConfigurationRequest,
  PutBucketObjectWormConfigurationResult
>({
  name: 'PutBucketObjectWormConfiguration',
  method: 'PUT',
  query: { objectWorm: '' },
  headers: { 'content-type': 'application/xml' },
  subResource: ['objectWorm'],
  contentMd5: true,
  request: {
    ...bucketRequest,
    objectWormConfiguration: document('ObjectWormConfiguration', objectWormConfigurationShape),
  },
  response: {},
})

/** Input of {@link getBucketObjectWormConfiguration}. */
export interface GetBucketObjectWormConfigurationRequest extends BucketRequest {}

/** Result of {@link getBucketObjectWormConfiguration}. */
export interface GetBucketObjectWormConfigurationResult extends OperationResult {
  /** Present setting. */
  objectWormConfiguration?: ObjectWormConfiguration
}

/**
 * Reads whether and how single objects are retained. Fails with status 404 when it was never switched on,
 * `AccessDenied` (403).
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/getbucketobjectwormconfiguration
 */
export const getBucketObjectWormConfiguration = operation<
  GetBucketObjectWormConfigurationRequest,
  GetBucketObjectWormConfigurationResult
>({
  name: 'GetBucketObjectWormConfiguration',
  method: 'GET',
  query: { objectWorm: '' },
  headers: { 'content-type': 'application/xml' },
  subResource: ['objectWorm'],
  contentMd5: true,
  request: { ...bucketRequest },
  response: { objectWormConfiguration: document('ObjectWormConfiguration', objectWormConfigurationShape) },
})
