import { float, int, type Open, oneOf, text } from '../binding/codec.js'
import { document, element, elements, query } from '../binding/field.js'
import { type OperationResult, operation } from '../binding/operation.js'
import { shape } from '../binding/shape.js'
import {
  type MetaQueryFiles,
  type MetaQueryMediaType,
  metaQueryFilesShape,
  metaQueryMediaType,
} from './bucket-meta-query-file.js'
import { type BucketRequest, bucketRequest } from './shared.js'

/** Input of {@link openMetaQuery}. */
export interface OpenMetaQueryRequest extends BucketRequest {
  /** How objects will be looked up. @default 'basic' */
  mode?: MetaQueryMode
}

/** Result of {@link openMetaQuery}. */
export interface OpenMetaQueryResult extends OperationResult {}

/** How objects are looked up: by conditions on their metadata, or by the meaning of their content. */
export type MetaQueryMode = Open<'basic' | 'semantic'>

const metaQueryMode = oneOf('basic', 'semantic')

/**
 * Sets up an index over the metadata of a bucket's objects. It is made in the background, the longer the more objects
 * there are; {@link getMetaQueryStatus} tells the state. Fails with `MetaQueryAlreadyExist` when there is one,
 * `MetaQueryNotReady` while a former one is being removed, `AccessDenied` (403).
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/openmetaquery
 */
export const openMetaQuery = operation<OpenMetaQueryRequest, OpenMetaQueryResult>({
  name: 'OpenMetaQuery',
  method: 'POST',
  query: { comp: 'add', metaQuery: '' },
  headers: { 'content-type': 'application/xml' },
  subResource: ['metaQuery', 'comp'],
  contentMd5: true,
  request: { ...bucketRequest, mode: query('mode', metaQueryMode) },
  response: {},
})

/** Input of {@link getMetaQueryStatus}. */
export interface GetMetaQueryStatusRequest extends BucketRequest {}

/** Result of {@link getMetaQueryStatus}. */
export interface GetMetaQueryStatusResult extends OperationResult {
  /** State of the index. */
  metaQueryStatus?: MetaQueryStatus
}

/**
 * State of a metadata index: being made (`Ready`), paused, usable (`Running`), being made again after a failure,
 * failed, removed.
 */
export type MetaQueryState = Open<'Ready' | 'Stop' | 'Running' | 'Retrying' | 'Failed' | 'Deleted'>

const metaQueryState = oneOf('Ready', 'Stop', 'Running', 'Retrying', 'Failed', 'Deleted')

/** What a metadata index is taking in: the objects that exist, or changes. */
export type MetaQueryPhase = Open<'FullScanning' | 'IncrementalScanning'>

const metaQueryPhase = oneOf('FullScanning', 'IncrementalScanning')

/** State of a metadata index. */
export interface MetaQueryStatus {
  /** When it was made, ISO 8601 with offset. */
  createTime?: string
  /** When it was last updated, ISO 8601 with offset. */
  updateTime?: string
  /** Whether it can be used. */
  state?: MetaQueryState
  /** What it is taking in. */
  phase?: MetaQueryPhase
  /** How objects are looked up. */
  metaQueryMode?: MetaQueryMode
}

const metaQueryStatusShape = shape<MetaQueryStatus>({
  createTime: element('CreateTime', text),
  updateTime: element('UpdateTime', text),
  state: element('State', metaQueryState),
  phase: element('Phase', metaQueryPhase),
  metaQueryMode: element('MetaQueryMode', metaQueryMode),
})

/**
 * Describes the metadata index of a bucket. Fails with `MetaQueryNotExist` (404) when there is none, `AccessDenied`
 * (403).
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/getmetaquerystatus
 */
export const getMetaQueryStatus = operation<GetMetaQueryStatusRequest, GetMetaQueryStatusResult>({
  name: 'GetMetaQueryStatus',
  method: 'GET',
  query: { metaQuery: '' },
  headers: { 'content-type': 'application/xml' },
  subResource: ['metaQuery'],
  contentMd5: true,
  request: { ...bucketRequest },
  response: { metaQueryStatus: document('MetaQueryStatus', metaQueryStatusShape) },
})

/** Input of {@link doMetaQuery}. */
export interface DoMetaQueryRequest extends BucketRequest {
  /** How to look up; the index must be of that kind. @default 'basic' */
  mode?: MetaQueryMode
  /** The query. The service refuses a request without it. */
  metaQuery?: MetaQuery
}

/** Result of {@link doMetaQuery}. */
export interface DoMetaQueryResult extends OperationResult {
  /** Objects that were found. Absent when the query computes figures. */
  files?: MetaQueryFiles
  /** Figures. Absent unless the query asks for them. */
  aggregations?: MetaQueryAggregations
  /** Where the next page begins. Absent on the last page. */
  nextToken?: string
}

/** What is computed from a field. */
export type MetaQueryAggregationOperation = Open<'min' | 'max' | 'average' | 'sum' | 'count' | 'distinct' | 'group'>

const metaQueryAggregationOperation = oneOf('min', 'max', 'average', 'sum', 'count', 'distinct', 'group')

