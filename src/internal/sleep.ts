import { onAbort } from './on-abort.js'

/** The longest time a timer can be set for: beyond it Node.js fires at once. */
export const longestTimer = 2 ** 31 - 1

/**
 * Waits. An abort ends the wait with the signal's reason. The timer is the global one, looked up at each call, so that whoever
 * replaces it (a test with a virtual clock) decides how long this takes.
 */
export function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => {
        stopListening()
        resolve()
      },
      Math.min(milliseconds, longestTimer),
    )
    const stopListening = onAbort(signal, () => {
      clearTimeout(timer)
      reject(signal?.reason)
    })
  })
}
