import { systemError } from './system-error.js'

/** Counts the operations on an open file, so that it is closed after the last of them and used no more. */
export class InFlight {
  readonly #path: string
  #count = 0
  #closed = false
  #idle: (() => void) | undefined

  constructor(path: string) {
    this.#path = path
  }

  /** Runs an operation. Rejects with `EBADF` when the file is closed or closing. */
  async run<T>(syscall: string, operation: () => Promise<T>): Promise<T> {
    if (this.#closed) throw systemError('EBADF', syscall, this.#path)
    this.#count++
    try {
      return await operation()
    } finally {
      if (--this.#count === 0) this.#idle?.()
    }
  }

  /** Lets no further operation begin, and resolves when the last one has ended. To be called once. */
  close(): Promise<void> {
    this.#closed = true
    return new Promise(resolve => {
      this.#idle = resolve
      if (this.#count === 0) resolve()
    })
  }
}
