import { bool, text } from '../binding/codec.js'
import { document, element, header } from '../binding/field.js'
import { type OperationResult, operation } from '../binding/operation.js'
import { shape } from '../binding/shape.js'
import {
  type ObjectRequest,
  type ObjectVersion,
  type ObjectWormLegalHold,
  type ObjectWormMode,
  objectRequest,
  objectVersion,
  objectWormLegalHold,
  objectWormMode,
} from './shared.js'

/** Input of {@link putObjectRetention}. */
export interface PutObjectRetentionRequest extends ObjectRequest, ObjectVersion {
  /**
   * Whether a present period of `GOVERNANCE` mode is overridden, which takes a permission of its own.
   * @default false
   */
  bypassGovernanceRetention?: boolean
  /** New period. The service refuses a request without it. */
  retention?: Retention
}

/** Result of {@link putObjectRetention}. */
export interface PutObjectRetentionResult extends OperationResult {}

/** Period for which an object is protected. */
export interface Retention {
  /** How firmly the period holds. */
  mode?: ObjectWormMode
  /** End of the period as an ISO 8601 time in UTC, such as `2027-01-01T00:00:00.000Z`. */
  retainUntilDate?: string
}

const retentionShape = shape<Retention>({
  mode: element('Mode', objectWormMode),
  retainUntilDate: element('RetainUntilDate', text),
})

/**
 * Protects an object against deletion and overwriting until a time, in a bucket with object-level retention. A period
 * may be lengthened; shortening it needs `GOVERNANCE` mode and {@link
 * PutObjectRetentionRequest.bypassGovernanceRetention}. Fails with `NoSuchKey` (404), `AccessDenied` (403) without the
 * permission or where the present period forbids the change, `InvalidArgument` (400) for a time in the past.
 */
export const putObjectRetention = operation<PutObjectRetentionRequest, PutObjectRetentionResult>({
  name: 'PutObjectRetention',
  method: 'PUT',
  query: { retention: '' },
  subResource: ['retention'],
  request: {
    ...objectRequest,
    ...objectVersion,
    bypassGovernanceRetention: header('x-oss-bypass-governance-retention', bool),
    retention: document('Retention', retentionShape),
  },
  response: {},
})

/** Input of {@link getObjectRetention}. */
export interface GetObjectRetentionRequest extends ObjectRequest, ObjectVersion {}

/** Result of {@link getObjectRetention}. */
export interface GetObjectRetentionResult extends OperationResult {
  /** Present period. */
  retention?: Retention
}

/**
 * Tells until when an object is protected. Fails with `NoSuchKey` (404), `AccessDenied` (403), and with a 404 when the
 * object has no period.
 */
export const getObjectRetention = operation<GetObjectRetentionRequest, GetObjectRetentionResult>({
  name: 'GetObjectRetention',
  method: 'GET',
  query: { retention: '' },
  subResource: ['retention'],
  request: { ...objectRequest, ...objectVersion },
  response: { retention: document('Retention', retentionShape) },
})

/** Input of {@link putObjectLegalHold}. */
export interface PutObjectLegalHoldRequest extends ObjectRequest, ObjectVersion {
  /** New state. The service refuses a request without it. */
  legalHold?: LegalHold
}

/** Result of {@link putObjectLegalHold}. */
export interface PutObjectLegalHoldResult extends OperationResult {}

/** State of legal hold in a document. */
export interface LegalHold {
  /** Whether the object is held. */
  status?: ObjectWormLegalHold
}

const legalHoldShape = shape<LegalHold>({ status: element('Status', objectWormLegalHold) })

/**
 * Puts an object under legal hold, which protects it without a time limit and whatever its retention period is, or ends
 * it. Only in buckets with object-level retention. Fails with `NoSuchKey` (404), `AccessDenied` (403),
 * `InvalidArgument` (400) for other buckets.
 */
export const putObjectLegalHold = operation<PutObjectLegalHoldRequest, PutObjectLegalHoldResult>({
  name: 'PutObjectLegalHold',
  method: 'PUT',
  query: { legalHold: '' },
  subResource: ['legalHold'],
  request: { ...objectRequest, ...objectVersion, legalHold: document('LegalHold', legalHoldShape) },
  response: {},
})

/** Input of {@link getObjectLegalHold}. */
export interface GetObjectLegalHoldRequest extends ObjectRequest, ObjectVersion {}

/** Result of {@link getObjectLegalHold}. */
export interface GetObjectLegalHoldResult extends OperationResult {
  /** Present state. */
  legalHold?: LegalHold
}

/**
 * Tells whether an object is under legal hold. Fails with `NoSuchKey` (404), `AccessDenied` (403), and with a 404 when
 * it never was.
 */
export const getObjectLegalHold = operation<GetObjectLegalHoldRequest, GetObjectLegalHoldResult>({
  name: 'GetObjectLegalHold',
  method: 'GET',
  query: { legalHold: '' },
  subResource: ['legalHold'],
  request: { ...objectRequest, ...objectVersion },
  response: { legalHold: document('LegalHold', legalHoldShape) },
})
