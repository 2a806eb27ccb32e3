import type { ClientCore } from '../client/core.js'
import { OssError, ServiceError, SourceChangedError } from '../errors.js'
import { completeMultipartUpload, uploadPartCopy } from '../operations/index.js'
import type { ProgressMeter } from '../pipeline/progress.js'
import { send } from '../pipeline/send.js'
import type { CopierOptions, CopyResult } from './copier.js'
import { type CopiedPart, CopyCheckpoint } from './copy-checkpoint.js'
import { initiateRequest } from './copy-properties.js'
import { type CopyRequest, type CopySource, explainCopyError, pinnedSource, withoutUndefined } from './copy-source.js'
import { withJournalPath } from './journal.js'
import { bytesOf, type Part, partSizeFor, planParts } from './part-plan.js'
import { runParts } from './run-parts.js'
import type { TransferContext } from './transfer-context.js'
import type { SplitRequest } from './upload-request.js'
import { isNoSuchUpload, UploadSession } from './upload-session.js'

/** The service moves about 20 MiB of a part in a second at worst, so larger parts are given more time. */
const bytesPerStep = 200 * 1024 * 1024
const stepMilliseconds = 10_000
const mostSteps = 3

/** One object on its way from the service to the service, in parts. */
export class PartsCopy {
  readonly #context: TransferContext
  readonly #core: ClientCore
  readonly #request: CopyRequest
  readonly #source: CopySource
  readonly #options: CopierOptions
  readonly #progress: ProgressMeter
  readonly #partSize: number

  constructor(
    context: TransferContext,
    request: CopyRequest,
    source: CopySource,
    options: CopierOptions,
    progress: ProgressMeter,
  ) {
    this.#context = context
    this.#core = context.core
    this.#request = request
    this.#source = source
    this.#options = options
    this.#progress = progress
    this.#partSize = partSizeFor(source.size, options.partSize as number)
  }

  /** Copies the parts and joins them. On failure they are removed, unless they are wanted. */
  async run(): Promise<CopyResult> {
    const split = await this.#split()
    return this.#options.enableCheckpoint ? this.#resumable(split) : this.#atOnce(split)
  }

  async #atOnce(split: SplitRequest): Promise<CopyResult> {
    const session = await UploadSession.begin(this.#core, split, this.#options.signal)
    try {
      const copied: CopiedPart[] = []
      await this.#copyParts(session, planParts(this.#source.size, this.#partSize), async part => void copied.push(part))
      return await this.#complete(session, split, copied, false)
    } catch (error) {
      if (!this.#options.leavePartsOnError) await session.abort()
      throw error
    }
  }

  /** Ends what an earlier run left of a copy in parts, when one request is enough now. */
  async forget(): Promise<void> {
    const { bucket, key, requestPayer } = this.#request
    const other = withoutUndefined({ requestPayer })
    const split = { put: { bucket, key }, initiate: { bucket, key }, part: {}, complete: {}, other }
    const checkpoint = this.#checkpoint(split)
    await withJournalPath(checkpoint.path, () => checkpoint.forget())
  }

  #checkpoint(split: SplitRequest): CopyCheckpoint {
    const folder = this.#options.checkpointDir as string
    return new CopyCheckpoint(this.#core, this.#request, split, this.#source, folder, this.#partSize)
  }

  /** As {@link PartsCopy.#atOnce}, with a journal that lets a later run go on where this one ends. */
  async #resumable(split: SplitRequest): Promise<CopyResult> {
    const { signal } = this.#options
    const { size } = this.#source
    const checkpoint = this.#checkpoint(split)
    return withJournalPath(checkpoint.path, async () => {
      const found = await checkpoint.load(signal)
      if ('result' in found) {
        this.#progress.add(size)
        return found.result
      }
      const { session, journal, done: copied } = found
      try {
        const resumed = copied.size > 0
        this.#progress.add(bytesOf(copied.values()))
        const missing = [...planParts(size, this.#partSize)].filter(part => !copied.has(part.number))
        await this.#copyParts(session, missing, async part => {
          copied.set(part.number, part)
          await checkpoint.note(journal, part)
        })
        const result = await this.#complete(session, split, copied.values(), resumed)
        await journal.remove()
        return result
      } catch (error) {
        // What can never be finished is not kept for another time.
        if (isFinal(error)) {
          await session.abort()
          await journal.remove()
        } else await journal.close()
        throw error
      }
    })
  }

