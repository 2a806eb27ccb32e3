import type { ProgressListener } from '../pipeline/context.js'

/** Reports of less than this share of what has moved are gathered, so that a long transfer is not slowed by its listener. */
const share = 1000

/**
 * Tells listeners about acknowledged bytes: always more than before, each byte once, and no more than about a thousand times
 * for a transfer of known length.
 */
export class TransferProgress {
  readonly #listeners: readonly ProgressListener[]
  readonly #total: number | undefined
  #moved = 0
  #reported = 0

  /** @param total bytes in all, `undefined` when that is not known */
  constructor(listeners: readonly (ProgressListener | undefined)[], total: number | undefined) {
    this.#listeners = listeners.filter(listener => listener !== undefined)
    this.#total = total
  }

  /** Counts bytes that were acknowledged for the first time. */
  add(bytes: number): void {
    this.#moved += bytes
    const increment = this.#moved - this.#reported
    const worthwhile = (this.#total ?? this.#moved) / share
    if (increment > 0 && (increment >= worthwhile || this.#moved === this.#total)) this.finish()
  }

  /** Reports what is left to report. */
  finish(): void {
    const increment = this.#moved - this.#reported
    if (increment <= 0) return
    this.#reported = this.#moved
    for (const listener of this.#listeners) listener(increment, this.#reported, this.#total)
  }
}
