import { text } from '../binding/codec.js'
import { document, element, elements } from '../binding/field.js'
import { type OperationResult, operation } from '../binding/operation.js'
import { shape } from '../binding/shape.js'
import { type BucketRequest, bucketRequest } from './shared.js'

/** Input of {@link putBucketLogging}. */
export interface PutBucketLoggingRequest extends BucketRequest {
  /** New setting. The service refuses a request without it. */
  bucketLoggingStatus?: BucketLoggingStatus
}

/** Result of {@link putBucketLogging}. */
export interface PutBucketLoggingResult extends OperationResult {}

/** Where access logs go. */
export interface LoggingEnabled {
  /** Bucket that receives the logs, perhaps the same one; in the same region and account. */
  targetBucket?: string
  /** Beginning of the log objects' keys, up to 32 characters. Without it, they lie at the top. */
  targetPrefix?: string
  /** RAM role under which the service writes logs. Without it, the service's own. */
  loggingRole?: string
}

const loggingEnabledShape = shape<LoggingEnabled>({
  targetBucket: element('TargetBucket', text),
  targetPrefix: element('TargetPrefix', text),
  loggingRole: element('LoggingRole', text),
})

/** Whether and where access is logged. */
export interface BucketLoggingStatus {
  /** Where logs go. Absent when access is not logged. */
  loggingEnabled?: LoggingEnabled
}

const bucketLoggingStatusShape = shape<BucketLoggingStatus>({
  loggingEnabled: element('LoggingEnabled', loggingEnabledShape),
})

/**
 * Switches access logs on, or off when `loggingEnabled` is absent. Logs are written every hour in which there were
 * requests. Fails with `InvalidTargetBucketForLogging` (400) unless the target exists, in the same region and account,
 * `AccessDenied` (403) for anyone but the owner.
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/putbucketlogging
 */
export const putBucketLogging = operation<PutBucketLoggingRequest, PutBucketLoggingResult>({
  name: 'PutBucketLogging',
  method: 'PUT',
  query: { logging: '' },
  headers: { 'content-type': 'application/xml' },
  subResource: ['logging'],
  contentMd5: true,
  request: { ...bucketRequest, bucketLoggingStatus: document('BucketLoggingStatus', bucketLoggingStatusShape) },
  response: {},
})

/** Input of {@link getBucketLogging}. */
export interface GetBucketLoggingRequest extends BucketRequest {}

/** Result of {@link getBucketLogging}. */
export interface GetBucketLoggingResult extends OperationResult {
  /** Present setting. */
  bucketLoggingStatus?: BucketLoggingStatus
}

/**
 * Tells whether and where access is logged. An empty setting when it is not. Fails with `AccessDenied` (403) for anyone
 * but the owner, `NoSuchBucket` (404).
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/getbucketlogging
 */
export const getBucketLogging = operation<GetBucketLoggingRequest, GetBucketLoggingResult>({
  name: 'GetBucketLogging',
  method: 'GET',
  query: { logging: '' },
  headers: { 'content-type': 'application/xml' },
  subResource: ['logging'],
  contentMd5: true,
  request: { ...bucketRequest },
  response: { bucketLoggingStatus: document('BucketLoggingStatus', bucketLoggingStatusShape) },
})

/** Input of {@link deleteBucketLogging}. */
export interface DeleteBucketLoggingRequest extends BucketRequest {}

/** Result of {@link deleteBucketLogging}. */
export interface DeleteBucketLoggingResult extends OperationResult {}

/**
 * Switches access logs off, also when they are off; logs that were written stay. Fails with `AccessDenied` (403) for
 * anyone but the owner.
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/deletebucketlogging
 */
export const deleteBucketLogging = operation<DeleteBucketLoggingRequest, DeleteBucketLoggingResult>({
  name: 'DeleteBucketLogging',
  method: 'DELETE',
  query: { logging: '' },
  headers: { 'content-type': 'application/xml' },
  subResource: ['logging'],
  contentMd5: true,
  request: { ...bucketRequest },
  response: {},
})

/** Input of {@link putUserDefinedLogFieldsConfig}. */
export interface PutUserDefinedLogFieldsConfigRequest extends BucketRequest {
  /** New setting. The service refuses a request without it. */
  userDefinedLogFieldsConfiguration?: UserDefinedLogFieldsConfiguration
}

/** Result of {@link putUserDefinedLogFieldsConfig}. */
export interface PutUserDefinedLogFieldsConfigResult extends OperationResult {}

