import { ResponseError } from '../errors.js'
import type { ObjectBody } from '../pipeline/object-body.js'

/** Where buffers come from and go to. */
export interface PartBuffers {
  acquire(size: number): Buffer
  release(buffer: Buffer): void
}

/** Said of a body with more bytes than were asked for. */
export const tooLong = 'the answer is longer than the range that was asked for'

/** Buffers that one body holds at most: one is filled, one is full, one is being used. */
export const buffersPerBody = 3

/**
 * Gathers a body into full buffers of the pool and hands them over one by one; each is valid until the next one is asked
 * for. The connection waits while nobody takes them. Whatever has arrived is handed over before an error is thrown.
 *
 * @param limit bytes that the body may have
 * @throws ResponseError for a longer body
 */
export async function* gather(
  body: ObjectBody,
  pool: PartBuffers,
  size: number,
  limit: number,
): AsyncGenerator<Buffer> {
  const state = new Gathering(pool, size, limit)
  const draining = body
    .drainInto(
      chunk => state.take(chunk),
      () => state.room(),
    )
    .then(
      () => state.end(),
      (error: unknown) => state.end({ error }),
    )
  try {
    yield* state.batches()
  } finally {
    body.destroy()
    state.stop()
    await draining
    state.releaseAll()
  }
}

class Gathering {
  readonly #pool: PartBuffers
  readonly #size: number
  readonly #full: Buffer[] = []
  #left: number
  #filling: Buffer | undefined
  #filled = 0
  #ended = false
  #failure: { error: unknown } | undefined
  #wakeReader = () => {}
  #wakeSender: (() => void) | undefined

  constructor(pool: PartBuffers, size: number, limit: number) {
    this.#pool = pool
    this.#size = size
    this.#left = limit
  }

  /** Where the next bytes belong. */
  room(): Uint8Array | undefined {
    if (this.#ended || this.#full.length >= buffersPerBody - 1) return undefined
    this.#filling ??= this.#pool.acquire(this.#size)
    return this.#filling.subarray(this.#filled)
  }

  take(chunk: Uint8Array): void | Promise<void> {
    if (this.#ended) return
    if (chunk.length > this.#left) throw new ResponseError(tooLong)
    this.#left -= chunk.length
    const inPlace = this.#liesInPlace(chunk)
    if (inPlace) {
      this.#filled += chunk.length
      if (this.#filled === this.#size) this.#handOver()
    } else this.#copy(chunk)
    // A chunk that is copied may fill more than one buffer, one that lies in place may not.
    if (this.#full.length < buffersPerBody - (inPlace ? 1 : 2)) return
    return new Promise(resolve => {
      this.#wakeSender = resolve
    })
  }

  #liesInPlace(chunk: Uint8Array): boolean {
    const filling = this.#filling
    return filling?.buffer === chunk.buffer && filling.byteOffset + this.#filled === chunk.byteOffset
  }

  #copy(chunk: Uint8Array): void {
    let rest = chunk
    while (rest.length > 0) {
      this.#filling ??= this.#pool.acquire(this.#size)
      const fits = rest.subarray(0, this.#size - this.#filled)
      this.#filling.set(fits, this.#filled)
      this.#filled += fits.length
      rest = rest.subarray(fits.length)
      if (this.#filled === this.#size) this.#handOver()
    }
  }

  #handOver(): void {
    if (this.#filling === undefined) return
    this.#full.push(this.#filling.subarray(0, this.#filled))
    this.#filling = undefined
    this.#filled = 0
    this.#wakeReader()
  }

  end(failure?: { error: unknown }): void {
    if (!this.#ended) this.#handOver()
    this.#failure ??= failure
    this.#ended = true
    this.#wakeReader()
  }

  /** The reader has gone. */
  stop(): void {
    this.#ended = true
    this.#wakeSender?.()
  }

  async *batches(): AsyncGenerator<Buffer> {
    for (;;) {
      const buffer = this.#full.shift()
      if (buffer !== undefined) {
        this.#wakeSender?.()
        this.#wakeSender = undefined
        try {
          yield buffer
        } finally {
          this.#pool.release(buffer)
        }
      } else if (this.#ended) {
        if (this.#failure) throw this.#failure.error
        return
      } else {
        await new Promise<void>(resolve => {
          this.#wakeReader = resolve
        })
      }
    }
  }

  releaseAll(): void {
    if (this.#filling) this.#pool.release(this.#filling)
    for (const buffer of this.#full) this.#pool.release(buffer)
    this.#filling = undefined
    this.#full.length = 0
  }
}
