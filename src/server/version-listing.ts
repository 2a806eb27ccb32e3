import { commonPrefix } from './listing.js'
import type { Bucket } from './storage/bucket.js'
import type { ObjectVersion } from './storage/records.js'

/** What to list of a bucket's versions. */
export interface VersionListingRequest {
  readonly prefix: string
  readonly delimiter: string
  /** Alone it skips every version of its key. */
  readonly keyMarker: string
  /** Together with the key: the version after which to go on. */
  readonly versionIdMarker: string
  readonly limit: number
}

/** One version or delete marker of a listing. */
export interface ListedVersion {
  readonly key: string
  readonly version: ObjectVersion
  readonly isLatest: boolean
}

/** A page of versions. */
export interface VersionListing {
  readonly versions: readonly ListedVersion[]
  readonly prefixes: readonly string[]
  /** Markers for the next page; absent on the last one. */
  readonly next: { readonly key: string; readonly versionId: string | undefined } | undefined
}

/** Lists versions and delete markers: by key, the newest of a key first. */
export function listVersions(bucket: Bucket, request: VersionListingRequest): VersionListing {
  const versions: ListedVersion[] = []
  const prefixes: string[] = []
  let last: VersionListing['next']
  const full = () => versions.length + prefixes.length === request.limit
  const { keys } = bucket
  let at = firstKey(bucket, request)
  for (;;) {
    const key = keys.at(at)
    if (key === undefined || !key.startsWith(request.prefix)) return { versions, prefixes, next: undefined }
    const common = commonPrefix(key, request.prefix, request.delimiter)
    if (common !== undefined) {
      if (full()) return { versions, prefixes, next: last }
      prefixes.push(common)
      last = { key: common, versionId: undefined }
      at = keys.firstBeyond(common)
      continue
    }
    const all = bucket.find(key)?.versions ?? []
    for (const version of key === request.keyMarker ? olderThan(all, request.versionIdMarker) : all) {
      if (full()) return { versions, prefixes, next: last }
      versions.push({ key, version, isLatest: version === all[0] })
      last = { key, versionId: version.versionId }
    }
    at++
  }
}

function firstKey(bucket: Bucket, { prefix, delimiter, keyMarker, versionIdMarker }: VersionListingRequest): number {
  const { keys } = bucket
  const start = keys.firstFrom(prefix)
  if (keyMarker === '') return start
  const isCommon = commonPrefix(keyMarker, prefix, delimiter) === keyMarker
  const after = isCommon
    ? keys.firstBeyond(keyMarker)
    : versionIdMarker === ''
      ? keys.firstAfter(keyMarker)
      : keys.firstFrom(keyMarker)
  return Math.max(start, after)
}

function olderThan(versions: readonly ObjectVersion[], versionId: string): readonly ObjectVersion[] {
  const found = versions.findIndex(version => version.versionId === versionId)
  return found < 0 ? versions : versions.slice(found + 1)
}
