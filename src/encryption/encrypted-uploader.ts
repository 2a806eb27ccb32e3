import { stat } from 'node:fs/promises'
import { ParamInvalidError, ParamRequiredError } from '../errors.js'
import type { PartReader } from '../native/engine.js'
import { getEngine } from '../native/index.js'
import type { TransferEvent } from '../observability/events.js'
import { traceTransfer } from '../observability/transfer-trace.js'
import type { ProgressListener } from '../pipeline/context.js'
import { checkPath } from '../transfer/options.js'
import { maxParts } from '../transfer/part-plan.js'
import { type ByteSource, openSource, type UploadSource } from '../transfer/stream-source.js'
import { type TransferContext, transferContext } from '../transfer/transfer-context.js'
import { asFileError } from '../transfer/transfer-error.js'
import { FileUpload } from '../transfer/upload-file.js'
import type { UploaderOptions, UploadRequest, UploadResult } from '../transfer/upload-request.js'
import { StreamUpload } from '../transfer/upload-stream.js'
import { Uploader } from '../transfer/uploader.js'
import type { ContentCipher } from './content-cipher.js'
import { checkAligned, type EncryptionContext, plainProgress, storedLength } from './context.js'
import { EncryptingReader, ReusedKeyError } from './encrypting-reader.js'
import { encryptingSource } from './encrypting-source.js'
import { recoverUpload } from './recover-upload.js'
import type { SourceIdentity } from './source-mark.js'
import { envelopeText, storedRequest } from './stored-envelope.js'
import { type FileToUpload, interruptedKey, type UploadKey } from './upload-keys.js'

/** What to go on with, and the object's properties, as they were when the upload was begun. */
export interface ResumeUploadRequest extends UploadRequest {
  /** Id of the multipart upload at the service. */
  uploadId: string
}

/** Outcome of an encrypted upload. Length, checksum and entity tag are those of the ciphertext. */
export interface EncryptedUploadResult extends UploadResult {
  /** CRC-64 of the plaintext, decimal, as computed here; for comparing with the source. The service does not know it. */
  plainHashCrc64: string
}

/** Options of one upload, and the event that its parts are counted in. */
type Watched = UploaderOptions & { readonly event?: TransferEvent | undefined }

/**
 * Encrypts and uploads files and streams in parallel parts: as `Uploader` does, with a content key for each object. Parts of
 * files are read, encrypted and checksummed in one pass on native threads; what the service's CRC-64 is compared with, and
 * what results tell, are checksums of the ciphertext. `partSize` counts plaintext and must be a multiple of 16, for sealed
 * objects of the segment size.
 */
export class EncryptedUploader {
  readonly #context: EncryptionContext
  readonly #options: UploaderOptions

  /** @internal Use {@link EncryptionClient.uploader}. */
  constructor(context: EncryptionContext, options?: UploaderOptions) {
    this.#context = context
    this.#options = merge(context, { partSize: 6 * 1024 * 1024, parallelNum: 3 }, options)
  }

  /**
   * Uploads a file. With `enableCheckpoint` the journal holds the wrapped content key, and an upload that goes on uses it
   * again; a file that changed gets another key.
   *
   * @throws as `Uploader.uploadFile` does
   */
  async uploadFile(request: UploadRequest, path: string, options?: UploaderOptions): Promise<EncryptedUploadResult> {
    const merged = merge(this.#context, this.#options, options)
    return this.#watched(request, merged, watched =>
      this.#withFile(path, watched, (reader, source) => this.#upload(request, path, reader, source, watched)),
    )
  }

  /**
   * Goes on with an upload of a file that this class began and whose journal is lost, such as one that `listMultipartUploads`
   * shows. Its key comes from the envelope that the service lists with the parts, and is used again only when it was made for
   * this file (size, time, number in the file system) and this object, when format and master key are this client's, and when
   * the parts that have arrived, read and encrypted again, have the checksums that are listed. Otherwise that upload is ended
   * and the file is uploaded from its beginning under another key, as it is when the service does not know the upload. Part
   * sizes are those of the upload. A journal is kept from here on, so a further interruption needs only `uploadFile` with
   * `enableCheckpoint`.
   *
   * @throws ParamInvalidError when `uploadId` is of an upload without encryption, and as `Uploader.uploadFile` does
   */
  async resumeFile(
    request: ResumeUploadRequest,
    path: string,
    options?: UploaderOptions,
  ): Promise<EncryptedUploadResult> {
    const merged = { ...merge(this.#context, this.#options, options), enableCheckpoint: true }
    const { uploadId, ...put } = request
    if (typeof uploadId !== 'string' || uploadId === '') throw new ParamRequiredError('uploadId')
    return this.#watched(put, merged, watched =>
      this.#withFile(path, watched, async (reader, source) => {
        const partSize = await recoverUpload(this.#context, { request: put, uploadId, path, source }, watched)
        const own = partSize === undefined ? watched : { ...watched, partSize }
        return this.#upload(put, path, reader, source, own)
      }),
    )
  }

