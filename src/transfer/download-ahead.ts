import { totalLength } from './download-object.js'
import type { MemoryBudget } from './memory-budget.js'

/**
 * A part that is fetched before its turn has come. Its memory was taken beforehand, so it is read to its end no matter how
 * long the parts before it take.
 */
export class AheadPart {
  /** Settles when nothing is being fetched any more; never rejects. */
  readonly settled: Promise<void>
  readonly #memory: MemoryBudget
  #held: number
  #batches: Uint8Array[][] = []
  #ended = false
  #failure: { error: unknown } | undefined
  #wake = () => {}

  /** @param length bytes taken from the budget for this part */
  constructor(source: AsyncIterable<Uint8Array[]>, memory: MemoryBudget, length: number) {
    this.#memory = memory
    this.#held = length
    this.settled = this.#fetch(source)
  }

  async #fetch(source: AsyncIterable<Uint8Array[]>): Promise<void> {
    try {
      for await (const chunks of source) {
        this.#batches.push(chunks)
        this.#wake()
      }
    } catch (error) {
      this.#failure = { error }
    }
    this.#ended = true
    this.#wake()
  }

  /** The bytes in order, as they come. Memory goes back as they are taken. */
  async *read(): AsyncGenerator<Uint8Array[]> {
    for (;;) {
      const chunks = this.#batches.shift()
      if (chunks !== undefined) {
        const length = totalLength(chunks)
        yield chunks
        this.#give(length)
      } else if (this.#failure) {
        throw this.#failure.error
      } else if (this.#ended) {
        return
      } else {
        await new Promise<void>(resolve => {
          this.#wake = resolve
        })
      }
    }
  }

  /** Gives back what is left, once nothing is being fetched any more. */
  async close(): Promise<void> {
    await this.settled
    this.#batches = []
    this.#give(this.#held)
  }

  #give(bytes: number): void {
    const given = Math.min(bytes, this.#held)
    this.#held -= given
    if (given > 0) this.#memory.releaseAhead(given)
  }
}
