import { markAsUntransferable } from 'node:worker_threads'
import { checkBufferLength, checkInteger } from './checks.js'
import type { BufferPool } from './engine.js'

/** Idle bytes a {@link PartBufferPool} keeps unless told otherwise: 64 MiB. */
export const DEFAULT_IDLE_LIMIT = 64 * 1024 * 1024

interface Slab {
  readonly memory: Buffer
  lent: boolean
}

/**
 * Reuses part buffers: fresh memory costs more than reading a part into it. Sizes are rounded up a little inside, so that
 * the odd last parts of files share memory as well. Buffers cannot be transferred to another thread, because native threads
 * may be writing to them.
 */
export class PartBufferPool implements BufferPool {
  readonly #idleLimit: number
  /** Idle slabs by rounded size, the size used longest ago first. */
  readonly #idle = new Map<number, Slab[]>()
  readonly #slabs = new WeakMap<ArrayBufferLike, Slab>()
  #idleBytes = 0

  /** @param idleLimit bytes to keep for reuse at most; 0 keeps none */
  constructor(idleLimit = DEFAULT_IDLE_LIMIT) {
    checkInteger('idleLimit', idleLimit)
    this.#idleLimit = idleLimit
  }

  get idleBytes(): number {
    return this.#idleBytes
  }

  acquire(size: number): Buffer {
    checkBufferLength('size', size)
    if (size === 0) return Buffer.alloc(0)
    const rounded = roundUp(size)
    const slab = this.#take(rounded) ?? this.#create(rounded)
    slab.lent = true
    return slab.memory.subarray(0, size)
  }

  release(buffer: Buffer): void {
    const slab = this.#slabs.get(buffer.buffer)
    // Foreign buffers are left to the garbage collector, and a buffer given back twice is in the pool once.
    if (!slab?.lent) return
    slab.lent = false
    const size = slab.memory.length
    if (size > this.#idleLimit) return
    const slabs = this.#idle.get(size) ?? []
    slabs.push(slab)
    this.#touch(size, slabs)
    this.#idleBytes += size
    this.#shrink()
  }

  #take(size: number): Slab | undefined {
    const slabs = this.#idle.get(size)
    const slab = slabs?.pop()
    if (!slabs || !slab) return undefined
    this.#idleBytes -= size
    this.#touch(size, slabs)
    return slab
  }

  #create(size: number): Slab {
    const memory = Buffer.allocUnsafeSlow(size)
    markAsUntransferable(memory.buffer)
    const slab: Slab = { memory, lent: false }
    this.#slabs.set(memory.buffer, slab)
    return slab
  }

  /** Makes `size` the one used last. */
  #touch(size: number, slabs: Slab[]): void {
    this.#idle.delete(size)
    if (slabs.length > 0) this.#idle.set(size, slabs)
  }

  #shrink(): void {
    for (const [size, slabs] of this.#idle) {
      while (this.#idleBytes > this.#idleLimit && slabs.pop()) this.#idleBytes -= size
      if (slabs.length === 0) this.#idle.delete(size)
      if (this.#idleBytes <= this.#idleLimit) return
    }
  }
}

/** Rounds up by at most an eighth (or to 4 KiB), to few enough sizes that buffers are found again. */
function roundUp(size: number): number {
  const step = Math.max(4096, 2 ** (Math.floor(Math.log2(size)) - 3))
  return Math.ceil(size / step) * step
}

/** The pool that part buffers of both engines come from. */
export const partBuffers = new PartBufferPool()
