import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { SourceChangedError } from '../errors.js'
import type { PartReader } from '../native/engine.js'
import { putObject } from '../operations/index.js'
import { CheckedBytes, CheckedPieces } from '../pipeline/body.js'
import { send } from '../pipeline/send.js'
import { withJournalPath } from './journal.js'
import { PartBody, type PartOrigin, readExactly, smallPart } from './part-body.js'
import { bytesOf, type Part, partSizeFor, planParts } from './part-plan.js'
import { TransferProgress } from './progress.js'
import { runParts } from './run-parts.js'
import type { TransferContext } from './transfer-context.js'
import { asFileError } from './transfer-error.js'
import { UploadCheckpoint } from './upload-checkpoint.js'
import {
  type SplitRequest,
  splitRequest,
  type UploaderOptions,
  type UploadRequest,
  type UploadResult,
} from './upload-request.js'
import { isNoSuchUpload, isStored, type SentPart, UploadSession } from './upload-session.js'

/** One file on its way up. */
export class FileUpload {
  readonly #context: TransferContext
  readonly #reader: PartReader
  readonly #path: string
  readonly #request: SplitRequest
  readonly #options: UploaderOptions
  readonly #size: number
  readonly #progress: TransferProgress

  constructor(
    context: TransferContext,
    reader: PartReader,
    path: string,
    request: UploadRequest,
    options: UploaderOptions,
  ) {
    this.#context = context
    this.#reader = reader
    this.#path = path
    this.#request = splitRequest(request)
    this.#options = options
    this.#size = reader.opened.size
    this.#progress = new TransferProgress([request.progressFn, options.onProgress], this.#size)
  }

  async run(): Promise<UploadResult> {
    const partSize = partSizeFor(this.#size, this.#options.partSize as number)
    if (this.#size <= partSize) {
      if (this.#options.enableCheckpoint) await this.#forgetParts(partSize)
      return this.#inOneRequest()
    }
    return this.#options.enableCheckpoint ? this.#resumable(partSize) : this.#inParts(partSize)
  }

  async #inOneRequest(): Promise<UploadResult> {
    const { signal, control } = this.#options
    await control?.ready(signal)
    const whole = { number: 1, offset: 0, length: this.#size }
    return this.#withPart({ part: whole, signal, beforeEnd: () => this.#checkUnchanged() }, async body => {
      if (body instanceof CheckedBytes) await this.#checkUnchanged()
      const sent = await send(
        this.#context.core,
        putObject,
        { ...this.#request.put, body },
        { ...(signal && { signal }) },
      )
      this.#progress.add(this.#size)
      return { ...sent, hashCrc64: body.crc64.toString() }
    })
  }

  async #inParts(partSize: number): Promise<UploadResult> {
    const { signal, leavePartsOnError } = this.#options
    const session = await UploadSession.begin(this.#context.core, this.#request, signal)
    try {
      const sent: SentPart[] = []
      await this.#sendParts(session, planParts(this.#size, partSize), async part => void sent.push(part))
      return await session.complete(sent, signal)
    } catch (error) {
      if (!leavePartsOnError && !isStored(error)) await session.abort()
      throw error
    }
  }

  /** As {@link FileUpload.#inParts}, with a journal that lets a later run go on where this one ends. */
  async #resumable(partSize: number): Promise<UploadResult> {
    const { signal } = this.#options
    const checkpoint = await this.#checkpoint(partSize)
    return withJournalPath(checkpoint.path, async () => {
      const found = await checkpoint.load(signal, part => this.#crcOf(part, signal), this.#options)
      if ('result' in found) {
        this.#progress.add(this.#size)
        return found.result
      }
      const { session, journal, done: sent } = found
      try {
        this.#progress.add(bytesOf(sent.values()))
        const missing = [...planParts(this.#size, partSize)].filter(part => !sent.has(part.number))
        await this.#sendParts(session, missing, async part => {
          sent.set(part.number, part)
          await checkpoint.note(journal, part)
        })
        const result = await session.complete(sent.values(), signal)
        await journal.remove()
        return result
      } catch (error) {
        // What can never be finished is not kept for another time.
        if (isFinal(error)) {
          if (!isStored(error)) await session.abort()
          await journal.remove()
        } else await journal.close()
        throw error
      }
    })
  }

  async #checkpoint(partSize: number): Promise<UploadCheckpoint> {
    const { ino } = await stat(this.#path).catch(error => {
      throw asFileError('read', this.#path, error)
    })
    return new UploadCheckpoint(this.#context.core, this.#request, this.#options.checkpointDir, {
      path: resolve(this.#path),
      ...this.#reader.opened,
      ino,
      partSize,
    })
  }

  /** An earlier run may have sent parts of a file that was larger then. */
  async #forgetParts(partSize: number): Promise<void> {
    const checkpoint = await this.#checkpoint(partSize)
    await withJournalPath(checkpoint.path, () => checkpoint.forget())
  }

  async #sendParts(session: UploadSession, parts: Iterable<Part>, sent: (part: SentPart) => Promise<void>) {
    const { parallelNum, signal, control } = this.#options
    const { parallelism } = this.#context
    const work = async (part: Part, stop: AbortSignal) => {
      await sent(await this.#withPart({ part, signal: stop }, body => session.send(part, body, stop)))
      this.#progress.add(part.length)
    }
    await runParts(parts, parallelNum as number, signal, work, { control, parallelism })
    await this.#checkUnchanged()
  }

  async #crcOf(part: Part, signal: AbortSignal | undefined): Promise<bigint> {
    return this.#withPart({ part, signal }, async body => {
      if (body instanceof CheckedPieces) for await (const _ of body.pieces());
      return body.crc64
    })
  }

  /** Gives a part as a body whose memory lives until `use` has ended. */
  async #withPart<T>(
    from: Omit<PartOrigin, 'reader' | 'path'>,
    use: (body: CheckedBytes | CheckedPieces) => Promise<T>,
  ): Promise<T> {
    const { part, signal } = from
    const { memory } = this.#context.core
    const origin = { ...from, reader: this.#reader, path: this.#path }
    const body = new PartBody(origin)
    await memory.acquire(body.memory, signal)
    try {
      if (part.length > smallPart) return await use(new CheckedPieces(part.length, note => body.open(note)))
      const { buffer, crc64Sent } = await readExactly(origin, part.offset, part.length)
      try {
        return await use(new CheckedBytes(buffer, crc64Sent))
      } finally {
        this.#reader.release(buffer)
      }
    } finally {
      body.close()
      memory.release(body.memory)
    }
  }

  async #checkUnchanged(): Promise<void> {
    const { opened } = this.#reader
    const now = await this.#reader.stat()
    if (now.size !== opened.size || now.mtimeMs !== opened.mtimeMs) {
      throw new SourceChangedError(`${this.#path} changed while it was uploaded`)
    }
  }
}

/** Whether going on later makes no sense: other bytes, an object that is there already, or an upload that is gone. */
function isFinal(error: unknown): boolean {
  return error instanceof SourceChangedError || isNoSuchUpload(error) || isStored(error)
}
