import { CredentialsEmptyError, CredentialsFetchError, OssError, ParamInvalidError, TimeoutError } from '../errors.js'
import { FetchTrace } from '../observability/credentials-trace.js'
import { isAnonymous } from './anonymous.js'
import { type Credentials, type CredentialsProvider, sameCredentials } from './credentials.js'
import type { GetCredentials } from './function.js'
import { requireMilliseconds } from './options.js'
import { redact } from './redact.js'
import { untilAborted } from './wait.js'

/** When credentials are fetched anew. Every provider that fetches takes these options. Times are in milliseconds. */
export interface RefreshOptions {
  /**
   * How long before their end credentials are replaced in the background, at most a third of their life. Within the first
   * half of this window the moment is chosen by chance, so that many processes do not ask at once. @default 600000
   */
  readonly refreshWindow?: number | undefined
  /** How long credentials that come without an expiration are kept. @default Infinity */
  readonly maxAge?: number | undefined
  /** How long one fetch may take as a whole. @default 60000 */
  readonly fetchTimeout?: number | undefined
  /** The time, in milliseconds since 1970. @default Date.now */
  readonly clock?: (() => number) | undefined
  /** Source of chance: numbers from 0 up to, but not including, 1. @default Math.random */
  readonly random?: (() => number) | undefined
}

/** Credentials that arrive expired are handed out this long: a wrong clock here is as likely, and the service will say. */
const graceTime = 60_000
/** Refusals of what a refusal brought are ignored this long: a source with only bad keys is not asked for each request. */
const refusalInterval = 5_000
const firstBackoff = 1_000
const longestBackoff = 60_000

interface Held {
  readonly credentials: Credentials
  readonly expiresAt: number
  refreshAt: number
  refused: boolean
}

/**
 * Keeps the credentials of another provider, or of a function, and replaces them in time. However many requests ask, one
 * fetch is under way at most; while credentials are valid nobody waits for it. A failed fetch leaves valid credentials in
 * use and is repeated after a growing pause. The abort of one request never cancels a fetch that others wait for.
 *
 * The providers of this package that fetch do all this by themselves: wrap your own ones.
 */
export class RefreshingCredentialsProvider implements CredentialsProvider {
  readonly #fetch: GetCredentials
  readonly #forward: (credentials: Credentials) => void
  readonly #refreshWindow: number
  readonly #maxAge: number
  readonly #fetchTimeout: number
  readonly #clock: () => number
  readonly #random: () => number
  #held: Held | undefined
  #flight: Promise<Credentials> | undefined
  #failures = 0
  #quietUntil = Number.NEGATIVE_INFINITY
  #refusedAt = Number.NEGATIVE_INFINITY

  /** @throws ParamInvalidError naming what is not usable */
  constructor(source: CredentialsProvider | GetCredentials, options: RefreshOptions = {}) {
    const provider = typeof source === 'function' ? { getCredentials: source } : source
    if (typeof provider?.getCredentials !== 'function') {
      throw new ParamInvalidError('source', 'expected a function or an object with a getCredentials method')
    }
    const { refreshWindow = 600_000, maxAge = Number.POSITIVE_INFINITY, fetchTimeout = 60_000 } = options
    this.#fetch = signal => provider.getCredentials(signal)
    this.#forward = credentials => 'invalidate' in provider && provider.invalidate?.(credentials)
    this.#refreshWindow = requireMilliseconds('refreshWindow', refreshWindow)
    this.#maxAge = requireMilliseconds('maxAge', maxAge, 1)
    this.#fetchTimeout = requireMilliseconds('fetchTimeout', fetchTimeout, 1)
    this.#clock = options.clock ?? (() => Date.now())
    this.#random = options.random ?? Math.random
  }

  /**
   * Gives the credentials at once while they are valid, else once they are fetched.
   * @throws CredentialsFetchError with the source's error as the cause, or its CredentialsEmptyError, when there are none
   */
  getCredentials(signal?: AbortSignal): Credentials | Promise<Credentials> {
    const now = this.#clock()
    const held = this.#held
    if (held === undefined || held.refused || now >= held.expiresAt) return untilAborted(this.#refresh(), signal)
    // Nobody waits for this fetch, and its failure is dealt with where it happens.
    if (now >= held.refreshAt && now >= this.#quietUntil) this.#refresh().catch(() => {})
    return held.credentials
  }

  invalidate(credentials: Credentials): void {
    const held = this.#held
    if (held === undefined || held.refused || !sameCredentials(held.credentials, credentials)) return
    const now = this.#clock()
    if (now - this.#refusedAt < refusalInterval && now >= this.#refusedAt) return
    this.#refusedAt = now
    held.refused = true
    this.#forward(credentials)
  }

  #refresh(): Promise<Credentials> {
    this.#flight ??= this.#attempt().finally(() => {
      this.#flight = undefined
    })
    return this.#flight
  }

  async #attempt(): Promise<Credentials> {
    const trace = FetchTrace.begin(this.constructor.name)
    try {
      const accepted = this.#accept(await this.#fetchInTime())
      trace?.fetched(accepted.accessKeyId, this.#held?.expiresAt as number)
      return accepted
    } catch (error) {
      const now = this.#clock()
      const held = this.#held
      const usable = held !== undefined && now < held.expiresAt
      trace?.failed(error, usable ? held.expiresAt : undefined)
      if (!usable) {
        throw asFetchError(error)
      }
      const pause = Math.min(firstBackoff * 2 ** Math.min(this.#failures++, 20), longestBackoff)
      this.#quietUntil = now + pause * (0.5 + this.#random() / 2)
      // Refused ones as well: a refusal may be a mistake, and without others the service may as well repeat it.
      held.refused = false
      held.refreshAt = now
      return held.credentials
    }
  }

  /** A source that never answers must not block everybody for good. */
  async #fetchInTime(): Promise<Credentials> {
    const limit = new AbortController()
    const expire = () => limit.abort(new TimeoutError('total', this.#fetchTimeout))
    const timer = Number.isFinite(this.#fetchTimeout) ? setTimeout(expire, this.#fetchTimeout).unref() : undefined
    try {
      return await untilAborted((async () => this.#fetch(limit.signal))(), limit.signal)
    } catch (error) {
      throw limit.signal.aborted ? new CredentialsFetchError(limit.signal.reason) : error
    } finally {
      clearTimeout(timer)
    }
  }

  #accept(given: Credentials): Credentials {
    const anonymous = given !== null && typeof given === 'object' && isAnonymous(given)
    if (!anonymous && (!given?.accessKeyId || !given.accessKeySecret)) throw new CredentialsEmptyError()
    const now = this.#clock()
    const stated = given.expiration?.getTime()
    if (Number.isNaN(stated)) throw new Error('the expiration of the credentials is not a valid date')
    const expiresAt = stated === undefined ? now + this.#maxAge : stated > now ? stated : now + graceTime
    const early = Math.min(this.#refreshWindow, (expiresAt - now) / 3)
    this.#held = {
      credentials: anonymous ? given : redact(given),
      expiresAt,
      refreshAt: expiresAt - early * (1 - this.#random() / 2),
      refused: false,
    }
    this.#failures = 0
    this.#quietUntil = Number.NEGATIVE_INFINITY
    return this.#held.credentials
  }
}

/** A refused connection must not look as if OSS had refused it. */
function asFetchError(error: unknown): OssError {
  if (error instanceof CredentialsFetchError || error instanceof CredentialsEmptyError) return error
  return new CredentialsFetchError(error, { retryable: error instanceof OssError ? error.retryable : true })
}
