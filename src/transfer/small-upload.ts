import type { ClientCore } from '../client/core.js'
import { getEngine } from '../native/index.js'
import { putObject } from '../operations/index.js'
import type { ProgressListener } from '../pipeline/context.js'
import { send } from '../pipeline/send.js'
import { SmallBuffers } from './small-files.js'
import { smallFilesCore } from './transfer-context.js'
import { asFileError } from './transfer-error.js'
import { splitRequest, type UploaderOptions, type UploadRequest } from './upload-request.js'

/** The small files of a folder on their way up: each is read by one job and sent in one request. */
export class SmallUploads {
  readonly #core: ClientCore
  readonly #engine = getEngine()
  readonly #buffers: SmallBuffers
  readonly #request: UploadRequest
  readonly #progressFn: ProgressListener | undefined
  readonly #follow: boolean

  /** @param follow whether links are followed */
  constructor(core: ClientCore, request: Omit<UploadRequest, 'key'>, options: UploaderOptions, follow: boolean) {
    this.#core = smallFilesCore(core, options)
    this.#buffers = new SmallBuffers(core)
    const { put } = splitRequest({ ...request, key: '' })
    this.#request = put
    this.#progressFn = (request as UploadRequest).progressFn
    this.#follow = follow
  }

  /**
   * Uploads a file and gives its length; nothing, and nothing is done, when it is not small.
   *
   * @throws FileError when it cannot be read, SourceChangedError when it changes meanwhile, else as `putObject`
   */
  upload(path: string, key: string, { signal, onProgress, control }: UploaderOptions): Promise<number | undefined> {
    return this.#buffers.use(signal, async buffer => {
      if (control?.paused) await control.ready(signal)
      const length = await this.#read(path, buffer)
      if (length === undefined) return undefined
      const body = buffer.subarray(0, length)
      await send(this.#core, putObject, Object.assign({}, this.#request, { key, body }), signal ? { signal } : {})
      if (length > 0) {
        this.#progressFn?.(length, length, length)
        onProgress?.(length, length, length)
      }
      return length
    })
  }

  async #read(path: string, buffer: Buffer): Promise<number | undefined> {
    try {
      return await this.#engine.readSmallFile(path, buffer, this.#follow)
    } catch (error) {
      throw asFileError('read', path, error)
    }
  }

  /** Gives memory back, when nothing is under way any more. */
  close(): void {
    this.#buffers.close()
  }
}
