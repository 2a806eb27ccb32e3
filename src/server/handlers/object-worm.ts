import { Failure } from '../failure.js'
import type { Handlers } from '../handler.js'
import { editVersion, findVersion, versionHeader } from '../objects.js'
import { checkObjectWormEnabled, readLegalHold, readRetention } from '../protection.js'
import { given } from '../settings/setting.js'

/** Protection of single objects. */
export const objectWormHandlers: Handlers = {
  putObjectRetention: async (call, request) => {
    checkObjectWormEnabled(call)
    const { mode, retainUntilDate } = given(request.retention)
    const wanted = readRetention(call, mode, retainUntilDate)
    const version = await editVersion(call, request.versionId, before => {
      const present = before.retention
      const running = present !== undefined && call.now < present.until
      const weaker = running && (wanted.until < present.until || wanted.mode !== present.mode)
      const permitted = present?.mode === 'GOVERNANCE' && request.bypassGovernanceRetention === true
      if (before.type === 'Appendable' || (weaker && !permitted)) {
        throw new Failure('AccessDenied', { message: 'The retention of this object cannot be changed so.' })
      }
      return { ...before, retention: wanted }
    })
    return { headers: versionHeader(call.bucket, version) }
  },

  getObjectRetention: (call, request) => {
    const version = findVersion(call.bucket, call.key, request.versionId)
    const { retention } = version
    if (retention === undefined) throw new Failure('NoSuchObjectRetention', { details: { Key: call.key } })
    return {
      result: { retention: { mode: retention.mode, retainUntilDate: new Date(retention.until).toISOString() } },
      headers: versionHeader(call.bucket, version),
    }
  },

  putObjectLegalHold: async (call, request) => {
    checkObjectWormEnabled(call)
    const legalHold = readLegalHold(given(request.legalHold).status)
    const version = await editVersion(call, request.versionId, before => ({ ...before, legalHold }))
    return { headers: versionHeader(call.bucket, version) }
  },

  getObjectLegalHold: (call, request) => {
    const version = findVersion(call.bucket, call.key, request.versionId)
    if (version.legalHold === undefined) throw new Failure('NoSuchObjectLegalHold', { details: { Key: call.key } })
    return { result: { legalHold: { status: version.legalHold } }, headers: versionHeader(call.bucket, version) }
  },
}
