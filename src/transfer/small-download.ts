import type { ClientCore } from '../client/core.js'
import { InconsistentError, ResponseError, ServiceError } from '../errors.js'
import { getEngine } from '../native/index.js'
import { type GetObjectResult, getObject } from '../operations/index.js'
import { send } from '../pipeline/send.js'
import type { DownloaderOptions, DownloadRequest } from './download-request.js'
import { SmallBuffers } from './small-files.js'
import { smallFilesCore } from './transfer-context.js'
import { ResumingRetry } from './transfer-retry.js'

/** The small objects of a folder on their way down: each comes in one answer and goes to its file as a whole. */
export class SmallDownloads {
  readonly #core: ClientCore
  readonly #engine = getEngine()
  readonly #buffers: SmallBuffers
  readonly #request: Omit<DownloadRequest, 'key'>

  constructor(core: ClientCore, request: Omit<DownloadRequest, 'key'>, options: DownloaderOptions) {
    // Elsewhere a small answer comes as a whole and not as a stream, which is half of what it costs.
    this.#core = smallFilesCore(core, options)
    this.#buffers = new SmallBuffers(core)
    this.#request = request
  }

  /**
   * Fetches an object and gives its bytes, which were checked, to `store`. False, and nothing is done, when it is not of the
   * size that the listing said.
   *
   * @param size length of the object, 1 to the limit for small files
   * @throws InconsistentError when bytes were damaged on the way, else as `getObject`, and what `store` throws
   */
  download(
    key: string,
    size: number,
    { signal, onProgress, control }: DownloaderOptions,
    store: (bytes: Buffer) => Promise<void>,
  ): Promise<boolean> {
    return this.#buffers.use(signal, async buffer => {
      if (control?.paused) await control.ready(signal)
      const bytes = buffer.subarray(0, size)
      if (!(await this.#fetch(key, bytes, signal))) return false
      await store(bytes)
      onProgress?.(size, size, size)
      return true
    })
  }

  /** Fills `bytes`. An answer that breaks off is asked for again as a whole, so two states of the object never mix. */
  async #fetch(key: string, bytes: Buffer, signal: AbortSignal | undefined): Promise<boolean> {
    let retry: ResumingRetry | undefined
    for (;;) {
      const answer = await this.#ask(key, bytes.length, signal)
      if (answer === undefined) return false
      try {
        await receive(answer, bytes)
      } catch (error) {
        retry ??= new ResumingRetry(this.#core, signal ?? never)
        await retry.after(error, false)
        continue
      }
      this.#check(answer, bytes)
      return true
    }
  }

  /** The answer, if it is about a whole object of this size. */
  async #ask(key: string, size: number, signal: AbortSignal | undefined): Promise<GetObjectResult | undefined> {
    const last = size - 1
    // A range, so that of an object that has grown no more comes than is wanted.
    const about = { key, rangeHeader: `bytes=0-${last}`, rangeBehavior: 'standard' }
    const request = Object.assign({}, this.#request, about)
    const answer = await send(this.#core, getObject, request, signal ? { signal } : {}).catch(unlessEmpty)
    if (answer === undefined) return undefined
    if (answer.statusCode === 206 && answer.contentRange === `bytes 0-${last}/${size}`) return answer
    answer.body?.destroy()
    return undefined
  }

  #check({ hashCrc64: stated }: GetObjectResult, bytes: Buffer): void {
    if (!this.#core.downloadCrc64Check || stated === undefined) return
    const actual = this.#engine.crc64(bytes).toString()
    if (actual !== stated) throw new InconsistentError(actual, stated, { operation: 'GetObject', retryable: false })
  }

  /** Gives memory back, when nothing is under way any more. */
  close(): void {
    this.#buffers.close()
  }
}

/** An object that became empty has no range to be had. */
function unlessEmpty(error: unknown): undefined {
  if (!(error instanceof ServiceError && error.code === 'InvalidRange')) throw error
}

const never = new AbortController().signal

/** Gathers a body that must have exactly the length of `bytes`. */
async function receive({ body }: GetObjectResult, bytes: Buffer): Promise<void> {
  let length = 0
  await body?.drainInto(chunk => {
    if (chunk.length > bytes.length - length)
      throw new ResponseError('the answer is longer than the range that was asked for')
    bytes.set(chunk, length)
    length += chunk.length
  })
  if (length < bytes.length) throw new ResponseError(`the answer ended after ${length} of ${bytes.length} bytes`)
}
