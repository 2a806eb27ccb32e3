import type { ClientCore } from '../client/core.js'
import { ServiceError } from '../errors.js'
import {
  abortMultipartUpload,
  type CompleteMultipartUploadRequest,
  type CompleteMultipartUploadResult,
  completeMultipartUpload,
  headObject,
  initiateMultipartUpload,
  uploadPartCopy,
} from '../operations/index.js'
import type { ProgressMeter } from '../pipeline/progress.js'
import { send } from '../pipeline/send.js'
import type { CopierOptions } from './copier.js'
import { initiateRequest } from './copy-properties.js'
import { type CopyRequest, type CopySource, explainCopyError, pinnedSource, withoutUndefined } from './copy-source.js'
import { type Part, partSizeFor, planParts } from './part-plan.js'
import { runParts } from './run-parts.js'

/** A multipart upload under way. */
interface Upload {
  readonly bucket: string
  readonly key: string
  readonly uploadId: string
}

interface CopiedPart {
  readonly partNumber: number
  readonly etag: string
}

/** The service moves about 20 MiB of a part in a second at worst, so larger parts are given more time. */
const bytesPerStep = 200 * 1024 * 1024
const stepMilliseconds = 10_000
const mostSteps = 3

/** One object on its way from the service to the service, in parts. */
export class PartsCopy {
  readonly #core: ClientCore
  readonly #request: CopyRequest
  readonly #source: CopySource
  readonly #options: CopierOptions
  readonly #progress: ProgressMeter

  constructor(
    core: ClientCore,
    request: CopyRequest,
    source: CopySource,
    options: CopierOptions,
    progress: ProgressMeter,
  ) {
    this.#core = core
    this.#request = request
    this.#source = source
    this.#options = options
    this.#progress = progress
  }

  /** Copies the parts and joins them. On failure they are removed, unless they are wanted. */
  async run(): Promise<CompleteMultipartUploadResult & { uploadId: string }> {
    const upload = await this.#initiate()
    let parts: CopiedPart[]
    try {
      parts = await this.#copyParts(upload)
    } catch (error) {
      // A part in flight may arrive after the first abort: the second one removes it.
      await this.#abort(upload, 2)
      throw explainCopyError(error)
    }
    try {
      return { ...(await this.#complete(upload, parts)), uploadId: upload.uploadId }
    } catch (error) {
      await this.#abort(upload, 1)
      throw error
    }
  }

  async #initiate(): Promise<Upload> {
    const { signal } = this.#options
    const request = await initiateRequest(this.#core, this.#request, this.#source, signal)
    const started = await send(this.#core, initiateMultipartUpload, request, signal ? { signal } : {})
    return { bucket: request.bucket, key: request.key, uploadId: started.uploadId as string }
  }

  async #copyParts(upload: Upload): Promise<CopiedPart[]> {
    const { signal, parallelNum, partSize } = this.#options
    const { size } = this.#source
    const parts = planParts(size, partSizeFor(size, partSize as number))
    const copied: CopiedPart[] = []
    await runParts(parts, parallelNum as number, signal, async (part, stop) => {
      copied.push(await this.#copyPart(upload, part, stop))
      this.#progress.add(part.length)
    })
    return copied.sort((a, b) => a.partNumber - b.partNumber)
  }

  async #copyPart(upload: Upload, part: Part, signal: AbortSignal): Promise<CopiedPart> {
    const { trafficLimit, requestPayer } = this.#request
    const steps = Math.min(mostSteps, Math.floor((part.length - 1) / bytesPerStep))
    const { etag } = await send(
      this.#core,
      uploadPartCopy,
      {
        ...upload,
        ...pinnedSource(this.#request, this.#source),
        ...withoutUndefined({ trafficLimit, requestPayer }),
        partNumber: part.number,
        sourceRange: `bytes=${part.offset}-${part.offset + part.length - 1}`,
      },
      { signal, readwriteTimeout: this.#core.readwriteTimeout + steps * stepMilliseconds },
    )
    return { partNumber: part.number, etag: etag as string }
  }

  async #complete(upload: Upload, parts: CopiedPart[]): Promise<CompleteMultipartUploadResult> {
    const { acl, forbidOverwrite, requestPayer } = this.#request
    const { signal } = this.#options
    const request: CompleteMultipartUploadRequest = {
      ...upload,
      ...withoutUndefined({ acl, forbidOverwrite, requestPayer }),
      completeMultipartUpload: { parts },
    }
    try {
      return await send(this.#core, completeMultipartUpload, request, signal ? { signal } : {})
    } catch (error) {
      return this.#resolveLostAnswer(upload, error)
    }
  }

  /**
   * The service goes on completing when the connection breaks, and then knows the upload no more. An object with the
   * source's length and CRC-64 is the one that was meant; without a CRC-64 nobody can tell.
   */
  async #resolveLostAnswer(upload: Upload, error: unknown): Promise<CompleteMultipartUploadResult> {
    if (!(error instanceof ServiceError) || error.code !== 'NoSuchUpload' || error.attempts < 2) throw error
    const { bucket, key } = upload
    const payer = withoutUndefined({ requestPayer: this.#request.requestPayer })
    const head = await send(this.#core, headObject, { bucket, key, ...payer }).catch(() => {
      throw error
    })
    const { hashCrc64, contentLength } = this.#source.head
    if (hashCrc64 === undefined || head.hashCrc64 !== hashCrc64 || head.contentLength !== contentLength) throw error
    const { statusCode, requestId, headers, etag, versionId } = head
    return { statusCode, requestId, headers, hashCrc64, ...withoutUndefined({ etag, versionId }) }
  }

  /** Removes the parts. A failure here must not hide the error that led here. */
  async #abort(upload: Upload, times: number): Promise<void> {
    if (this.#options.leavePartsOnError) return
    const request = { ...upload, ...withoutUndefined({ requestPayer: this.#request.requestPayer }) }
    for (let count = 0; count < times; count++) {
      await send(this.#core, abortMultipartUpload, request).catch(() => {})
    }
  }
}
