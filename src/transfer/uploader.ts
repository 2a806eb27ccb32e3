import type { ClientCore } from '../client/core.js'
import { ParamInvalidError } from '../errors.js'
import { getEngine } from '../native/index.js'
import type { TransferEvent } from '../observability/events.js'
import { traceTransfer } from '../observability/transfer-trace.js'
import { checkCheckpointOptions, checkFlag, checkPath, mergeTransferOptions } from './options.js'
import { openSource, type UploadSource } from './stream-source.js'
import { transferContext } from './transfer-context.js'
import { asFileError } from './transfer-error.js'
import { FileUpload } from './upload-file.js'
import type { UploaderOptions, UploadRequest, UploadResult } from './upload-request.js'
import { StreamUpload } from './upload-stream.js'

export type { UploadSource } from './stream-source.js'
export type { UploaderOptions, UploadRequest, UploadResult } from './upload-request.js'

/**
 * Uploads files and streams in parallel parts. Bytes are checksummed by native code; the CRC-64 of each part and of the whole
 * object is compared with the service's.
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
   * When it fails or is aborted, nothing remains at the service, unless `leavePartsOnError` or `enableCheckpoint` is set. With
   * a checkpoint the next call for the same file, key and properties sends only what is missing: parts are trusted after the
   * service has listed them and the file's bytes, read again, have their checksums. A file that changed since then (size,
   * time, identity), or another part size, begins anew, and so does an upload that the service has forgotten. The journal is
   * removed at the end; one that is damaged or about something else is replaced.
   *
   * @throws FileError when the file cannot be read, SourceChangedError when it changes meanwhile, InconsistentError when
   * bytes were damaged on the way, CheckpointError when the journal cannot be written
   */
  async uploadFile(request: UploadRequest, path: string, options?: UploaderOptions): Promise<UploadResult> {
    checkPath(path)
    const merged = checked(this.#options, options)
    return traceTransfer(this.#core.logger, { ...request, kind: 'upload' }, merged, (watched, event) =>
      this.uploadUnwatched(request, path, watched, event),
    )
  }

  /** The manager's options with others put over them. @internal */
  merged(options: UploaderOptions): UploaderOptions {
    return checked(this.#options, options)
  }

  /** {@link Uploader.uploadFile} with options that are complete, for a caller who tells those who listen. @internal */
  async uploadUnwatched(
    request: UploadRequest,
    path: string,
    options: UploaderOptions,
    event?: TransferEvent,
  ): Promise<UploadResult> {
    options.signal?.throwIfAborted()
    const reader = await getEngine()
      .openPartReader(path)
      .catch(error => {
        throw asFileError('read', path, error)
      })
    try {
      const context = transferContext(this.#core, options, event)
      return await new FileUpload(context, reader, path, request, options).run()
    } finally {
      await reader.close()
    }
  }

  /**
   * Uploads what a stream or iterable gives, however long it is, in bounded memory: at most `parallelNum` parts and the one
   * being filled, all counted in the client's `memoryLimit`; the source is asked for more only when there is room. What fits
   * into one part is sent in one request, nothing at all makes an empty object. Part sizes grow with the length, slowly, so
   * that a stream of many TiB still fits into 10,000 parts. Parts are sent again from memory when that is necessary; the
   * source is read once, so `enableCheckpoint` has no effect here.
   *
   * When it fails or is aborted, the source is destroyed (cancelled, returned) and no part remains, unless
   * `leavePartsOnError` is set. An error of the source rejects as it is.
   *
   * @throws InconsistentError when bytes were damaged on the way, ParamInvalidError for a source that gives no bytes
   */
  async uploadFrom(request: UploadRequest, source: UploadSource, options?: UploaderOptions): Promise<UploadResult> {
    const merged = checked(this.#options, options)
    const opened = openSource(source)
    return traceTransfer(this.#core.logger, { ...request, kind: 'upload' }, merged, (watched, event) =>
      new StreamUpload(transferContext(this.#core, watched, event), opened, request, watched).run(),
    )
  }
}

function checked(base: UploaderOptions, overrides: UploaderOptions | undefined): UploaderOptions {
  const own = ['leavePartsOnError', 'enableCheckpoint', 'checkpointDir', 'expectedSize']
  const merged = mergeTransferOptions(base, overrides, own)
  checkFlag('leavePartsOnError', merged.leavePartsOnError)
  checkCheckpointOptions(merged)
  const { expectedSize } = merged
  if (expectedSize !== undefined && !(Number.isSafeInteger(expectedSize) && expectedSize >= 0)) {
    throw new ParamInvalidError('expectedSize', 'expected an integer of at least 0 bytes')
  }
  return merged
}
