import type { ClientCore } from '../client/core.js'
import { CallbackError, InconsistentError, OssError, ServiceError } from '../errors.js'
import { onAbort } from '../internal/on-abort.js'
import { getEngine } from '../native/index.js'
import {
  abortMultipartUpload,
  type CompleteMultipartUploadResult,
  completeMultipartUpload,
  headObject,
  initiateMultipartUpload,
  type Part as ListedPart,
  listParts,
  uploadPart,
} from '../operations/index.js'
import type { CheckedBytes, CheckedPieces } from '../pipeline/body.js'
import { send } from '../pipeline/send.js'
import type { Part } from './part-plan.js'
import type { SplitRequest, UploadResult } from './upload-request.js'

/** A part that the service has. */
export interface SentPart extends Part {
  readonly etag: string
  /** CRC-64 of the local bytes. */
  readonly crc64: bigint
}

/** How often an upload is ended before giving up: a part that was in flight may survive the first time. */
const abortRounds = 4
/** How long an upload that is just being begun may take to give its id once the caller wants to stop. */
const graceForId = 5000

/** One multipart upload at the service. */
export class UploadSession {
  readonly id: string
  readonly #core: ClientCore
  readonly #request: SplitRequest
  readonly #upload: { bucket: string; key: string; uploadId: string }

  readonly #resumed: boolean

  /** @param resumed whether the upload was begun by an earlier run, whose last request may still have its effect */
  constructor(core: ClientCore, request: SplitRequest, uploadId: string, resumed = false) {
    this.id = uploadId
    this.#resumed = resumed
    this.#core = core
    this.#request = request
    this.#upload = { bucket: request.put.bucket, key: request.put.key, uploadId }
  }

  /**
   * Begins an upload. A signal that fires meanwhile ends it properly: without the id, which only the answer has, the upload
   * would stay at the service for good.
   */
  static async begin(core: ClientCore, request: SplitRequest, signal: AbortSignal | undefined): Promise<UploadSession> {
    const stop = new AbortController()
    let timer: NodeJS.Timeout | undefined
    const stopListening = onAbort(signal, () => {
      timer = setTimeout(() => stop.abort(signal?.reason), graceForId)
    })
    try {
      const started = await send(core, initiateMultipartUpload, request.initiate, { signal: stop.signal })
      const session = new UploadSession(core, request, started.uploadId as string)
      if (signal?.aborted) await session.abort()
      signal?.throwIfAborted()
      return session
    } catch (error) {
      throw signal?.aborted ? signal.reason : error
    } finally {
      stopListening()
      clearTimeout(timer)
    }
  }

