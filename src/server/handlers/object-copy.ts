import { findCopySource, sourceVersionHeader } from '../copy-source.js'
import { invalidArgument } from '../failure.js'
import type { Call, Handlers } from '../handler.js'
import { checkOverwrite, newVersionId, putVersion, quoted, versionHeader } from '../objects.js'
import type { ObjectVersion } from '../storage/records.js'
import { encryptionHeaders, readTemplate } from '../template.js'

/** Whether a directive asks for replacement; its spelling varies between senders. @throws Failure InvalidArgument */
function replaces(call: Call, header: string): boolean {
  const value = call.incoming.headers[header]
  const lower = (value ?? 'copy').toLowerCase()
  if (lower !== 'copy' && lower !== 'replace')
    throw invalidArgument(header, value ?? '', `The value of ${header} must be COPY or REPLACE.`)
  return lower === 'replace'
}

/** Copying one object. No bytes are moved: source and copy refer to the same files. */
export const objectCopyHandlers: Handlers = {
  copyObject: async call => {
    const source = findCopySource(call)
    const template = readTemplate(call)
    const newHeaders = replaces(call, 'x-oss-metadata-directive')
    const newTags = replaces(call, 'x-oss-tagging-directive')
    checkOverwrite(call)
    const { version: original } = source
    // How the original is kept and protected does not pass on to the copy.
    const { sealed: _s, restoration: _r, retention: _t, legalHold: _l, encryption: _e, ...content } = original
    const version: ObjectVersion = {
      ...content,
      ...template,
      headers: newHeaders ? template.headers : original.headers,
      tags: newTags ? template.tags : original.tags,
      versionId: newVersionId(call.bucket),
      modified: call.now,
      // A copy cannot be appended to.
      type: original.type === 'Appendable' ? 'Normal' : original.type,
    }
    call.store.content.retain(version.segments)
    await putVersion(call, version)
    return {
      root: 'CopyObjectResult',
      result: { etag: quoted(version.etag), lastModified: new Date(version.modified) },
      headers: {
        etag: quoted(version.etag),
        ...(version.crc64 === undefined ? {} : { 'x-oss-hash-crc64ecma': version.crc64 }),
        ...encryptionHeaders(version.encryption),
        ...versionHeader(call.bucket, version),
        ...sourceVersionHeader(source),
      },
    }
  },
}
