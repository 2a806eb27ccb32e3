import { ServiceError } from '../errors.js'
import { attempts, isHeard, requests } from './channels.js'
import type { AttemptEvent, RequestEvent } from './events.js'
import { codeOf, factsOf, known, outcomeOf } from './facts.js'
import { type Logger, log } from './logger.js'

/** What a call is about. */
export interface CallSubject {
  readonly operation: string
  readonly region: string
  readonly bucket?: unknown
  readonly key?: unknown
}

/** Whether anybody wants to know about calls. Asked once for each: where it says no, a call costs no more than this. */
export function isCallWatched(logger: Logger | undefined): boolean {
  return logger !== undefined || isHeard(requests) || isHeard(attempts)
}

/** Runs a call and tells those who listen. What they do with it is not waited for. */
export function traceCall<T>(
  logger: Logger | undefined,
  subject: CallSubject,
  signal: AbortSignal | undefined,
  run: (trace: CallTrace) => Promise<T>,
): Promise<T> {
  const { operation, region, bucket, key } = subject
  const event: RequestEvent = {
    operation,
    region,
    ...(typeof bucket === 'string' && { bucket }),
    ...(typeof key === 'string' && { key }),
    attempts: 0,
    bytesSent: 0,
    bytesReceived: 0,
  }
  const trace = new CallTrace(event, logger, signal)
  return requests.start.runStores(event, () => trace.follow(() => run(trace)))
}

/** Follows one call through its attempts. */
export class CallTrace {
  readonly event: RequestEvent
  readonly #logger: Logger | undefined
  readonly #signal: AbortSignal | undefined
  readonly #began = performance.now()
  #attempt: AttemptEvent | undefined
  #attemptBegan = 0

  constructor(event: RequestEvent, logger: Logger | undefined, signal: AbortSignal | undefined) {
    this.event = event
    this.#logger = logger
    this.#signal = signal
  }

  async follow<T>(run: () => Promise<T>): Promise<T> {
    const { event } = this
    try {
      const result = await run()
      event.durationMs = performance.now() - this.#began
      event.outcome = 'completed'
      requests.end.publish(event)
      return result
    } catch (error) {
      this.#failed(error)
      throw error
    }
  }

  /** Runs one attempt. Where it fails, {@link CallTrace.attemptFailed} is still to be called. */
  attempt<T>(host: string, run: () => Promise<T>): Promise<T> {
    const { event } = this
    const before = this.#attempt
    event.attempts++
    event.host = host
    const attempt: AttemptEvent = {
      request: event,
      number: event.attempts,
      delayMs: before?.retryInMs ?? 0,
      ...(before && { retryReason: codeOf(before.error) }),
      host,
    }
    this.#attempt = attempt
    this.#attemptBegan = performance.now()
    return attempts.start.runStores(attempt, async () => {
      const result = await run()
      attempt.durationMs = performance.now() - this.#attemptBegan
      attempts.end.publish(attempt)
      if (this.#logger) this.#logAttempt(this.#logger, attempt)
      return result
    })
  }

  /** An answer arrived. */
  answered(statusCode: number, requestId: string | undefined): void {
    for (const event of [this.event, this.#attempt]) {
      if (event === undefined) continue
      event.statusCode = statusCode
      if (requestId !== undefined) event.requestId = requestId
    }
  }

  /** A body is being sent, from its beginning. */
  sending(): void {
    this.event.bytesSent = 0
    this.event.bytesReceived = 0
  }

  /** More of the body was sent. */
  sent(bytes: number): void {
    this.event.bytesSent += bytes
  }

  /** The answer's body has so many bytes. */
  received(bytes: number): void {
    this.event.bytesReceived = bytes
  }

  /** The attempt failed; `retryIn` are the milliseconds until the next one, `undefined` when there is none. */
  attemptFailed(error: unknown, retryIn?: number): void {
    const attempt = this.#attempt
    if (attempt === undefined) return
    attempt.durationMs = performance.now() - this.#attemptBegan
    attempt.error = error
    if (retryIn !== undefined) attempt.retryInMs = retryIn
    attempts.error.publish(attempt)
    if (this.#logger === undefined || retryIn === undefined) return
    const { operation } = this.event
    const wait = `again in ${Math.round(retryIn)} ms`
    log(this.#logger, 'warn', {
      event: 'retry',
      message: `${operation}: attempt ${attempt.number} failed with ${codeOf(error)}, ${wait}`,
      ...this.#about(),
      attempt: attempt.number,
      retryInMs: retryIn,
      durationMs: attempt.durationMs,
      ...factsOf(error),
    })
  }

  #logAttempt(logger: Logger, { number, statusCode, durationMs, delayMs, retryReason }: AttemptEvent): void {
    const { operation, bytesSent, bytesReceived } = this.event
    log(logger, 'debug', {
      event: 'attempt',
      message: `${operation}: attempt ${number} answered with ${statusCode}`,
      ...this.#about(),
      attempt: number,
      ...known({ statusCode, requestId: this.event.requestId, durationMs, delayMs, retryReason }),
      bytesSent,
      bytesReceived,
    })
  }

  #failed(error: unknown): void {
    const { event } = this
    event.durationMs = performance.now() - this.#began
    event.outcome = outcomeOf(error, this.#signal)
    event.error = error
    if (error instanceof ServiceError) event.ec = error.ec
    requests.error.publish(event)
    if (this.#logger === undefined) return
    const { operation, attempts: count, outcome, durationMs } = event
    const tries = count === 1 ? '1 attempt' : `${count} attempts`
    if (outcome === 'aborted') {
      const message = `${operation}: ended by the caller after ${tries}`
      log(this.#logger, 'info', { event: 'request-aborted', message, ...this.#about(), attempts: count, durationMs })
      return
    }
    log(this.#logger, 'error', {
      event: 'request-failed',
      message: `${operation}: failed with ${codeOf(error)} after ${tries}`,
      ...this.#about(),
      attempts: count,
      durationMs,
      ...factsOf(error),
    })
  }

  #about(): Record<string, unknown> {
    const { operation, bucket, key, host } = this.event
    return known({ operation, bucket, key, host })
  }
}
