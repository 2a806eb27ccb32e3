import { resolve } from 'node:path'
import type { ClientCore } from '../client/core.js'
import { DecryptionError } from '../errors.js'
import { listParts } from '../operations/index.js'
import { send } from '../pipeline/send.js'
import { readJournal } from '../transfer/journal.js'
import type { JournalContent } from '../transfer/journal-format.js'
import { journalPath, journalVersion, sameIdentity } from '../transfer/journal-identity.js'
import type { UploaderOptions, UploadRequest } from '../transfer/upload-request.js'
import { isNoSuchUpload } from '../transfer/upload-session.js'
import type { NewContent } from './content-keys.js'
import type { EncryptionContext } from './context.js'
import type { SourceIdentity } from './source-mark.js'
import { envelopeText, listedEnvelope, parseEnvelopeText } from './stored-envelope.js'

/** The content key of an upload, and what was sent under it already. */
export interface UploadKey extends NewContent {
  /** Checksums of ciphertext by position. */
  readonly sent: ReadonlyMap<number, bigint>
}

/** A file that is about to be uploaded: what an earlier upload must have been about to lend its key. */
export interface FileToUpload {
  readonly path: string
  readonly source: SourceIdentity
  /** Length of the ciphertext, and of its parts. */
  readonly storedSize: number
  readonly storedPartSize: number
}

/**
 * Finds the key of an interrupted upload of the same file in its journal. A key is used again only for going on with the very
 * same bytes; what shows that they may be others (size, time, file, upload, envelope) makes this give nothing.
 */
export async function interruptedKey(
  context: EncryptionContext,
  request: UploadRequest,
  file: FileToUpload,
  { checkpointDir, signal }: UploaderOptions,
): Promise<UploadKey | undefined> {
  const { core, keys } = context
  const { bucket, key } = request
  const target = core.target(bucket, key)
  const about = ['upload', target.host, target.path]
  const path = resolve(file.path)
  const content = await readJournal(journalPath(path, checkpointDir, about))
  const envelope = parseEnvelopeText(content?.header.envelope)
  const { ino, mtimeMs } = file.source
  const identity = {
    ...{ ferross: 'upload', version: journalVersion, target: about.join(' '), path, ino },
    ...{ size: file.storedSize, mtimeMs, partSize: file.storedPartSize },
  }
  if (content === undefined || envelope === undefined || !sameIdentity(content.header, identity)) return undefined
  const sent = recordedChecksums(content, file.storedPartSize)
  const uploadId = String(content.header.uploadId)
  const listed = await listedChecksums(
    core,
    { bucket, key, uploadId },
    envelopeText(envelope),
    envelope.matDesc,
    signal,
  )
  if (listed === 'other') return undefined
  for (const [number, crc64] of listed) sent.set((number - 1) * file.storedPartSize, crc64)
  try {
    return { cipher: await keys.open(envelope, { bucket, key }, signal, file.source), envelope, sent }
  } catch (error) {
    // Another master key than the one before, or a journal that somebody else wrote: the upload begins anew under a key of this one.
    if (error instanceof DecryptionError) return undefined
    throw error
  }
}

function recordedChecksums({ records }: JournalContent, partSize: number): Map<number, bigint> {
  const sent = new Map<number, bigint>()
  for (const { part, crc64 } of records) {
    if (Number.isSafeInteger(part) && typeof crc64 === 'string' && /^\d{1,20}$/.test(crc64)) {
      sent.set(((part as number) - 1) * partSize, BigInt(crc64))
    }
  }
  return sent
}

/** Checksums of the parts that the service has; `other` when it says that they are encrypted with another key. */
async function listedChecksums(
  core: ClientCore,
  upload: { bucket: string; key: string; uploadId: string },
  expected: string,
  matDesc: string,
  signal: AbortSignal | undefined,
): Promise<Map<number, bigint> | 'other'> {
  const checksums = new Map<number, bigint>()
  for (let marker: number | undefined; ; ) {
    const request = { ...upload, maxParts: 1000, ...(marker !== undefined && { partNumberMarker: String(marker) }) }
    const page = await send(core, listParts, request, signal ? { signal } : {}).catch(error => {
      // It may have been completed: the journal's checksums tell then.
      if (isNoSuchUpload(error)) return undefined
      throw error
    })
    if (page === undefined) return checksums
    const listed = listedEnvelope(page, matDesc)
    if (listed !== undefined && envelopeText(listed) !== expected) return 'other'
    for (const { partNumber, hashCrc64 } of page.parts ?? []) {
      if (partNumber !== undefined && hashCrc64 !== undefined) checksums.set(partNumber, BigInt(hashCrc64))
    }
    if (!page.isTruncated || page.nextPartNumberMarker === undefined) return checksums
    marker = page.nextPartNumberMarker
  }
}
