import { bool, text } from '../binding/codec.js'
import { header, headers, required } from '../binding/field.js'
import { operation } from '../binding/operation.js'
import {
  type ObjectAcl,
  type ObjectRequest,
  type ObjectVersion,
  objectAcl,
  objectRequest,
  objectVersion,
  type RequesterPays,
  requesterPays,
  type StorageClass,
  storageClass,
  type VersionedResult,
  versionedResult,
} from './shared.js'

/** Input of {@link putSymlink}. */
export interface PutSymlinkRequest extends ObjectRequest, RequesterPays {
  /** Key of the target in the same bucket, percent-encoded by the caller. A link to a link cannot be read. */
  target: string
  /** Who may read and write the link. @default 'default' */
  acl?: ObjectAcl
  /** Storage class of the link. Without it, the bucket's. */
  storageClass?: StorageClass
  /** User metadata of the link: values by name, the names without `x-oss-meta-`. */
  metadata?: Record<string, string>
  /**
   * Whether an existing object makes the request fail with `FileAlreadyExists` (409). Ignored where versioning is
   * enabled or suspended.
   * @default false
   */
  forbidOverwrite?: boolean
}

/** Result of {@link putSymlink}. */
export interface PutSymlinkResult extends VersionedResult {}

/**
 * Creates a symbolic link: reading it reads the target. The target need not exist yet. Fails with `FileAlreadyExists`
 * (409) under `forbidOverwrite`, `AccessDenied` (403).
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/putsymlink
 */
export const putSymlink = operation<PutSymlinkRequest, PutSymlinkResult>({
  name: 'PutSymlink',
  method: 'PUT',
  query: { symlink: '' },
  contentMd5: true,
  request: {
    ...objectRequest,
    ...requesterPays,
    target: required(header('x-oss-symlink-target', text)),
    acl: header('x-oss-object-acl', objectAcl),
    storageClass: header('x-oss-storage-class', storageClass),
    metadata: headers('x-oss-meta-'),
    forbidOverwrite: header('x-oss-forbid-overwrite', bool),
  },
  response: { ...versionedResult },
})

/** Input of {@link getSymlink}. */
export interface GetSymlinkRequest extends ObjectRequest, ObjectVersion, RequesterPays {}

/** Result of {@link getSymlink}. */
export interface GetSymlinkResult extends VersionedResult {
  /** Key of the target, percent-encoded. */
  target?: string
  /** Entity tag of the link with its quotes. */
  etag?: string
  /** User metadata of the link: values by name in lower case. Absent when there is none. */
  metadata?: Record<string, string>
}

/**
 * Reads where a symbolic link points to. Fails with `NoSuchKey` (404), `NotSymlink` (400) for ordinary objects.
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/getsymlink
 */
export const getSymlink = operation<GetSymlinkRequest, GetSymlinkResult>({
  name: 'GetSymlink',
  method: 'GET',
  query: { symlink: '' },
  contentMd5: true,
  request: { ...objectRequest, ...objectVersion, ...requesterPays },
  response: {
    ...versionedResult,
    target: header('x-oss-symlink-target', text),
    etag: header('ETag', text),
    metadata: headers('x-oss-meta-'),
  },
})
