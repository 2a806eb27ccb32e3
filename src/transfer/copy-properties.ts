import type { ClientCore } from '../client/core.js'
import type { InitiateMultipartUploadRequest } from '../operations/index.js'
import { type CopyRequest, type CopySource, readSourceTags, withoutUndefined } from './copy-source.js'

/** Headers that CopyObject takes from the source, or from the request, as one. */
const contentHeaderNames = [
  'content-type',
  'content-language',
  'content-encoding',
  'content-disposition',
  'cache-control',
  'expires',
]

/** Whether a directive asks for the request's values. Case does not matter to the service either. */
function replaces(directive: string | undefined): boolean {
  return directive?.toLowerCase() === 'replace'
}

/**
 * Begins a multipart copy with the properties that CopyObject would have given the copy by itself: parts know nothing of
 * the source's metadata and tags, so under COPY they are read and said again.
 */
export async function initiateRequest(
  core: ClientCore,
  request: CopyRequest,
  source: CopySource,
  signal: AbortSignal | undefined,
): Promise<InitiateMultipartUploadRequest> {
  const { bucket, key, storageClass, forbidOverwrite, requestPayer } = request
  const { serverSideEncryption, serverSideDataEncryption, serverSideEncryptionKeyId } = request
  const { objectWormRetainUntilDate, objectWormMode, objectWormLegalHold } = request
  const tagging = replaces(request.taggingDirective)
    ? request.tagging
    : await readSourceTags(core, request, source, signal)
  return {
    bucket,
    key,
    // CopyObject derives no type from the key, and the source may have been stored without one.
    disableAutoDetectMimeType: true,
    ...(replaces(request.metadataDirective) ? ownMetadata(request) : sourceMetadata(request, source)),
    ...withoutUndefined({
      storageClass,
      forbidOverwrite,
      requestPayer,
      serverSideEncryption,
      serverSideDataEncryption,
      serverSideEncryptionKeyId,
      objectWormRetainUntilDate,
      objectWormMode,
      objectWormLegalHold,
      tagging,
    }),
  }
}

function ownMetadata(request: CopyRequest) {
  const { cacheControl, contentDisposition, contentEncoding, contentType, expires, metadata, headers } = request
  return withoutUndefined({
    cacheControl,
    contentDisposition,
    contentEncoding,
    contentType,
    expires,
    metadata,
    headers,
  })
}

function sourceMetadata(request: CopyRequest, { head }: CopySource) {
  const { cacheControl, contentDisposition, contentEncoding, contentType, expires, metadata } = head
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(request.headers ?? {})) {
    const lower = name.toLowerCase()
    if (!contentHeaderNames.includes(lower) && !lower.startsWith('x-oss-meta-')) headers[lower] = value
  }
  const language = head.headers['content-language']
  if (language !== undefined) headers['content-language'] = language
  return withoutUndefined({
    cacheControl,
    contentDisposition,
    contentEncoding,
    contentType,
    expires,
    metadata,
    headers,
  })
}
