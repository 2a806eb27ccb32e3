import { join, resolve } from 'node:path'
import type { ClientCore } from '../client/core.js'
import type { Part as ListedPart } from '../operations/index.js'
import type { CopyRequest, CopySource } from './copy-source.js'
import { Journal, readJournal, removeJournal } from './journal.js'
import type { JournalContent, JournalRecord } from './journal-format.js'
import { digestOf, journalPath, journalVersion, sameIdentity } from './journal-identity.js'
import { type Part, planParts } from './part-plan.js'
import type { SplitRequest, UploadResult } from './upload-request.js'
import { isNoSuchUpload, UploadSession } from './upload-session.js'

/** A part that the service has made. */
export interface CopiedPart extends Part {
  readonly etag: string
  /** CRC-64 in decimal digits, where the service states it. */
  readonly crc64?: string | undefined
}

type PartRecord = Pick<CopiedPart, 'etag' | 'crc64'>

/** Where a copy stands: there is more to do, or it turned out to be finished. */
export type LoadedCopy =
  | { readonly session: UploadSession; readonly journal: Journal; readonly copied: Map<number, CopiedPart> }
  | { readonly result: UploadResult }

/** The journal of a copy in parts, and what it takes to trust it. */
export class CopyCheckpoint {
  /** The journal's file. */
  readonly path: string
  readonly #core: ClientCore
  readonly #request: SplitRequest
  readonly #source: CopySource
  readonly #partSize: number
  readonly #header: JournalRecord

  constructor(
    core: ClientCore,
    request: CopyRequest,
    split: SplitRequest,
    source: CopySource,
    folder: string,
    partSize: number,
  ) {
    const { host, path } = core.target(source.bucket, request.sourceKey)
    const target = core.target(request.bucket, request.key)
    const about = ['copy', host, path, request.sourceVersionId ?? '', target.host, target.path]
    // There is no local file that it could lie beside and be named after.
    this.path = journalPath(join(resolve(folder), 'copy'), folder, about)
    this.#core = core
    this.#request = split
    this.#source = source
    this.#partSize = partSize
    this.#header = {
      ferross: 'copy',
      version: journalVersion,
      about: about.join(' '),
      properties: digestOf([split.initiate, split.complete]),
      etag: source.head.etag ?? '',
      sourceCrc64: source.head.hashCrc64 ?? '',
      size: source.size,
      partSize,
    }
  }

  /**
   * Finds out what is left to do. A finished part counts when its entity tag was recorded and the service lists it with that
   * tag and with the length it must have, and with the CRC-64 that it had before, where one is known.
   *
   * @throws CheckpointError when the journal cannot be written
   */
  async load(signal: AbortSignal | undefined): Promise<LoadedCopy> {
    const content = await readJournal(this.path)
    const earlier = content && this.#sessionOf(content)
    if (content && earlier) {
      const recorded = recordsOf(content)
      const listed = sameIdentity(content.header, this.#header) ? await listOf(earlier, signal) : 'other'
      if (listed === 'other') await earlier.abort()
      else if (listed === 'gone') {
        const result = await this.#finishedBefore(earlier, recorded, signal)
        if (result) return { result }
      } else {
        const copied = this.#verify(listed, recorded)
        return { session: earlier, copied, journal: await this.#write(earlier, copied.values()) }
      }
    }
    const session = await UploadSession.begin(this.#core, this.#request, signal)
    try {
      return { session, copied: new Map(), journal: await this.#write(session, []) }
    } catch (error) {
      await session.abort()
      throw error
    }
  }

  /** Ends what an earlier run began, where it is of no use any more: a source that shrank is copied in one request. */
  async forget(): Promise<void> {
    const content = await readJournal(this.path)
    if (content) await this.#sessionOf(content)?.abort()
    // It may be damaged, or a folder that is none: no reason to fail, because it is not needed.
    await removeJournal(this.path).catch(() => {})
  }

  /** The upload that a journal of this source and target names, whatever became of the source. */
  #sessionOf({ header }: JournalContent): UploadSession | undefined {
    const { ferross, version, about } = this.#header
    const { uploadId } = header
    if (!sameIdentity(header, { ferross, version, about }) || typeof uploadId !== 'string') return undefined
    return new UploadSession(this.#core, this.#request, uploadId, true)
  }

  #write(session: UploadSession, copied: Iterable<CopiedPart>): Promise<Journal> {
    return Journal.create(this.path, { ...this.#header, uploadId: session.id }, [...copied].map(copyRecord))
  }

  #verify(listed: readonly ListedPart[], recorded: ReadonlyMap<number, PartRecord>): Map<number, CopiedPart> {
    const there = new Map(listed.map(part => [part.partNumber, part]))
    const verified = new Map<number, CopiedPart>()
    for (const part of planParts(this.#source.size, this.#partSize)) {
      const { etag, size, hashCrc64 } = there.get(part.number) ?? {}
      const record = recorded.get(part.number)
      if (etag === undefined || size !== part.length) continue
      if (record === undefined || withoutQuotes(record.etag) !== withoutQuotes(etag)) continue
      if (record.crc64 !== undefined && hashCrc64 !== undefined && record.crc64 !== hashCrc64) continue
      verified.set(part.number, { ...part, etag, crc64: record.crc64 ?? hashCrc64 })
    }
    return verified
  }

  /** A process may end between completing the copy and removing the journal: then the copy is there. */
  async #finishedBefore(
    session: UploadSession,
    recorded: ReadonlyMap<number, PartRecord>,
    signal: AbortSignal | undefined,
  ): Promise<UploadResult | undefined> {
    const { hashCrc64 } = this.#source.head
    const parts = [...planParts(this.#source.size, this.#partSize)]
    if (hashCrc64 === undefined || !parts.every(({ number }) => recorded.has(number))) return undefined
    const result = await session.findObject(hashCrc64, this.#source.size, signal)
    if (result) await removeJournal(this.path)
    return result
  }
}

/** A finished part as an entry of the journal. */
export function copyRecord({ number, etag, crc64 }: CopiedPart): JournalRecord {
  return { part: number, etag, ...(crc64 !== undefined && { crc64 }) }
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
    found.set(part as number, { etag, crc64: typeof crc64 === 'string' ? crc64 : undefined })
  }
  return found
}

/** Documents give entity tags with quotes or without. */
function withoutQuotes(etag: string): string {
  return etag.replaceAll('"', '')
}
