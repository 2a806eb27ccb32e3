import { bool, int, isoDate, isoDay, text } from '../binding/codec.js'
import { document, element, elements, header } from '../binding/field.js'
import { type OperationResult, operation } from '../binding/operation.js'
import { shape } from '../binding/shape.js'
import {
  type BucketRequest,
  bucketRequest,
  type StorageClass,
  storageClass,
  type Tag,
  type Toggle,
  toggle,
} from './shared.js'

/** Input of {@link putBucketLifecycle}. */
export interface PutBucketLifecycleRequest extends BucketRequest {
  /** Whether prefixes of rules with the same action may overlap: `true` or `false`. @default 'false' */
  allowSameActionOverlap?: string
  /** New rules. The service refuses a request without them. */
  lifecycleConfiguration?: LifecycleConfiguration
}

/** Result of {@link putBucketLifecycle}. */
export interface PutBucketLifecycleResult extends OperationResult {}

/** When old versions are removed. */
export interface NoncurrentVersionExpiration {
  /** Days since the version was replaced, at least 1. */
  noncurrentDays?: number
}

const noncurrentVersionExpirationShape = shape<NoncurrentVersionExpiration>({
  noncurrentDays: element('NoncurrentDays', int),
})

const tagShape = shape<Tag>({ key: element('Key', text), value: element('Value', text) })

/** Objects that are exempt from a rule: those that fit both. */
export interface LifecycleRuleNot {
  /** Beginning of the keys, within the rule's prefix. */
  prefix?: string
  /** Tag of the objects. Without it, tags don't matter. */
  tag?: Tag
}

const lifecycleRuleNotShape = shape<LifecycleRuleNot>({
  prefix: element('Prefix', text),
  tag: element('Tag', tagShape),
})

/** Further conditions on the objects of a rule. */
export interface LifecycleRuleFilter {
  /** Bytes that an object must exceed. Without it, no limit. */
  objectSizeGreaterThan?: number
  /** Bytes that an object must stay below; more than `objectSizeGreaterThan`. Without it, no limit. */
  objectSizeLessThan?: number
  /** Objects that are exempt: those that fit any entry. */
  nots?: LifecycleRuleNot[]
}

const lifecycleRuleFilterShape = shape<LifecycleRuleFilter>({
  objectSizeGreaterThan: element('ObjectSizeGreaterThan', int),
  objectSizeLessThan: element('ObjectSizeLessThan', int),
  nots: elements('Not', lifecycleRuleNotShape),
})

/** When objects are removed: exactly one of the three. */
export interface LifecycleRuleExpiration {
  /** Midnight UTC; objects last written before it are removed. */
  createdBeforeDate?: Date
  /** Days since the last write, at least 1. */
  days?: number
  /** Whether delete markers without older versions are removed. @default false */
  expiredObjectDeleteMarker?: boolean
}

const lifecycleRuleExpirationShape = shape<LifecycleRuleExpiration>({
  createdBeforeDate: element('CreatedBeforeDate', isoDate),
  days: element('Days', int),
  expiredObjectDeleteMarker: element('ExpiredObjectDeleteMarker', bool),
})

/** When objects move to a colder storage class: `days` or `createdBeforeDate`. */
export interface LifecycleRuleTransition {
  /** Midnight UTC; objects last written before it are moved. */
  createdBeforeDate?: Date
  /** Days since the last write, or the last access with `isAccessTime`; more for colder classes. */
  days?: number
  /** Storage class to move to. */
  storageClass?: StorageClass
  /** Whether days count from the last access; needs {@link putBucketAccessMonitor}. @default false */
  isAccessTime?: boolean
  /** Whether an access moves the object back to Standard. Only for `IA`, with `isAccessTime`. */
  returnToStdWhenVisit?: boolean
  /**
   * Whether objects below 64 KB are moved, although they are billed as 64 KB. Only with `isAccessTime`, and not
   * together with sizes in the filter.
   */
  allowSmallFile?: boolean
}

const lifecycleRuleTransitionShape = shape<LifecycleRuleTransition>({
  createdBeforeDate: element('CreatedBeforeDate', isoDay),
  days: element('Days', int),
  storageClass: element('StorageClass', storageClass),
  isAccessTime: element('IsAccessTime', bool),
  returnToStdWhenVisit: element('ReturnToStdWhenVisit', bool),
  allowSmallFile: element('AllowSmallFile', bool),
})

/** When old versions move to a colder storage class. */
export interface NoncurrentVersionTransition {
  /** Whether days count from the last access; needs {@link putBucketAccessMonitor}. @default false */
  isAccessTime?: boolean
  /** Whether an access moves the version back to Standard. Only for `IA`, with `isAccessTime`. */
  returnToStdWhenVisit?: boolean
  /**
   * Whether versions below 64 KB are moved, although they are billed as 64 KB. Only with `isAccessTime`, and not
   * together with sizes in the filter.
   */
  allowSmallFile?: boolean
  /** Days since the version was replaced, or the last access with `isAccessTime`. */
  noncurrentDays?: number
  /** Storage class to move to. */
  storageClass?: StorageClass
}

const noncurrentVersionTransitionShape = shape<NoncurrentVersionTransition>({
  isAccessTime: element('IsAccessTime', bool),
  returnToStdWhenVisit: element('ReturnToStdWhenVisit', bool),
  allowSmallFile: element('AllowSmallFile', bool),
  noncurrentDays: element('NoncurrentDays', int),
  storageClass: element('StorageClass', storageClass),
})

