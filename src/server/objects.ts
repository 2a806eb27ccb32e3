import { randomBytes } from 'node:crypto'
import { Failure, invalidArgument } from './failure.js'
import type { Call } from './handler.js'
import { guarded, rulesForbidOverwrite } from './protection.js'
import type { Bucket } from './storage/bucket.js'
import type { KeyRecord, ObjectVersion } from './storage/records.js'
import { nullVersion, pushVersion, replaceVersion } from './storage/versions.js'

/** The version id of a new version: `null` unless versioning is enabled. Opaque, like the service's. */
export function newVersionId(bucket: Bucket): string {
  if (bucket.record.versioning !== 'Enabled') return nullVersion
  return `CAEQ${randomBytes(45).toString('base64url')}`
}

/** `x-oss-version-id`, in buckets where versioning was ever switched on. */
export function versionHeader(bucket: Bucket, version: Pick<ObjectVersion, 'versionId'>): Record<string, string> {
  return bucket.record.versioning === undefined ? {} : { 'x-oss-version-id': version.versionId }
}

/**
 * The version a request is about: the latest, or the one of the given id.
 * @throws Failure NoSuchKey, NoSuchVersion, MethodNotAllowed for a delete marker
 */
export function findVersion(bucket: Bucket, key: string, versionId: string | undefined): ObjectVersion {
  const record = bucket.find(key)
  const version =
    versionId === undefined || versionId === '' ? latest(bucket, record, key) : byId(record, key, versionId)
  if (!version.deleteMarker) return version
  const headers = { 'x-oss-delete-marker': 'true', ...versionHeader(bucket, version) }
  throw new Failure('MethodNotAllowed', { headers, details: { Method: 'GET', ResourceType: 'DeleteMarker' } })
}

function latest(bucket: Bucket, record: KeyRecord | undefined, key: string): ObjectVersion {
  const version = record?.versions[0]
  if (version === undefined) throw new Failure('NoSuchKey', { details: { Key: key } })
  if (!version.deleteMarker) return version
  const headers = { 'x-oss-delete-marker': 'true', ...versionHeader(bucket, version) }
  throw new Failure('NoSuchKey', { headers, details: { Key: key } })
}

function byId(record: KeyRecord | undefined, key: string, versionId: string): ObjectVersion {
  const found = record?.versions.find(version => version.versionId === versionId)
  if (found === undefined) throw new Failure('NoSuchVersion', { details: { Key: key, VersionId: versionId } })
  return found
}

/** Whether the request or a rule of the bucket forbids to overwrite; never where versions are kept. @throws Failure InvalidArgument */
export function forbidsOverwrite(call: Call): boolean {
  const value = call.incoming.headers['x-oss-forbid-overwrite']
  if (value === undefined) return rulesForbidOverwrite(call)
  const lower = value.toLowerCase()
  if (lower !== 'true' && lower !== 'false') {
    throw invalidArgument('x-oss-forbid-overwrite', value, 'The value must be true or false.', '0017-00000279')
  }
  return rulesForbidOverwrite(call) || (lower === 'true' && call.bucket.record.versioning === undefined)
}

/** Refuses early what would fail at the end anyway, so that no body is received in vain. */
export function checkOverwrite(call: Call): void {
  if (forbidsOverwrite(call) && call.bucket.find(call.key) !== undefined) throw alreadyExists(call.key)
}

function alreadyExists(key: string): Failure {
  return new Failure('FileAlreadyExists', { details: { Key: key } })
}

/** Puts a new version on top of a key, which from here on owns its segments. @throws Failure FileAlreadyExists, FileImmutable */
export async function putVersion(call: Call, version: ObjectVersion): Promise<void> {
  const forbidden = forbidsOverwrite(call)
  try {
    await call.bucket.change(call.key, versions => {
      if (forbidden && versions.length > 0) throw alreadyExists(call.key)
      return guarded(call, pushVersion(versions, version, call.bucket.record.versioning))
    })
  } catch (error) {
    await call.store.content.release(version.segments)
    throw error
  }
}

/** Replaces the version a request is about by a changed copy of it. Gives the copy. */
export async function editVersion(
  call: Call,
  versionId: string | undefined,
  edit: (version: ObjectVersion) => ObjectVersion,
): Promise<ObjectVersion> {
  let edited: ObjectVersion | undefined
  await call.bucket.change(call.key, versions => {
    edited = edit(findVersion(call.bucket, call.key, versionId))
    return replaceVersion(versions, edited)
  })
  return edited as ObjectVersion
}

/** The owner of everything here. */
export const owner = Object.freeze({ id: '1234567890123456', displayName: 'local-owner' })

/** An ETag as it is written. */
export function quoted(etag: string): string {
  return `"${etag}"`
}
