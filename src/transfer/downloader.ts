import type { ClientCore } from '../client/core.js'
import type { TransferEvent } from '../observability/events.js'
import { traceTransfer } from '../observability/transfer-trace.js'
import { FileDownload, memoryOf, refuseTarget } from './download-file.js'
import { type DownloadableObject, PinnedObject } from './download-object.js'
import type { DownloaderOptions, DownloadRequest, DownloadResult } from './download-request.js'
import { StreamDownload } from './download-stream.js'
import { checkCheckpointOptions, checkFlag, checkPath, mergeTransferOptions } from './options.js'
import { type DownloadTarget, openSink } from './stream-sink.js'
import { transferContext } from './transfer-context.js'

export type { DownloaderOptions, DownloadRequest, DownloadResult } from './download-request.js'
export type { DownloadTarget } from './stream-sink.js'

/** How an object to download is found. It may ask for the first part at once, where it is said how long that may be. */
export type FindObject = (
  core: ClientCore,
  request: DownloadRequest,
  signal: AbortSignal | undefined,
  firstLength?: number,
) => Promise<DownloadableObject>

/**
 * Downloads objects in parallel parts. The object is pinned by its entity tag, each part goes on from the byte it broke at,
 * and what arrived is compared with the service's CRC-64.
 */
export class Downloader {
  readonly #core: ClientCore
  readonly #options: DownloaderOptions
  readonly #find: FindObject

  /** @internal Use {@link Client.downloader}. */
  constructor(core: ClientCore, options?: DownloaderOptions, find: FindObject = PinnedObject.find) {
    this.#core = core
    this.#options = checked({ partSize: 6 * 1024 * 1024, parallelNum: 3, useTempFile: true }, options)
    this.#find = find
  }

  /**
   * Downloads an object to a file, replacing what is there at the very end. With `rangeHeader` the file gets these bytes only,
   * from its beginning on; no checksum of the service is known for them.
   *
   * When it fails or is aborted, the target is as it was and nothing else is left. With `enableCheckpoint` the bytes so far
   * stay in `<target>.ferross-part`, and the next call for the same object and target fetches only what is missing, unless the
   * object or the part size changed meanwhile. See also `verifyData` and `useTempFile`.
   *
   * @throws ServiceError when there is no such object, SourceChangedError when it is replaced meanwhile, InconsistentError
   * when bytes were damaged on the way, FileError when they cannot be written, CheckpointError when the journal cannot,
   * ParamInvalidError for a range that the object does not have
   */
  async downloadFile(request: DownloadRequest, path: string, options?: DownloaderOptions): Promise<DownloadResult> {
    checkPath(path)
    const merged = checked(this.#options, options)
    merged.signal?.throwIfAborted()
    await refuseTarget(path)
    return traceTransfer(this.#core.logger, { ...request, kind: 'download' }, merged, (watched, event) =>
      this.downloadUnwatched(request, path, watched, event),
    )
  }

  /** The manager's options with others put over them. @internal */
  merged(options: DownloaderOptions): DownloaderOptions {
    return checked(this.#options, options)
  }

  /**
   * {@link Downloader.downloadFile} with options that are complete, for a caller who tells those who listen, and knows that the
   * folder is there and the path is none.
   *
   * @param size what size the object had, if that is known
   * @internal
   */
  async downloadUnwatched(
    request: DownloadRequest,
    path: string,
    options: DownloaderOptions,
    event?: TransferEvent,
    size?: number,
  ): Promise<DownloadResult> {
    const context = transferContext(this.#core, options, event)
    const { memory } = context.core
    const { signal } = options
    const first = firstLength(request, options, size)
    // Memory is had before a connection, here as everywhere: two transfers that wait for each other would wait for ever.
    const reserved = first === undefined ? 0 : memoryOf(first)
    if (reserved > 0) await memory.acquire(reserved, signal)
    let download: FileDownload | undefined
    let object: DownloadableObject | undefined
    try {
      object = await this.#find(context.core, request, signal, first)
      download = new FileDownload(context, object, path, request, options, reserved)
      return await download.run()
    } finally {
      object?.close?.()
      if (download === undefined) memory.release(reserved)
      else download.close()
    }
  }

  /**
   * Downloads an object, or the bytes that `rangeHeader` names, into a writable: in order, at the writable's pace, while the
   * parts that follow are fetched already as far as half of the client's `memoryLimit` allows. The writable is ended at the
   * end (see `end`). It is destroyed on failure, so its reader never takes a part for the whole; that includes an
   * InconsistentError, which can be known only after the last byte was written.
   *
   * @throws the writable's own error when it fails; otherwise as {@link Downloader.downloadFile}
   */
  async downloadTo(
    request: DownloadRequest,
    writable: DownloadTarget,
    options?: DownloaderOptions,
  ): Promise<DownloadResult> {
    const merged = checked(this.#options, options)
    const ends = merged.end !== false && writable !== process.stdout && writable !== process.stderr
    const sink = openSink(writable)
    return traceTransfer(this.#core.logger, { ...request, kind: 'download' }, merged, async (watched, event) => {
      let object: DownloadableObject | undefined
      try {
        const context = transferContext(this.#core, watched, event)
        watched.signal?.throwIfAborted()
        object = await this.#find(context.core, request, watched.signal, firstLength(request, watched))
        const result = await new StreamDownload(context, object, sink, request, watched).run()
        if (ends) await sink.end(watched.signal)
        else sink.release()
        return result
      } catch (error) {
        if (ends) sink.fail(error)
        else sink.release()
        throw error
      } finally {
        object?.close?.()
      }
    })
  }
}

/** How long a first part may be that is asked for before anything is known; nothing where that could be in vain. */
function firstLength(
  request: DownloadRequest,
  { partSize = 0, enableCheckpoint, control }: DownloaderOptions,
  size = partSize,
): number | undefined {
  const inVain = request?.rangeHeader !== undefined || enableCheckpoint || control?.paused || size === 0
  return inVain ? undefined : Math.min(partSize, size)
}

function checked(base: DownloaderOptions, overrides: DownloaderOptions | undefined): DownloaderOptions {
  const own = ['enableCheckpoint', 'checkpointDir', 'useTempFile', 'fsync', 'verifyData', 'end']
  const merged = mergeTransferOptions(base, overrides, own)
  checkCheckpointOptions(merged)
  checkFlag('useTempFile', merged.useTempFile)
  checkFlag('fsync', merged.fsync)
  checkFlag('verifyData', merged.verifyData)
  checkFlag('end', merged.end)
  return merged
}
