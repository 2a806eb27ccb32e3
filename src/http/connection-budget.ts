/**
 * The connections that may stand to each host, counted over all who make some. Whoever can wait is served in order; when
 * someone waits, others are asked to give up connections that carry nothing.
 */
export class ConnectionBudget {
  readonly #limit: number
  readonly #hosts = new Map<string, { used: number; waiting: (() => void)[] }>()
  /** Called when someone waits for a connection to this host. */
  onWaiting: (origin: string) => void = () => {}

  constructor(limit: number) {
    this.#limit = limit
  }

  /** Takes a connection if there is one to take; give it back with {@link ConnectionBudget.release}. */
  tryAcquire(origin: string): boolean {
    const host = this.#host(origin)
    if (host.used >= this.#limit) return false
    host.used++
    return true
  }

  /** Calls back once a connection was taken. */
  acquire(origin: string, taken: () => void): void {
    if (this.tryAcquire(origin)) taken()
    else {
      this.#host(origin).waiting.push(taken)
      this.onWaiting(origin)
    }
  }

  /** Whether someone waits: a connection that is no longer needed should then be closed, not kept. */
  isWanted(origin: string): boolean {
    return (this.#hosts.get(origin)?.waiting.length ?? 0) > 0
  }

  /** A connection was closed, or could not be made. */
  release(origin: string): void {
    const host = this.#host(origin)
    const next = host.waiting.shift()
    if (next) next()
    else if (--host.used === 0) this.#hosts.delete(origin)
  }

  #host(origin: string) {
    let host = this.#hosts.get(origin)
    if (host === undefined) {
      host = { used: 0, waiting: [] }
      this.#hosts.set(origin, host)
    }
    return host
  }
}
