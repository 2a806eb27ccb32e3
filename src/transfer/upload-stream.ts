import { ParamInvalidError } from '../errors.js'
import { getEngine } from '../native/index.js'
import { putObject } from '../operations/index.js'
import { CheckedBytes } from '../pipeline/body.js'
import { send } from '../pipeline/send.js'
import { growingPartSize, maxPartSize, maxParts, partSizeFor } from './part-plan.js'
import { TransferProgress } from './progress.js'
import { runParts } from './run-parts.js'
import { type GatheredPart, gatherParts } from './stream-parts.js'
import type { ByteSource } from './stream-source.js'
import type { TransferContext } from './transfer-context.js'
import {
  type SplitRequest,
  splitRequest,
  type UploaderOptions,
  type UploadRequest,
  type UploadResult,
} from './upload-request.js'
import { isStored, type SentPart, UploadSession } from './upload-session.js'

/** One stream on its way up. */
export class StreamUpload {
  readonly #context: TransferContext
  readonly #source: ByteSource
  readonly #request: SplitRequest
  readonly #options: UploaderOptions
  readonly #progress: TransferProgress
  readonly #sent: SentPart[] = []
  #session: UploadSession | undefined
  #result: UploadResult | undefined

  constructor(context: TransferContext, source: ByteSource, request: UploadRequest, options: UploaderOptions) {
    this.#context = context
    this.#source = source
    this.#request = splitRequest(request)
    this.#options = options
    this.#progress = new TransferProgress([request.progressFn, options.onProgress], source.length)
  }

  async run(): Promise<UploadResult> {
    const { parallelNum, signal, control, leavePartsOnError } = this.#options
    try {
      await runParts(
        stop => this.#parts(stop),
        parallelNum as number,
        signal,
        (part, stop) => this.#send(part, stop),
        { control, parallelism: this.#context.parallelism, drop: part => part.release() },
      )
      const result = this.#result ?? (await (this.#session as UploadSession).complete(this.#sent, signal))
      this.#progress.finish()
      return result
    } catch (error) {
      this.#source.close(error)
      if (!leavePartsOnError && !isStored(error)) await this.#session?.abort()
      throw error
    }
  }

  /** The parts, beginning a multipart upload as soon as one part is known not to be enough. */
  async *#parts(signal: AbortSignal): AsyncGenerator<GatheredPart> {
    const { memory } = this.#context.core
    const gathered = gatherParts(this.#source, { engine: getEngine(), memory, sizeOf: this.#sizes(), signal })
    for await (const part of gathered) {
      try {
        if (part.number > maxParts) throw new ParamInvalidError('source', `is longer than ${maxParts} parts can hold`)
        if (!part.only) this.#session ??= await UploadSession.begin(this.#context.core, this.#request, signal)
      } catch (error) {
        part.release()
        throw error
      }
      yield part
    }
  }

  #sizes(): (number: number) => number {
    const wanted = this.#options.partSize as number
    const expected = this.#source.length ?? this.#options.expectedSize
    const base = expected === undefined ? wanted : Math.min(partSizeFor(expected, wanted), maxPartSize)
    // An object of known length needs no growth.
    return this.#source.length === undefined ? number => growingPartSize(number, base) : () => base
  }

  async #send(part: GatheredPart, signal: AbortSignal): Promise<void> {
    const { core } = this.#context
    const body = new CheckedBytes(part.bytes, part.crc64)
    try {
      if (part.only) {
        const sent = await send(core, putObject, { ...this.#request.put, body }, { signal })
        this.#result = { ...sent, hashCrc64: part.crc64.toString() }
      } else {
        const { number, offset, length } = part
        this.#sent.push(await (this.#session as UploadSession).send({ number, offset, length }, body, signal))
      }
      this.#progress.add(part.length)
    } finally {
      part.release()
    }
  }
}
