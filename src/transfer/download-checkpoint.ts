import { rm, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { ClientCore } from '../client/core.js'
import { CheckpointError } from '../errors.js'
import type { NativeEngine } from '../native/engine.js'
import type { DownloadableObject } from './download-object.js'
import type { DownloadRequest } from './download-request.js'
import { Journal, readJournal, removeJournal } from './journal.js'
import type { JournalContent, JournalRecord } from './journal-format.js'
import { bootMarker, journalPath, journalVersion, sameIdentity } from './journal-identity.js'
import type { MemoryBudget } from './memory-budget.js'
import type { TransferOptions } from './options.js'
import { type Part, planParts } from './part-plan.js'
import { runParts } from './run-parts.js'

/** A part that is in the file. */
export interface WrittenPart extends Part {
  readonly crc64: bigint
  /** CRC-64 of the bytes after decryption; absent where nothing is decrypted. */
  readonly plain?: bigint
}

/** What an earlier run left. */
export interface LoadedDownload {
  /** The file that holds the bytes. */
  readonly file: string
  readonly written: Map<number, WrittenPart>
}

/** How long a read from the file may be when parts are verified: large parts need no large buffers for that. */
const verifyPiece = 4 * 1024 * 1024

/** The journal of a download to a file, and what it takes to trust it. */
export class DownloadCheckpoint {
  /** The journal's file. */
  readonly path: string
  readonly #engine: NativeEngine
  readonly #memory: MemoryBudget
  readonly #object: DownloadableObject
  readonly #partSize: number
  readonly #header: JournalRecord
  /** Where unfinished bytes lie, and where finished ones do. */
  readonly #files: readonly [temporary: string, target: string]

  constructor(
    core: ClientCore,
    engine: NativeEngine,
    request: DownloadRequest,
    object: DownloadableObject,
    files: readonly [temporary: string, target: string],
    folder: string | undefined,
    partSize: number,
  ) {
    const address = core.target(request.bucket, request.key)
    const { etag, versionId, hashCrc64, lastModified } = object.head
    this.path = journalPath(files[1], folder, ['download'])
    this.#engine = engine
    this.#memory = core.memory
    this.#object = object
    this.#partSize = partSize
    this.#files = files
    this.#header = {
      ferross: 'download',
      version: journalVersion,
      target: `${address.host} ${address.path}`,
      versionId: versionId ?? '',
      etag: etag ?? '',
      crc64: hashCrc64 ?? '',
      lastModified: lastModified?.getTime() ?? 0,
      size: object.size,
      ...object.range,
      partSize,
      file: resolve(files[0]),
    }
  }

  /**
   * Finds the parts that an earlier run wrote. They count when the object is the same, the file is the one that was written
   * to, and, with `verify` or after the machine was started anew, its bytes still have the recorded checksums.
   */
  async load(verify: boolean, options: TransferOptions): Promise<LoadedDownload | undefined> {
    const content = await readJournal(this.path)
    if (content === undefined || !sameIdentity(content.header, this.#header)) return undefined
    const recorded = this.#recordsOf(content)
    for (const file of this.#files) {
      if (!(await this.#isFile(file, content.header))) continue
      const moved = file !== this.#files[0]
      // The target may hold the journal's file already when the process ended just after giving it its name.
      if (moved && recorded.size < this.#partCount()) return undefined
      const sure = !verify && !moved && bootMarker() !== '' && content.header.boot === bootMarker()
      return { file, written: sure ? recorded : await this.#verified(file, recorded, options) }
    }
    return undefined
  }

  /** Removes the journal and whatever an earlier run left; in this order, so that no journal speaks for another file. */
  async clear(): Promise<void> {
    await removeJournal(this.path)
    if (this.#files[0] !== this.#files[1]) await rm(this.#files[0], { force: true })
  }

  /** Begins a journal for a file that exists. @throws CheckpointError when it cannot be written */
  async begin(file: string, written: Iterable<WrittenPart>): Promise<Journal> {
    const { ino } = await stat(file).catch(cause => {
      throw new CheckpointError(`cannot write the checkpoint ${this.path}: ${file} is gone`, { cause })
    })
    const records = [...written].map(recordOf)
    return Journal.create(this.path, { ...this.#header, ino, boot: bootMarker() }, records)
  }

  async #isFile(file: string, header: JournalRecord): Promise<boolean> {
    const found = await stat(file).catch(() => undefined)
    return found?.isFile() === true && found.ino === header.ino && found.size === this.#object.range.length
  }

  #recordsOf({ records }: JournalContent): Map<number, WrittenPart> {
    const sums = new Map<unknown, { crc64: bigint; plain?: bigint }>()
    for (const { part, crc64, plain } of records) {
      if (isSum(crc64)) sums.set(part, { crc64: BigInt(crc64), ...(isSum(plain) && { plain: BigInt(plain) }) })
    }
    const written = new Map<number, WrittenPart>()
    for (const part of this.#plan()) {
      const found = sums.get(part.number)
      if (found !== undefined) written.set(part.number, { ...part, ...found })
    }
    return written
  }

  async #verified(
    file: string,
    recorded: ReadonlyMap<number, WrittenPart>,
    { parallelNum, signal }: TransferOptions,
  ): Promise<Map<number, WrittenPart>> {
    const verified = new Map<number, WrittenPart>()
    const reader = await this.#engine.openPartReader(file)
    try {
      await runParts(recorded.values(), parallelNum as number, signal, async (part, stop) => {
        let crc64 = 0n
        for (let at = 0; at < part.length; at += verifyPiece) {
          const length = Math.min(verifyPiece, part.length - at)
          await this.#memory.acquire(length, stop)
          try {
            // The checksums are those of what was received, which is encrypted where there is a cipher.
            const cipher = this.#object.cipherAt?.(this.#object.range.offset + part.offset + at)
            const read = await reader.read(part.offset + at, length, { signal: stop, ...(cipher && { cipher }) })
            crc64 = this.#engine.crc64Combine(crc64, read.crc64Sent, read.buffer.length)
            reader.release(read.buffer)
          } finally {
            this.#memory.release(length)
          }
        }
        if (crc64 === part.crc64) verified.set(part.number, part)
      })
    } finally {
      await reader.close()
    }
    return verified
  }

  #plan(): Iterable<Part> {
    return planParts(this.#object.range.length, this.#partSize)
  }

  #partCount(): number {
    return Math.ceil(this.#object.range.length / this.#partSize)
  }
}

/** A part that was written, as the journal notes it. */
export function recordOf({ number, crc64, plain }: WrittenPart): JournalRecord {
  return { part: number, crc64: crc64.toString(), ...(plain !== undefined && { plain: plain.toString() }) }
}

function isSum(value: unknown): value is string {
  return typeof value === 'string' && /^\d{1,20}$/.test(value)
}
