import { resolve } from 'node:path'
import type { ClientCore } from '../client/core.js'
import { DecryptionError, ParamInvalidError } from '../errors.js'
import type { ListPartsResult } from '../operations/index.js'
import { listParts } from '../operations/index.js'
import { send } from '../pipeline/send.js'
import { readJournal, withJournalPath } from '../transfer/journal.js'
import { maxPartSize, minPartSize } from '../transfer/part-plan.js'
import { UploadCheckpoint } from '../transfer/upload-checkpoint.js'
import { splitRequest, type UploaderOptions, type UploadRequest } from '../transfer/upload-request.js'
import { isNoSuchUpload, UploadSession } from '../transfer/upload-session.js'
import { type EncryptionContext, storedLength } from './context.js'
import { ctrAlgorithm } from './ctr-cipher.js'
import type { Envelope } from './envelope.js'
import type { EncryptionSettings } from './options.js'
import { isSealedLike, sealedAlgorithm } from './seal-parameters.js'
import type { SourceIdentity } from './source-mark.js'
import { envelopeText, listedEnvelope, storedRequest } from './stored-envelope.js'

/** A multipart upload that only the service remembers, and the file that it was begun for. */
export interface LostUpload {
  readonly request: UploadRequest
  readonly uploadId: string
  readonly path: string
  readonly source: SourceIdentity
}

/**
 * Writes the journal of an upload anew, from what the service lists, and gives its part size in bytes of plaintext. What
 * makes it unfit (another file, key or format, no part that could be compared) ends the upload instead: a key is used again
 * only for the very file that it was made for.
 *
 * @throws ParamInvalidError when the upload is not an encrypted one, which stays as it is
 */
export async function recoverUpload(
  context: EncryptionContext,
  lost: LostUpload,
  { checkpointDir, signal }: UploaderOptions,
): Promise<number | undefined> {
  const { core } = context
  const { uploadId, path, source } = lost
  const listed = await firstPage(core, lost, signal)
  if (listed === undefined) return undefined
  const session = new UploadSession(core, splitRequest(lost.request), uploadId, true)
  const parts = listed.isTruncated ? await session.parts(signal) : (listed.parts ?? [])
  const found = await fitting(context, { ...listed, parts }, lost, signal)
  if (found === undefined) {
    await session.abort()
    return undefined
  }
  const { envelope, partSize, storedPartSize } = found
  const storedSize = storedLength(source.size, context.settings)
  const about = storedRequest(lost.request, envelope, { partSize: storedPartSize, dataSize: storedSize })
  const checkpoint = new UploadCheckpoint(core, splitRequest(about), checkpointDir, {
    ...{ path: resolve(path), size: storedSize, mtimeMs: source.mtimeMs, envelope: envelopeText(envelope) },
    ...{ ino: source.ino, partSize: storedPartSize },
  })
  await withJournalPath(checkpoint.path, async () => {
    // A journal that knows the upload knows its parts too.
    const present = await readJournal(checkpoint.path)
    if (present?.header.uploadId !== uploadId) await checkpoint.adopt(uploadId)
  })
  return partSize
}

/** The beginning of the list of parts; nothing when the service does not know the upload. */
async function firstPage(
  core: ClientCore,
  { request: { bucket, key }, uploadId }: LostUpload,
  signal: AbortSignal | undefined,
): Promise<ListPartsResult | undefined> {
  try {
    const page = await send(core, listParts, { bucket, key, uploadId, maxParts: 1000 }, signal ? { signal } : {})
    if (page.clientEncryptionKey !== undefined) return page
  } catch (error) {
    if (isNoSuchUpload(error)) return undefined
    throw error
  }
  throw new ParamInvalidError('uploadId', 'is not an upload that was encrypted')
}

/** The envelope and the sizes of an upload, if it may go on with this file. */
async function fitting(
  { keys, settings }: EncryptionContext,
  listed: ListPartsResult,
  { request: { bucket, key }, source }: LostUpload,
  signal: AbortSignal | undefined,
): Promise<{ envelope: Envelope; partSize: number; storedPartSize: number } | undefined> {
  const { clientEncryptionPartSize: storedPartSize = 0, clientEncryptionDataSize: dataSize, parts = [] } = listed
  const partSize = plainPartSize(storedPartSize, settings)
  const storedSize = storedLength(source.size, settings)
  const planned = dataSize === storedSize && partSize !== undefined && storedPartSize < storedSize
  // Without a part there is nothing to go on with, and nothing that shows under which key it was.
  const comparable = parts.length > 0 && parts.every(part => part.hashCrc64 !== undefined)
  if (!planned || !comparable) return undefined
  for (const { partNumber = 0, size } of parts) {
    if (size !== Math.min(storedPartSize, storedSize - (partNumber - 1) * storedPartSize)) return undefined
  }
  try {
    const envelope = listedEnvelope(listed, keys.matDesc) as Envelope
    if (!sameFormat(envelope, settings)) return undefined
    const cipher = await keys.open(envelope, { bucket, key }, signal, source)
    cipher.destroy()
    return { envelope, partSize, storedPartSize }
  } catch (error) {
    if (error instanceof DecryptionError) return undefined
    throw error
  }
}

/** Bytes of plaintext in a part that is stored in so many; nothing where parts of that length are not planned. */
function plainPartSize(stored: number, settings: EncryptionSettings): number | undefined {
  const { segmentSize } = settings
  const plain = settings.format === 'sealed' ? (stored / storedLength(segmentSize, settings)) * segmentSize : stored
  const usable =
    plain >= minPartSize && plain <= maxPartSize && plain % (settings.format === 'sealed' ? segmentSize : 16) === 0
  return usable && storedLength(plain, settings) === stored ? plain : undefined
}

/** Whether content would be protected as this client protects it: going on must not make it weaker. */
function sameFormat({ cekAlgorithm, start }: Envelope, settings: EncryptionSettings): boolean {
  if (settings.format === 'ctr') return cekAlgorithm === ctrAlgorithm
  return cekAlgorithm === sealedAlgorithm && isSealedLike(start, settings)
}
