import type { ClientCore } from '../client/core.js'
import { InconsistentError, ParamInvalidError, ParamRequiredError, ServiceError, TimeoutError } from '../errors.js'
import { traceTransfer } from '../observability/transfer-trace.js'
import { copyObject } from '../operations/index.js'
import { ProgressMeter } from '../pipeline/progress.js'
import { send } from '../pipeline/send.js'
import type { Retryer } from '../retry/retryer.js'
import { PartsCopy } from './copy-parts.js'
import {
  type CopyRequest,
  type CopySource,
  checkCopyRequest,
  explainCopyError,
  pinnedSource,
  readSource,
  withoutUndefined,
} from './copy-source.js'
import {
  type CheckpointOptions,
  checkCheckpointOptions,
  checkFlag,
  mergeTransferOptions,
  type TransferOptions,
} from './options.js'
import { type TransferContext, transferContext } from './transfer-context.js'

/** Options of a {@link Copier}. */
export interface CopierOptions extends TransferOptions, CheckpointOptions {
  /** Bytes per part, 100 KiB to 5 GiB. Grows by itself where 10,000 parts would not be enough. @default 64 MiB */
  partSize?: number
  /** Largest object in bytes that is copied in one request whatever the circumstances. @default 200 MiB */
  multipartCopyThreshold?: number
  /**
   * Copies objects above the threshold in parts even where the service can copy by reference: inside one bucket, without
   * a change of storage class or encryption.
   * @default false
   */
  disableShallowCopy?: boolean
  /**
   * Keeps the parts that were made when a copy fails, instead of removing them. With `enableCheckpoint` they are kept in any
   * case, to go on from there.
   * @default false
   */
  leavePartsOnError?: boolean
  /** Folder for the journal, made when missing. Required with `enableCheckpoint`, because a copy has no local file. */
  checkpointDir?: string
}

/** Outcome of a copy. */
export interface CopyResult {
  /** HTTP status of the answer that made the copy. */
  statusCode: number
  /** Identifies that request in the service's logs. */
  requestId: string
  /** Headers of that answer, names in lower case. */
  headers: Record<string, string>
  /** Id of the multipart upload; absent when one request was enough. */
  uploadId?: string
  /** The copy's entity tag. It differs from the source's when the copy was made in parts. */
  etag?: string
  /** The new version, in a versioned bucket. */
  versionId?: string
  /** CRC-64 of the copy, decimal. Absent where the service does not know it. */
  hashCrc64?: string
}

const mebibyte = 1024 * 1024

/**
 * Copies objects inside a region without moving their bytes through the caller: in one request where that is quick, in
 * parallel parts otherwise. All ways treat metadata and tags alike. The source is pinned by its entity tag, and the CRC-64
 * of the copy is compared with the source's where the service knows both.
 */
export class Copier {
  readonly #core: ClientCore
  readonly #options: CopierOptions

  /** @internal Use {@link Client.copier}. */
  constructor(core: ClientCore, options?: CopierOptions) {
    this.#core = core
    this.#options = checked(
      { partSize: 64 * mebibyte, parallelNum: 3, multipartCopyThreshold: 200 * mebibyte },
      options,
    )
  }

  /**
   * Copies an object. Conditions in the request are about the source.
   *
   * With `enableCheckpoint` a copy in parts that was interrupted goes on when it is called again: parts that were recorded are
   * trusted when the service lists them with the same entity tag, length and, where it states one, CRC-64. A source that has
   * another entity tag by then, other properties of the copy or another part size begin anew, and the old parts are removed.
   * The journal is removed at the end; one that is damaged or about something else is replaced.
   *
   * @throws ServiceError when there is no such source or a condition does not hold, SourceChangedError when the source is
   * replaced meanwhile, InconsistentError when the copy has other bytes, CheckpointError when the journal cannot be written;
   * no parts remain then unless `leavePartsOnError` or `enableCheckpoint` is set
   */
  async copy(request: CopyRequest, options?: CopierOptions): Promise<CopyResult> {
    const merged = checked(this.#options, options)
    return traceTransfer(this.#core.logger, { ...request, kind: 'copy' }, merged, async (watched, event) => {
      watched.signal?.throwIfAborted()
      checkCopyRequest(request)
      await watched.control?.ready(watched.signal)
      const context = transferContext(this.#core, watched, event)
      const source = await readSource(context.core, request, watched.signal)
      return new ObjectCopy(context, request, source, watched).run()
    })
  }
}

