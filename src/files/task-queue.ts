/** Runs tasks one after another in the order they were given, whatever becomes of each. */
export class TaskQueue {
  #last: Promise<unknown> = Promise.resolve()

  /** Runs a task when those before it have ended. */
  run<T>(task: () => Promise<T> | T): Promise<T> {
    const result = this.#last.then(task)
    this.#last = result.catch(() => {})
    return result
  }
}
