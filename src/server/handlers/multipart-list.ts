import { invalidArgument } from '../failure.js'
import type { Handlers } from '../handler.js'
import { commonPrefix, wantsUrlEncoding } from '../listing.js'
import { quoted } from '../objects.js'
import { compareUtf8 } from '../storage/sorted-keys.js'
import type { Upload } from '../storage/upload-store.js'
import { pageSize } from './service.js'

function isAfter(upload: Upload, keyMarker: string, uploadIdMarker: string): boolean {
  const order = compareUtf8(upload.record.key, keyMarker)
  // Alone, a key skips all uploads of that key; with an id only those up to it.
  return order > 0 || (order === 0 && uploadIdMarker !== '' && upload.record.uploadId > uploadIdMarker)
}

function readPartMarker(raw: string | number | undefined): number {
  const marker = raw === undefined || raw === '' ? 0 : Number(raw)
  if (!Number.isInteger(marker) || marker < 0 || marker > 10_000) {
    throw invalidArgument(
      'part-number-marker',
      String(raw),
      'Argument part-number-marker must be an integer between 0 and 10000.',
    )
  }
  return marker
}

/** The envelope of an upload that the client encrypts, as its initiation gave it. Its description of the key is not listed. */
function clientEncryption(headers: Readonly<Record<string, string>>) {
  const value = (name: string) => headers[`x-oss-meta-client-side-encryption-${name}`]
  const length = (name: string) => (/^\d{1,15}$/.test(value(name) ?? '') ? Number(value(name)) : undefined)
  return {
    clientEncryptionKey: value('key'),
    clientEncryptionStart: value('start'),
    clientEncryptionCekAlg: value('cek-alg'),
    clientEncryptionWrapAlg: value('wrap-alg'),
    clientEncryptionDataSize: length('data-size'),
    clientEncryptionPartSize: length('part-size'),
  }
}

/** Listing unfinished uploads and their parts. */
export const multipartListHandlers: Handlers = {
  listMultipartUploads: (call, request) => {
    const urlEncode = wantsUrlEncoding(request.encodingType)
    const { prefix = '', delimiter = '', keyMarker = '', uploadIdMarker = '' } = request
    const maxUploads = pageSize('max-uploads', request.maxUploads, 1000)
    const skipped = delimiter !== '' && commonPrefix(keyMarker, prefix, delimiter) === keyMarker ? keyMarker : undefined
    const uploads: Upload[] = []
    const prefixes: string[] = []
    let next: { key: string; uploadId: string } | undefined
    let isTruncated = false
    for (const upload of call.bucket.uploads.sorted()) {
      const { key, uploadId } = upload.record
      if (!key.startsWith(prefix) || (keyMarker !== '' && !isAfter(upload, keyMarker, uploadIdMarker))) continue
      const common = commonPrefix(key, prefix, delimiter)
      if (common !== undefined && (common === prefixes.at(-1) || common === skipped)) continue
      isTruncated = uploads.length + prefixes.length === maxUploads
      if (isTruncated) break
      if (common === undefined) uploads.push(upload)
      else prefixes.push(common)
      next = { key: common ?? key, uploadId: common === undefined ? uploadId : '' }
    }
    return {
      urlEncode,
      result: {
        encodingType: urlEncode ? 'url' : undefined,
        bucket: call.bucket.name,
        keyMarker,
        uploadIdMarker,
        nextKeyMarker: isTruncated ? next?.key : '',
        nextUploadIdMarker: isTruncated ? next?.uploadId : '',
        delimiter,
        prefix,
        maxUploads,
        isTruncated,
        uploads: uploads.map(({ record }) => ({
          key: record.key,
          uploadId: record.uploadId,
          initiated: new Date(record.initiated),
        })),
      },
    }
  },

  listParts: (call, request) => {
    const urlEncode = wantsUrlEncoding(request.encodingType)
    const maxParts = pageSize('max-parts', request.maxParts, 1000)
    const marker = readPartMarker(request.partNumberMarker)
    const { record, parts } = call.bucket.uploads.get(request.uploadId, call.key)
    const rest = [...parts.values()]
      .filter(part => part.partNumber > marker)
      .sort((a, b) => a.partNumber - b.partNumber)
    const page = rest.slice(0, maxParts)
    return {
      urlEncode,
      result: {
        encodingType: urlEncode ? 'url' : undefined,
        bucket: call.bucket.name,
        key: call.key,
        uploadId: record.uploadId,
        storageClass: record.template.storageClass,
        partNumberMarker: marker,
        nextPartNumberMarker: page.at(-1)?.partNumber ?? marker,
        maxParts,
        isTruncated: rest.length > page.length,
        ...clientEncryption(record.template.headers),
        parts: page.map(part => ({
          partNumber: part.partNumber,
          lastModified: new Date(part.modified),
          etag: quoted(part.etag),
          size: part.size,
          ...(part.crc64 === undefined ? {} : { hashCrc64: part.crc64 }),
        })),
      },
    }
  },
}
