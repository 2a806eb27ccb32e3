import { type Open, oneOf, text } from '../binding/codec.js'
import { document, element, elements } from '../binding/field.js'
import { type OperationResult, operation } from '../binding/operation.js'
import { shape } from '../binding/shape.js'
import { type BucketRequest, bucketRequest } from './shared.js'

/** Input of {@link putBucketOverwriteConfig}. */
export interface PutBucketOverwriteConfigRequest extends BucketRequest {
  /** New rules. The service refuses a request without them. */
  overwriteConfiguration?: OverwriteConfiguration
}

/** Result of {@link putBucketOverwriteConfig}. */
export interface PutBucketOverwriteConfigResult extends OperationResult {}

/** What a rule does with a request that would overwrite an object. */
export type OverwriteAction = Open<'forbid'>

const overwriteAction = oneOf('forbid')

/** Whom a rule concerns. */
export interface OverwritePrincipals {
  /** Accounts, users and roles as in the `Principal` of a bucket policy; `*` stands for any text. */
  principals?: string[]
}

const overwritePrincipalsShape = shape<OverwritePrincipals>({ principals: elements('Principal', text) })

/**
 * A rule that keeps objects from being overwritten. Prefix, suffix and principals must all fit; without any of them it
 * protects every object.
 */
export interface OverwriteRule {
  /** What happens to such a request. */
  action?: OverwriteAction
  /** Beginning of the keys, up to 1023 characters; `*` means itself. Without it, all keys. */
  prefix?: string
  /** End of the keys, up to 1023 characters; `*` means itself. Without it, all keys. */
  suffix?: string
  /** Whom the rule concerns. Without it, everybody. */
  principals?: OverwritePrincipals
  /** Name of the rule, one of its kind in the bucket. Without it, the service makes one up. */
  id?: string
}

const overwriteRuleShape = shape<OverwriteRule>({
  action: element('Action', overwriteAction),
  prefix: element('Prefix', text),
  suffix: element('Suffix', text),
  principals: element('Principals', overwritePrincipalsShape),
  id: element('ID', text),
})

/** Rules that keep objects from being overwritten. */
export interface OverwriteConfiguration {
  /** The rules, at most 100. One that fits is enough to refuse a request. */
  rules?: OverwriteRule[]
}

const overwriteConfigurationShape = shape<OverwriteConfiguration>({ rules: elements('Rule', overwriteRuleShape) })

/**
 * Sets the rules that keep objects from being overwritten, in place of all present ones. A request that fits a rule
 * fails with `FileAlreadyExists` (409). The rules rest while versioning is enabled or suspended, and never stop
 * lifecycle and replication. Fails with `AccessDenied` (403) for anyone but the owner, `InvalidArgument` or
 * `MalformedXML` (400).
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/putbucketoverwriteconfig
 */
export const putBucketOverwriteConfig = operation<PutBucketOverwriteConfigRequest, PutBucketOverwriteConfigResult>({
  name: 'PutBucketOverwriteConfig',
  method: 'PUT',
  query: { overwriteConfig: '' },
  headers: { 'content-type': 'application/xml' },
  subResource: ['overwriteConfig'],
  contentMd5: true,
  request: {
    ...bucketRequest,
    overwriteConfiguration: document('OverwriteConfiguration', overwriteConfigurationShape),
  },
  response: {},
})

/** Input of {@link getBucketOverwriteConfig}. */
export interface GetBucketOverwriteConfigRequest extends BucketRequest {}

/** Result of {@link getBucketOverwriteConfig}. */
export interface GetBucketOverwriteConfigResult extends OperationResult {
  /** Present rules. */
  overwriteConfiguration?: OverwriteConfiguration
}

/**
 * Reads the rules that keep objects from being overwritten. Fails with `NoSuchBucketOverwriteConfig` (404) when there
 * are none, `AccessDenied` (403).
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/getbucketoverwriteconfig
 */
export const getBucketOverwriteConfig = operation<GetBucketOverwriteConfigRequest, GetBucketOverwriteConfigResult>({
  name: 'GetBucketOverwriteConfig',
  method: 'GET',
  query: { overwriteConfig: '' },
  headers: { 'content-type': 'application/xml' },
  subResource: ['overwriteConfig'],
  contentMd5: true,
  request: { ...bucketRequest },
  response: { overwriteConfiguration: document('OverwriteConfiguration', overwriteConfigurationShape) },
})

/** Input of {@link deleteBucketOverwriteConfig}. */
export interface DeleteBucketOverwriteConfigRequest extends BucketRequest {}

/** Result of {@link deleteBucketOverwriteConfig}. */
export interface DeleteBucketOverwriteConfigResult extends OperationResult {}

/**
 * Removes all rules that keep objects from being overwritten. Fails with `AccessDenied` (403) for anyone but the owner.
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/deletebucketoverwriteconfig
 */
export const deleteBucketOverwriteConfig = operation<
  DeleteBucketOverwriteConfigRequest,
  DeleteBucketOverwriteConfigResult
>({
  name: 'DeleteBucketOverwriteConfig',
  method: 'DELETE',
  query: { overwriteConfig: '' },
  headers: { 'content-type': 'application/xml' },
  subResource: ['overwriteConfig'],
  contentMd5: true,
  request: { ...bucketRequest },
  response: {},
})