  /** Sends one part. */
  async send(part: Part, body: CheckedBytes | CheckedPieces, signal: AbortSignal): Promise<SentPart> {
    const { number, offset, length } = part
    const request = { ...this.#upload, ...this.#request.part, partNumber: number, body }
    const sent = await send(this.#core, uploadPart, request, { signal })
    return { number, offset, length, etag: sent.etag as string, crc64: body.crc64 }
  }

  /** All parts that the service has. @throws ServiceError `NoSuchUpload` when it does not know the upload any more */
  async parts(signal: AbortSignal | undefined): Promise<ListedPart[]> {
    const parts: ListedPart[] = []
    for (let marker: number | undefined; ; ) {
      const page = await send(
        this.#core,
        listParts,
        {
          ...this.#upload,
          ...this.#request.other,
          maxParts: 1000,
          ...(marker !== undefined && { partNumberMarker: String(marker) }),
        },
        signal ? { signal } : {},
      )
      parts.push(...(page.parts ?? []))
      if (!page.isTruncated || page.nextPartNumberMarker === undefined) return parts
      marker = page.nextPartNumberMarker
    }
  }

  /** Makes the object. Its CRC-64 is that of the local bytes, or this fails. */
  async complete(sent: Iterable<SentPart>, signal: AbortSignal | undefined): Promise<UploadResult> {
    const parts = [...sent].sort((a, b) => a.number - b.number)
    const crc = combined(parts)
    const size = parts.reduce((sum, part) => sum + part.length, 0)
    let completed: CompleteMultipartUploadResult
    try {
      const list = parts.map(({ number, etag }) => ({ partNumber: number, etag }))
      const request = { ...this.#upload, ...this.#request.complete, completeMultipartUpload: { parts: list } }
      completed = await send(this.#core, completeMultipartUpload, request, signal ? { signal } : {})
    } catch (error) {
      if (signal?.aborted || !(await this.#mayHaveCompleted(error, signal))) throw error
      const found = await this.findObject(crc, size, signal)
      if (found === undefined) throw error
      return found
    }
    const stated = completed.hashCrc64
    if (this.#core.uploadCrc64Check && stated !== undefined && stated !== crc) {
      const { requestId } = completed
      throw new InconsistentError(crc, stated, { operation: 'CompleteMultipartUpload', requestId, retryable: false })
    }
    return { ...completed, uploadId: this.id, hashCrc64: crc }
  }

  /**
   * The service goes on completing when the connection breaks. A later attempt is then told that there is no such upload; a
   * caller who has no attempts left is told nothing, and asks here.
   */
  async #mayHaveCompleted(error: unknown, signal: AbortSignal | undefined): Promise<boolean> {
    if (!(error instanceof OssError)) return false
    if (error instanceof ServiceError && error.statusCode < 500) {
      return isNoSuchUpload(error) && (error.attempts > 1 || this.#resumed)
    }
    return this.isGone(signal)
  }

  /** Whether the service knows the upload no more. When it cannot be asked, the answer is no. */
  async isGone(signal: AbortSignal | undefined): Promise<boolean> {
    try {
      const request = { ...this.#upload, ...this.#request.other, maxParts: 1 }
      await send(this.#core, listParts, request, signal ? { signal } : {})
      return false
    } catch (error) {
      return isNoSuchUpload(error)
    }
  }

  /** The object, if it is there with exactly these bytes. */
  async findObject(crc: string, size: number, signal: AbortSignal | undefined): Promise<UploadResult | undefined> {
    const { bucket, key } = this.#upload
    const head = await send(
      this.#core,
      headObject,
      { bucket, key, ...this.#request.other },
      signal ? { signal } : {},
    ).catch(() => undefined)
    if (head === undefined || head.hashCrc64 !== crc || head.contentLength !== size) return undefined
    const { statusCode, requestId, headers, etag, versionId } = head
    return {
      statusCode,
      requestId,
      headers,
      uploadId: this.id,
      hashCrc64: crc,
      ...(etag && { etag }),
      ...(versionId && { versionId }),
    }
  }

  /**
   * Removes the parts. Repeated until the service knows the upload no more, because a part that was in flight may arrive
   * after the first time. A failure here must not hide the error that led here.
   */
  async abort(): Promise<void> {
    for (let round = 0; round < abortRounds; round++) {
      try {
        await send(this.#core, abortMultipartUpload, { ...this.#upload, ...this.#request.other })
      } catch (error) {
        if (isNoSuchUpload(error)) return
      }
      if (await this.isGone(undefined)) return
    }
  }
}

/** Whether an error says that the upload is completed, ended, or never was. */
export function isNoSuchUpload(error: unknown): boolean {
  return error instanceof ServiceError && error.code === 'NoSuchUpload'
}

/** Whether an error came after the object was made, so that there are no parts any more. */
export function isStored(error: unknown): boolean {
  if (error instanceof InconsistentError) return error.operation === 'CompleteMultipartUpload'
  return error instanceof CallbackError
}

/** CRC-64 of parts put together, in decimal digits. They must be in order. */
export function combined(parts: readonly { crc64: bigint; length: number }[]): string {
  const engine = getEngine()
  return parts.reduce((sum, part) => engine.crc64Combine(sum, part.crc64, part.length), 0n).toString()
}
