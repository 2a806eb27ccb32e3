import type { ClientCore } from '../client/core.js'
import type { Part as ListedPart } from '../operations/index.js'
import { Journal, readJournal, removeJournal } from './journal.js'
import type { JournalContent, JournalRecord } from './journal-format.js'
import { digestOf, journalPath, journalVersion, sameIdentity } from './journal-identity.js'
import type { TransferOptions } from './options.js'
import { type Part, planParts } from './part-plan.js'
import { runParts } from './run-parts.js'
import type { SplitRequest, UploadResult } from './upload-request.js'
import { combined, isNoSuchUpload, type SentPart, UploadSession } from './upload-session.js'

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

/** Where an upload stands: there is more to send, or it turned out to be finished. */
export type LoadedUpload =
  | { readonly session: UploadSession; readonly journal: Journal; readonly sent: Map<number, SentPart> }
  | { readonly result: UploadResult }

interface PartRecord {
  readonly etag: string
  readonly crc64: bigint
}

/** The journal of an upload from a file, and what it takes to trust it. */
export class UploadCheckpoint {
  /** The journal's file. */
  readonly path: string
  readonly #core: ClientCore
  readonly #request: SplitRequest
  readonly #identity: UploadIdentity
  readonly #header: JournalRecord

  constructor(core: ClientCore, request: SplitRequest, folder: string | undefined, identity: UploadIdentity) {
    const { bucket, key, ...properties } = request.put
    const target = core.target(bucket, key)
    const about = ['upload', target.host, target.path]
    this.path = journalPath(identity.path, folder, about)
    this.#core = core
    this.#request = request
    this.#identity = identity
    this.#header = {
      ferross: 'upload',
      version: journalVersion,
      target: about.join(' '),
      properties: digestOf(properties),
      ...identity,
    }
  }

  /**
   * Finds out what is left to do. A finished part counts when the service lists it with the length it must have, and the
   * local bytes, read again, have the checksum that was recorded for it or that the service states.
   *
   * @param crcOf reads a part of the file again
   * @throws CheckpointError when the journal cannot be written
   */
  async load(
    signal: AbortSignal | undefined,
    crcOf: (part: Part) => Promise<bigint>,
    options: TransferOptions,
  ): Promise<LoadedUpload> {
    const content = await readJournal(this.path)
    const earlier = content && this.#sessionOf(content)
    if (content && earlier) {
      const recorded = recordsOf(content)
      const listed = sameIdentity(content.header, this.#header) ? await listOf(earlier, signal) : 'other'
      if (listed === 'other') await earlier.abort()
      else if (listed === 'gone') {
        const result = await this.#finishedBefore(earlier, recorded, crcOf, options)
        if (result) return { result }
      } else {
        const sent = await this.#verify(listed, recorded, crcOf, options)
        return { session: earlier, sent, journal: await this.#write(earlier, sent.values()) }
      }
    }
    const session = await UploadSession.begin(this.#core, this.#request, signal)
    try {
      return { session, sent: new Map(), journal: await this.#write(session, []) }
    } catch (error) {
      await session.abort()
      throw error
    }
  }

  /** Ends what an earlier run began, where it is of no use any more: a file that shrank is sent in one request. */
  async forget(): Promise<void> {
    const content = await readJournal(this.path)
    if (content) await this.#sessionOf(content)?.abort()
    // It may be damaged, or a folder that is none: no reason to fail, because it is not needed.
    await removeJournal(this.path).catch(() => {})
  }

  /** Makes the journal of an upload whose own journal is lost. The service's list of parts is all that is known of it. */
  async adopt(uploadId: string): Promise<void> {
    const journal = await Journal.create(this.path, { ...this.#header, uploadId })
    await journal.close()
  }

  /** The upload that a journal of this target names, whatever it was uploaded from. */
  #sessionOf({ header }: JournalContent): UploadSession | undefined {
    const { target, version, ferross } = this.#header
    const { uploadId } = header
    if (!sameIdentity(header, { ferross, version, target }) || typeof uploadId !== 'string') return undefined
    return new UploadSession(this.#core, this.#request, uploadId, true)
  }

  #write(session: UploadSession, sent: Iterable<SentPart>): Promise<Journal> {
    const records = [...sent].map(({ number, etag, crc64 }) => ({ part: number, etag, crc64: crc64.toString() }))
    return Journal.create(this.path, { ...this.#header, uploadId: session.id }, records)
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

  /** A process may end between completing the upload and removing the journal: then the object is there. */
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
    if (same) await removeJournal(this.path)
    return same ? result : undefined
  }

  #plan(): Iterable<Part> {
    return planParts(this.#identity.size, this.#identity.partSize)
  }
}

async function listOf(session: UploadSession, signal: AbortSignal | undefined): Promise<ListedPart[] | 'gone'> {
  try {
    return await session.parts(signal)
  } catch (error) {
    if (isNoSuchUpload(error)) return 'gone'
    throw error
  }
}

function recordsOf({ records }: JournalContent): Map<number, PartRecord> {
  const found = new Map<number, PartRecord>()
  for (const { part, etag, crc64 } of records) {
    if (!Number.isSafeInteger(part) || typeof etag !== 'string') continue
    if (typeof crc64 !== 'string' || !/^\d{1,20}$/.test(crc64)) continue
    found.set(part as number, { etag, crc64: BigInt(crc64) })
  }
  return found
}
