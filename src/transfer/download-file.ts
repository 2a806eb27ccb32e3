import { randomBytes } from 'node:crypto'
import { rename, rm, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { InconsistentError, SourceChangedError } from '../errors.js'
import type { NativeEngine, PartWriter } from '../native/engine.js'
import { getEngine } from '../native/index.js'
import type { ReceivedSums } from '../native/wire.js'
import { DownloadCheckpoint, recordOf, type WrittenPart } from './download-checkpoint.js'
import { batch, type DownloadableObject, totalLength } from './download-object.js'
import type { DownloaderOptions, DownloadRequest, DownloadResult } from './download-request.js'
import { buffersPerBody } from './gather.js'
import { type Journal, withJournalPath } from './journal.js'
import { bytesOf, type Part, partSizeFor, planParts } from './part-plan.js'
import { TransferProgress } from './progress.js'
import { runParts } from './run-parts.js'
import type { TransferContext } from './transfer-context.js'
import { asFileError } from './transfer-error.js'

/** One object on its way into a file. */
export class FileDownload {
  readonly #context: TransferContext
  readonly #engine: NativeEngine = getEngine()
  readonly #object: DownloadableObject
  readonly #path: string
  readonly #request: DownloadRequest
  readonly #options: DownloaderOptions
  readonly #progress: TransferProgress
  readonly #partSize: number
  #reserved: number

  /** @param reserved memory that was acquired for the first part already */
  constructor(
    context: TransferContext,
    object: DownloadableObject,
    path: string,
    request: DownloadRequest,
    options: DownloaderOptions,
    reserved = 0,
  ) {
    this.#context = context
    this.#object = object
    this.#path = path
    this.#request = request
    this.#options = options
    this.#progress = new TransferProgress([request.progressFn, options.onProgress], object.range.length)
    this.#partSize = partSizeFor(object.range.length, options.partSize as number)
    this.#reserved = reserved
  }

  /** Gives back what was reserved and not needed. */
  close(): void {
    this.#context.core.memory.release(this.#reserved)
    this.#reserved = 0
  }

  async run(): Promise<DownloadResult> {
    return this.#options.enableCheckpoint ? this.#resumable() : this.#once()
  }

  async #once(): Promise<DownloadResult> {
    const { useTempFile } = this.#options
    const file = useTempFile ? `${this.#path}.${randomBytes(6).toString('hex')}.tmp` : this.#path
    const writer = await this.#open(file)
    try {
      const result = await this.#fill(writer, new Map())
      await this.#settle(writer, file)
      return result
    } catch (error) {
      await writer.discard()
      await rm(file, { force: true })
      throw asFileError('write', this.#path, error)
    }
  }

  /** As {@link FileDownload.#once}, with a journal that lets a later run go on where this one ends. */
  async #resumable(): Promise<DownloadResult> {
    const { useTempFile, verifyData, checkpointDir } = this.#options
    const files = [useTempFile ? `${this.#path}.ferross-part` : this.#path, this.#path] as const
    const { core } = this.#context
    const about = [core, this.#engine, this.#request, this.#object, files, checkpointDir, this.#partSize] as const
    const checkpoint = new DownloadCheckpoint(...about)
    return withJournalPath(checkpoint.path, async () => {
      const loaded = await checkpoint.load(verifyData === true, this.#options)
      if (loaded === undefined) await checkpoint.clear()
      const { file, written } = loaded ?? { file: files[0], written: new Map<number, WrittenPart>() }
      // Without a temporary file there may be a target already, which has nothing to do with this download.
      const writer = await this.#open(file, loaded === undefined ? undefined : true)
      let journal: Journal | undefined
      try {
        journal = await checkpoint.begin(file, written.values())
        const result = await this.#fill(writer, written, journal)
        await this.#settle(writer, file)
        await journal.remove()
        return result
      } catch (error) {
        await writer.discard()
        await journal?.close()
        // Bytes of an object that is no more, or that are not its bytes, are of no use another time.
        if (isFinal(error) || journal === undefined) {
          await checkpoint.clear()
          if (!useTempFile) await rm(file, { force: true })
        }
        throw asFileError('write', this.#path, error)
      }
    })
  }

  async #open(file: string, existing?: boolean): Promise<PartWriter> {
    const { length: size } = this.#object.range
    const there = existing ?? (file === this.#path && (await stat(file).catch(() => undefined)) !== undefined)
    return this.#engine.openPartWriter(file, { size, existing: there }).catch(error => {
      throw asFileError('write', this.#path, error)
    })
  }

  /** Puts the bytes on the disk, then under their name. */
  async #settle(writer: PartWriter, file: string): Promise<void> {
    await (this.#options.fsync === false ? writer.discard() : writer.finish())
    this.#options.signal?.throwIfAborted()
    if (resolve(file) !== resolve(this.#path)) await rename(file, this.#path)
  }

  async #fill(writer: PartWriter, written: Map<number, WrittenPart>, journal?: Journal): Promise<DownloadResult> {
    const { parallelNum, signal, control } = this.#options
    const { core, parallelism } = this.#context
    this.#progress.add(bytesOf(written.values()))
    const plan = [...planParts(this.#object.range.length, this.#partSize)]
    const missing = plan.filter(part => !written.has(part.number))
    const work = async (part: Part, stop: AbortSignal) => {
      const memory = memoryOf(part.length)
      const reserved = part.number === 1 && this.#reserved >= memory
      if (reserved) this.#reserved -= memory
      // A small object needs less than was reserved for an unknown one.
      this.close()
      if (!reserved) await core.memory.acquire(memory, stop)
      try {
        const done = await this.#fetchPart(writer, part, stop)
        written.set(part.number, done)
        await journal?.append(recordOf(done))
      } finally {
        core.memory.release(memory)
      }
    }
    await runParts(missing, parallelNum as number, signal, work, { control, parallelism })
    const parts = plan.map(part => written.get(part.number) as WrittenPart)
    const whole = (sumOf: (part: WrittenPart) => bigint) =>
      parts.reduce((sum, part) => this.#engine.crc64Combine(sum, sumOf(part), part.length), 0n)
    const result = this.#object.result(whole(part => part.crc64))
    const decrypted = this.#object.cipherAt !== undefined && parts.every(part => part.plain !== undefined)
    return decrypted ? { ...result, plainHashCrc64: whole(part => part.plain as bigint).toString() } : result
  }

  async #fetchPart(writer: PartWriter, part: Part, signal: AbortSignal): Promise<WrittenPart> {
    const object = this.#object
    const start = object.range.offset + part.offset
    let done = 0
    let crc64 = 0n
    let plain = 0n
    const cipher = () => {
      const spec = object.cipherAt?.(start + done)
      return spec && { cipher: spec }
    }
    const passed = (length: number, sums: ReceivedSums) => {
      crc64 = this.#engine.crc64Combine(crc64, sums.received, length)
      if (object.cipherAt) plain = this.#engine.crc64Combine(plain, sums.plain, length)
      done += length
      this.#progress.add(length)
    }
    const receive = writer.receive?.bind(writer)
    const explain = (error: unknown) => {
      throw asFileError('write', this.#path, error)
    }
    await object.fetch(start, part.length, signal, {
      buffers: this.#engine.pool,
      write: async chunks => {
        const options = { signal, ...cipher() }
        const { crc64Received, crc64Plain } = await writer.write(part.offset + done, chunks, options).catch(explain)
        passed(totalLength(chunks), { received: crc64Received, plain: crc64Plain })
      },
      sink:
        receive &&
        (async (wire, limit, timeout) => {
          const sums = await receive(wire, part.offset + done, limit, { timeout, ...cipher() }).catch(explain)
          passed(sums.count, sums)
          return sums.count
        }),
    })
    return { ...part, crc64, ...(object.cipherAt && { plain }) }
  }
}

function isFinal(error: unknown): boolean {
  return error instanceof SourceChangedError || error instanceof InconsistentError
}

/** Memory that a part takes while it is received. */
export function memoryOf(length: number): number {
  return Math.min(length, buffersPerBody * batch)
}

/** @throws FileError `EISDIR` for a target that is a folder, the system's code where its folder is not there */
export async function refuseTarget(path: string): Promise<void> {
  try {
    const found = await stat(path).catch(() => stat(dirname(path)).then(() => undefined))
    if (!found?.isDirectory()) return
    const message = `EISDIR: illegal operation on a directory, open '${path}'`
    throw Object.assign(new Error(message), { code: 'EISDIR', path })
  } catch (error) {
    throw asFileError('write', path, error)
  }
}
