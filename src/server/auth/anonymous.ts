import { Failure } from '../failure.js'
import type { Bucket } from '../storage/bucket.js'

/** What a request without signature may do: what access control lists permit, everything, or nothing. */
export type AnonymousAccess = 'acl' | 'allow' | 'deny'

const readsObject = new Set(['GetObject', 'HeadObject', 'GetObjectMeta', 'GetSymlink'])
const writesObject = new Set([
  ...['PutObject', 'AppendObject', 'DeleteObject', 'InitiateMultipartUpload', 'UploadPart', 'CompleteMultipartUpload'],
  ...['AbortMultipartUpload', 'PostObject', 'PutSymlink'],
])
const readsBucket = new Set(['ListObjects', 'ListObjectsV2', 'ListObjectVersions'])

/**
 * Decides whether an anonymous request may go on. An object's own access control list comes before its bucket's.
 * @param publicBlocked whether lists that let the public in have no effect
 * @throws Failure AccessDenied
 */
export function checkAnonymous(
  access: AnonymousAccess,
  operation: string,
  bucket: Bucket | undefined,
  key: string | undefined,
  publicBlocked: boolean,
): void {
  if (access === 'allow') return
  const bucketAcl = bucket?.record.acl ?? 'private'
  const objectAcl = key === undefined ? 'default' : (bucket?.find(key)?.versions[0]?.acl ?? 'default')
  const acl = objectAcl === 'default' ? bucketAcl : objectAcl
  const permitted =
    !publicBlocked &&
    (readsObject.has(operation) || readsBucket.has(operation)
      ? acl === 'public-read' || acl === 'public-read-write'
      : writesObject.has(operation) && acl === 'public-read-write')
  if (permitted && access === 'acl') return
  if (readsObject.has(operation) || writesObject.has(operation)) {
    const message = `You have no right to access this object because of ${objectAcl === 'default' ? 'bucket' : 'object'} acl.`
    throw new Failure('AccessDenied', { message })
  }
  throw new Failure('AccessDenied', {
    message: 'Anonymous access is forbidden for this operation.',
    ec: '0002-00000003',
  })
}
