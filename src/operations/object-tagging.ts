import { document, element, required } from '../binding/field.js'
import { operation } from '../binding/operation.js'
import {
  type ObjectRequest,
  type ObjectVersion,
  objectRequest,
  objectVersion,
  type RequesterPays,
  requesterPays,
  type Tagging,
  type TagSet,
  taggingShape,
  tagSetShape,
  type VersionedResult,
  versionedResult,
} from './shared.js'

/** Input of {@link putObjectTagging}. */
export interface PutObjectTaggingRequest extends ObjectRequest, ObjectVersion, RequesterPays {
  /** Tags that replace the present ones. */
  tagging: Tagging
}

/** Result of {@link putObjectTagging}. */
export interface PutObjectTaggingResult extends VersionedResult {}

/**
 * Replaces all tags of an object. Tags do not change `lastModified`. Fails with `InvalidTag` (400) for more than 10 or
 * malformed ones, `NoSuchKey` (404), `AccessDenied` (403).
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/putobjecttagging
 */
export const putObjectTagging = operation<PutObjectTaggingRequest, PutObjectTaggingResult>({
  name: 'PutObjectTagging',
  method: 'PUT',
  query: { tagging: '' },
  contentMd5: true,
  request: {
    ...objectRequest,
    ...objectVersion,
    ...requesterPays,
    tagging: required(document('Tagging', taggingShape)),
  },
  response: { ...versionedResult },
})

/** Input of {@link getObjectTagging}. */
export interface GetObjectTaggingRequest extends ObjectRequest, ObjectVersion, RequesterPays {}

/** Result of {@link getObjectTagging}. */
export interface GetObjectTaggingResult extends VersionedResult {
  /** The tags. Empty when there are none. */
  tagSet?: TagSet
}

/**
 * Reads the tags of an object. An object without tags is not an error. Fails with `NoSuchKey` (404), `AccessDenied`
 * (403).
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/getobjecttagging
 */
export const getObjectTagging = operation<GetObjectTaggingRequest, GetObjectTaggingResult>({
  name: 'GetObjectTagging',
  method: 'GET',
  query: { tagging: '' },
  contentMd5: true,
  root: 'Tagging',
  request: { ...objectRequest, ...objectVersion, ...requesterPays },
  response: { ...versionedResult, tagSet: element('TagSet', tagSetShape) },
})

/** Input of {@link deleteObjectTagging}. */
export interface DeleteObjectTaggingRequest extends ObjectRequest, ObjectVersion, RequesterPays {}

/** Result of {@link deleteObjectTagging}. */
export interface DeleteObjectTaggingResult extends VersionedResult {}

/**
 * Removes all tags of an object. Fails with `NoSuchKey` (404), `AccessDenied` (403).
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/deleteobjecttagging
 */
export const deleteObjectTagging = operation<DeleteObjectTaggingRequest, DeleteObjectTaggingResult>({
  name: 'DeleteObjectTagging',
  method: 'DELETE',
  query: { tagging: '' },
  contentMd5: true,
  request: { ...objectRequest, ...objectVersion, ...requesterPays },
  response: { ...versionedResult },
})
