import { createHash, randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { type FileHandle, mkdir, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Crc64 } from '../../native/checksum.js'
import { listFolder } from './atomic-file.js'
import type { Segment } from './records.js'

/** Content that was received: the caller owns its segments and releases them, or puts them into a record. */
export interface StoredContent {
  readonly segments: readonly Segment[]
  readonly size: number
  readonly md5: Buffer
  readonly crc64: bigint
}

/** Chunks are gathered to this size before they are written, and files are read in pieces of it. */
const pieceSize = 1024 * 1024

/**
 * Files with the bytes of objects and parts. A file is written once and then only read. Each owner of a segment holds a
 * reference to its file; the file goes when the last reference does.
 */
export class ContentStore {
  readonly #directory: string
  readonly #references = new Map<string, number>()
  readonly #folders = new Set<string>()

  constructor(directory: string) {
    this.#directory = directory
  }

  /** Receives content: to the disk, through both checksums, without holding more than a few MiB. Leaves nothing on failure. */
  async write(source: AsyncIterable<Uint8Array>): Promise<StoredContent> {
    const md5 = createHash('md5')
    const crc = new Crc64()
    const file = randomBytes(16).toString('hex')
    let handle: FileHandle | undefined
    let size = 0
    let batch: Uint8Array[] = []
    let batchSize = 0
    let writing: Promise<unknown> | undefined
    try {
      for await (const chunk of source) {
        if (chunk.byteLength === 0) continue
        handle ??= await this.#create(file)
        md5.update(chunk)
        crc.update(chunk)
        size += chunk.byteLength
        batch.push(chunk)
        batchSize += chunk.byteLength
        if (batchSize < pieceSize) continue
        // One write is under way while the next batch is received.
        await writing
        writing = writeAll(handle, batch, batchSize)
        // It is awaited before the next one; until then a failure must not count as unhandled.
        writing.catch(() => {})
        batch = []
        batchSize = 0
      }
      await writing
      if (handle !== undefined && batchSize > 0) await writeAll(handle, batch, batchSize)
    } catch (error) {
      await writing?.catch(() => {})
      await handle?.close().catch(() => {})
      if (handle !== undefined) await rm(this.#path(file), { force: true })
      throw error
    }
    await handle?.close()
    const segments = size === 0 ? [] : [{ file, offset: 0, length: size }]
    this.retain(segments)
    return { segments, size, md5: md5.digest(), crc64: crc.digest() }
  }

  /** Computes the checksums of content that is stored already. */
  async checksums(segments: readonly Segment[]): Promise<{ md5: Buffer; crc64: bigint }> {
    const md5 = createHash('md5')
    const crc = new Crc64()
    for await (const chunk of this.read(segments)) {
      md5.update(chunk)
      crc.update(chunk)
    }
    return { md5: md5.digest(), crc64: crc.digest() }
  }

  /** The bytes of segments, in order. The caller keeps them referenced while it reads. */
  async *read(segments: readonly Segment[]): AsyncGenerator<Buffer> {
    for (const { file, offset, length } of segments) {
      yield* createReadStream(this.#path(file), { start: offset, end: offset + length - 1, highWaterMark: pieceSize })
    }
  }

  /** Adds one reference for each segment. */
  retain(segments: readonly Segment[]): void {
    for (const { file } of segments) this.#references.set(file, (this.#references.get(file) ?? 0) + 1)
  }

  /** Takes one reference for each segment back, and removes files that have none left. */
  async release(segments: readonly Segment[]): Promise<void> {
    const unused: string[] = []
    for (const { file } of segments) {
      const left = (this.#references.get(file) ?? 1) - 1
      if (left > 0) {
        this.#references.set(file, left)
      } else {
        this.#references.delete(file)
        unused.push(file)
      }
    }
    for (const file of unused) await rm(this.#path(file), { force: true })
  }

  /** Removes files nothing refers to: what an upload left when the process ended. Only before requests are served. */
  async sweep(): Promise<void> {
    for (const folder of await listFolder(this.#directory)) {
      const names = await listFolder(join(this.#directory, folder))
      const unused = names.filter(name => !this.#references.has(folder + name))
      for (const name of unused) await rm(join(this.#directory, folder, name), { force: true })
    }
  }

  async #create(file: string): Promise<FileHandle> {
    const folder = join(this.#directory, file.slice(0, 2))
    if (!this.#folders.has(folder)) {
      await mkdir(folder, { recursive: true })
      this.#folders.add(folder)
    }
    return open(this.#path(file), 'wx')
  }

  #path(file: string): string {
    return join(this.#directory, file.slice(0, 2), file.slice(2))
  }
}

async function writeAll(handle: FileHandle, chunks: Uint8Array[], size: number): Promise<void> {
  const { bytesWritten } = await handle.writev(chunks)
  if (bytesWritten === size) return
  // A short write is legal though rare; the rest follows in one piece.
  let rest: Uint8Array = Buffer.concat(chunks).subarray(bytesWritten)
  while (rest.byteLength > 0) rest = rest.subarray((await handle.write(rest)).bytesWritten)
}

/** The part of a list of segments from byte `start` up to, not including, byte `end`. */
export function sliceSegments(segments: readonly Segment[], start: number, end: number): Segment[] {
  const slice: Segment[] = []
  let position = 0
  for (const { file, offset, length } of segments) {
    const from = Math.max(start - position, 0)
    const to = Math.min(end - position, length)
    if (from < to) slice.push({ file, offset: offset + from, length: to - from })
    position += length
  }
  return slice
}
