import { onAbort } from '../internal/on-abort.js'

/**
 * A handle that holds a transfer and lets it go on. Pass it as `control`, to one transfer or to several. Parts in flight
 * when it is paused finish, and no new ones begin; nothing expires meanwhile but unfinished uploads that a lifecycle rule of
 * the bucket removes. To stop for good use the `signal`.
 */
export class TransferControl {
  #paused = false
  #waiting = new Set<() => void>()

  /** Whether new parts are held back at the moment. */
  get paused(): boolean {
    return this.#paused
  }

  /** Lets no new part begin. */
  pause(): void {
    this.#paused = true
  }

  /** Lets parts begin again. */
  resume(): void {
    this.#paused = false
    const waiting = this.#waiting
    this.#waiting = new Set()
    for (const wake of waiting) wake()
  }

  /** @internal Resolves when parts may begin; rejects with the signal's reason. */
  async ready(signal?: AbortSignal): Promise<void> {
    while (this.#paused) {
      await new Promise<void>((resolve, reject) => {
        const wake = () => {
          stopListening()
          resolve()
        }
        const stopListening = onAbort(signal, () => {
          this.#waiting.delete(wake)
          reject(signal?.reason)
        })
        if (!signal?.aborted) this.#waiting.add(wake)
      })
    }
  }
}
