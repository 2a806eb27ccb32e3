import { answerWithCallback } from '../callback/answer.js'
import { readCallback } from '../callback/wish.js'
import type { Call, Handlers } from '../handler.js'
import { checkOverwrite, newVersionId, putVersion, quoted, versionHeader } from '../objects.js'
import { receiveContent } from '../receive.js'
import type { StoredContent } from '../storage/content-store.js'
import type { ObjectVersion } from '../storage/records.js'
import { encryptionHeaders, type ObjectTemplate, readTemplate } from '../template.js'

/** Makes a Normal object of content that was received. */
export function normalVersion(call: Call, template: ObjectTemplate, content: StoredContent): ObjectVersion {
  return {
    ...template,
    versionId: newVersionId(call.bucket),
    deleteMarker: false,
    modified: call.now,
    type: 'Normal',
    size: content.size,
    etag: content.md5.toString('hex').toUpperCase(),
    md5: content.md5.toString('base64'),
    crc64: content.crc64.toString(),
    segments: content.segments,
  }
}

/** Writing an object at once. */
export const objectPutHandlers: Handlers = {
  putObject: async call => {
    const callback = readCallback(call.incoming)
    const template = readTemplate(call)
    checkOverwrite(call)
    const version = normalVersion(call, template, await receiveContent(call))
    await putVersion(call, version)
    return answerWithCallback(call, callback, version, {
      headers: {
        etag: quoted(version.etag),
        'content-md5': version.md5 as string,
        'x-oss-hash-crc64ecma': version.crc64 as string,
        ...encryptionHeaders(version.encryption),
        ...versionHeader(call.bucket, version),
      },
    })
  },
}
