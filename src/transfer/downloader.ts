import { randomBytes } from 'node:crypto'
import { rename, rm, stat } from 'node:fs/promises'
import type { ClientCore } from '../client/core.js'
import {
  FileError,
  InconsistentError,
  ParamInvalidError,
  ResponseError,
  ServiceError,
  SourceChangedError,
} from '../errors.js'
import type { NativeEngine, PartWriter } from '../native/engine.js'
import { getEngine } from '../native/index.js'
import { type GetObjectRequest, getObject, type HeadObjectResult, headObject } from '../operations/index.js'
import { ProgressMeter } from '../pipeline/progress.js'
import { withRetry } from '../pipeline/retry.js'
import { send } from '../pipeline/send.js'
import { checkPath, mergeTransferOptions, type TransferOptions } from './options.js'
import { type Part, planParts } from './part-plan.js'
import { runParts } from './run-parts.js'
import { asFileError } from './transfer-error.js'

/** Options of a {@link Downloader}. */
export interface DownloaderOptions extends TransferOptions {}

/** Which object to download. */
export type DownloadRequest = Omit<GetObjectRequest, 'process' | 'rangeBehavior'> & {
  progressFn?: TransferOptions['onProgress']
}

/** Outcome of a download. */
export interface DownloadResult {
  /** Bytes written. */
  written: number
  /** The object's entity tag. */
  etag?: string
  /** The version that was read, in a versioned bucket. */
  versionId?: string
  /** CRC-64 of the whole object, decimal, as computed here. */
  hashCrc64: string
  /** Headers of the object, names in lower case. */
  headers: Record<string, string>
}

/** Received bytes are handed to the writer in batches of at least this size: fewer, larger writes cost less. */
const batch = 1024 * 1024

interface WrittenPart extends Part {
  readonly crc64: bigint
}

/**
 * Downloads objects in parallel parts. The object is pinned by its entity tag, each part goes on from the byte it broke at,
 * and the file takes its place only when it is complete and its CRC-64 is the service's.
 */
export class Downloader {
  readonly #core: ClientCore
  readonly #options: DownloaderOptions

  /** @internal Use {@link Client.downloader}. */
  constructor(core: ClientCore, options?: DownloaderOptions) {
    this.#core = core
    this.#options = mergeTransferOptions({ partSize: 6 * 1024 * 1024, parallelNum: 3 }, options, [])
  }

