import type { ClientCore } from '../client/core.js'
import type { Part as ListedPart } from '../operations/index.js'
import type { JournalRecord } from './journal-format.js'
import { digestOf, journalPath, journalVersion } from './journal-identity.js'
import { type LoadedParts, MultipartCheckpoint } from './multipart-checkpoint.js'
import type { TransferOptions } from './options.js'
import { type Part, planParts } from './part-plan.js'
import { runParts } from './run-parts.js'
import type { SplitRequest, UploadResult } from './upload-request.js'
import { combined, type SentPart, type UploadSession } from './upload-session.js'

/** What must be the same for an upload to go on. */
export interface UploadIdentity {
  /** The file, absolute. */
  readonly path: string
  readonly size: number
  readonly mtimeMs: number
  /** The file's number in its file system: another one of the same name, size and time has another. */
  readonly ino: number
  readonly partSize: number
}

interface PartRecord {
  readonly etag: string
  readonly crc64: bigint
}

/** The journal of an upload from a file, and what it takes to trust it. */
export class UploadCheckpoint extends MultipartCheckpoint<SentPart, PartRecord> {
  readonly #identity: UploadIdentity

  constructor(core: ClientCore, request: SplitRequest, folder: string | undefined, identity: UploadIdentity) {
    const { bucket, key, ...properties } = request.put
    const target = core.target(bucket, key)
    const about = ['upload', target.host, target.path]
    const header = {
      ferross: 'upload',
      version: journalVersion,
      target: about.join(' '),
      properties: digestOf(properties),
      ...identity,
    }
    super(core, request, journalPath(identity.path, folder, about), header, ['target'])
    this.#identity = identity
  }

  /**
   * Finds out what is left to do. A finished part counts when the service lists it with the length it must have, and the
   * local bytes, read again, have the checksum that was recorded for it or that the service states.
   *
   * @param crcOf reads a part of the file again
   * @throws CheckpointError when the journal cannot be written
   */
  load(
    signal: AbortSignal | undefined,
    crcOf: (part: Part) => Promise<bigint>,
    options: TransferOptions,
  ): Promise<LoadedParts<SentPart>> {
    return this.resume(signal, {
      verify: (listed, recorded) => this.#verify(listed, recorded, crcOf, options),
      finishedBefore: (session, recorded) => this.#finishedBefore(session, recorded, crcOf, options),
    })
  }

  protected override entryOf({ number, etag, crc64 }: SentPart): JournalRecord {
    return { part: number, etag, crc64: crc64.toString() }
  }

  protected override recordOf({ etag, crc64 }: JournalRecord): PartRecord | undefined {
    if (typeof etag !== 'string' || typeof crc64 !== 'string' || !/^\d{1,20}$/.test(crc64)) return undefined
    return { etag, crc64: BigInt(crc64) }
  }

  async #verify(
    listed: readonly ListedPart[],
    recorded: ReadonlyMap<number, PartRecord>,
    crcOf: (part: Part) => Promise<bigint>,
    { parallelNum, signal }: TransferOptions,
  ): Promise<Map<number, SentPart>> {
    const there = new Map(listed.map(part => [part.partNumber, part]))
    const verified = new Map<number, SentPart>()
    await runParts(this.#plan(), parallelNum as number, signal, async part => {
      const { etag, size, hashCrc64 } = there.get(part.number) ?? {}
      if (etag === undefined || size !== part.length) return
      const record = recorded.get(part.number)
      // A part that arrived just before the process ended has no record; the service's checksum speaks for it.
      if (record === undefined ? hashCrc64 === undefined : record.etag !== etag) return
      const crc64 = await crcOf(part)
      if (record !== undefined && record.crc64 !== crc64) return
      if (hashCrc64 !== undefined && hashCrc64 !== crc64.toString()) return
      verified.set(part.number, { ...part, etag, crc64 })
    })
    return verified
  }

  async #finishedBefore(
    session: UploadSession,
    recorded: ReadonlyMap<number, PartRecord>,
    crcOf: (part: Part) => Promise<bigint>,
    { parallelNum, signal }: TransferOptions,
  ): Promise<UploadResult | undefined> {
    const plan = [...this.#plan()]
    const records = plan.map(part => ({ length: part.length, crc64: recorded.get(part.number)?.crc64 }))
    if (!records.every((part): part is { length: number; crc64: bigint } => part.crc64 !== undefined)) return undefined
    const result = await session.findObject(combined(records), this.#identity.size, signal)
    if (result === undefined) return undefined
    let same = true
    await runParts(plan, parallelNum as number, signal, async part => {
      if (same && (await crcOf(part)) !== recorded.get(part.number)?.crc64) same = false
    })
    return same ? result : undefined
  }

  #plan(): Iterable<Part> {
    return planParts(this.#identity.size, this.#identity.partSize)
  }
}
