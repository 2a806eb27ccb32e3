import { createHash } from 'node:crypto'
import { Failure, invalidArgument } from '../failure.js'
import type { Handlers } from '../handler.js'
import { findVersion, newVersionId, putVersion, quoted, versionHeader } from '../objects.js'
import type { ObjectVersion } from '../storage/records.js'
import { readTemplate } from '../template.js'

function decodeTarget(raw: string): string {
  try {
    const target = decodeURIComponent(raw)
    if (target !== '') return target
  } catch {
    // Falls through to the same answer.
  }
  throw invalidArgument('x-oss-symlink-target', raw, 'The symlink target is not valid.', '0043-00000001')
}

function encodeTarget(target: string): string {
  return encodeURIComponent(target).replace(/[!'()*]/g, mark => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`)
}

/** Symbolic links. Whether the target exists matters only when the link is read. */
export const symlinkHandlers: Handlers = {
  putSymlink: async (call, request) => {
    const target = decodeTarget(request.target)
    const version: ObjectVersion = {
      ...readTemplate(call),
      versionId: newVersionId(call.bucket),
      deleteMarker: false,
      modified: call.now,
      type: 'Symlink',
      size: Buffer.byteLength(target),
      etag: createHash('md5').update(target).digest('hex').toUpperCase(),
      segments: [],
      target,
    }
    await putVersion(call, version)
    return { headers: { etag: quoted(version.etag), ...versionHeader(call.bucket, version) } }
  },

  getSymlink: (call, request) => {
    const version = findVersion(call.bucket, call.key, request.versionId)
    if (version.target === undefined) throw new Failure('NotSymlink')
    const metadata = Object.entries(version.headers).filter(([name]) => name.startsWith('x-oss-meta-'))
    return {
      headers: {
        ...Object.fromEntries(metadata),
        'x-oss-symlink-target': encodeTarget(version.target),
        etag: quoted(version.etag),
        'last-modified': new Date(version.modified).toUTCString(),
        'x-oss-object-type': 'Symlink',
        ...versionHeader(call.bucket, version),
      },
    }
  },
}
