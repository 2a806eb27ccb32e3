import type { ProgressListener } from './context.js'

/** Counts bytes over several attempts and reports only what has not been reported before. */
export class ProgressMeter {
  readonly #listeners: readonly ProgressListener[]
  readonly #total: number | undefined
  #current = 0
  #reported = 0

  constructor(listeners: readonly (ProgressListener | undefined)[], total: number | undefined) {
    this.#listeners = listeners.filter(listener => listener !== undefined)
    this.#total = total
  }

  /** Whether anybody listens. */
  get active(): boolean {
    return this.#listeners.length > 0
  }

  /** Starts counting from the first byte again. */
  restart(): void {
    this.#current = 0
  }

  /** Counts bytes that moved. */
  add(bytes: number): void {
    this.#current += bytes
    const increment = this.#current - this.#reported
    if (increment <= 0) return
    this.#reported = this.#current
    for (const listener of this.#listeners) listener(increment, this.#reported, this.#total)
  }
}
