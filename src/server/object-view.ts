import { Failure } from './failure.js'
import { quoted, versionHeader } from './objects.js'
import { protectionHeaders } from './protection.js'
import { archiveDirectRead } from './settings/known.js'
import type { Bucket } from './storage/bucket.js'
import type { ObjectVersion, Segment } from './storage/records.js'
import { encryptionHeaders } from './template.js'

/** What reading an object gives: its own content, or that of the object a link leads to. */
export interface ObjectView {
  readonly version: ObjectVersion
  readonly etag: string
  readonly size: number
  readonly md5: string | undefined
  readonly crc64: string | undefined
  readonly modified: number
  readonly segments: readonly Segment[]
}

/** Looks at an object through a symbolic link. @throws Failure SymlinkTargetNotExist, InvalidTargetType */
export function viewOf(bucket: Bucket, version: ObjectVersion): ObjectView {
  if (version.target === undefined) return { ...pick(version), version, modified: version.modified }
  const target = bucket.find(version.target)?.versions[0]
  if (target === undefined || target.deleteMarker) {
    throw new Failure('SymlinkTargetNotExist', { details: { SymlinkTarget: version.target } })
  }
  if (target.type === 'Symlink') throw new Failure('InvalidTargetType', { details: { TargetType: target.type } })
  return { ...pick(target), version, modified: Math.max(version.modified, target.modified) }
}

function pick({ etag, size, md5, crc64, segments }: ObjectVersion) {
  return { etag, size, md5, crc64, segments }
}

/** The state of an archived object's restoration; `undefined` for objects that need none. */
export function restorationOf(version: ObjectVersion, now: number): 'frozen' | 'ongoing' | 'restored' | undefined {
  if (version.storageClass === 'Standard' || version.storageClass === 'IA') return undefined
  const restoration = version.restoration
  if (restoration === undefined || now >= restoration.expires) return 'frozen'
  return now < restoration.ready ? 'ongoing' : 'restored'
}

/** Checks that an object's content can be read now. @throws Failure InvalidObjectState */
export function checkReadable(bucket: Bucket, version: ObjectVersion, key: string, now: number): void {
  const state = restorationOf(version, now)
  if (version.storageClass === 'Archive' && archiveDirectRead.of(bucket)?.enabled === true) return
  if (state === undefined || state === 'restored') return
  throw new Failure('InvalidObjectState', { details: { ObjectName: key } })
}

/** `ongoing-request="…"` as in `x-oss-restore` and listings; `undefined` when there is nothing to tell. */
export function restoreText(version: ObjectVersion, now: number): string | undefined {
  const state = restorationOf(version, now)
  if (state === 'ongoing') return 'ongoing-request="true"'
  if (state !== 'restored' || version.restoration === undefined) return undefined
  return `ongoing-request="false", expiry-date="${new Date(version.restoration.expires).toUTCString()}"`
}

/** The headers GET and HEAD answer with, apart from length and range. */
export function objectHeaders(bucket: Bucket, view: ObjectView, now: number): Record<string, string> {
  const { version } = view
  const headers: Record<string, string> = {
    'content-type': 'application/octet-stream',
    ...version.headers,
    etag: quoted(view.etag),
    'last-modified': new Date(view.modified).toUTCString(),
    'accept-ranges': 'bytes',
    'x-oss-object-type': version.type,
    'x-oss-storage-class': version.storageClass,
    ...encryptionHeaders(version.encryption),
    ...protectionHeaders(version),
    ...versionHeader(bucket, version),
  }
  if (view.crc64 !== undefined) headers['x-oss-hash-crc64ecma'] = view.crc64
  if (view.md5 !== undefined) headers['content-md5'] = view.md5
  if (version.tags.length > 0) headers['x-oss-tagging-count'] = String(version.tags.length)
  if (version.type === 'Appendable') headers['x-oss-next-append-position'] = String(version.size)
  if (version.sealed !== undefined) headers['x-oss-sealed-time'] = new Date(version.sealed).toUTCString()
  const restore = restoreText(version, now)
  if (restore !== undefined) headers['x-oss-restore'] = restore
  return headers
}