/** When unfinished uploads are aborted: exactly one of the two. Not together with tags. */
export interface LifecycleRuleAbortMultipartUpload {
  /** Days since the upload was started, at least 1. */
  days?: number
  /** Midnight UTC; uploads started before it are aborted. */
  createdBeforeDate?: Date
}

const lifecycleRuleAbortMultipartUploadShape = shape<LifecycleRuleAbortMultipartUpload>({
  days: element('Days', int),
  createdBeforeDate: element('CreatedBeforeDate', isoDate),
})

/** A rule by which objects age. It needs a status and at least one action. */
export interface LifecycleRule {
  /** Tags that an object must have, all of them. Without them, tags don't matter. */
  tags?: Tag[]
  /** When old versions are removed. */
  noncurrentVersionExpiration?: NoncurrentVersionExpiration
  /** Further conditions: sizes, and objects that are exempt. Without it, there are none. */
  filter?: LifecycleRuleFilter
  /** Name of the rule, up to 255 bytes, one of its kind in the bucket. Without it, the service makes one up. */
  id?: string
  /** When objects are removed. In a versioned bucket, removing the current version leaves a delete marker. */
  expiration?: LifecycleRuleExpiration
  /** When objects move to colder storage classes, one entry for each class. */
  transitions?: LifecycleRuleTransition[]
  /** When old versions move to colder storage classes, one entry for each class. */
  noncurrentVersionTransitions?: NoncurrentVersionTransition[]
  /** When access tracking was switched on, in seconds since 1970. Only in answers, for rules by access time. */
  atimeBase?: number
  /** Beginning of the keys. Without it, the whole bucket. */
  prefix?: string
  /** Whether the rule is applied. */
  status?: Toggle
  /** When unfinished uploads are aborted. */
  abortMultipartUpload?: LifecycleRuleAbortMultipartUpload
}

const lifecycleRuleShape = shape<LifecycleRule>({
  tags: elements('Tag', tagShape),
  noncurrentVersionExpiration: element('NoncurrentVersionExpiration', noncurrentVersionExpirationShape),
  filter: element('Filter', lifecycleRuleFilterShape),
  id: element('ID', text),
  expiration: element('Expiration', lifecycleRuleExpirationShape),
  transitions: elements('Transition', lifecycleRuleTransitionShape),
  noncurrentVersionTransitions: elements('NoncurrentVersionTransition', noncurrentVersionTransitionShape),
  atimeBase: element('AtimeBase', int),
  prefix: element('Prefix', text),
  status: element('Status', toggle),
  abortMultipartUpload: element('AbortMultipartUpload', lifecycleRuleAbortMultipartUploadShape),
})

/** Rules by which objects age. */
export interface LifecycleConfiguration {
  /** The rules, at most 1000. */
  rules?: LifecycleRule[]
}

const lifecycleConfigurationShape = shape<LifecycleConfiguration>({ rules: elements('Rule', lifecycleRuleShape) })

/**
 * Sets the rules by which objects change their storage class or are removed with age, in place of all present ones;
 * they take effect within 24 hours. Fails with `InvalidArgument` (400) for rules that contradict each other or move
 * objects to a hotter class, `MalformedXML` (400), `AccessDenied` (403) for anyone but the owner.
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/putbucketlifecycle
 */
export const putBucketLifecycle = operation<PutBucketLifecycleRequest, PutBucketLifecycleResult>({
  name: 'PutBucketLifecycle',
  method: 'PUT',
  query: { lifecycle: '' },
  headers: { 'content-type': 'application/xml' },
  subResource: ['lifecycle'],
  contentMd5: true,
  request: {
    ...bucketRequest,
    allowSameActionOverlap: header('x-oss-allow-same-action-overlap', text),
    lifecycleConfiguration: document('LifecycleConfiguration', lifecycleConfigurationShape),
  },
  response: {},
})

/** Input of {@link getBucketLifecycle}. */
export interface GetBucketLifecycleRequest extends BucketRequest {}

/** Result of {@link getBucketLifecycle}. */
export interface GetBucketLifecycleResult extends OperationResult {
  /** Present rules. */
  lifecycleConfiguration?: LifecycleConfiguration
}

/**
 * Reads the rules by which objects age. Fails with `NoSuchLifecycle` (404) when there are none, `AccessDenied` (403).
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/getbucketlifecycle
 */
export const getBucketLifecycle = operation<GetBucketLifecycleRequest, GetBucketLifecycleResult>({
  name: 'GetBucketLifecycle',
  method: 'GET',
  query: { lifecycle: '' },
  headers: { 'content-type': 'application/xml' },
  subResource: ['lifecycle'],
  contentMd5: true,
  request: { ...bucketRequest },
  response: { lifecycleConfiguration: document('LifecycleConfiguration', lifecycleConfigurationShape) },
})

/** Input of {@link deleteBucketLifecycle}. */
export interface DeleteBucketLifecycleRequest extends BucketRequest {}

/** Result of {@link deleteBucketLifecycle}. */
export interface DeleteBucketLifecycleResult extends OperationResult {}

/**
 * Removes all rules by which objects age, also when there are none. Fails with `AccessDenied` (403) for anyone but the
 * owner.
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/deletebucketlifecycle
 */
export const deleteBucketLifecycle = operation<DeleteBucketLifecycleRequest, DeleteBucketLifecycleResult>({
  name: 'DeleteBucketLifecycle',
  method: 'DELETE',
  query: { lifecycle: '' },
  headers: { 'content-type': 'application/xml' },
  subResource: ['lifecycle'],
  contentMd5: true,
  request: { ...bucketRequest },
  response: {},
})
