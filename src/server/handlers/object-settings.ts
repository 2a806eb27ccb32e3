import { Failure } from '../failure.js'
import type { Handlers } from '../handler.js'
import { editVersion, findVersion, owner, versionHeader } from '../objects.js'
import { checkAclAllowed } from '../public-access.js'
import { checkTags } from '../tags.js'
import { readObjectAcl } from '../template.js'

/** Access control lists and tags of objects. */
export const objectSettingsHandlers: Handlers = {
  putObjectAcl: async (call, request) => {
    const acl = readObjectAcl(request.acl) as string
    checkAclAllowed(call, 'object', acl)
    const version = await editVersion(call, request.versionId, before => ({ ...before, acl }))
    return { headers: versionHeader(call.bucket, version) }
  },

  getObjectAcl: (call, request) => {
    const version = findVersion(call.bucket, call.key, request.versionId)
    return { result: { acl: version.acl, owner }, headers: versionHeader(call.bucket, version) }
  },

  putObjectTagging: async (call, request) => {
    const given = request.tagging.tagSet?.tags ?? []
    const tags = checkTags(given.map(({ key, value }) => [key ?? '', value ?? ''] as const))
    if (given.some(({ key }) => key === undefined)) throw new Failure('MalformedXML')
    const version = await editVersion(call, request.versionId, before => ({ ...before, tags }))
    return { headers: versionHeader(call.bucket, version) }
  },

  getObjectTagging: (call, request) => {
    const version = findVersion(call.bucket, call.key, request.versionId)
    const tags = version.tags.map(([key, value]) => ({ key, value }))
    return { result: { tagSet: { tags } }, headers: versionHeader(call.bucket, version) }
  },

  deleteObjectTagging: async (call, request) => {
    const version = await editVersion(call, request.versionId, before => ({ ...before, tags: [] }))
    return { status: 204, headers: versionHeader(call.bucket, version) }
  },
}