function checked(base: CopierOptions, overrides: CopierOptions | undefined): CopierOptions {
  const own = ['multipartCopyThreshold', 'disableShallowCopy', 'leavePartsOnError', 'enableCheckpoint', 'checkpointDir']
  const merged = mergeTransferOptions(base, overrides, own)
  const { multipartCopyThreshold: threshold } = merged
  if (!(Number.isSafeInteger(threshold) && (threshold as number) >= 0)) {
    throw new ParamInvalidError('multipartCopyThreshold', 'expected bytes, an integer of at least 0')
  }
  checkFlag('disableShallowCopy', merged.disableShallowCopy)
  checkFlag('leavePartsOnError', merged.leavePartsOnError)
  checkCheckpointOptions(merged)
  if (merged.enableCheckpoint && merged.checkpointDir === undefined) throw new ParamRequiredError('checkpointDir')
  return merged
}

/** One object to copy. */
class ObjectCopy {
  readonly #context: TransferContext
  readonly #core: ClientCore
  readonly #request: CopyRequest
  readonly #source: CopySource
  readonly #options: CopierOptions
  readonly #progress: ProgressMeter

  constructor(context: TransferContext, request: CopyRequest, source: CopySource, options: CopierOptions) {
    const { progressFn, ...rest } = request
    this.#context = context
    this.#core = context.core
    this.#request = rest
    this.#source = source
    this.#options = options
    this.#progress = new ProgressMeter([progressFn, options.onProgress], source.size)
  }

  async run(): Promise<CopyResult> {
    const result = await this.#copy()
    const { hashCrc64: expected } = this.#source.head
    const { statusCode, requestId, headers, uploadId, etag, versionId, hashCrc64 } = result
    if (this.#core.uploadCrc64Check && expected !== undefined && hashCrc64 !== undefined && expected !== hashCrc64) {
      const operation = uploadId === undefined ? 'CopyObject' : 'CompleteMultipartUpload'
      throw new InconsistentError(expected, hashCrc64, { operation, requestId, retryable: false })
    }
    return { statusCode, requestId, headers, ...withoutUndefined({ uploadId, etag, versionId, hashCrc64 }) }
  }

  async #copy(): Promise<CopyResult> {
    const { size } = this.#source
    if (size <= (this.#options.multipartCopyThreshold as number)) {
      if (this.#options.enableCheckpoint) await this.#parts().forget()
      return this.#inOneRequest(this.#core.retryer)
    }
    if (!this.#mayBeShallow()) return this.#inParts()
    try {
      // A copy by reference is done at once: one that takes long moves bytes after all, and should do so in parts.
      return await this.#inOneRequest(withoutTimeouts(this.#core.retryer))
    } catch (error) {
      if (!isTooMuchAtOnce(error)) throw error
      return this.#inParts()
    }
  }

  /** Whether the service can make the copy refer to the source's data instead of moving it. */
  #mayBeShallow(): boolean {
    const { bucket, storageClass, serverSideEncryption } = this.#request
    return (
      !this.#options.disableShallowCopy &&
      bucket === this.#source.bucket &&
      storageClass === undefined &&
      serverSideEncryption === undefined &&
      this.#source.head.serverSideEncryption === undefined
    )
  }

  async #inOneRequest(retryer: Retryer): Promise<CopyResult> {
    const { signal } = this.#options
    // The conditions were settled when the source was looked at; the pin stands for them.
    const { ifMatch, ifNoneMatch, ifModifiedSince, ifUnmodifiedSince, ...rest } = this.#request
    const request = { ...rest, ...pinnedSource(this.#request, this.#source) }
    const { retryMaxAttempts } = this.#core
    const copied = await send(
      this.#core,
      copyObject,
      request,
      signal ? { signal, retryer, retryMaxAttempts } : { retryer, retryMaxAttempts },
    ).catch(error => {
      throw explainCopyError(error)
    })
    this.#progress.add(this.#source.size)
    return copied
  }

  #inParts(): Promise<CopyResult> {
    return this.#parts().run()
  }

  #parts(): PartsCopy {
    return new PartsCopy(this.#context, this.#request, this.#source, this.#options, this.#progress)
  }
}

/** The same policy, but a request that got no answer in time is not sent again. */
function withoutTimeouts(retryer: Retryer): Retryer {
  return {
    maxAttempts: retryer.maxAttempts,
    isRetryable: error => !isTooMuchAtOnce(error) && retryer.isRetryable(error),
    delay: (attempt, error) => retryer.delay(attempt, error),
  }
}

/** Whether an error says that one request is not enough for this object, which parts are. */
function isTooMuchAtOnce(error: unknown): boolean {
  if (error instanceof TimeoutError) return error.phase !== 'connect'
  return error instanceof ServiceError && error.code === 'EntityTooLarge'
}