/** Request headers to log. */
export interface LoggingHeaderSet {
  /** Names of the headers: printable ASCII without `_` and `:`. */
  headers?: string[]
}

const loggingHeaderSetShape = shape<LoggingHeaderSet>({ headers: elements('header', text) })

/** Query parameters to log. */
export interface LoggingParamSet {
  /** Names of the parameters. */
  parameters?: string[]
}

const loggingParamSetShape = shape<LoggingParamSet>({ parameters: elements('parameter', text) })

/** Further headers and query parameters to log, six in all. */
export interface UserDefinedLogFieldsConfiguration {
  /** Request headers. */
  headerSet?: LoggingHeaderSet
  /** Query parameters. */
  paramSet?: LoggingParamSet
}

const userDefinedLogFieldsConfigurationShape = shape<UserDefinedLogFieldsConfiguration>({
  headerSet: element('HeaderSet', loggingHeaderSetShape),
  paramSet: element('ParamSet', loggingParamSetShape),
})

/**
 * Sets which further headers and query parameters real-time logs record. Their field `user_defined_log_fields` holds
 * them as base64 of JSON, cut at 1024 bytes. Fails with `AccessDenied` (403), `MalformedXML` or `InvalidArgument` (400)
 * for more than six names or names that are not allowed.
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/putuserdefinedlogfieldsconfig
 */
export const putUserDefinedLogFieldsConfig = operation<
  PutUserDefinedLogFieldsConfigRequest,
  PutUserDefinedLogFieldsConfigResult
>({
  name: 'PutUserDefinedLogFieldsConfig',
  method: 'PUT',
  query: { userDefinedLogFieldsConfig: '' },
  headers: { 'content-type': 'application/xml' },
  subResource: ['userDefinedLogFieldsConfig'],
  contentMd5: true,
  request: {
    ...bucketRequest,
    userDefinedLogFieldsConfiguration: document(
      'UserDefinedLogFieldsConfiguration',
      userDefinedLogFieldsConfigurationShape,
    ),
  },
  response: {},
})

/** Input of {@link getUserDefinedLogFieldsConfig}. */
export interface GetUserDefinedLogFieldsConfigRequest extends BucketRequest {}

/** Result of {@link getUserDefinedLogFieldsConfig}. */
export interface GetUserDefinedLogFieldsConfigResult extends OperationResult {
  /** Present setting. */
  userDefinedLogFieldsConfiguration?: UserDefinedLogFieldsConfiguration
}

/**
 * Reads which further headers and query parameters are logged. Fails with `NoSuchUserDefinedLogFieldsConfig` (404) when
 * it was never set up, `AccessDenied` (403).
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/getuserdefinedlogfieldsconfig
 */
export const getUserDefinedLogFieldsConfig = operation<
  GetUserDefinedLogFieldsConfigRequest,
  GetUserDefinedLogFieldsConfigResult
>({
  name: 'GetUserDefinedLogFieldsConfig',
  method: 'GET',
  query: { userDefinedLogFieldsConfig: '' },
  headers: { 'content-type': 'application/xml' },
  subResource: ['userDefinedLogFieldsConfig'],
  contentMd5: true,
  request: { ...bucketRequest },
  response: {
    userDefinedLogFieldsConfiguration: document(
      'UserDefinedLogFieldsConfiguration',
      userDefinedLogFieldsConfigurationShape,
    ),
  },
})

/** Input of {@link deleteUserDefinedLogFieldsConfig}. */
export interface DeleteUserDefinedLogFieldsConfigRequest extends BucketRequest {}

/** Result of {@link deleteUserDefinedLogFieldsConfig}. */
export interface DeleteUserDefinedLogFieldsConfigResult extends OperationResult {}

/**
 * Stops the logging of further headers and query parameters. Fails with `AccessDenied` (403) for anyone but the owner,
 * `NoSuchBucket` (404).
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/deleteuserdefinedlogfieldsconfig
 */
export const deleteUserDefinedLogFieldsConfig = operation<
  DeleteUserDefinedLogFieldsConfigRequest,
  DeleteUserDefinedLogFieldsConfigResult
>({
  name: 'DeleteUserDefinedLogFieldsConfig',
  method: 'DELETE',
  query: { userDefinedLogFieldsConfig: '' },
  headers: { 'content-type': 'application/xml' },
  subResource: ['userDefinedLogFieldsConfig'],
  contentMd5: true,
  request: { ...bucketRequest },
  response: {},
})
