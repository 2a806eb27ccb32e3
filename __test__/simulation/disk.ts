import { basename } from 'node:path'
import { crc64 } from 'ferross'
import type { FileStat, PartReader, PartReadOptions, PartWriteOptions, PartWriter } from '#src/native/engine.js'
import type { Random } from '../helpers/random.js'
import type { Scheduler } from './scheduler.js'

interface File {
  readonly ino: number
  /** What reading gives. */
  data: Buffer
  /** What is there after a loss of power. */
  durable: Buffer
  mtimeMs: number
}

const page = 4096

/** A disk in memory. Names change durably and at once, content only when it is synchronised. */
export class SimulatedDisk {
  readonly #files = new Map<string, File>()
  #inodes = 0
  #clock = 1_000_000

  get paths(): string[] {
    return [...this.#files.keys()]
  }

  /** Names of the files there are, without folders. */
  get names(): string[] {
    return [...this.#files.keys()].map(path => basename(path)).sort()
  }

  content(path: string): Buffer | undefined {
    return this.#files.get(path)?.data
  }

  /** Puts a file in place, durably; a new one, or other bytes in the one that is there. */
  put(path: string, data: Buffer): void {
    const file = this.#files.get(path) ?? { ino: ++this.#inodes, data, durable: data, mtimeMs: 0 }
    this.#files.set(path, Object.assign(file, { data, durable: data, mtimeMs: ++this.#clock }))
  }

  create(path: string): File {
    const file = this.#files.get(path) ?? {
      ino: ++this.#inodes,
      data: Buffer.alloc(0),
      durable: Buffer.alloc(0),
      mtimeMs: 0,
    }
    this.#files.set(path, file)
    return this.write(file, Buffer.alloc(0))
  }

  write(file: File, data: Buffer): File {
    return Object.assign(file, { data, mtimeMs: ++this.#clock })
  }

  writeAt(file: File, offset: number, bytes: Uint8Array): void {
    file.data = Buffer.from(file.data)
    file.data.set(bytes, offset)
    file.mtimeMs = ++this.#clock
  }

  sync(file: File): void {
    file.durable = file.data
  }

  find(path: string, syscall = 'open'): File {
    const file = this.#files.get(path)
    if (file === undefined)
      throw Object.assign(new Error(`ENOENT: ${syscall} ${path}`), { code: 'ENOENT', syscall, path })
    return file
  }

  exists(path: string): boolean {
    return this.#files.has(path)
  }

  rename(from: string, to: string): void {
    const file = this.find(from, 'rename')
    this.#files.delete(from)
    this.#files.set(to, file)
  }

  remove(path: string): void {
    this.#files.delete(path)
  }

  /** Power is lost: of what was not synchronised, some pages are there and some are not, and a file may end anywhere. */
  losePower(random: Random): void {
    for (const file of this.#files.values()) {
      if (file.data === file.durable) continue
      const least = Math.min(file.durable.length, file.data.length)
      const length = random.between(least, Math.max(file.durable.length, file.data.length) + 1)
      const survived = Buffer.alloc(length)
      for (let at = 0; at < length; at += page) {
        const from = random.chance(0.5) ? file.data : file.durable
        if (at < from.length) from.copy(survived, at, at, Math.min(at + page, length))
      }
      file.data = survived
      file.durable = survived
    }
  }
}

/** Reads a file of the disk as the byte engine does. */
export class SimulatedReader implements PartReader {
  readonly opened: FileStat
  readonly #file: File
  readonly #scheduler: Scheduler

  constructor(disk: SimulatedDisk, scheduler: Scheduler, path: string) {
    this.#file = disk.find(path)
    this.#scheduler = scheduler
    this.opened = { size: this.#file.data.length, mtimeMs: this.#file.mtimeMs }
  }

  read(offset: number, length: number, { signal }: PartReadOptions = {}) {
    return this.#scheduler.later(() => {
      signal?.throwIfAborted()
      const buffer = Buffer.from(this.#file.data.subarray(offset, offset + length))
      const crc = crc64(buffer)
      return { buffer, crc64Plain: crc, crc64Sent: crc }
    })
  }

  release(buffer: Buffer): void {
    // Whoever uses it after this sees other bytes.
    buffer.fill(0xee)
  }

  async stat(): Promise<FileStat> {
    return { size: this.#file.data.length, mtimeMs: this.#file.mtimeMs }
  }

  async close(): Promise<void> {}
}

/** Writes a file of the disk as the byte engine does. */
export class SimulatedWriter implements PartWriter {
  readonly #disk: SimulatedDisk
  readonly #file: File
  readonly #scheduler: Scheduler
  readonly #random: Random
  readonly #inFlight = new Set<Promise<unknown>>()

  constructor(
    disk: SimulatedDisk,
    scheduler: Scheduler,
    random: Random,
    path: string,
    size: number,
    existing: boolean,
  ) {
    this.#disk = disk
    this.#scheduler = scheduler
    this.#random = random
    if (!existing && disk.exists(path)) throw Object.assign(new Error(`EEXIST: open ${path}`), { code: 'EEXIST', path })
    this.#file = existing ? disk.find(path) : disk.create(path)
    const sized = Buffer.alloc(size)
    this.#file.data.copy(sized)
    disk.write(this.#file, sized)
  }

  write(offset: number, chunks: readonly Uint8Array[], { signal }: PartWriteOptions = {}) {
    const put = (part: number) => {
      // Not before it is due: buffers that are given up too early hold something else by then.
      const bytes = Buffer.concat(chunks)
      this.#disk.writeAt(this.#file, offset, bytes.subarray(0, Math.floor(bytes.length * part)))
      return bytes
    }
    const written = this.#scheduler.later(
      () => {
        signal?.throwIfAborted()
        const crc = crc64(put(1))
        return { crc64Received: crc, crc64Plain: crc }
      },
      () => put(this.#random.next()),
    )
    this.#inFlight.add(written)
    const done = () => this.#inFlight.delete(written)
    written.then(done, done)
    return written
  }

  async finish(): Promise<void> {
    await Promise.allSettled(this.#inFlight)
    await this.#scheduler.later(() => this.#disk.sync(this.#file))
  }

  async discard(): Promise<void> {
    await Promise.allSettled(this.#inFlight)
  }
}
