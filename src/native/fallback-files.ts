import { constants } from 'node:fs'
import { type FileHandle, open, statfs, unlink } from 'node:fs/promises'
import { partBuffers } from './buffer-pool.js'
import { checkBufferLength, checkChunks, checkInteger, checkPartOptions } from './checks.js'
import type {
  FileStat,
  PartRead,
  PartReader,
  PartReadOptions,
  PartWriteOptions,
  PartWriter,
  PartWritten,
} from './engine.js'
import { FallbackAesCtr } from './fallback-aes-ctr.js'
import { crc64 } from './fallback-crc64.js'
import { InFlight } from './in-flight.js'
import { systemError, withPath } from './system-error.js'

// Bytes between two looks at the signal. The JavaScript thread is busy for about half a millisecond with the checksum.
const BLOCK = 512 * 1024

// Opening a pipe must not wait for the other end. Windows has no such flag.
const NONBLOCK = constants.O_NONBLOCK ?? 0

/** Opens a file for {@link FallbackPartReader}. */
export async function openFallbackReader(path: string): Promise<PartReader> {
  const handle = await open(path, constants.O_RDONLY | NONBLOCK)
  try {
    const stat = await handle.stat()
    if (stat.isDirectory()) throw systemError('EISDIR', 'open', path)
    return new FallbackPartReader(handle, path, { size: stat.size, mtimeMs: stat.mtimeMs })
  } catch (error) {
    await handle.close()
    throw withPath(error, path)
  }
}

/** Opens a file for {@link FallbackPartWriter} and gives it its size. */
export async function openFallbackWriter(path: string, size: number, existing: boolean): Promise<PartWriter> {
  const handle = await open(path, constants.O_WRONLY | NONBLOCK | (existing ? 0 : constants.O_CREAT | constants.O_EXCL))
  try {
    await checkSpace(handle, path, size)
    await handle.truncate(size)
    return new FallbackPartWriter(handle, path, size)
  } catch (error) {
    await handle.close()
    if (!existing) await unlink(path)
    throw withPath(error, path)
  }
}

/** Fails when the disk is too small for the file, rather than in the middle of a transfer. */
async function checkSpace(handle: FileHandle, path: string, size: number): Promise<void> {
  const [disk, file] = await Promise.all([statfs(path), handle.stat()])
  // Some file systems do not know their size, and Windows does not tell a file's blocks.
  const needed = size - (file.blocks ?? 0) * 512
  if (disk.blocks > 0 && needed > disk.bavail * disk.bsize) throw systemError('ENOSPC', 'ftruncate', path)
}

/** Reads through node:fs, with checksum and cipher on the JavaScript thread. */
class FallbackPartReader implements PartReader {
  readonly opened: FileStat
  readonly #handle: FileHandle
  readonly #path: string
  readonly #inFlight: InFlight
  #closing: Promise<void> | undefined

  constructor(handle: FileHandle, path: string, opened: FileStat) {
    this.opened = opened
    this.#handle = handle
    this.#path = path
    this.#inFlight = new InFlight(path)
  }

  async read(offset: number, length: number, options: PartReadOptions = {}): Promise<PartRead> {
    checkInteger('offset', offset)
    checkBufferLength('length', length)
    checkPartOptions(options)
    options.signal?.throwIfAborted()
    return this.#inFlight.run('read', async () => {
      const buffer = partBuffers.acquire(length)
      try {
        return await this.#read(buffer, offset, options)
      } catch (error) {
        partBuffers.release(buffer)
        throw withPath(error, this.#path)
      }
    })
  }

  async #read(buffer: Buffer, offset: number, options: PartReadOptions): Promise<PartRead> {
    const { crc64: checksum = true, signal } = options
    const cipher = options.cipher && new FallbackAesCtr(options.cipher)
    let [length, crc64Plain, crc64Sent] = [0, 0n, 0n]
    while (length < buffer.length) {
      const wanted = Math.min(BLOCK, buffer.length - length)
      const { bytesRead } = await this.#handle.read(buffer, length, wanted, offset + length)
      signal?.throwIfAborted()
      if (bytesRead === 0) break
      const block = buffer.subarray(length, length + bytesRead)
      if (checksum) crc64Plain = crc64(block, crc64Plain)
      cipher?.apply(block)
      if (checksum && cipher) crc64Sent = crc64(block, crc64Sent)
      length += bytesRead
    }
    return { buffer: buffer.subarray(0, length), crc64Plain, crc64Sent: cipher ? crc64Sent : crc64Plain }
  }

  release(buffer: Buffer): void {
    partBuffers.release(buffer)
  }

  async stat(): Promise<FileStat> {
    return this.#inFlight.run('fstat', async () => {
      const { size, mtimeMs } = await this.#handle.stat()
      return { size, mtimeMs }
    })
  }

  close(): Promise<void> {
    this.#closing ??= this.#inFlight.close().then(() => this.#handle.close())
    return this.#closing
  }
}

/** Writes through node:fs, with checksum and cipher on the JavaScript thread. */
class FallbackPartWriter implements PartWriter {
  readonly #handle: FileHandle
  readonly #path: string
  readonly #size: number
  readonly #inFlight: InFlight
  #closing: Promise<void> | undefined

  constructor(handle: FileHandle, path: string, size: number) {
    this.#handle = handle
    this.#path = path
    this.#size = size
    this.#inFlight = new InFlight(path)
  }

  async write(offset: number, chunks: readonly Uint8Array[], options: PartWriteOptions = {}): Promise<PartWritten> {
    checkInteger('offset', offset)
    checkChunks(chunks, offset, this.#size)
    checkPartOptions(options)
    options.signal?.throwIfAborted()
    return this.#inFlight.run('write', async () => {
      try {
        return await this.#write(offset, chunks, options)
      } catch (error) {
        throw withPath(error, this.#path)
      }
    })
  }

  async #write(offset: number, chunks: readonly Uint8Array[], options: PartWriteOptions): Promise<PartWritten> {
    const { crc64: checksum = true, signal } = options
    const cipher = options.cipher && new FallbackAesCtr(options.cipher)
    let [position, crc64Received, crc64Plain] = [offset, 0n, 0n]
    for (const chunk of chunks) {
      for (let start = 0; start < chunk.length; start += BLOCK) {
        const block = chunk.subarray(start, start + BLOCK)
        if (checksum) crc64Received = crc64(block, crc64Received)
        cipher?.apply(block)
        if (checksum && cipher) crc64Plain = crc64(block, crc64Plain)
        await this.#writeFull(block, position)
        signal?.throwIfAborted()
        position += block.length
      }
    }
    return { crc64Received, crc64Plain: cipher ? crc64Plain : crc64Received }
  }

  async #writeFull(block: Uint8Array, position: number): Promise<void> {
    for (let done = 0; done < block.length; ) {
      const { bytesWritten } = await this.#handle.write(block, done, block.length - done, position + done)
      done += bytesWritten
    }
  }

  async finish(): Promise<void> {
    if (this.#closing) throw systemError('EBADF', 'fsync', this.#path)
    const work = this.#flushAndClose()
    // A later discard has nothing to add to what finish reports.
    this.#closing = work.catch(() => undefined)
    await work
  }

  async #flushAndClose(): Promise<void> {
    await this.#inFlight.close()
    try {
      await this.#handle.sync()
    } catch (error) {
      throw withPath(error, this.#path)
    } finally {
      await this.#handle.close()
    }
  }

  discard(): Promise<void> {
    this.#closing ??= this.#inFlight.close().then(() => this.#handle.close())
    return this.#closing
  }
}