  /**
   * Uploads what a stream or iterable gives. A stream that does not say how long it is cannot tell the service either, which
   * is what `x-oss-meta-client-side-encryption-data-size` is for; give `expectedSize` only for planning parts.
   *
   * @throws as `Uploader.uploadFrom` does
   */
  async uploadFrom(
    request: UploadRequest,
    source: UploadSource,
    options?: UploaderOptions,
  ): Promise<EncryptedUploadResult> {
    const merged = merge(this.#context, this.#options, options)
    const opened = openSource(source)
    return this.#watched(request, merged, watched => this.#uploadStream(request, opened, watched))
  }

  #watched<T>(request: UploadRequest, options: UploaderOptions, run: (options: Watched) => Promise<T>): Promise<T> {
    const subject = { ...request, kind: 'upload' } as const
    return traceTransfer(this.#context.core.logger, subject, options, (own, event) => run({ ...own, event }))
  }

  async #uploadStream(request: UploadRequest, opened: ByteSource, options: Watched): Promise<EncryptedUploadResult> {
    let content: Awaited<ReturnType<EncryptionContext['keys']['create']>>
    try {
      const { bucket, key } = request
      content = await this.#context.keys.create({ bucket, key }, options.signal)
    } catch (error) {
      opened.close(error)
      throw error
    }
    const { cipher, envelope } = content
    const { length } = opened
    const dataSize = length === undefined ? undefined : cipher.cipherLength(length)
    const notes = { partSize: cipher.cipherLength(options.partSize as number), dataSize }
    let plain = 0n
    const summed: ByteSource = {
      ...opened,
      async next(signal) {
        const chunk = await opened.next(signal)
        if (chunk !== undefined) plain = getEngine().crc64(chunk, plain)
        return chunk
      },
    }
    const encrypted = encryptingSource(summed, cipher)
    const about = this.#described(request, cipher, length)
    const sent = storedRequest(about, envelope, notes)
    const progress = plainListener(options.onProgress, cipher, length)
    const own = { ...options, partSize: notes.partSize, ...(progress && { onProgress: progress }) }
    try {
      const result = await new StreamUpload(this.#transfer(own), encrypted, sent, own).run()
      return { ...result, plainHashCrc64: plain.toString() }
    } finally {
      cipher.destroy()
    }
  }

  #transfer(options: Watched): TransferContext {
    return transferContext(this.#context.core, options, options.event)
  }

  async #withFile<T>(
    path: string,
    { signal }: UploaderOptions,
    work: (reader: PartReader, source: SourceIdentity) => Promise<T>,
  ): Promise<T> {
    checkPath(path)
    signal?.throwIfAborted()
    const unreadable = (error: unknown) => {
      throw asFileError('read', path, error)
    }
    const reader = await getEngine().openPartReader(path).catch(unreadable)
    try {
      const { ino } = await stat(path).catch(unreadable)
      return await work(reader, { ...reader.opened, ino })
    } finally {
      await reader.close()
    }
  }

  async #upload(
    request: UploadRequest,
    path: string,
    reader: PartReader,
    source: SourceIdentity,
    options: Watched,
  ): Promise<EncryptedUploadResult> {
    const { settings, keys } = this.#context
    const { size } = reader.opened
    const partSize = alignedPartSize(
      size,
      options.partSize as number,
      settings.format === 'sealed' ? settings.segmentSize : 16,
    )
    const file: FileToUpload = {
      path,
      source,
      storedSize: storedLength(size, settings),
      storedPartSize: storedLength(partSize, settings),
    }
    if (options.enableCheckpoint) {
      const key = await interruptedKey(this.#context, request, file, options)
      try {
        if (key !== undefined) return await this.#send(request, reader, file, options, key)
      } catch (error) {
        // The same size and time, and yet other bytes: they get another key, and the earlier upload is given up.
        if (!(error instanceof ReusedKeyError)) throw error
      }
    }
    const { bucket, key } = request
    const content = await keys.create({ bucket, key }, options.signal, source)
    return this.#send(request, reader, file, options, { ...content, sent: new Map() })
  }

  async #send(
    request: UploadRequest,
    plain: PartReader,
    file: FileToUpload,
    options: Watched,
    { cipher, envelope, sent }: UploadKey,
  ): Promise<EncryptedUploadResult> {
    const { path, storedSize, storedPartSize } = file
    const { size } = plain.opened
    const whole = storedSize <= storedPartSize
    const notes = whole ? { plainLength: size } : { partSize: storedPartSize, dataSize: storedSize }
    const about = storedRequest(this.#described(request, cipher, size), envelope, notes)
    const progress = plainListener(options.onProgress, cipher, size)
    const own = { ...options, partSize: storedPartSize, ...(progress && { onProgress: progress }) }
    const reader = new EncryptingReader(path, plain, cipher, envelopeText(envelope), sent)
    try {
      const result = await new FileUpload(this.#transfer(own), reader, path, about, own).run()
      return { ...result, plainHashCrc64: reader.plainHashCrc64 }
    } finally {
      cipher.destroy()
    }
  }

  /** The request with progress in plaintext. */
  #described(request: UploadRequest, cipher: ContentCipher, length: number | undefined): UploadRequest {
    const progressFn = plainListener(request.progressFn, cipher, length)
    return { ...request, ...(progressFn && { progressFn }) }
  }
}

/** Puts options over others and checks them as an uploader does. @throws ParamInvalidError naming the option */
function merge(context: EncryptionContext, base: UploaderOptions, overrides: UploaderOptions = {}): UploaderOptions {
  if (typeof overrides !== 'object' || overrides === null) throw new ParamInvalidError('options', 'expected an object')
  const merged = { ...base, ...overrides }
  new Uploader(context.core, merged)
  return checkAligned(merged, context.settings)
}

function plainListener(
  listener: ProgressListener | undefined,
  cipher: ContentCipher,
  length: number | undefined,
): ProgressListener | undefined {
  return listener && plainProgress(listener, cipher.granule, cipher.cipherLength(cipher.granule), length)
}

/** The part size to use: the wanted one, or one that is large enough for 10,000 parts and still ends with a granule. */
function alignedPartSize(size: number, wanted: number, granule: number): number {
  const needed = Math.ceil(size / maxParts)
  return needed <= wanted ? wanted : Math.ceil(needed / granule) * granule
}
