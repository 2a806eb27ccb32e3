import { type Open, oneOf, text } from '../binding/codec.js'
import { document, element, elements, query, required } from '../binding/field.js'
import { type OperationResult, operation } from '../binding/operation.js'
import { shape } from '../binding/shape.js'
import { type BucketRequest, bucketRequest } from './shared.js'

/** Input of {@link putStyle}. */
export interface PutStyleRequest extends BucketRequest {
  /** Name of the style: 1 to 63 letters, digits, `_`, `-` and `.`. */
  styleName: string
  /** Kind of content that the style is for. @default 'image' */
  category?: StyleCategory
  /** Instructions. The service refuses a request without them. */
  style?: StyleContent
}

/** Result of {@link putStyle}. */
export interface PutStyleResult extends OperationResult {}

/** Kind of content that a style is for. */
export type StyleCategory = Open<'image' | 'document' | 'video'>

const styleCategory = oneOf('image', 'document', 'video')

/** Instructions of a style, in a document. */
export interface StyleContent {
  /** The instructions, such as `image/resize,p_50`; several are joined with `/`. */
  content?: string
}

const styleContentShape = shape<StyleContent>({ content: element('Content', text) })

/**
 * Creates a style, or replaces the one of that name: processing instructions that `process: 'style/<name>'` applies.
 * Fails with `NoSuchBucket` (404), `AccessDenied` (403), `InvalidArgument` (400) for a bad name or instructions.
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/putstyle
 */
export const putStyle = operation<PutStyleRequest, PutStyleResult>({
  name: 'PutStyle',
  method: 'PUT',
  query: { style: '' },
  headers: { 'content-type': 'application/xml' },
  subResource: ['style', 'styleName'],
  contentMd5: true,
  request: {
    ...bucketRequest,
    styleName: required(query('styleName', text)),
    category: query('category', styleCategory),
    style: document('Style', styleContentShape),
  },
  response: {},
})

/** Input of {@link listStyle}. */
export interface ListStyleRequest extends BucketRequest {}

/** Result of {@link listStyle}. */
export interface ListStyleResult extends OperationResult {
  /** The styles. */
  styleList?: StyleList
}

/** A style. */
export interface StyleInfo {
  /** Name of the style. */
  name?: string
  /** Its instructions, such as `image/resize,p_50`. */
  content?: string
  /** When it was created, as an HTTP date. */
  createTime?: string
  /** When it was last replaced, as an HTTP date. */
  lastModifyTime?: string
  /** Kind of content that it is for. */
  category?: StyleCategory
}

const styleInfoShape = shape<StyleInfo>({
  name: element('Name', text),
  content: element('Content', text),
  createTime: element('CreateTime', text),
  lastModifyTime: element('LastModifyTime', text),
  category: element('Category', styleCategory),
})

/** Styles of a bucket. */
export interface StyleList {
  /** The styles. Absent when there are none. */
  styles?: StyleInfo[]
}

const styleListShape = shape<StyleList>({ styles: elements('Style', styleInfoShape) })

/**
 * Lists all styles of a bucket. Fails with `NoSuchStyle` (404) when there are none, `NoSuchBucket` (404),
 * `AccessDenied` (403).
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/liststyle
 */
export const listStyle = operation<ListStyleRequest, ListStyleResult>({
  name: 'ListStyle',
  method: 'GET',
  query: { style: '' },
  headers: { 'content-type': 'application/xml' },
  subResource: ['style'],
  contentMd5: true,
  request: { ...bucketRequest },
  response: { styleList: document('StyleList', styleListShape) },
})

/** Input of {@link getStyle}. */
export interface GetStyleRequest extends BucketRequest {
  /** Name of the style. */
  styleName: string
}

/** Result of {@link getStyle}. */
export interface GetStyleResult extends OperationResult {
  /** The style. */
  style?: StyleInfo
}

/**
 * Shows a style. Fails with `NoSuchStyle` (404), `NoSuchBucket` (404), `AccessDenied` (403).
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/getstyle
 */
export const getStyle = operation<GetStyleRequest, GetStyleResult>({
  name: 'GetStyle',
  method: 'GET',
  query: { style: '' },
  headers: { 'content-type': 'application/xml' },
  subResource: ['style', 'styleName'],
  contentMd5: true,
  request: { ...bucketRequest, styleName: required(query('styleName', text)) },
  response: { style: document('Style', styleInfoShape) },
})

/** Input of {@link deleteStyle}. */
export interface DeleteStyleRequest extends BucketRequest {
  /** Name of the style. */
  styleName: string
}

/** Result of {@link deleteStyle}. */
export interface DeleteStyleResult extends OperationResult {}

/**
 * Removes a style; URLs that use it stop working. Succeeds when there is none of that name. Fails with `NoSuchBucket`
 * (404), `AccessDenied` (403).
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/deletestyle
 */
export const deleteStyle = operation<DeleteStyleRequest, DeleteStyleResult>({
  name: 'DeleteStyle',
  method: 'DELETE',
  query: { style: '' },
  headers: { 'content-type': 'application/xml' },
  subResource: ['style', 'styleName'],
  contentMd5: true,
  request: { ...bucketRequest, styleName: required(query('styleName', text)) },
  response: {},
})
