import { createHash } from 'node:crypto'
import { ParamInvalidError, ParamRequiredError } from '../errors.js'
import type {
  InitiateMultipartUploadRequest,
  InitiateMultipartUploadResult,
  UploadPartRequest,
  UploadPartResult,
} from '../operations/index.js'
import { type Body, isBody, toPayload } from '../pipeline/body.js'
import type { OperationOptions } from '../pipeline/context.js'
import type { EncryptionContext } from './context.js'
import { blockLength } from './ctr-cipher.js'
import { checkPlain } from './encrypting-body.js'
import { envelopeMetadata } from './envelope.js'
import { EncryptionMultipartContext, type PartSizes, storedSizes } from './multipart-context.js'
import type { EncryptionSettings } from './options.js'

/** Begins an encrypted upload in parts. */
export async function initiateEncrypted(
  { client, keys, settings }: EncryptionContext,
  request: InitiateMultipartUploadRequest,
  options: OperationOptions = {},
): Promise<InitiateMultipartUploadResult> {
  if (typeof request !== 'object' || request === null) throw new ParamInvalidError('request', 'expected an object')
  const { csePartSize, cseDataSize, ...rest } = request
  const sizes = checkSizes(csePartSize, cseDataSize, settings)
  const { cipher, envelope } = await keys.create({ bucket: rest.bucket, key: rest.key }, options.signal)
  try {
    const metadata = { ...rest.metadata, ...envelopeMetadata(envelope, storedSizes(cipher, sizes)) }
    const started = await client.initiateMultipartUpload({ ...rest, metadata }, options)
    const context = new EncryptionMultipartContext(started.uploadId ?? '', cipher, envelope, sizes)
    return { ...started, cseMultipartContext: context }
  } catch (error) {
    cipher.destroy()
    throw error
  }
}

function checkSizes(
  partSize: number | undefined,
  dataSize: number | undefined,
  { format, segmentSize }: EncryptionSettings,
): PartSizes {
  if (partSize === undefined) throw new ParamRequiredError('csePartSize')
  const granule = format === 'sealed' ? segmentSize : blockLength
  if (!Number.isSafeInteger(partSize) || partSize <= 0 || partSize % granule !== 0) {
    throw new ParamInvalidError('csePartSize', `expected a positive multiple of ${granule}, not ${partSize}`)
  }
  // The last segment is sealed as the last one, so it must be known which one that is.
  if (dataSize === undefined && format === 'sealed') throw new ParamRequiredError('cseDataSize')
  if (dataSize !== undefined && !(Number.isSafeInteger(dataSize) && dataSize >= 0)) {
    throw new ParamInvalidError('cseDataSize', 'expected bytes, an integer of at least 0')
  }
  return { partSize, dataSize }
}

/** Encrypts and sends a part. */
export async function uploadEncryptedPart(
  { client }: EncryptionContext,
  request: UploadPartRequest,
  options: OperationOptions = {},
): Promise<UploadPartResult> {
  if (typeof request !== 'object' || request === null) throw new ParamInvalidError('request', 'expected an object')
  const { cseMultipartContext: context, body = '', contentLength, contentMd5, ...rest } = request
  if (context === undefined || context === null) throw new ParamRequiredError('cseMultipartContext')
  if (!(context instanceof EncryptionMultipartContext)) {
    throw new ParamInvalidError('cseMultipartContext', 'expected what initiateMultipartUpload gave')
  }
  // Whole in memory: an attempt that is repeated must send the same bytes, also where the source has changed.
  const plain = await collect(body, context.partSize)
  const hash = contentMd5 === undefined ? undefined : createHash('md5').update(plain)
  checkPlain(plain.byteLength, hash, { length: contentLength, md5: contentMd5 })
  const part = context.encrypt(rest.uploadId, rest.partNumber, plain)
  const headers = { ...options.headers, ...part.headers }
  return client.uploadPart({ ...rest, body: part.body }, { ...options, headers })
}

/** Reads a body, of which no more than the part size is wanted. */
async function collect(body: Body, partSize: number): Promise<Uint8Array> {
  if (!isBody(body)) throw new ParamInvalidError('body', 'expected a string, bytes, a Blob, a stream or a FileBody')
  const payload = await toPayload(body)
  if (payload.bytes) return payload.bytes
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of payload.open()) {
    length += chunk.byteLength
    if (length > partSize) throw new ParamInvalidError('body', `has more than csePartSize, ${partSize} bytes`)
    // A stream may use its memory again for the next chunk.
    chunks.push(Buffer.from(chunk))
  }
  return Buffer.concat(chunks)
}
