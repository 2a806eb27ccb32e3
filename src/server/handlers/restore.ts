import { Failure } from '../failure.js'
import type { Handlers } from '../handler.js'
import { restorationOf } from '../object-view.js'
import { editVersion, findVersion, versionHeader } from '../objects.js'

const dayMs = 24 * 60 * 60 * 1000
const tiers = new Set(['Expedited', 'Standard', 'Bulk'])

/** Bringing archived objects back, for a while. */
export const restoreHandlers: Handlers = {
  restoreObject: async (call, request) => {
    const { storageClass } = findVersion(call.bucket, call.key, request.versionId)
    const wanted = request.restoreRequest
    const tier = wanted?.jobParameters?.tier
    if (storageClass === 'Archive' && wanted?.jobParameters !== undefined) throw new Failure('MalformedXML')
    if (tier !== undefined && !tiers.has(tier)) throw new Failure('MalformedXML')
    const days = wanted?.days ?? 1
    if (days < 1 || days > 365) throw new Failure('MalformedXML')
    let status = 202
    const version = await editVersion(call, request.versionId, before => {
      const state = restorationOf(before, call.now)
      if (state === undefined) throw new Failure('OperationNotSupported')
      if (state === 'ongoing') throw new Failure('RestoreAlreadyInProgress')
      // What is readable already only stays so for longer.
      const ready = state === 'restored' ? call.now : call.now + call.settings.restoreDuration
      status = state === 'restored' ? 200 : 202
      return { ...before, restoration: { ready, expires: ready + days * dayMs } }
    })
    const priority: Record<string, string> =
      storageClass === 'Archive' ? {} : { 'x-oss-object-restore-priority': tier ?? 'Standard' }
    return { status, headers: { ...priority, ...versionHeader(call.bucket, version) } }
  },

  cleanRestoredObject: async call => {
    await editVersion(call, undefined, before => {
      const state = restorationOf(before, call.now)
      if (state === undefined) throw new Failure('OperationNotSupported')
      if (state === 'ongoing') throw new Failure('ArchiveRestoreNotFinished')
      const { restoration: _restoration, ...frozen } = before
      return frozen
    })
    return {}
  },
}
