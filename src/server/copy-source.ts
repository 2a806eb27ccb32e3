import { checkConditions, sourceConditions } from './conditions.js'
import { type Failure, invalidArgument } from './failure.js'
import type { Call } from './handler.js'
import { checkReadable } from './object-view.js'
import { findVersion } from './objects.js'
import type { Bucket } from './storage/bucket.js'
import type { ObjectVersion } from './storage/records.js'

/** The object a copy reads. */
export interface CopySource {
  readonly bucket: Bucket
  readonly key: string
  readonly version: ObjectVersion
}

/**
 * Finds the object that `x-oss-copy-source` names, and checks the conditions on it.
 * @throws Failure InvalidArgument, NoSuchBucket, NoSuchKey, NoSuchVersion, PreconditionFailed, NotModified, InvalidObjectState
 */
export function findCopySource(call: Call): CopySource {
  const { headers } = call.incoming
  const raw = headers['x-oss-copy-source'] ?? ''
  const match = /^\/?([^/?]+)\/([^?]+)(?:\?versionId=(.+))?$/.exec(raw)
  if (match === null) throw invalid(raw)
  const [, name, encodedKey, versionId] = match as unknown as [string, string, string, string | undefined]
  let key: string
  try {
    key = decodeURIComponent(encodedKey)
  } catch {
    throw invalid(raw)
  }
  const bucket = call.store.bucket(name)
  const version = findVersion(bucket, key, versionId)
  checkConditions(version, headers, sourceConditions)
  if (version.type !== 'Symlink') checkReadable(bucket, version, key, call.now)
  return { bucket, key, version }
}

function invalid(raw: string): Failure {
  return invalidArgument(
    'x-oss-copy-source',
    raw,
    'Copy Source must mention the source bucket and key: /sourcebucket/sourcekey.',
  )
}

/** `x-oss-copy-source-version-id`, where the source's bucket keeps versions. */
export function sourceVersionHeader({ bucket, version }: CopySource): Record<string, string> {
  return bucket.record.versioning === undefined ? {} : { 'x-oss-copy-source-version-id': version.versionId }
}