  /** What the requests of the multipart upload say. */
  async #split(): Promise<SplitRequest> {
    const { bucket, key, acl, forbidOverwrite, requestPayer } = this.#request
    const other = withoutUndefined({ requestPayer })
    return {
      put: { bucket, key },
      initiate: await initiateRequest(this.#core, this.#request, this.#source, this.#options.signal),
      part: {},
      complete: { ...withoutUndefined({ acl, forbidOverwrite }), ...other },
      other,
    }
  }

  async #copyParts(session: UploadSession, parts: Iterable<Part>, copied: (part: CopiedPart) => Promise<void>) {
    const { signal, parallelNum, control } = this.#options
    const { parallelism } = this.#context
    const work = async (part: Part, stop: AbortSignal) => {
      await copied(await this.#copyPart(session, part, stop))
      this.#progress.add(part.length)
    }
    await runParts(parts, parallelNum as number, signal, work, { control, parallelism }).catch(error => {
      throw explainCopyError(error)
    })
  }

  async #copyPart(session: UploadSession, part: Part, signal: AbortSignal): Promise<CopiedPart> {
    const { bucket, key, trafficLimit, requestPayer } = this.#request
    const steps = Math.min(mostSteps, Math.floor((part.length - 1) / bytesPerStep))
    const { etag, headers } = await send(
      this.#core,
      uploadPartCopy,
      {
        bucket,
        key,
        uploadId: session.id,
        ...pinnedSource(this.#request, this.#source),
        ...withoutUndefined({ trafficLimit, requestPayer }),
        partNumber: part.number,
        sourceRange: `bytes=${part.offset}-${part.offset + part.length - 1}`,
      },
      { signal, readwriteTimeout: this.#core.readwriteTimeout + steps * stepMilliseconds },
    )
    return { ...part, etag: etag as string, crc64: headers['x-oss-hash-crc64ecma'] }
  }

  async #complete(
    session: UploadSession,
    split: SplitRequest,
    copied: Iterable<CopiedPart>,
    resumed: boolean,
  ): Promise<CopyResult> {
    const { signal } = this.#options
    const parts = [...copied]
      .sort((a, b) => a.number - b.number)
      .map(({ number, etag }) => ({ partNumber: number, etag }))
    const request = { ...split.put, uploadId: session.id, ...split.complete, completeMultipartUpload: { parts } }
    try {
      const completed = await send(this.#core, completeMultipartUpload, request, signal ? { signal } : {})
      return { ...completed, uploadId: session.id }
    } catch (error) {
      if (signal?.aborted || !(await this.#mayHaveCompleted(session, error, resumed))) throw error
      // An object with the source's length and CRC-64 is the one that was meant; without a CRC-64 nobody can tell.
      const { hashCrc64 } = this.#source.head
      const found = hashCrc64 === undefined ? undefined : await session.findObject(hashCrc64, this.#source.size, signal)
      if (found === undefined) throw error
      return found
    }
  }

  /** The service goes on completing when the connection breaks, and then knows the upload no more. */
  async #mayHaveCompleted(session: UploadSession, error: unknown, resumed: boolean): Promise<boolean> {
    if (!(error instanceof OssError)) return false
    if (error instanceof ServiceError && error.statusCode < 500) {
      return isNoSuchUpload(error) && (error.attempts > 1 || resumed)
    }
    return session.isGone(this.#options.signal)
  }
}

/** Whether going on later makes no sense: the source is another or none, or the upload is gone. */
function isFinal(error: unknown): boolean {
  if (error instanceof SourceChangedError || isNoSuchUpload(error)) return true
  return error instanceof ServiceError && (error.code === 'NoSuchKey' || error.code === 'NoSuchVersion')
}
