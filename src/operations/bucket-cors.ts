import { bool, int, type Open, oneOf, text } from '../binding/codec.js'
import { document, element, elements, header } from '../binding/field.js'
import { type OperationResult, operation } from '../binding/operation.js'
import { shape } from '../binding/shape.js'
import { type BucketRequest, bucketRequest, type ObjectRequest, objectRequest } from './shared.js'

/** Input of {@link putBucketCors}. */
export interface PutBucketCorsRequest extends BucketRequest {
  /** New rules. The service refuses a request without them. */
  corsConfiguration?: CorsConfiguration
}

/** Result of {@link putBucketCors}. */
export interface PutBucketCorsResult extends OperationResult {}

/** Method of a cross-origin request. */
export type CorsMethod = Open<'GET' | 'PUT' | 'DELETE' | 'POST' | 'HEAD'>

const corsMethod = oneOf('GET', 'PUT', 'DELETE', 'POST', 'HEAD')

/** A rule for requests from pages of other origins. */
export interface CorsRule {
  /** Origins such as `https://www.example.com`, each with at most one `*`. At least one. */
  allowedOrigins?: string[]
  /** Methods that pages may use. At least one. */
  allowedMethods?: CorsMethod[]
  /**
   * Request headers that pages may send, each with at most one `*`. Without them, only those that need no permission.
   */
  allowedHeaders?: string[]
  /** Headers of the answer that pages may read, such as `ETag`. No `*`. */
  exposeHeaders?: string[]
  /** Seconds for which a browser may keep the answer to a preflight. Without it, the browser decides. */
  maxAgeSeconds?: number
}

const corsRuleShape = shape<CorsRule>({
  allowedOrigins: elements('AllowedOrigin', text),
  allowedMethods: elements('AllowedMethod', corsMethod),
  allowedHeaders: elements('AllowedHeader', text),
  exposeHeaders: elements('ExposeHeader', text),
  maxAgeSeconds: element('MaxAgeSeconds', int),
})

/** Rules for requests from pages of other origins. */
export interface CorsConfiguration {
  /** The rules, at most 20. The first that fits a request is used. */
  corsRules?: CorsRule[]
  /** Whether every answer carries `Vary: Origin`, so that caches keep origins apart. @default false */
  responseVary?: boolean
}

const corsConfigurationShape = shape<CorsConfiguration>({
  corsRules: elements('CORSRule', corsRuleShape),
  responseVary: element('ResponseVary', bool),
})

/**
 * Sets the rules for requests that pages of other origins make, in place of all present ones. Fails with `AccessDenied`
 * (403) for anyone but the owner, `InvalidArgument` or `MalformedXML` (400) for rules that are not allowed.
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/putbucketcors
 */
export const putBucketCors = operation<PutBucketCorsRequest, PutBucketCorsResult>({
  name: 'PutBucketCors',
  method: 'PUT',
  query: { cors: '' },
  headers: { 'content-type': 'application/xml' },
  subResource: ['cors'],
  contentMd5: true,
  request: { ...bucketRequest, corsConfiguration: document('CORSConfiguration', corsConfigurationShape) },
  response: {},
})

/** Input of {@link getBucketCors}. */
export interface GetBucketCorsRequest extends BucketRequest {}

/** Result of {@link getBucketCors}. */
export interface GetBucketCorsResult extends OperationResult {
  /** Present rules. */
  corsConfiguration?: CorsConfiguration
}

/**
 * Reads the rules for requests from other origins. Fails with `NoSuchCORSConfiguration` (404) when there are none,
 * `AccessDenied` (403).
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/getbucketcors
 */
export const getBucketCors = operation<GetBucketCorsRequest, GetBucketCorsResult>({
  name: 'GetBucketCors',
  method: 'GET',
  query: { cors: '' },
  headers: { 'content-type': 'application/xml' },
  subResource: ['cors'],
  contentMd5: true,
  request: { ...bucketRequest },
  response: { corsConfiguration: document('CORSConfiguration', corsConfigurationShape) },
})

/** Input of {@link deleteBucketCors}. */
export interface DeleteBucketCorsRequest extends BucketRequest {}

/** Result of {@link deleteBucketCors}. */
export interface DeleteBucketCorsResult extends OperationResult {}

/**
 * Removes all rules for requests from other origins, also when there are none. Fails with `AccessDenied` (403) for
 * anyone but the owner.
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/deletebucketcors
 */
export const deleteBucketCors = operation<DeleteBucketCorsRequest, DeleteBucketCorsResult>({
  name: 'DeleteBucketCors',
  method: 'DELETE',
  query: { cors: '' },
  headers: { 'content-type': 'application/xml' },
  subResource: ['cors'],
  contentMd5: true,
  request: { ...bucketRequest },
  response: {},
})

/** Input of {@link optionObject}. */
export interface OptionObjectRequest extends ObjectRequest {
  /** Origin of the page, such as `https://www.example.com`. The service refuses a request without it. */
  origin?: string
  /** Method that the page means to use. The service refuses a request without it. */
  accessControlRequestMethod?: CorsMethod
  /** Headers that the page means to send, separated by commas. Without it, none that need permission. */
  accessControlRequestHeaders?: string
}

/** Result of {@link optionObject}. */
export interface OptionObjectResult extends OperationResult {
  /** Origin that is allowed, or `*`. */
  accessControlAllowOrigin?: string
  /** Methods that are allowed, separated by commas. */
  accessControlAllowMethods?: string
  /** Headers that may be sent, separated by commas. Absent when none were asked for. */
  accessControlAllowHeaders?: string
  /** Headers of the answer that the page may read, separated by commas. Absent when there are none. */
  accessControlExposeHeaders?: string
  /** Seconds for which this answer may be kept. Absent when the rule names none. */
  accessControlMaxAge?: number
}

/**
 * Asks, as a browser's preflight does, whether a cross-origin request would be allowed. Fails with `AccessForbidden`
 * (403) when no rule fits, `BadRequest` (400) without origin or method.
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/optionobject
 */
export const optionObject = operation<OptionObjectRequest, OptionObjectResult>({
  name: 'OptionObject',
  method: 'OPTIONS',
  headers: { 'content-type': 'application/xml' },
  contentMd5: true,
  request: {
    ...objectRequest,
    origin: header('Origin', text),
    accessControlRequestMethod: header('Access-Control-Request-Method', corsMethod),
    accessControlRequestHeaders: header('Access-Control-Request-Headers', text),
  },
  response: {
    accessControlAllowOrigin: header('Access-Control-Allow-Origin', text),
    accessControlAllowMethods: header('Access-Control-Allow-Methods', text),
    accessControlAllowHeaders: header('Access-Control-Allow-Headers', text),
    accessControlExposeHeaders: header('Access-Control-Expose-Headers', text),
    accessControlMaxAge: header('Access-Control-Max-Age', int),
  },
})
