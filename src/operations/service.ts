import { bool, int, isoDate, text } from '../binding/codec.js'
import { element, elements, header, query } from '../binding/field.js'
import { type OperationRequest, type OperationResult, operation } from '../binding/operation.js'
import { shape } from '../binding/shape.js'
import { type Owner, ownerShape, type StorageClass, storageClass } from './shared.js'

/** Input of {@link listBuckets}. */
export interface ListBucketsRequest extends OperationRequest {
  /** Name after which the page begins: `nextMarker` of the page before. Without it, the first page. */
  marker?: string
  /** Buckets per page, 1 to 1000. @default 100 */
  maxKeys?: number
  /** Only buckets whose names begin with this. */
  prefix?: string
  /** Only buckets of this resource group. Without it, those of all groups. */
  resourceGroupId?: string
  /** Only buckets with this tag. Goes with `tagValue` for an exact match. */
  tagKey?: string
  /** Value that the tag of `tagKey` must have. */
  tagValue?: string
  /** Only buckets that have all of these tags: `"k1":"v1","k2":"v2"`. */
  tagging?: string
}

/** Result of {@link listBuckets}. */
export interface ListBucketsResult extends OperationResult {
  /** Prefix of the request. Absent when there was none. */
  prefix?: string
  /** Marker of the request. Absent when there was none. */
  marker?: string
  /** Page size that was in effect. Absent when one page held everything. */
  maxKeys?: number
  /** Whether more buckets follow. Absent when one page held everything. */
  isTruncated?: boolean
  /** Where the next page begins. Absent on the last page. */
  nextMarker?: string
  /** Account that owns the buckets. */
  owner?: Owner
  /** Buckets of this page. Absent when there are none. */
  buckets?: BucketProperties[]
}

/** A bucket as {@link listBuckets} shows it. */
export interface BucketProperties {
  /** Name of the bucket. */
  name?: string
  /** Data centre, the region with a prefix: `oss-cn-hangzhou`. */
  location?: string
  /** When the bucket was created. */
  creationDate?: Date
  /** Storage class of new objects that name none. */
  storageClass?: StorageClass
  /** Host of the public endpoint, without the bucket's name. */
  extranetEndpoint?: string
  /** Host of the endpoint for machines in the same region, without traffic cost. */
  intranetEndpoint?: string
  /** Region as signatures and `ClientOptions.region` use it: `cn-hangzhou`. */
  region?: string
  /** Resource group of the bucket. */
  resourceGroupId?: string
}

const bucketPropertiesShape = shape<BucketProperties>({
  name: element('Name', text),
  location: element('Location', text),
  creationDate: element('CreationDate', isoDate),
  storageClass: element('StorageClass', storageClass),
  extranetEndpoint: element('ExtranetEndpoint', text),
  intranetEndpoint: element('IntranetEndpoint', text),
  region: element('Region', text),
  resourceGroupId: element('ResourceGroupId', text),
})

/**
 * Lists the caller's buckets in alphabetical order, a page at a time; `listBucketsPaginator` walks through all of them.
 * The endpoint's region does not matter. Fails with `AccessDenied` without the permission `oss:ListBuckets`.
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/listbuckets
 */
export const listBuckets = operation<ListBucketsRequest, ListBucketsResult>({
  name: 'ListBuckets',
  method: 'GET',
  headers: { 'content-type': 'application/octet-stream' },
  contentMd5: true,
  root: 'ListAllMyBucketsResult',
  request: {
    marker: query('marker', text),
    maxKeys: query('max-keys', int),
    prefix: query('prefix', text),
    resourceGroupId: header('x-oss-resource-group-id', text),
    tagKey: query('tag-key', text),
    tagValue: query('tag-value', text),
    tagging: query('tagging', text),
  },
  response: {
    prefix: element('Prefix', text),
    marker: element('Marker', text),
    maxKeys: element('MaxKeys', int),
    isTruncated: element('IsTruncated', bool),
    nextMarker: element('NextMarker', text),
    owner: element('Owner', ownerShape),
    buckets: elements('Buckets/Bucket', bucketPropertiesShape),
  },
})