  /**
   * Downloads an object to a file, replacing what is there at the very end.
   *
   * @throws ServiceError when there is no such object, SourceChangedError when it is replaced meanwhile, InconsistentError
   * when bytes were damaged on the way, FileError when they cannot be written; the target is untouched then
   */
  async downloadFile(request: DownloadRequest, path: string, options?: DownloaderOptions): Promise<DownloadResult> {
    checkPath(path)
    const merged = mergeTransferOptions<DownloaderOptions>(this.#options, options, [])
    merged.signal?.throwIfAborted()
    if (request?.rangeHeader !== undefined)
      throw new ParamInvalidError('rangeHeader', 'a download to a file takes the whole object')
    await refuseDirectory(path)
    const { signal } = merged
    const { bucket, key, versionId, requestPayer } = request
    const about = {
      bucket,
      key,
      ...(versionId !== undefined && { versionId }),
      ...(requestPayer !== undefined && { requestPayer }),
    }
    const head = await send(this.#core, headObject, { ...about, ...conditions(request) }, signal ? { signal } : {})
    const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`
    const engine = getEngine()
    const size = head.contentLength ?? 0
    const writer = await engine.openPartWriter(temporary, { size }).catch(error => {
      throw asFileError('write', path, error)
    })
    try {
      const result = await new FileDownload(this.#core, engine, writer, path, request, head, merged).run()
      await writer.finish()
      await rename(temporary, path)
      return result
    } catch (error) {
      await writer.discard()
      await rm(temporary, { force: true })
      throw asFileError('write', path, error)
    }
  }
}

async function refuseDirectory(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined)
  if (!found?.isDirectory()) return
  const cause = Object.assign(new Error(`EISDIR: illegal operation on a directory, open '${path}'`), {
    code: 'EISDIR',
    path,
  })
  throw new FileError('write', path, cause)
}

function conditions({ ifMatch, ifNoneMatch, ifModifiedSince, ifUnmodifiedSince }: DownloadRequest) {
  return {
    ...(ifMatch !== undefined && { ifMatch }),
    ...(ifNoneMatch !== undefined && { ifNoneMatch }),
    ...(ifModifiedSince !== undefined && { ifModifiedSince }),
    ...(ifUnmodifiedSince !== undefined && { ifUnmodifiedSince }),
  }
}

/** One object on its way down. */
class FileDownload {
  readonly #core: ClientCore
  readonly #engine: NativeEngine
  readonly #writer: PartWriter
  readonly #path: string
  readonly #request: DownloadRequest
  readonly #head: HeadObjectResult
  readonly #options: DownloaderOptions
  readonly #size: number
  readonly #progress: ProgressMeter

  constructor(
    core: ClientCore,
    engine: NativeEngine,
    writer: PartWriter,
    path: string,
    request: DownloadRequest,
    head: HeadObjectResult,
    options: DownloaderOptions,
  ) {
    this.#core = core
    this.#engine = engine
    this.#writer = writer
    this.#path = path
    const { ifMatch, ifNoneMatch, ifModifiedSince, ifUnmodifiedSince, progressFn, ...rest } = request
    // Conditions were settled by the first request; from here on the entity tag pins the object.
    this.#request = { ...rest, ...(head.versionId !== undefined && { versionId: head.versionId }) }
    this.#head = head
    this.#options = options
    this.#size = head.contentLength ?? 0
    this.#progress = new ProgressMeter([progressFn, options.onProgress], this.#size)
  }

  async run(): Promise<DownloadResult> {
    const { partSize, parallelNum, signal } = this.#options
    const written: WrittenPart[] = []
    await runParts(planParts(this.#size, partSize as number), parallelNum as number, signal, async (part, stop) => {
      await this.#core.memory.acquire(Math.min(part.length, 2 * batch), stop)
      try {
        written.push(await this.#fetchPart(part, stop))
      } finally {
        this.#core.memory.release(Math.min(part.length, 2 * batch))
      }
    })
    written.sort((a, b) => a.number - b.number)
    const crc = written.reduce((sum, part) => this.#engine.crc64Combine(sum, part.crc64, part.length), 0n).toString()
    const stated = this.#head.hashCrc64
    if (this.#core.downloadCrc64Check && stated !== undefined && stated !== crc) {
      throw new InconsistentError(crc, stated, { operation: 'GetObject', retryable: false })
    }
    const { etag, versionId, headers } = this.#head
    return { written: this.#size, hashCrc64: crc, headers, ...(etag && { etag }), ...(versionId && { versionId }) }
  }

  /** Fetches one part; what has been written is not fetched again when the connection breaks. */
  async #fetchPart(part: Part, signal: AbortSignal): Promise<WrittenPart> {
    let done = 0
    let crc64 = 0n
    const plan = {
      retryer: this.#core.retryer,
      maxAttempts: this.#core.retryMaxAttempts,
      repeatable: () => true,
      signal,
    }
    while (done < part.length) {
      await withRetry(this.#core, plan, async () => {
        for await (const chunks of this.#receive(part.offset + done, part.length - done, signal)) {
          const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0)
          const written = await this.#writer.write(part.offset + done, chunks, { signal }).catch(error => {
            throw asFileError('write', this.#path, error)
          })
          crc64 = this.#engine.crc64Combine(crc64, written.crc64Received, length)
          done += length
          this.#progress.add(length)
        }
      })
    }
    return { ...part, crc64 }
  }

  /** The bytes of a range, in batches, after checking that the answer is about exactly this range. */
  async *#receive(offset: number, length: number, signal: AbortSignal): AsyncGenerator<Uint8Array[]> {
    const last = offset + length - 1
    const { etag } = this.#head
    const range = { rangeHeader: `bytes=${offset}-${last}`, rangeBehavior: 'standard', ...(etag && { ifMatch: etag }) }
    const answer = await send(
      this.#core,
      getObject,
      { ...this.#request, ...range },
      { signal, retryMaxAttempts: 1 },
    ).catch(error => {
      throw this.#explain(error)
    })
    const { body } = answer
    if (body === undefined) throw new ResponseError('the answer has no body')
    try {
      if (answer.statusCode !== 206 || answer.contentRange !== `bytes ${offset}-${last}/${this.#size}`) {
        throw new ResponseError(
          `asked for bytes ${offset}-${last}/${this.#size}, got ${answer.statusCode} ${answer.contentRange ?? ''}`,
        )
      }
      let chunks: Uint8Array[] = []
      let gathered = 0
      let received = 0
      for await (const chunk of body) {
        received += chunk.length
        if (received > length) throw new ResponseError('the answer is longer than the range that was asked for')
        chunks.push(chunk)
        gathered += chunk.length
        if (gathered < batch) continue
        yield chunks
        chunks = []
        gathered = 0
      }
      if (gathered > 0) yield chunks
      if (received < length) throw new ResponseError(`the answer ended after ${received} of ${length} bytes`)
    } finally {
      body.destroy()
    }
  }

  #explain(error: unknown): unknown {
    const changed = error instanceof ServiceError && error.code === 'PreconditionFailed'
    return changed ? new SourceChangedError('the object was replaced while it was downloaded', { cause: error }) : error
  }
}
