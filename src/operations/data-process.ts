import { text } from '../binding/codec.js'
import { query, required, sentBody } from '../binding/field.js'
import { type OperationRequest, type OperationResult, operation } from '../binding/operation.js'
import type { Body } from '../pipeline/body.js'
import { type BucketRequest, bucketRequest } from './shared.js'

/** Input of {@link doMetaQueryAction}. */
export interface DoMetaQueryActionRequest extends BucketRequest {
  /** Name of the action, such as `createDataset`. */
  action: string
  /** What the action takes, as XML. Without it, nothing is sent. */
  body?: Body
}

/** Result of {@link doMetaQueryAction}. */
export interface DoMetaQueryActionResult extends OperationResult {}

/**
 * Sends any action of the data indexing API of a bucket (`MetaQuery`), for those without a method of their own. The
 * answer's document is not read: its head is in `headers`; use `invokeOperation` to get at the body. Fails with
 * `NoSuchBucket` (404), `MetaQueryNotReady` and the like by action, `InvalidArgument` (400) for an unknown one,
 * `AccessDenied` (403).
 */
export const doMetaQueryAction = operation<DoMetaQueryActionRequest, DoMetaQueryActionResult>({
  name: 'DoMetaQueryAction',
  method: 'POST',
  query: { MetaQuery: '' },
  headers: { 'content-type': 'application/xml' },
  subResource: ['MetaQuery'],
  contentMd5: true,
  request: { ...bucketRequest, action: required(query('action', text)), body: sentBody },
  response: {},
})

/** Input of {@link doDataPipelineAction}. */
export interface DoDataPipelineActionRequest extends OperationRequest {
  /** Name of the action, such as `putDataPipelineConfiguration`. */
  action: string
  /** What the action takes, as XML. Without it, nothing is sent. */
  body?: Body
}

/** Result of {@link doDataPipelineAction}. */
export interface DoDataPipelineActionResult extends OperationResult {}

/**
 * Sends any action of the account's data pipeline API. The answer's document is not read: its head is in `headers`; use
 * `invokeOperation` to get at the body. Fails with `InvalidArgument` (400) for an unknown action, `AccessDenied` (403).
 */
export const doDataPipelineAction = operation<DoDataPipelineActionRequest, DoDataPipelineActionResult>({
  name: 'DoDataPipelineAction',
  method: 'POST',
  query: { dataPipeline: '' },
  headers: { 'content-type': 'application/xml' },
  subResource: ['dataPipeline'],
  contentMd5: true,
  request: { action: required(query('action', text)), body: sentBody },
  response: {},
})
