import { randomBytes } from 'node:crypto'
import { findCopySource, sourceVersionHeader } from '../copy-source.js'
import { Failure, invalidArgument } from '../failure.js'
import type { Call, Handlers } from '../handler.js'
import { wantsUrlEncoding } from '../listing.js'
import { checkOverwrite, quoted } from '../objects.js'
import { receiveContent } from '../receive.js'
import { sliceSegments } from '../storage/content-store.js'
import type { PartRecord } from '../storage/records.js'
import { checkTrafficLimit, encryptionHeaders, readTemplate } from '../template.js'

/** Upload ids begin with the time, so that their order is that of initiation. */
function newUploadId(now: number): string {
  return (now.toString(16).padStart(12, '0') + randomBytes(10).toString('hex')).toUpperCase()
}

function checkPartNumber(number: number): void {
  if (number >= 1 && number <= 10_000) return
  throw invalidArgument(
    'partNumber',
    String(number),
    'Part number must be an integer between 1 and 10000, inclusive.',
    '0017-00000220',
  )
}

/** The bytes a part is copied from. @throws Failure InvalidArgument, InvalidRange */
function sourceRange(call: Call, size: number): { start: number; end: number } {
  const header = call.incoming.headers['x-oss-copy-source-range']
  if (header === undefined) return { start: 0, end: size }
  const match = /^bytes=(\d+)-(\d*)$/.exec(header)
  if (match === null) throw invalidArgument('x-oss-copy-source-range', header, 'The copy source range is not valid.')
  const start = Number(match[1])
  const end = match[2] ? Number(match[2]) + 1 : size
  if (start >= size || end <= start || end > size)
    throw new Failure('InvalidRange', { details: { ActualObjectSize: String(size) } })
  return { start, end }
}

/** Keeps a part, which from here on owns its segments. */
async function keepPart(call: Call, uploadId: string, part: PartRecord): Promise<void> {
  try {
    await call.bucket.uploads.putPart(uploadId, call.key, part)
  } catch (error) {
    await call.store.content.release(part.segments)
    throw error
  }
}

/** Multipart uploads up to their completion. */
export const multipartHandlers: Handlers = {
  initiateMultipartUpload: async (call, request) => {
    const urlEncode = wantsUrlEncoding(request.encodingType)
    const template = readTemplate(call)
    checkOverwrite(call)
    const uploadId = newUploadId(call.now)
    const sequential = 'sequential' in call.incoming.query
    await call.bucket.uploads.begin({ uploadId, key: call.key, initiated: call.now, sequential, template })
    return {
      urlEncode,
      result: { bucket: call.bucket.name, key: call.key, uploadId, encodingType: urlEncode ? 'url' : undefined },
      headers: encryptionHeaders(template.encryption),
    }
  },

  uploadPart: async (call, request) => {
    const { partNumber, uploadId } = request
    checkPartNumber(partNumber)
    checkTrafficLimit(call)
    const { record } = call.bucket.uploads.get(uploadId, call.key)
    const content = await receiveContent(call)
    const etag = content.md5.toString('hex').toUpperCase()
    const crc64 = content.crc64.toString()
    const { size, segments } = content
    await keepPart(call, uploadId, { partNumber, modified: call.now, size, etag, crc64, segments })
    return {
      headers: {
        etag: quoted(etag),
        'content-md5': content.md5.toString('base64'),
        'x-oss-hash-crc64ecma': crc64,
        ...encryptionHeaders(record.template.encryption),
      },
    }
  },

  uploadPartCopy: async (call, request) => {
    const { partNumber, uploadId } = request
    checkPartNumber(partNumber)
    checkTrafficLimit(call)
    call.bucket.uploads.get(uploadId, call.key)
    const source = findCopySource(call)
    const { start, end } = sourceRange(call, source.version.size)
    const segments = sliceSegments(source.version.segments, start, end)
    const { content } = call.store
    content.retain(segments)
    const { md5, crc64 } = await content.checksums(segments)
    const etag = md5.toString('hex').toUpperCase()
    const part = { partNumber, modified: call.now, size: end - start, etag, crc64: crc64.toString(), segments }
    await keepPart(call, uploadId, part)
    return {
      result: { etag: quoted(etag), lastModified: new Date(call.now) },
      headers: { etag: quoted(etag), ...sourceVersionHeader(source) },
    }
  },

  abortMultipartUpload: async (call, request) => {
    const { uploads } = call.bucket
    await uploads.exclusive(request.uploadId, async () => {
      uploads.get(request.uploadId, call.key)
      await uploads.end(request.uploadId)
    })
    return { status: 204 }
  },
}
