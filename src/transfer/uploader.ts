import type { ClientCore } from '../client/core.js'
import { InconsistentError, ServiceError, SourceChangedError } from '../errors.js'
import type { NativeEngine, PartReader } from '../native/engine.js'
import { getEngine } from '../native/index.js'
import {
  abortMultipartUpload,
  type CompleteMultipartUploadRequest,
  type CompleteMultipartUploadResult,
  completeMultipartUpload,
  headObject,
  initiateMultipartUpload,
  type PutObjectRequest,
  putObject,
  uploadPart,
} from '../operations/index.js'
import { CheckedBytes } from '../pipeline/body.js'
import { ProgressMeter } from '../pipeline/progress.js'
import { send } from '../pipeline/send.js'
import { checkFlag, checkPath, mergeTransferOptions, type TransferOptions } from './options.js'
import { type Part, partSizeFor, planParts } from './part-plan.js'
import { runParts } from './run-parts.js'
import { asFileError } from './transfer-error.js'

/** Options of an {@link Uploader}. */
export interface UploaderOptions extends TransferOptions {
  /** Keeps the parts that have arrived when an upload fails, instead of removing them. @default false */
  leavePartsOnError?: boolean
}

/** What to upload to, and the object's properties. */
export type UploadRequest = Omit<PutObjectRequest, 'body' | 'contentLength' | 'contentMd5'>

/** Outcome of an upload. */
export interface UploadResult {
  /** HTTP status of the answer that made the object. */
  statusCode: number
  /** Identifies that request in the service's logs. */
  requestId: string
  /** Headers of that answer, names in lower case. */
  headers: Record<string, string>
  /** Id of the multipart upload; absent when one request was enough. */
  uploadId?: string
  /** The object's entity tag. For multipart uploads it is not an MD5. */
  etag?: string
  /** The new version, in a versioned bucket. */
  versionId?: string
  /** CRC-64 of the whole object, decimal, as computed here and confirmed by the service. */
  hashCrc64: string
  /** Answer of the callback, if one was asked for. */
  callbackResult?: string
}

interface SentPart extends Part {
  readonly etag: string
  readonly crc64: bigint
}

/**
 * Uploads files in parallel parts. Parts are read and checksummed on native threads; the CRC-64 of each part and of the
 * whole object is compared with the service's.
 */
export class Uploader {
  readonly #core: ClientCore
  readonly #options: UploaderOptions

  /** @internal Use {@link Client.uploader}. */
  constructor(core: ClientCore, options?: UploaderOptions) {
    this.#core = core
    this.#options = checked({ partSize: 6 * 1024 * 1024, parallelNum: 3 }, options)
  }

