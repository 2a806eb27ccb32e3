import type { AddonOutcomes } from './addon-types.js'

/** Most pieces of work in a job. */
const most = 16
/** Storage on which a file takes longer than this many milliseconds is waited for: then jobs of one file can do so side by side. */
const slow = 0.3
/** How much the newest job says about how long a file takes. */
const weight = 0.2

/** How many milliseconds a file takes, as far as is known: the same for all that is written, and for all that is read. */
export interface Pace {
  milliseconds: number
}

interface Waiting<T> {
  readonly item: T
  readonly resolve: (value: number) => void
  readonly reject: (error: unknown) => void
}

/**
 * Puts work on small files together that comes within one turn of the event loop: waking another thread, and being woken by it,
 * costs more than the work.
 */
export class Batches<T> {
  readonly #run: (items: T[]) => Promise<AddonOutcomes>
  readonly #pace: Pace
  #waiting: Waiting<T>[] = []

  /** @param run does several things in one job */
  constructor(pace: Pace, run: (items: T[]) => Promise<AddonOutcomes>) {
    this.#pace = pace
    this.#run = run
  }

  /** Resolves the number that the job gives for this item, or rejects with its error. */
  add(item: T): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject })
      if (this.#waiting.length === 1) setImmediate(() => this.#flush())
    })
  }

  #flush(): void {
    const waiting = this.#waiting
    this.#waiting = []
    const size = this.#pace.milliseconds > slow ? 1 : most
    for (let at = 0; at < waiting.length; at += size) void this.#perform(waiting.slice(at, at + size))
  }

  async #perform(batch: Waiting<T>[]): Promise<void> {
    try {
      const outcomes = await this.#run(batch.map(({ item }) => item))
      const each = (outcomes.at(-1) as number) / batch.length
      this.#pace.milliseconds += weight * (each - this.#pace.milliseconds)
      for (const [index, { resolve, reject }] of batch.entries()) {
        const outcome = outcomes[index]
        if (typeof outcome === 'number') resolve(outcome)
        else reject(outcome)
      }
    } catch (error) {
      for (const { reject } of batch) reject(error)
    }
  }
}
