import { onAbort } from '../internal/on-abort.js'

/** Waits for a promise, but no longer than until the signal fires. */
export function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stopListening = onAbort(signal, () => reject(signal.reason))
    promise.then(resolve, reject).finally(stopListening)
  })
}
