import { randomBytes } from 'node:crypto'
import type { ClientCore } from '../client/core.js'
import { getEngine } from '../native/index.js'
import type { CheckpointOptions, TransferOptions } from './options.js'

/**
 * Files up to this length, in bytes, go as a whole: one job reads or writes them, one buffer holds them. Larger ones cost so much
 * by themselves that what is around them hardly counts.
 */
export const smallFile = 64 * 1024

/** Whether options leave nothing to do for a small file but to move it. */
export function isPlain({ enableCheckpoint, bandwidthLimit }: TransferOptions & CheckpointOptions): boolean {
  return !enableCheckpoint && bandwidthLimit === undefined
}

/** Buffers for small files, each used for one after the other: as many as there are files at a time. */
export class SmallBuffers {
  readonly #core: ClientCore
  readonly #free: Buffer[] = []

  constructor(core: ClientCore) {
    this.#core = core
  }

  /** Gives a buffer of {@link smallFile} bytes to `work`, once there is memory for it. */
  async use<T>(signal: AbortSignal | undefined, work: (buffer: Buffer) => Promise<T>): Promise<T> {
    const { memory } = this.#core
    // Not even a promise is made where there is memory.
    if (!memory.tryAcquire(smallFile)) await memory.acquire(smallFile, signal)
    const buffer = this.#free.pop() ?? getEngine().pool.acquire(smallFile)
    try {
      return await work(buffer)
    } finally {
      this.#free.push(buffer)
      memory.release(smallFile)
    }
  }

  /** Gives the buffers back to the pool. Nothing may be under way. */
  close(): void {
    for (const buffer of this.#free.splice(0)) getEngine().pool.release(buffer)
  }
}

/** Makes names for files that are not complete. Only the first is random: asking for each would cost more than the file. */
export function temporaryNames(): (name: string) => string {
  const span = 2 ** 48
  let number = randomBytes(6).readUIntBE(0, 6)
  return name => {
    number = (number + 1) % span
    return `${name}.${number.toString(16).padStart(12, '0')}.tmp`
  }
}
