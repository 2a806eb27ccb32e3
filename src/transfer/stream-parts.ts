import type { NativeEngine } from '../native/engine.js'
import type { MemoryBudget } from './memory-budget.js'
import type { Part } from './part-plan.js'
import type { ByteSource } from './stream-source.js'

/** A part of a stream, in a buffer of its own. */
export interface GatheredPart extends Part {
  /** The bytes. Not to be touched after {@link GatheredPart.release}. */
  readonly bytes: Buffer
  readonly crc64: bigint
  /** Whether the stream ended with this part. Only told for the first one: who has it decides how to send the rest. */
  readonly only: boolean
  /** Gives buffer and memory back. May be called twice. */
  release(): void
}

/** What gathering needs. */
export interface GatherOptions {
  readonly engine: NativeEngine
  readonly memory: MemoryBudget
  /** Size of a part by its number. */
  readonly sizeOf: (number: number) => number
  readonly signal: AbortSignal
}

/** The checksum is computed over blocks of about this size: they are still in the cache, and calls cost next to nothing. */
const block = 128 * 1024

/**
 * Cuts a source into parts, each copied once into a pooled buffer and checksummed on the way. Memory is asked for only when
 * the first byte of a part is there, so a source that is silent holds none. A stream without bytes gives one empty part.
 */
export async function* gatherParts(source: ByteSource, options: GatherOptions): AsyncGenerator<GatheredPart> {
  const { engine, memory, sizeOf, signal } = options
  let chunk = await source.next(signal)
  let offset = 0
  let latest = 0
  for (let number = 1; chunk !== undefined || number === 1; number++) {
    const size = chunk === undefined ? 0 : sizeOf(number)
    if (size > latest && number > 1) forgetIdle(engine, latest)
    latest = size
    await memory.acquire(size, signal)
    let buffer: Buffer | undefined
    const release = () => {
      if (buffer === undefined) return
      // A size that will not come again would only lie about in the pool, beyond the limit.
      if (size >= latest) engine.pool.release(buffer)
      buffer = undefined
      memory.release(size)
    }
    try {
      buffer = engine.pool.acquire(size)
      const filling = new Filling(engine, buffer)
      while (chunk !== undefined) {
        chunk = filling.add(chunk)
        if (filling.full) break
        chunk = await source.next(signal)
      }
      // Whether the first part is the only one is known when the next chunk is there, or the end.
      if (number === 1) chunk ??= await source.next(signal)
      const { length } = filling
      const part = { number, offset, length, bytes: buffer.subarray(0, length), crc64: filling.crc64(), release }
      offset += length
      yield { ...part, only: number === 1 && chunk === undefined }
    } catch (error) {
      if (buffer === undefined) memory.release(size)
      release()
      throw error
    }
    chunk ??= await source.next(signal)
  }
}

/** Takes idle buffers of a size out of the pool, for the garbage collector. */
function forgetIdle({ pool }: NativeEngine, size: number): void {
  for (let before = Number.POSITIVE_INFINITY; pool.idleBytes < before; pool.acquire(size)) before = pool.idleBytes
}

/** A part buffer while it is being filled. */
class Filling {
  readonly #engine: NativeEngine
  readonly #buffer: Buffer
  #length = 0
  #summed = 0
  #crc64 = 0n

  constructor(engine: NativeEngine, buffer: Buffer) {
    this.#engine = engine
    this.#buffer = buffer
  }

  get length(): number {
    return this.#length
  }

  get full(): boolean {
    return this.#length === this.#buffer.length
  }

  /** Copies as much as there is room for and gives what is left over, if anything. */
  add(chunk: Uint8Array): Uint8Array | undefined {
    const fits = Math.min(chunk.byteLength, this.#buffer.length - this.#length)
    for (let at = 0; at < fits; ) {
      const count = Math.min(block, fits - at)
      this.#buffer.set(chunk.subarray(at, at + count), this.#length)
      at += count
      this.#length += count
      if (this.#length - this.#summed >= block) this.#sum()
    }
    return fits < chunk.byteLength ? chunk.subarray(fits) : undefined
  }

  crc64(): bigint {
    if (this.#summed < this.#length) this.#sum()
    return this.#crc64
  }

  #sum(): void {
    this.#crc64 = this.#engine.crc64(this.#buffer.subarray(this.#summed, this.#length), this.#crc64)
    this.#summed = this.#length
  }
}
