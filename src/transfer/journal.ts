import { constants } from 'node:fs'
import { type FileHandle, mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { CheckpointError } from '../errors.js'
import { type JournalContent, type JournalRecord, journalLine, parseJournal } from './journal-format.js'

/** Journals of 10,000 parts are below 2 MiB; what is larger is not one. */
const largestJournal = 16 * 1024 * 1024

/** Journals that transfers of this process are writing. */
const inUse = new Set<string>()

/**
 * A file that says how far a transfer has come. It is made complete and on disk (written aside, synchronised, renamed), and
 * records are then appended, each with its checksum: a process that dies while it appends leaves a torn tail, which reading
 * cuts off. A record is appended only after what it tells has happened.
 */
export class Journal {
  readonly path: string
  readonly #seed: bigint
  readonly #file: FileHandle
  /** Appends one after another, so that lines never mingle. */
  #tail: Promise<void> = Promise.resolve()

  private constructor(path: string, seed: bigint, file: FileHandle) {
    this.path = path
    this.#seed = seed
    this.#file = file
  }

  /** Replaces whatever the path holds with a journal of these records. @throws CheckpointError when it cannot be written */
  static async create(path: string, header: JournalRecord, records: Iterable<JournalRecord> = []): Promise<Journal> {
    const first = journalLine(header)
    const lines = [first.line]
    for (const record of records) lines.push(journalLine(record, first.crc64).line)
    // Always the same name: what a killed process left is overwritten by the next one.
    const temporary = `${path}.new`
    let file: FileHandle | undefined
    try {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 })
      // In a folder that others write to as well, the name may be a link to something of ours: it must be a new file.
      await rm(temporary, { force: true })
      file = await open(temporary, 'wx', 0o600)
      await file.writeFile(lines.join(''))
      await file.sync()
      await rename(temporary, path)
      return new Journal(path, first.crc64, file)
    } catch (cause) {
      await file?.close()
      await rm(temporary, { force: true }).catch(() => {})
      throw unwritable(path, cause)
    }
  }

  /** Adds a record. @throws CheckpointError when it cannot be written */
  append(record: JournalRecord): Promise<void> {
    const { line } = journalLine(record, this.#seed)
    const written = this.#tail
      .then(() => this.#file.appendFile(line))
      .catch(cause => {
        throw unwritable(this.path, cause)
      })
    this.#tail = written.catch(() => {})
    return written
  }

  /** Ends writing; the file stays. */
  async close(): Promise<void> {
    await this.#tail
    await this.#file.close()
  }

  /** Ends writing and removes the file. */
  async remove(): Promise<void> {
    await this.close()
    await removeJournal(this.path)
  }
}

/** Reads a journal. Nothing when there is none, or none that can be trusted. */
export async function readJournal(path: string): Promise<JournalContent | undefined> {
  let file: FileHandle | undefined
  try {
    file = await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0))
    const found = await file.stat()
    if (!found.isFile() || found.size > largestJournal) return undefined
    const { uid: ownerOfFolder } = await stat(dirname(path))
    if (!isTrusted(found.uid, ownerOfFolder)) return undefined
    return parseJournal(await file.readFile())
  } catch {
    // Whatever is there is replaced when the new journal is made; if that fails too, the error says why.
    return undefined
  } finally {
    await file?.close()
  }
}

/**
 * Whether somebody wrote a file who may tell this process what to go on with. A stranger in a shared folder may not: a journal
 * names uploads, and the key they are encrypted with. Who owns the folder can replace everything in it anyway.
 */
function isTrusted(owner: number, ownerOfFolder: number): boolean {
  const self = process.getuid?.()
  return self === undefined || owner === self || owner === ownerOfFolder
}

/** Removes a journal that is not being written. */
export async function removeJournal(path: string): Promise<void> {
  await rm(path, { force: true }).catch(cause => {
    throw unwritable(path, cause)
  })
}

/**
 * Keeps a journal for one transfer while it runs. Two transfers of one process with the same source and target would write
 * into each other's files. @throws CheckpointError when another transfer has it
 */
export async function withJournalPath<T>(path: string, work: () => Promise<T>): Promise<T> {
  if (inUse.has(path)) throw new CheckpointError(`the checkpoint ${path} is in use by another transfer of this process`)
  inUse.add(path)
  try {
    return await work()
  } finally {
    inUse.delete(path)
  }
}

function unwritable(path: string, cause: unknown): CheckpointError {
  const code = (cause as NodeJS.ErrnoException).code ?? 'UNKNOWN'
  return new CheckpointError(`cannot write the checkpoint ${path}: ${code}`, { cause })
}
