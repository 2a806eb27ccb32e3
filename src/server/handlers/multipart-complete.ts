import { createHash } from 'node:crypto'
import { crc64Combine } from '../../native/checksum.js'
import { answerWithCallback } from '../callback/answer.js'
import { readCallback } from '../callback/wish.js'
import { Failure } from '../failure.js'
import type { Call, Handlers, Reply } from '../handler.js'
import { wantsUrlEncoding } from '../listing.js'
import { checkOverwrite, newVersionId, putVersion, quoted, versionHeader } from '../objects.js'
import type { ObjectVersion, PartRecord } from '../storage/records.js'
import type { Upload } from '../storage/upload-store.js'
import { encryptionHeaders, readNewAcl } from '../template.js'

/** One line of the list a client completes with. */
interface ListedPart {
  readonly partNumber?: number
  readonly etag?: string
}

/** The parts the object is made of, checked as the service checks them. */
function chooseParts(call: Call, upload: Upload, listed: readonly ListedPart[] | undefined): PartRecord[] {
  const all = call.incoming.headers['x-oss-complete-all']?.toLowerCase() === 'yes'
  if (all && listed !== undefined) {
    throw new Failure('InvalidArgument', {
      message: 'Should not speficy both complete all header and http body.',
      ec: '0042-00000216',
      details: { ArgumentName: 'x-oss-complete-all', ArgumentValue: 'yes' },
    })
  }
  const chosen = all
    ? [...upload.parts.values()].sort((a, b) => a.partNumber - b.partNumber)
    : findListed(upload, listed ?? [])
  if (chosen.length === 0) throw all ? new Failure('InvalidPart') : new Failure('MalformedXML')
  const small = chosen.slice(0, -1).find(part => part.size < call.settings.minimumPartSize)
  if (small !== undefined) {
    throw new Failure('EntityTooSmall', {
      details: {
        ETag: small.etag,
        MinSizeAllowed: String(call.settings.minimumPartSize),
        ProposedSize: String(small.size),
        PartNumber: String(small.partNumber),
      },
    })
  }
  return chosen
}

function findListed(upload: Upload, listed: readonly ListedPart[]): PartRecord[] {
  let before = 0
  const { uploadId } = upload.record
  return listed.map(({ partNumber, etag }) => {
    if (partNumber === undefined || etag === undefined) throw new Failure('MalformedXML')
    if (partNumber <= before) throw new Failure('InvalidPartOrder', { details: { UploadId: uploadId } })
    before = partNumber
    const part = upload.parts.get(partNumber)
    if (part === undefined || etag.replaceAll('"', '').toUpperCase() !== part.etag) {
      throw new Failure('InvalidPart', { details: { UploadId: uploadId, PartNumber: String(partNumber), ETag: etag } })
    }
    return part
  })
}

/** Joins parts to an object. Its CRC-64 is known only when every part's is. */
function joined(call: Call, upload: Upload, parts: readonly PartRecord[]): ObjectVersion {
  const md5 = createHash('md5')
  let size = 0
  let crc: bigint | undefined = 0n
  for (const part of parts) {
    md5.update(Buffer.from(part.etag, 'hex'))
    crc = crc === undefined || part.crc64 === undefined ? undefined : crc64Combine(crc, BigInt(part.crc64), part.size)
    size += part.size
  }
  const acl = readNewAcl(call)
  return {
    ...upload.record.template,
    ...(acl === undefined ? {} : { acl }),
    versionId: newVersionId(call.bucket),
    deleteMarker: false,
    modified: call.now,
    type: 'Multipart',
    size,
    etag: `${md5.digest('hex').toUpperCase()}-${parts.length}`,
    ...(crc === undefined ? {} : { crc64: crc.toString() }),
    segments: parts.flatMap(part => part.segments),
  }
}

/** The end of a multipart upload. A failed completion leaves the upload as it was. */
export const multipartCompleteHandlers: Handlers = {
  completeMultipartUpload: async (call, request) => {
    const urlEncode = wantsUrlEncoding(request.encodingType)
    const callback = readCallback(call.incoming)
    const { bucket, key } = call
    const version = await bucket.uploads.exclusive(request.uploadId, async () => {
      const upload = bucket.uploads.get(request.uploadId, key)
      const { completeMultipartUpload: document } = request
      const parts = chooseParts(call, upload, document === undefined ? undefined : (document.parts ?? []))
      checkOverwrite(call)
      const made = joined(call, upload, parts)
      call.store.content.retain(made.segments)
      await putVersion(call, made)
      await bucket.uploads.end(request.uploadId)
      return made
    })
    const reply: Reply = {
      root: 'CompleteMultipartUploadResult',
      urlEncode,
      result: {
        encodingType: urlEncode ? 'url' : undefined,
        location: `http://${call.incoming.host}${call.incoming.path}`,
        bucket: bucket.name,
        key,
        etag: quoted(version.etag),
      },
      headers: {
        etag: quoted(version.etag),
        ...(version.crc64 === undefined ? {} : { 'x-oss-hash-crc64ecma': version.crc64 }),
        ...encryptionHeaders(version.encryption),
        ...versionHeader(bucket, version),
      },
    }
    return answerWithCallback(call, callback, version, reply)
  },
}
