import type { Random } from '../helpers/random.js'

interface Event {
  readonly at: number
  /** Takes effect, and tells whoever waits. */
  readonly fire: () => void
  /** The process is gone: nobody waits any more, but part of the effect may happen. */
  readonly die: () => void
}

/** Why everything fails that a dead process still asks for. */
export class ProcessDied extends Error {
  override readonly name = 'ProcessDied'
  readonly code = 'EIO'
  readonly syscall = 'dead'
}

/** Turns of the event loop without anything to wait for, after which a run counts as hung. */
const patience = 200

/**
 * Decides what happens next. Whatever a transfer waits for (answers, chunks of bodies, reads, writes) is an event with a
 * virtual time drawn from the seed; one event at a time takes effect, and the next one only when the code has done all it
 * can do without it. No real time passes.
 */
export class Scheduler {
  readonly #random: Random
  #now = 0
  #events: Event[] = []
  #dead = false
  /** Events that took place. */
  count = 0

  constructor(random: Random) {
    this.#random = random
  }

  get dead(): boolean {
    return this.#dead
  }

  /**
   * Lets something take effect at a drawn moment, and gives its outcome.
   * @param torn what may happen of it when the process dies before
   */
  later<T>(effect: () => T, torn?: () => void): Promise<T> {
    if (this.#dead) return Promise.reject(new ProcessDied())
    return new Promise<T>((resolve, reject) => {
      const fire = () => {
        try {
          resolve(effect())
        } catch (error) {
          reject(error)
        }
      }
      const die = () => {
        torn?.()
        reject(new ProcessDied())
      }
      this.#events.push({ at: this.#now + this.#delay(), fire, die })
    })
  }

  /** Most things take about as long as others, some take very long. */
  #delay(): number {
    return this.#random.chance(0.1) ? this.#random.between(100, 3000) : this.#random.between(1, 100)
  }

  /** Runs until the promise settles, or says when it is to die. @throws Error when nothing is left that could happen */
  async run(work: Promise<unknown>, before: () => 'go on' | 'die'): Promise<void> {
    let settled = false
    const settle = () => {
      settled = true
    }
    work.then(settle, settle)
    for (let idle = 0; !settled; ) {
      // All that follows from the last event happens within a turn: promises, and the callbacks of streams.
      await new Promise(resolve => setImmediate(resolve))
      if (settled) return
      if (this.#events.length === 0) {
        if (++idle > patience) throw new Error('it hangs: nothing is left to wait for')
        continue
      }
      idle = 0
      if (before() === 'die') return this.#die(work, settle)
      this.count++
      const next = this.#events.reduce((first, event) => (event.at < first.at ? event : first))
      this.#events.splice(this.#events.indexOf(next), 1)
      this.#now = next.at
      next.fire()
    }
  }

  /** What was on its way when the transfer ended still takes effect, as it does in a network. */
  async drain(): Promise<void> {
    while (this.#events.length > 0) {
      const next = this.#events.shift() as Event
      next.fire()
      await new Promise(resolve => setImmediate(resolve))
    }
  }

  /** From here on nothing has any effect. The code unwinds, as if somebody were still there to see it. */
  async #die(work: Promise<unknown>, settle: () => void): Promise<void> {
    this.#dead = true
    for (const event of this.#events.splice(0)) event.die()
    await work.then(settle, settle)
  }
}
