/**
 * Waits for work that others may wait for as well: an abort ends this wait with the signal's reason and leaves the work
 * alone.
 */
export function untilAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason)
    const done = () => signal.removeEventListener('abort', stop)
    // Also for a wait that ended: a failure of the work that nobody handles would end the process.
    work.then(resolve, reject).finally(done)
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
  })
}
