import { join, resolve } from 'node:path'
import type { ClientCore } from '../client/core.js'
import type { Part as ListedPart } from '../operations/index.js'
import type { CopyRequest, CopySource } from './copy-source.js'
import type { JournalRecord } from './journal-format.js'
import { digestOf, journalPath, journalVersion } from './journal-identity.js'
import { type LoadedParts, MultipartCheckpoint } from './multipart-checkpoint.js'
import { type Part, planParts } from './part-plan.js'
import type { SplitRequest, UploadResult } from './upload-request.js'
import type { UploadSession } from './upload-session.js'

/** A part that the service has made. */
export interface CopiedPart extends Part {
  readonly etag: string
  /** CRC-64 in decimal digits, where the service states it. */
  readonly crc64?: string | undefined
}

type PartRecord = Pick<CopiedPart, 'etag' | 'crc64'>

/** The journal of a copy in parts, and what it takes to trust it. */
export class CopyCheckpoint extends MultipartCheckpoint<CopiedPart, PartRecord> {
  readonly #source: CopySource
  readonly #partSize: number

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
    const header = {
      ferross: 'copy',
      version: journalVersion,
      about: about.join(' '),
      properties: digestOf([split.initiate, split.complete]),
      etag: source.head.etag ?? '',
      sourceCrc64: source.head.hashCrc64 ?? '',
      size: source.size,
      partSize,
    }
    // There is no local file that it could lie beside and be named after.
    super(core, split, journalPath(join(resolve(folder), 'copy'), folder, about), header, ['about'])
    this.#source = source
    this.#partSize = partSize
  }

  /**
   * Finds out what is left to do. A finished part counts when its entity tag was recorded and the service lists it with that
   * tag and with the length it must have, and with the CRC-64 that it had before, where one is known.
   *
   * @throws CheckpointError when the journal cannot be written
   */
  load(signal: AbortSignal | undefined): Promise<LoadedParts<CopiedPart>> {
    return this.resume(signal, {
      verify: (listed, recorded) => this.#verify(listed, recorded),
      finishedBefore: (session, recorded) => this.#finishedBefore(session, recorded, signal),
    })
  }

  protected override entryOf({ number, etag, crc64 }: CopiedPart): JournalRecord {
    return { part: number, etag, ...(crc64 !== undefined && { crc64 }) }
  }

  protected override recordOf({ etag, crc64 }: JournalRecord): PartRecord | undefined {
    return typeof etag === 'string' ? { etag, crc64: typeof crc64 === 'string' ? crc64 : undefined } : undefined
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

  async #finishedBefore(
    session: UploadSession,
    recorded: ReadonlyMap<number, PartRecord>,
    signal: AbortSignal | undefined,
  ): Promise<UploadResult | undefined> {
    const { hashCrc64 } = this.#source.head
    const parts = [...planParts(this.#source.size, this.#partSize)]
    if (hashCrc64 === undefined || !parts.every(({ number }) => recorded.has(number))) return undefined
    return session.findObject(hashCrc64, this.#source.size, signal)
  }
}

/** Documents give entity tags with quotes or without. */
function withoutQuotes(etag: string): string {
  return etag.replaceAll('"', '')
}
