/** One thing that happened, as a logger gets it: plain data without secrets. */
export interface LogRecord {
  /**
   * What happened: `attempt` (debug), `retry` (warn), `request-failed` (error), `request-aborted` (info), `transfer-completed`
   * (info), `transfer-failed` (error), `transfer-aborted` (info).
   */
  event:
    | 'attempt'
    | 'retry'
    | 'request-failed'
    | 'request-aborted'
    | 'transfer-completed'
    | 'transfer-failed'
    | 'transfer-aborted'
  /** The same in words, with the most important facts. */
  message: string
  /** Further facts: see docs/observability.md. */
  [fact: string]: unknown
}

/** Where a client writes what it does. `console`, pino and winston are of this shape. */
export interface Logger {
  /** Every attempt that was answered well. */
  debug(record: LogRecord): unknown
  /** Transfers that ended, and calls that the caller ended. */
  info(record: LogRecord): unknown
  /** Every failure that is retried. */
  warn(record: LogRecord): unknown
  /** Every call and every transfer that failed. */
  error(record: LogRecord): unknown
}

/** Writes a record. A logger that throws harms no call. */
export function log(logger: Logger, level: keyof Logger, record: LogRecord): void {
  try {
    logger[level](record)
  } catch {
    // There is nowhere to tell it.
  }
}
