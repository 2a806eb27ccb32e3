import { bool, text } from '../binding/codec.js'
import { document, element, elements } from '../binding/field.js'
import { type OperationResult, operation } from '../binding/operation.js'
import { shape } from '../binding/shape.js'
import { type BucketRequest, bucketRequest } from './shared.js'

/** Input of {@link putBucketReferer}. */
export interface PutBucketRefererRequest extends BucketRequest {
  /** New rules. The service refuses a request without them. */
  refererConfiguration?: RefererConfiguration
}

/** Result of {@link putBucketReferer}. */
export interface PutBucketRefererResult extends OperationResult {}

/** White list of a bucket. */
export interface RefererList {
  /**
   * Addresses such as `https://www.example.com`; `*` stands for any characters, `?` for one. Absent when the list is
   * empty.
   */
  referers?: string[]
}

const refererListShape = shape<RefererList>({ referers: elements('Referer', text) })

/** Black list of a bucket. */
export interface RefererBlacklist {
  /**
   * Addresses such as `https://*.example.net`; `*` stands for any characters, `?` for one. Absent when the list is
   * empty.
   */
  referers?: string[]
}

const refererBlacklistShape = shape<RefererBlacklist>({ referers: elements('Referer', text) })

/** Protection against links from other sites: rules on the `Referer` header. The black list is asked first. */
export interface RefererConfiguration {
  /**
   * Whether requests without a `Referer` pass. When this is `true` and the white list is empty, all requests pass that
   * the black list does not name. Requests to set rules must have it.
   */
  allowEmptyReferer?: boolean
  /** Whether what follows `?` in the `Referer` is left out of the comparison. @default true */
  allowTruncateQueryString?: boolean
  /**
   * Whether the path and all that follows is left out of the comparison, so that only scheme and host count;
   * `allowTruncateQueryString` must not be `false` then.
   * @default false
   */
  truncatePath?: boolean
  /** White list: pages that may link. Requests to set rules must have it, if only empty. */
  refererList?: RefererList
  /** Black list: pages that may not link, whatever the white list says. Without it, none. */
  refererBlacklist?: RefererBlacklist
}

const refererConfigurationShape = shape<RefererConfiguration>({
  allowEmptyReferer: element('AllowEmptyReferer', bool),
  allowTruncateQueryString: element('AllowTruncateQueryString', bool),
  truncatePath: element('TruncatePath', bool),
  refererList: element('RefererList', refererListShape),
  refererBlacklist: element('RefererBlacklist', refererBlacklistShape),
})

/**
 * Sets which web pages may link to a bucket's objects, in place of the present rules. The rules are asked for anonymous
 * requests and presigned URLs, not for requests with an Authorization header. There is no operation that removes them:
 * put an empty white list instead. Fails with `NoSuchBucket` (404), `AccessDenied` (403), `MalformedXML` (400).
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/putbucketreferer
 */
export const putBucketReferer = operation<PutBucketRefererRequest, PutBucketRefererResult>({
  name: 'PutBucketReferer',
  method: 'PUT',
  query: { referer: '' },
  headers: { 'content-type': 'application/xml' },
  subResource: ['referer'],
  contentMd5: true,
  request: { ...bucketRequest, refererConfiguration: document('RefererConfiguration', refererConfigurationShape) },
  response: {},
})

/** Input of {@link getBucketReferer}. */
export interface GetBucketRefererRequest extends BucketRequest {}

/** Result of {@link getBucketReferer}. */
export interface GetBucketRefererResult extends OperationResult {
  /** Present rules. */
  refererConfiguration?: RefererConfiguration
}

/**
 * Tells which web pages may link to a bucket's objects. A bucket without rules is not an error: the answer then allows
 * requests without `Referer` and has empty lists. Fails with `NoSuchBucket` (404), `AccessDenied` (403).
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/getbucketreferer
 */
export const getBucketReferer = operation<GetBucketRefererRequest, GetBucketRefererResult>({
  name: 'GetBucketReferer',
  method: 'GET',
  query: { referer: '' },
  headers: { 'content-type': 'application/xml' },
  subResource: ['referer'],
  contentMd5: true,
  request: { ...bucketRequest },
  response: { refererConfiguration: document('RefererConfiguration', refererConfigurationShape) },
})
