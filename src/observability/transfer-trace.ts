import { isHeard, transfers } from './channels.js'
import type { TransferEvent, TransferKind } from './events.js'
import { codeOf, factsOf, known, outcomeOf } from './facts.js'
import { type Logger, log } from './logger.js'

type Listener = (increment: number, transferred: number, total: number | undefined) => void

/** What a transfer is about. */
export interface TransferSubject {
  readonly kind: TransferKind
  readonly bucket?: unknown
  readonly key?: unknown
}

/** The options of a transfer that matter here. */
interface Watchable {
  readonly signal?: AbortSignal
  readonly onProgress?: Listener
}

/**
 * Runs a transfer and tells those who listen. While nobody does, this is a call of `run`; otherwise `run` gets options that
 * count progress, and the event to count parts in.
 */
export function traceTransfer<T, O extends Watchable>(
  logger: Logger | undefined,
  { kind, bucket, key }: TransferSubject,
  options: O,
  run: (options: O, event?: TransferEvent) => Promise<T>,
): Promise<T> {
  if (logger === undefined && !isHeard(transfers)) return run(options)
  const event: TransferEvent = {
    kind,
    ...(typeof bucket === 'string' && { bucket }),
    ...(typeof key === 'string' && { key }),
    bytes: 0,
    parts: 0,
  }
  const onProgress: Listener = (increment, transferred, total) => {
    event.bytes = transferred
    if (total !== undefined) event.size = total
    options.onProgress?.(increment, transferred, total)
  }
  return transfers.start.runStores(event, () =>
    follow(event, logger, options.signal, () => run({ ...options, onProgress }, event)),
  )
}

/** {@link traceTransfer} for an operation on a whole folder, whose summary says how much it was. */
export function traceFolder<T extends { bytes: number; transferred: number; deleted: number }>(
  logger: Logger | undefined,
  subject: TransferSubject,
  signal: AbortSignal | undefined,
  run: () => Promise<T>,
): Promise<T> {
  return traceTransfer(logger, subject, signal ? { signal } : {}, async (_options, event) => {
    const summary = await run()
    if (event) {
      event.bytes = summary.bytes
      event.files = summary.transferred + summary.deleted
    }
    return summary
  })
}

async function follow<T>(
  event: TransferEvent,
  logger: Logger | undefined,
  signal: AbortSignal | undefined,
  run: () => Promise<T>,
): Promise<T> {
  const began = performance.now()
  try {
    const result = await run()
    event.durationMs = performance.now() - began
    event.outcome = 'completed'
    transfers.end.publish(event)
    if (logger) write(logger, event)
    return result
  } catch (error) {
    event.durationMs = performance.now() - began
    event.outcome = outcomeOf(error, signal)
    event.error = error
    transfers.error.publish(event)
    if (logger) write(logger, event)
    throw error
  }
}

function write(logger: Logger, event: TransferEvent): void {
  const { outcome, error, ...about } = event
  const facts = known({ ...about })
  const done = `${event.bytes} bytes in ${Math.round(event.durationMs ?? 0)} ms`
  if (outcome === 'completed') {
    log(logger, 'info', { event: 'transfer-completed', message: `${event.kind}: ${done}`, ...facts })
  } else if (outcome === 'aborted') {
    log(logger, 'info', { event: 'transfer-aborted', message: `${event.kind}: ended by the caller, ${done}`, ...facts })
  } else {
    const message = `${event.kind}: failed with ${codeOf(error)}, ${done}`
    log(logger, 'error', { event: 'transfer-failed', message, ...facts, ...factsOf(error) })
  }
}
