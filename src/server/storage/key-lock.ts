/** Runs tasks with the same name one after another, and tasks with different names side by side. */
export class KeyLock {
  readonly #tails = new Map<string, Promise<void>>()

  /** Runs the task once all earlier ones of that name have ended. */
  async run<T>(name: string, task: () => Promise<T>): Promise<T> {
    const before = this.#tails.get(name)
    let done = () => {}
    const tail = new Promise<void>(resolve => {
      done = resolve
    })
    this.#tails.set(name, tail)
    if (before !== undefined) await before
    try {
      return await task()
    } finally {
      if (this.#tails.get(name) === tail) this.#tails.delete(name)
      done()
    }
  }
}
