import { onAbort } from '../internal/on-abort.js'

/** Waits for a promise, or for the signal, whichever comes first. A value that is no promise comes at once. */
export async function unlessAborted<T>(value: T | PromiseLike<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined || typeof value !== 'object' || value === null || !('then' in value)) return value
  let stopListening = () => {}
  const aborted = new Promise<never>((_, reject) => {
    stopListening = onAbort(signal, () => reject(signal.reason))
  })
  try {
    return await Promise.race([value, aborted])
  } finally {
    stopListening()
  }
}
