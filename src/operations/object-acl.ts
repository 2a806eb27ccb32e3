import { element, header, required } from '../binding/field.js'
import { operation } from '../binding/operation.js'
import {
  type ObjectAcl,
  type ObjectRequest,
  type ObjectVersion,
  type Owner,
  objectAcl,
  objectRequest,
  objectVersion,
  ownerShape,
  type RequesterPays,
  requesterPays,
  type VersionedResult,
  versionedResult,
} from './shared.js'

/** Input of {@link putObjectAcl}. */
export interface PutObjectAclRequest extends ObjectRequest, ObjectVersion, RequesterPays {
  /** Access rule that replaces the present one. */
  acl: ObjectAcl
}

/** Result of {@link putObjectAcl}. */
export interface PutObjectAclResult extends VersionedResult {}

/**
 * Sets who may read and write an object. Fails with `NoSuchKey` (404), `AccessDenied` (403) for anyone but the bucket's
 * owner and while public access is blocked.
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/putobjectacl
 */
export const putObjectAcl = operation<PutObjectAclRequest, PutObjectAclResult>({
  name: 'PutObjectAcl',
  method: 'PUT',
  query: { acl: '' },
  request: {
    ...objectRequest,
    ...objectVersion,
    ...requesterPays,
    acl: required(header('x-oss-object-acl', objectAcl)),
  },
  response: { ...versionedResult },
})

/** Input of {@link getObjectAcl}. */
export interface GetObjectAclRequest extends ObjectRequest, ObjectVersion, RequesterPays {}

/** Result of {@link getObjectAcl}. */
export interface GetObjectAclResult extends VersionedResult {
  /** Present access rule; `default` when the bucket's counts. */
  acl?: ObjectAcl
  /** Owner of the bucket. */
  owner?: Owner
}

/**
 * Tells who may read and write an object. Fails with `NoSuchKey` (404), `AccessDenied` (403).
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/getobjectacl
 */
export const getObjectAcl = operation<GetObjectAclRequest, GetObjectAclResult>({
  name: 'GetObjectAcl',
  method: 'GET',
  query: { acl: '' },
  root: 'AccessControlPolicy',
  request: { ...objectRequest, ...objectVersion, ...requesterPays },
  response: {
    ...versionedResult,
    acl: element('AccessControlList/Grant', objectAcl),
    owner: element('Owner', ownerShape),
  },
})
