import { OssError, ParamInvalidError, TimeoutError } from '../errors.js'
import { longestTimer } from '../internal/sleep.js'
import type { OperationOptions, PipelineContext } from './context.js'

/** The time limit of one call over all its attempts and the waits between them. */
export class Deadline {
  /** Fires at the end of the time, or with the caller's signal. */
  readonly signal: AbortSignal
  /** Attempts that were begun. */
  attempts = 0
  /** How the last attempt failed. */
  failure: unknown
  readonly #milliseconds: number
  readonly #end: number
  readonly #timer: NodeJS.Timeout

  /** @throws ParamInvalidError `totalTimeout` unless it is a number of milliseconds */
  constructor(milliseconds: number, signal: AbortSignal | undefined) {
    if (!Number.isSafeInteger(milliseconds) || milliseconds < 0) {
      throw new ParamInvalidError('totalTimeout', 'expected milliseconds, an integer of at least 0')
    }
    const stop = new AbortController()
    this.signal = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal
    this.#milliseconds = milliseconds
    this.#end = performance.now() + milliseconds
    this.#timer = setTimeout(() => stop.abort(this.expired()), Math.min(milliseconds, longestTimer))
  }

  /** Milliseconds that are left. */
  get left(): number {
    return this.#end - performance.now()
  }

  /** What the call rejects with; the cause is what the last attempt failed with, if one did. */
  expired(): TimeoutError {
    const error = new TimeoutError('total', this.#milliseconds, { cause: this.failure })
    error.attempts = this.attempts
    if (this.failure instanceof OssError && this.failure.requestId) error.requestId = this.failure.requestId
    error.retryBlockedBy = 'deadline'
    return error
  }

  /** The call is over: nothing happens at the end of the time any more. */
  clear(): void {
    clearTimeout(this.#timer)
  }
}

/** Runs a call under its time limit, if it has one: with the options and the deadline that then hold. */
export async function withDeadline<T>(
  context: PipelineContext,
  options: OperationOptions,
  run: (options: OperationOptions, deadline: Deadline | undefined) => Promise<T>,
): Promise<T> {
  const limit = options.totalTimeout ?? context.totalTimeout
  if (limit === 0) return run(options, undefined)
  options.signal?.throwIfAborted()
  const deadline = new Deadline(limit, options.signal)
  try {
    return await run({ ...options, signal: deadline.signal }, deadline)
  } finally {
    deadline.clear()
  }
}