/** Objects that share a value. */
export interface MetaQueryGroup {
  /** The value. */
  value?: string
  /** Number of objects. */
  count?: number
}

const metaQueryGroupShape = shape<MetaQueryGroup>({ value: element('Value', text), count: element('Count', int) })

/** Objects counted by the value of a field. */
export interface MetaQueryGroups {
  /** The groups. */
  groups?: MetaQueryGroup[]
}

const metaQueryGroupsShape = shape<MetaQueryGroups>({ groups: elements('Group', metaQueryGroupShape) })

/** A figure over objects. Requests name field and operation; answers add the outcome. */
export interface MetaQueryAggregation {
  /** Field, such as `Size`. */
  field?: string
  /** What is computed. */
  operation?: MetaQueryAggregationOperation
  /** The outcome. Only in answers, and absent for `group`. */
  value?: number
  /** Objects counted by value. Only in answers, for `group`. */
  groups?: MetaQueryGroups
}

const metaQueryAggregationShape = shape<MetaQueryAggregation>({
  field: element('Field', text),
  operation: element('Operation', metaQueryAggregationOperation),
  value: element('Value', float),
  groups: element('Groups', metaQueryGroupsShape),
})

/** Figures over objects. */
export interface MetaQueryAggregations {
  /** The figures. */
  aggregations?: MetaQueryAggregation[]
}

const metaQueryAggregationsShape = shape<MetaQueryAggregations>({
  aggregations: elements('Aggregation', metaQueryAggregationShape),
})

/** Direction of sorting. */
export type MetaQueryOrder = Open<'asc' | 'desc'>

const metaQueryOrder = oneOf('asc', 'desc')

/** Kinds of content. */
export interface MetaQueryMediaTypes {
  /** The kinds. */
  mediaType?: MetaQueryMediaType[]
}

const metaQueryMediaTypesShape = shape<MetaQueryMediaTypes>({ mediaType: elements('MediaType', metaQueryMediaType) })

/** A query over a bucket's metadata index. */
export interface MetaQuery {
  /** Figures to compute. With them, no objects are listed. */
  aggregations?: MetaQueryAggregations
  /** Where the page begins: `nextToken` of the page before. Without it, the first page. */
  nextToken?: string
  /** Objects per page, 1 to 100. @default 100 */
  maxResults?: number
  /**
   * Condition. With `basic`, JSON such as `{"Field":"Size","Value":"1048576","Operation":"gt"}`; with `semantic`, a
   * description in everyday language.
   */
  query?: string
  /** Field to sort by, such as `Size`. Only for `basic`; without it, by key. */
  sort?: string
  /** Direction of sorting. @default 'desc' */
  order?: MetaQueryOrder
  /** Kinds of content to look in. Only for `semantic`, which needs them. */
  mediaTypes?: MetaQueryMediaTypes
  /** Further condition on metadata, as JSON. Only for `semantic`. */
  simpleQuery?: string
}

const metaQueryShape = shape<MetaQuery>({
  aggregations: element('Aggregations', metaQueryAggregationsShape),
  nextToken: element('NextToken', text),
  maxResults: element('MaxResults', int),
  query: element('Query', text),
  sort: element('Sort', text),
  order: element('Order', metaQueryOrder),
  mediaTypes: element('MediaTypes', metaQueryMediaTypesShape),
  simpleQuery: element('SimpleQuery', text),
})

/**
 * Finds objects by their metadata or content, a page at a time, or computes figures over them. New objects are found
 * with some delay. Fails with `MetaQueryNotExist` (404) without an index, `MetaQueryNotReady` while it is being made,
 * `InvalidArgument` or `MalformedXML` (400) for a query that can't be read, `AccessDenied` (403).
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/dometaquery
 */
export const doMetaQuery = operation<DoMetaQueryRequest, DoMetaQueryResult>({
  name: 'DoMetaQuery',
  method: 'POST',
  query: { comp: 'query', metaQuery: '' },
  headers: { 'content-type': 'application/xml' },
  subResource: ['metaQuery', 'comp'],
  contentMd5: true,
  request: { ...bucketRequest, mode: query('mode', metaQueryMode), metaQuery: document('MetaQuery', metaQueryShape) },
  response: {
    files: element('Files', metaQueryFilesShape),
    aggregations: element('Aggregations', metaQueryAggregationsShape),
    nextToken: element('NextToken', text),
  },
})

/** Input of {@link closeMetaQuery}. */
export interface CloseMetaQueryRequest extends BucketRequest {}

/** Result of {@link closeMetaQuery}. */
export interface CloseMetaQueryResult extends OperationResult {}

/**
 * Removes the metadata index of a bucket; the objects stay. Fails with `AccessDenied` (403), `NoSuchBucket` (404).
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/closemetaquery
 */
export const closeMetaQuery = operation<CloseMetaQueryRequest, CloseMetaQueryResult>({
  name: 'CloseMetaQuery',
  method: 'POST',
  query: { comp: 'delete', metaQuery: '' },
  headers: { 'content-type': 'application/xml' },
  subResource: ['metaQuery', 'comp'],
  contentMd5: true,
  request: { ...bucketRequest },
  response: {},
})
