import { RequestError, TimeoutError } from '../errors.js'

/** Tokens of a client that was told nothing else. */
export const defaultRetryQuota = 500
/** What a retry after an answer takes. */
const cost = 5
/** What a retry takes when there was no answer at all: attempts that hang or break are the dearest for both sides. */
const costWithoutAnswer = 10
/** What a call that succeeds at once brings. */
const reward = 1

/**
 * Tokens for retries, shared by all calls of a client, so that an outage does not multiply the load. Each retry takes some,
 * a call that succeeds after retries gives back all it took, and a call that succeeds at once brings one. While calls fail
 * for good the tokens run out, and until some succeed again the client sends each request once.
 */
export class RetryQuota {
  readonly #limit: number
  #left: number

  /** @param limit tokens at most, and at the beginning; 0 for no limit on retries */
  constructor(limit: number = defaultRetryQuota) {
    this.#limit = limit === 0 ? Number.POSITIVE_INFINITY : limit
    this.#left = this.#limit
  }

  /** Tokens there are. */
  get left(): number {
    return this.#left
  }

  /** Takes what a retry after this failure costs, and says how much that was; `undefined` when there is not enough. */
  take(error: unknown, attempt: number): number | undefined {
    const tokens = costOf(error, attempt)
    if (tokens > this.#left) return undefined
    this.#left -= tokens
    return tokens
  }

  /** A call succeeded, whose retries took so many tokens. */
  succeeded(taken: number): void {
    this.giveBack(Math.max(reward, taken))
  }

  /** Returns tokens. */
  giveBack(tokens: number): void {
    this.#left = Math.min(this.#limit, this.#left + tokens)
  }
}

function costOf(error: unknown, attempt: number): number {
  if (isStaleConnection(error, attempt)) return 0
  return error instanceof TimeoutError || error instanceof RequestError ? costWithoutAnswer : cost
}

const unanswered = new WeakSet<object>()

/** Remembers that this failure came before any answer, and throws it on. */
export function throwUnanswered(error: unknown): never {
  if (typeof error === 'object' && error !== null) unanswered.add(error)
  throw error
}

const brokenCodes = ['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']

/**
 * Whether a request met a kept connection that the other side had closed meanwhile: that says nothing about the service.
 * A connection that had brought bytes before was such a one. Where the error does not tell, the first failure of a call is
 * taken for it and later ones are not.
 */
function isStaleConnection(error: unknown, attempt: number): boolean {
  if (!(error instanceof RequestError) || !unanswered.has(error)) return false
  const { code, socket } = (error.cause ?? {}) as { code?: unknown; socket?: { bytesRead?: unknown } }
  if (typeof code !== 'string' || !brokenCodes.includes(code)) return false
  const received = socket?.bytesRead
  return typeof received === 'number' ? received > 0 : attempt === 1
}
