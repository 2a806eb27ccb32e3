import { parseXml } from '../../xml/parse.js'
import { Failure } from '../failure.js'
import type { Call, Handlers } from '../handler.js'
import { wantsUrlEncoding } from '../listing.js'
import { newVersionId } from '../objects.js'
import { guarded } from '../protection.js'
import { receiveDocument } from '../receive.js'
import type { ObjectVersion } from '../storage/records.js'
import { dropVersion, pushVersion } from '../storage/versions.js'

/** What deleting did. */
interface Deletion {
  /** The version that is gone, or the delete marker that was added. */
  readonly versionId: string | undefined
  /** Whether that is a delete marker. */
  readonly deleteMarker: boolean
}

function deleteMarker(call: Call): ObjectVersion {
  return {
    versionId: newVersionId(call.bucket),
    deleteMarker: true,
    modified: call.now,
    type: 'Normal',
    size: 0,
    etag: '',
    storageClass: call.bucket.record.storageClass,
    acl: 'default',
    headers: {},
    tags: [],
    segments: [],
  }
}

/**
 * Deletes an object: for good where nothing is versioned, by a marker where it is, or one version of it. What is not there
 * is as good as deleted.
 */
async function deleteObject(call: Call, key: string, versionId: string | undefined): Promise<Deletion> {
  const { bucket } = call
  const { versioning } = bucket.record
  if (versionId !== undefined && versionId !== '') {
    let marker = false
    await bucket.change(key, versions => {
      const change = dropVersion(versions, versionId)
      marker = change.dropped[0]?.deleteMarker ?? false
      return guarded(call, change)
    })
    return { versionId, deleteMarker: marker }
  }
  if (versioning === undefined) {
    await bucket.change(key, versions => guarded(call, { versions: [], dropped: versions }))
    return { versionId: undefined, deleteMarker: false }
  }
  const marker = deleteMarker(call)
  await bucket.change(key, versions => guarded(call, pushVersion(versions, marker, versioning)))
  return { versionId: marker.versionId, deleteMarker: true }
}

/** The list of objects in the body. @throws Failure MalformedXML */
function readList(source: string): { objects: { key: string; versionId: string | undefined }[]; quiet: boolean } {
  let document: ReturnType<typeof parseXml>
  try {
    document = parseXml(source)
  } catch {
    throw new Failure('MalformedXML')
  }
  const { name, root } = document
  const objects = root.children('Object').map(each => ({
    key: each.child('Key')?.text ?? '',
    versionId: each.child('VersionId')?.text || undefined,
  }))
  if (name !== 'Delete' || objects.length === 0 || objects.length > 1000 || objects.some(({ key }) => key === '')) {
    throw new Failure('MalformedXML')
  }
  return { objects, quiet: root.child('Quiet')?.text.trim().toLowerCase() === 'true' }
}

/** Deleting objects. */
export const objectDeleteHandlers: Handlers = {
  deleteObject: async (call, request) => {
    const { versionId, deleteMarker } = await deleteObject(call, call.key, request.versionId)
    return { status: 204, result: { versionId, ...(deleteMarker ? { deleteMarker } : {}) } }
  },

  deleteMultipleObjects: async (call, request) => {
    const urlEncode = wantsUrlEncoding(request.encodingType)
    if (call.incoming.headers['content-md5'] === undefined) {
      throw new Failure('MissingArgument', { details: { ArgumentName: 'Content-MD5' } })
    }
    const { objects, quiet } = readList(await receiveDocument(call))
    const deleted = []
    for (const { key, versionId } of objects) {
      const done = await deleteObject(call, key, versionId)
      deleted.push({
        key,
        ...(versionId === undefined ? {} : { versionId }),
        ...(done.deleteMarker && done.versionId !== undefined
          ? { deleteMarker: true, deleteMarkerVersionId: done.versionId }
          : {}),
      })
    }
    // Quiet means: only what failed is told, and nothing can fail here.
    if (quiet) return {}
    return { urlEncode, result: { deletedObjects: deleted, encodingType: urlEncode ? 'url' : undefined } }
  },
}
