import { setMaxListeners } from 'node:events'
import type { TransferControl } from './transfer-control.js'
import type { AdaptiveParallelism } from './transfer-throttle.js'

/** Parts to work on: a list, or a source that is told when to stop. */
export type PartSource<Part> = Iterable<Part> | AsyncIterable<Part> | ((stop: AbortSignal) => AsyncIterable<Part>)

/** Settings of {@link runParts} beyond the usual. */
export interface RunPartsOptions<Part> {
  /** Holds new parts back while it is paused. */
  control?: TransferControl | undefined
  /** Lowers the number of parts at a time while the service is throttling. */
  parallelism?: AdaptiveParallelism | undefined
  /** Called for a part that was taken from the source but will not be worked on. */
  drop?: (part: Part) => void
}

/**
 * Works on parts, at most `parallel` at a time; one more is taken from the source beforehand, so that it can be filled while
 * all slots are busy. The first failure, or the signal, stops the others: the signal given to `work` fires, and this function
 * rejects once nothing runs any more.
 */
export async function runParts<Part>(
  parts: PartSource<Part>,
  parallel: number,
  signal: AbortSignal | undefined,
  work: (part: Part, signal: AbortSignal) => Promise<void>,
  options: RunPartsOptions<Part> = {},
): Promise<void> {
  const { control, parallelism, drop } = options
  const stop = new AbortController()
  const combined = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal
  // Every part listens in several places: many listeners are no leak here.
  setMaxListeners(0, combined)
  const running = new Set<Promise<void>>()
  let failure: { error: unknown } | undefined
  const fail = (error: unknown) => {
    failure ??= { error }
    stop.abort(error)
  }
  const start = (part: Part) => {
    const task: Promise<void> = work(part, combined)
      .then(() => parallelism?.succeeded())
      .catch(fail)
      .finally(() => running.delete(task))
    running.add(task)
  }
  try {
    combined.throwIfAborted()
    for await (const part of typeof parts === 'function' ? parts(combined) : parts) {
      try {
        while (running.size >= (parallelism?.current ?? parallel)) await Promise.race(running)
        if (control?.paused) await control.ready(combined)
        combined.throwIfAborted()
      } catch (error) {
        drop?.(part)
        throw error
      }
      start(part)
    }
  } catch (error) {
    fail(error)
  }
  await Promise.all(running)
  if (failure) throw signal?.aborted ? signal.reason : failure.error
}
