/** One request that was answered, or that ended without an answer. */
export interface LoggedRequest {
  /** When it arrived, by the server's clock. */
  readonly time: Date
  readonly method: string
  /** Path and query as they were sent, without what a signature adds to the query. */
  readonly target: string
  /** Name of the operation, such as `PutObject`; empty when it is none. */
  readonly operation: string
  readonly bucket: string | undefined
  readonly key: string | undefined
  /** HTTP status; 0 when the connection ended before there was an answer. */
  readonly status: number
  /** Error code, absent for successes. */
  readonly code: string | undefined
  readonly requestId: string
  /** Whether a scripted fault took part. */
  readonly fault: boolean
}

/** The last requests a server received, the oldest first. */
export class RequestLog implements Iterable<LoggedRequest> {
  readonly #limit: number
  readonly #hook: ((request: LoggedRequest) => void) | undefined
  #entries: LoggedRequest[] = []
  #count = 0

  constructor(hook: ((request: LoggedRequest) => void) | undefined, limit = 10_000) {
    this.#hook = hook
    this.#limit = limit
  }

  /** How many requests there were in all, or of one operation among those that are kept. */
  count(operation?: string): number {
    if (operation === undefined) return this.#count
    const wanted = operation.toLowerCase()
    return this.#entries.filter(entry => entry.operation.toLowerCase() === wanted).length
  }

  /** The kept requests. */
  [Symbol.iterator](): Iterator<LoggedRequest> {
    return [...this.#entries][Symbol.iterator]()
  }

  /** Forgets all requests and counts from 0. */
  clear(): void {
    this.#entries = []
    this.#count = 0
  }

  /** @internal */
  add(entry: LoggedRequest): void {
    this.#count++
    this.#entries.push(entry)
    // Cut in bulk, so that a long run does not pay for each entry.
    if (this.#entries.length >= this.#limit * 2) this.#entries = this.#entries.slice(-this.#limit)
    this.#hook?.(entry)
  }
}

const secret = new Set(['signature', 'x-oss-signature', 'security-token', 'x-oss-security-token'])

/** A path and its query without signatures and tokens. */
export function withoutSecrets(target: string): string {
  const mark = target.indexOf('?')
  if (mark < 0) return target
  const kept = target
    .slice(mark + 1)
    .split('&')
    .filter(pair => !secret.has((pair.split('=', 1)[0] as string).toLowerCase()))
  return kept.length === 0 ? target.slice(0, mark) : `${target.slice(0, mark)}?${kept.join('&')}`
}
