import { formatSize } from './print.js'

/** How often the line is drawn anew, in milliseconds. */
const interval = 200

/** One line on the error output that tells how far a transfer is. Silent where that is not a terminal. */
export class ProgressLine {
  readonly #active: boolean
  readonly #began = Date.now()
  #drawn = 0
  #files = 0

  constructor(active = process.stderr.isTTY === true) {
    this.#active = active
  }

  /** Takes a call of the client's `onProgress`. */
  readonly bytes = (_increment: number, transferred: number, total: number | undefined): void => {
    const now = Date.now()
    if (!this.#active || now - this.#drawn < interval) return
    this.#drawn = now
    const rate = transferred / Math.max(1, (now - this.#began) / 1000)
    const part = total ? ` of ${formatSize(total)} (${Math.floor((100 * transferred) / total)} %)` : ''
    const files = this.#files > 0 ? `${this.#files} files, ` : ''
    process.stderr.write(`\r\u001b[K${files}${formatSize(transferred)}${part}, ${formatSize(rate)}/s`)
  }

  /** Counts a file that is done. */
  file(): void {
    this.#files++
  }

  /** Wipes the line, so that what is printed next stands alone. */
  clear(): void {
    if (this.#active && this.#drawn > 0) process.stderr.write('\r\u001b[K')
  }
}
