import { type Open, oneOf } from '../binding/codec.js'
import { document, element } from '../binding/field.js'
import { type OperationResult, operation } from '../binding/operation.js'
import { shape } from '../binding/shape.js'
import { type BucketRequest, bucketRequest } from './shared.js'

/** Input of {@link putBucketRequestPayment}. */
export interface PutBucketRequestPaymentRequest extends BucketRequest {
  /** New setting. The service refuses a request without it. */
  requestPaymentConfiguration?: RequestPaymentConfiguration
}

/** Result of {@link putBucketRequestPayment}. */
export interface PutBucketRequestPaymentResult extends OperationResult {}

/** Who pays for requests and traffic. Storage is always the owner's. */
export type BucketPayer = Open<'BucketOwner' | 'Requester'>

const bucketPayer = oneOf('BucketOwner', 'Requester')

/** Who pays for a bucket, in a document. */
export interface RequestPaymentConfiguration {
  /** Who pays. @default 'BucketOwner' */
  payer?: BucketPayer
}

const requestPaymentConfigurationShape = shape<RequestPaymentConfiguration>({ payer: element('Payer', bucketPayer) })

/**
 * Sets who pays for requests and traffic of a bucket. Under `Requester`, callers other than the owner must send
 * `requestPayer`, and anonymous ones are refused. Fails with `AccessDenied` (403) for anyone but the owner,
 * `NoSuchBucket` (404), `MalformedXML` (400).
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/putbucketrequestpayment
 */
export const putBucketRequestPayment = operation<PutBucketRequestPaymentRequest, PutBucketRequestPaymentResult>({
  name: 'PutBucketRequestPayment',
  method: 'PUT',
  query: { requestPayment: '' },
  headers: { 'content-type': 'application/xml' },
  subResource: ['requestPayment'],
  contentMd5: true,
  request: {
    ...bucketRequest,
    requestPaymentConfiguration: document('RequestPaymentConfiguration', requestPaymentConfigurationShape),
  },
  response: {},
})

/** Input of {@link getBucketRequestPayment}. */
export interface GetBucketRequestPaymentRequest extends BucketRequest {}

/** Result of {@link getBucketRequestPayment}. */
export interface GetBucketRequestPaymentResult extends OperationResult {
  /** Present setting. */
  requestPaymentConfiguration?: RequestPaymentConfiguration
}

/**
 * Tells who pays for requests and traffic of a bucket. One that was never set answers `BucketOwner`. Fails with
 * `AccessDenied` (403) for anyone but the owner, `NoSuchBucket` (404).
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/getbucketrequestpayment
 */
export const getBucketRequestPayment = operation<GetBucketRequestPaymentRequest, GetBucketRequestPaymentResult>({
  name: 'GetBucketRequestPayment',
  method: 'GET',
  query: { requestPayment: '' },
  headers: { 'content-type': 'application/xml' },
  subResource: ['requestPayment'],
  contentMd5: true,
  request: { ...bucketRequest },
  response: { requestPaymentConfiguration: document('RequestPaymentConfiguration', requestPaymentConfigurationShape) },
})