  /**
   * Uploads a file. A file of up to one part is sent in one request.
   *
   * @throws FileError when the file cannot be read, SourceChangedError when it changes meanwhile, InconsistentError when
   * bytes were damaged on the way; nothing remains at the service then unless `leavePartsOnError` is set
   */
  async uploadFile(request: UploadRequest, path: string, options?: UploaderOptions): Promise<UploadResult> {
    checkPath(path)
    const merged = checked(this.#options, options)
    merged.signal?.throwIfAborted()
    const engine = getEngine()
    const reader = await engine.openPartReader(path).catch(error => {
      throw asFileError('read', path, error)
    })
    try {
      return await new FileUpload(this.#core, engine, reader, path, request, merged).run()
    } finally {
      await reader.close()
    }
  }
}

function checked(base: UploaderOptions, overrides: UploaderOptions | undefined): UploaderOptions {
  const merged = mergeTransferOptions(base, overrides, ['leavePartsOnError'])
  checkFlag('leavePartsOnError', merged.leavePartsOnError)
  return merged
}

/** One file on its way up. */
class FileUpload {
  readonly #core: ClientCore
  readonly #engine: NativeEngine
  readonly #reader: PartReader
  readonly #path: string
  readonly #request: UploadRequest
  readonly #options: UploaderOptions
  readonly #size: number
  readonly #progress: ProgressMeter

  constructor(
    core: ClientCore,
    engine: NativeEngine,
    reader: PartReader,
    path: string,
    request: UploadRequest,
    options: UploaderOptions,
  ) {
    this.#core = core
    this.#engine = engine
    this.#reader = reader
    this.#path = path
    const { progressFn, ...rest } = request
    this.#request = rest
    this.#options = options
    this.#size = reader.opened.size
    this.#progress = new ProgressMeter([progressFn, options.onProgress], this.#size)
  }

  async run(): Promise<UploadResult> {
    const partSize = partSizeFor(this.#size, this.#options.partSize as number)
    return this.#size <= partSize ? this.#inOneRequest() : this.#inParts(partSize)
  }

  async #inOneRequest(): Promise<UploadResult> {
    const { signal } = this.#options
    return this.#withPart({ number: 1, offset: 0, length: this.#size }, signal, async body => {
      await this.#checkUnchanged()
      const sent = await send(this.#core, putObject, { ...this.#request, body }, { ...(signal && { signal }) })
      this.#progress.add(this.#size)
      return { ...sent, hashCrc64: body.crc64.toString() }
    })
  }

  async #inParts(partSize: number): Promise<UploadResult> {
    const { signal, parallelNum, leavePartsOnError } = this.#options
    const abort = signal ? { signal } : {}
    const { callback, callbackVar, acl, forbidOverwrite, ...properties } = this.#request
    const started = await send(
      this.#core,
      initiateMultipartUpload,
      { ...properties, ...(forbidOverwrite !== undefined && { forbidOverwrite }) },
      abort,
    )
    const upload = { bucket: this.#request.bucket, key: this.#request.key, uploadId: started.uploadId as string }
    try {
      const sent: SentPart[] = []
      await runParts(planParts(this.#size, partSize), parallelNum as number, signal, async (part, stop) => {
        sent.push(await this.#sendPart(upload, part, stop))
        this.#progress.add(part.length)
      })
      await this.#checkUnchanged()
      sent.sort((a, b) => a.number - b.number)
      const crc = sent.reduce((sum, part) => this.#engine.crc64Combine(sum, part.crc64, part.length), 0n).toString()
      const parts = sent.map(({ number, etag }) => ({ partNumber: number, etag }))
      const extras = { acl, forbidOverwrite, callback, callbackVar, requestPayer: this.#request.requestPayer }
      const given = Object.fromEntries(Object.entries(extras).filter(([, value]) => value !== undefined))
      const completed = await this.#complete({ ...upload, ...given, completeMultipartUpload: { parts } }, crc)
      return { ...completed, uploadId: upload.uploadId, hashCrc64: crc }
    } catch (error) {
      if (!leavePartsOnError) await this.#abort(upload)
      throw error
    }
  }

  async #sendPart(
    upload: { bucket: string; key: string; uploadId: string },
    part: Part,
    signal: AbortSignal,
  ): Promise<SentPart> {
    const { trafficLimit, requestPayer } = this.#request
    return this.#withPart(part, signal, async body => {
      const limits = {
        ...(trafficLimit !== undefined && { trafficLimit }),
        ...(requestPayer !== undefined && { requestPayer }),
      }
      const sent = await send(
        this.#core,
        uploadPart,
        { ...upload, ...limits, partNumber: part.number, body },
        { signal },
      )
      return { ...part, etag: sent.etag as string, crc64: body.crc64 }
    })
  }

  /** Reads a part into a pooled buffer that lives until `use` has ended. */
  async #withPart<T>(part: Part, signal: AbortSignal | undefined, use: (body: CheckedBytes) => Promise<T>): Promise<T> {
    await this.#core.memory.acquire(part.length, signal)
    try {
      const read = await this.#reader.read(part.offset, part.length, signal ? { signal } : {}).catch(error => {
        throw asFileError('read', this.#path, error)
      })
      try {
        if (read.buffer.length !== part.length)
          throw new SourceChangedError(`${this.#path} became shorter while it was read`)
        return await use(new CheckedBytes(read.buffer, read.crc64Sent))
      } finally {
        this.#reader.release(read.buffer)
      }
    } finally {
      this.#core.memory.release(part.length)
    }
  }

  async #checkUnchanged(): Promise<void> {
    const { opened } = this.#reader
    const now = await this.#reader.stat()
    if (now.size !== opened.size || now.mtimeMs !== opened.mtimeMs) {
      throw new SourceChangedError(`${this.#path} changed while it was uploaded`)
    }
  }

  async #complete(request: CompleteMultipartUploadRequest, crc: string): Promise<CompleteMultipartUploadResult> {
    const { signal } = this.#options
    let completed: CompleteMultipartUploadResult
    try {
      completed = await send(this.#core, completeMultipartUpload, request, signal ? { signal } : {})
    } catch (error) {
      completed = await this.#resolveLostAnswer(error, crc)
    }
    const stated = completed.hashCrc64
    if (this.#core.uploadCrc64Check && stated !== undefined && stated !== crc) {
      throw new InconsistentError(crc, stated, { operation: 'CompleteMultipartUpload', retryable: false })
    }
    return completed
  }

  /**
   * The service goes on completing when the connection breaks, and then knows the upload no more. An object with the CRC-64
   * of the local parts is the one that was meant.
   */
  async #resolveLostAnswer(error: unknown, crc: string): Promise<CompleteMultipartUploadResult> {
    if (!(error instanceof ServiceError) || error.code !== 'NoSuchUpload' || error.attempts < 2) throw error
    const { bucket, key } = this.#request
    const head = await send(this.#core, headObject, { bucket, key }).catch(() => {
      throw error
    })
    if (head.hashCrc64 !== crc || head.contentLength !== this.#size) throw error
    const { statusCode, requestId, headers, etag, versionId, hashCrc64 } = head
    return { statusCode, requestId, headers, hashCrc64, ...(etag && { etag }), ...(versionId && { versionId }) }
  }

  /** Removes the parts. A failure here must not hide the error that led here. */
  async #abort(upload: { bucket: string; key: string; uploadId: string }): Promise<void> {
    await send(this.#core, abortMultipartUpload, upload).catch(() => {})
  }
}
