import { ParamInvalidError } from '../errors.js'
import type { PutObjectRequest, PutObjectResult } from '../operations/index.js'
import { type Body, CheckedBytes, FileBody, isBody, toPayload } from '../pipeline/body.js'
import type { OperationOptions } from '../pipeline/context.js'
import { ProgressMeter } from '../pipeline/progress.js'
import { withRetry } from '../pipeline/retry.js'
import type { ContentCipher } from './content-cipher.js'
import type { EncryptionContext } from './context.js'
import { encryptingBody } from './encrypting-body.js'
import { envelopeMetadata } from './envelope.js'

/** Bodies up to this length are encrypted before they are sent; longer ones while they are. */
const atOnce = 1024 * 1024

/** Encrypts and stores an object. */
export async function putEncrypted(
  { client, core, keys, settings }: EncryptionContext,
  request: PutObjectRequest,
  options: OperationOptions = {},
): Promise<PutObjectResult> {
  if (typeof request !== 'object' || request === null) throw new ParamInvalidError('request', 'expected an object')
  const { body = '', contentLength, contentMd5, progressFn, ...rest } = request
  if (!isBody(body)) throw new ParamInvalidError('body', 'expected a string, bytes, a Blob, a stream or a FileBody')
  const { onProgress, ...callOptions } = options
  const { signal } = options
  let opened = false
  const plan = {
    retryer: options.retryer ?? core.retryer,
    maxAttempts: Math.max(1, options.retryMaxAttempts ?? options.retryer?.maxAttempts ?? core.retryMaxAttempts),
    repeatable: () => !opened || isRepeatable(body),
    signal,
  }
  let progress: ProgressMeter | undefined
  // Attempts are made here rather than below, so that each one has a key of its own: a source that changes meanwhile would
  // otherwise put two plaintexts under one key stream.
  return withRetry(core, plan, async () => {
    const payload = await toPayload(body)
    const length = payload.length ?? contentLength
    progress ??= new ProgressMeter([progressFn, onProgress], length)
    const { cipher, envelope } = await keys.create({ bucket: rest.bucket, key: rest.key }, signal)
    try {
      const open = () => {
        opened = true
        return payload.open()
      }
      const encrypted = encryptingBody({ ...payload, open }, cipher, {
        length: contentLength,
        md5: contentMd5,
        progress,
      })
      const notes = { plainLength: settings.format === 'sealed' ? length : contentLength, plainMd5: contentMd5 }
      const metadata = { ...rest.metadata, ...envelopeMetadata(envelope, notes) }
      const sent = { ...rest, metadata, ...(await toBody(encrypted, length, cipher)) }
      return await client.putObject(sent, { ...callOptions, retryMaxAttempts: 1 })
    } finally {
      cipher.destroy()
    }
  })
}

function isRepeatable(body: Body): boolean {
  return (
    typeof body === 'string' ||
    body instanceof Uint8Array ||
    body instanceof ArrayBuffer ||
    body instanceof Blob ||
    body instanceof FileBody ||
    body instanceof CheckedBytes
  )
}

/** Short bodies as bytes, others as a stream, whose length is stated where it is known. */
async function toBody(
  encrypted: AsyncGenerator<Uint8Array>,
  length: number | undefined,
  cipher: ContentCipher,
): Promise<{ body: Body; contentLength?: number }> {
  if (length === undefined) return { body: encrypted }
  const contentLength = cipher.cipherLength(length)
  if (length > atOnce) return { body: encrypted, contentLength }
  const chunks: Uint8Array[] = []
  for await (const chunk of encrypted) chunks.push(chunk)
  return { body: Buffer.concat(chunks) }
}
