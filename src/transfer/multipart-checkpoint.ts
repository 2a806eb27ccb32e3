import type { ClientCore } from '../client/core.js'
import type { Part as ListedPart } from '../operations/index.js'
import { Journal, readJournal, removeJournal } from './journal.js'
import type { JournalContent, JournalRecord } from './journal-format.js'
import { sameIdentity } from './journal-identity.js'
import type { SplitRequest, UploadResult } from './upload-request.js'
import { isNoSuchUpload, UploadSession } from './upload-session.js'

/** Where a transfer in parts stands: there is more to do, or it turned out to be finished. */
export type LoadedParts<Done> =
  | { readonly session: UploadSession; readonly journal: Journal; readonly done: Map<number, Done> }
  | { readonly result: UploadResult }

/** What decides about the parts that an earlier run left, by their numbers. */
export interface PartJudge<Done, Recorded> {
  /** The parts that count as done, of those that the service lists. */
  verify(
    listed: readonly ListedPart[],
    recorded: ReadonlyMap<number, Recorded>,
  ): Map<number, Done> | Promise<Map<number, Done>>
  /** A process may end between completing the upload and removing the journal: the object, if it is there then. */
  finishedBefore(session: UploadSession, recorded: ReadonlyMap<number, Recorded>): Promise<UploadResult | undefined>
}

/** The journal of a multipart upload, whatever its parts are made of. */
export abstract class MultipartCheckpoint<Done, Recorded> {
  /** The journal's file. */
  readonly path: string
  readonly #core: ClientCore
  readonly #request: SplitRequest
  readonly #header: JournalRecord
  readonly #ownership: JournalRecord

  /**
   * @param header what must be the same for the upload to go on
   * @param ownership the part of the header that shows whose upload it is, even if it cannot go on
   */
  protected constructor(
    core: ClientCore,
    request: SplitRequest,
    path: string,
    header: JournalRecord,
    ownership: readonly string[],
  ) {
    this.#core = core
    this.#request = request
    this.path = path
    this.#header = header
    this.#ownership = Object.fromEntries(['ferross', 'version', ...ownership].map(name => [name, header[name]]))
  }

  /** A finished part as an entry of the journal. */
  protected abstract entryOf(part: Done): JournalRecord
  /** What an entry says of a part; `undefined` for one that cannot be used. */
  protected abstract recordOf(entry: JournalRecord): Recorded | undefined

  /**
   * Finds out what is left to do.
   *
   * @throws CheckpointError when the journal cannot be written
   */
  protected async resume(
    signal: AbortSignal | undefined,
    judge: PartJudge<Done, Recorded>,
  ): Promise<LoadedParts<Done>> {
    const content = await readJournal(this.path)
    const earlier = content && this.#sessionOf(content)
    if (content && earlier) {
      const recorded = this.#recordsOf(content)
      const listed = sameIdentity(content.header, this.#header) ? await listOf(earlier, signal) : 'other'
      if (listed === 'other') await earlier.abort()
      else if (listed === 'gone') {
        const result = await judge.finishedBefore(earlier, recorded)
        if (result) {
          await removeJournal(this.path)
          return { result }
        }
      } else {
        const done = await judge.verify(listed, recorded)
        return { session: earlier, done, journal: await this.#write(earlier, done.values()) }
      }
    }
    const session = await UploadSession.begin(this.#core, this.#request, signal)
    try {
      return { session, done: new Map(), journal: await this.#write(session, []) }
    } catch (error) {
      await session.abort()
      throw error
    }
  }

  /** Ends what an earlier run began, where it is of no use any more: what shrank is sent in one request. */
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

  /** Notes a part that is done. */
  async note(journal: Journal, part: Done): Promise<void> {
    await journal.append(this.entryOf(part))
  }

  /** The upload that a journal names, if it is this transfer's, whatever became of the source. */
  #sessionOf({ header }: JournalContent): UploadSession | undefined {
    const { uploadId } = header
    if (!sameIdentity(header, this.#ownership) || typeof uploadId !== 'string') return undefined
    return new UploadSession(this.#core, this.#request, uploadId, true)
  }

  #write(session: UploadSession, done: Iterable<Done>): Promise<Journal> {
    const entries = [...done].map(part => this.entryOf(part))
    return Journal.create(this.path, { ...this.#header, uploadId: session.id }, entries)
  }

  #recordsOf({ records }: JournalContent): Map<number, Recorded> {
    const found = new Map<number, Recorded>()
    for (const entry of records) {
      const record = Number.isSafeInteger(entry.part) ? this.recordOf(entry) : undefined
      if (record !== undefined) found.set(entry.part as number, record)
    }
    return found
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
