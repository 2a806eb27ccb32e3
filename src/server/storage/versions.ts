import type { ObjectVersion, Versioning } from './records.js'

/** Outcome of a change to the versions of one key: what remains, and what is gone. */
export interface VersionChange {
  readonly versions: readonly ObjectVersion[]
  readonly dropped: readonly ObjectVersion[]
}

/** Version id of objects that were written while versioning was not enabled. */
export const nullVersion = 'null'

/**
 * Puts a new version, or delete marker, on top. With versioning enabled everything older stays; otherwise the new one is
 * the `null` version and takes the place of the one before.
 */
export function pushVersion(
  versions: readonly ObjectVersion[],
  added: ObjectVersion,
  versioning: Versioning,
): VersionChange {
  if (versioning === 'Enabled') return { versions: [added, ...versions], dropped: [] }
  return {
    versions: [added, ...versions.filter(version => version.versionId !== nullVersion)],
    dropped: versions.filter(version => version.versionId === nullVersion),
  }
}

/** Takes a version out for good. */
export function dropVersion(versions: readonly ObjectVersion[], versionId: string): VersionChange {
  return {
    versions: versions.filter(version => version.versionId !== versionId),
    dropped: versions.filter(version => version.versionId === versionId),
  }
}

/** Puts a changed copy of a version in the place of the version. Content that both refer to stays. */
export function replaceVersion(versions: readonly ObjectVersion[], changed: ObjectVersion): VersionChange {
  return {
    versions: versions.map(version => (version.versionId === changed.versionId ? changed : version)),
    dropped: [],
  }
}
