const listeners = new WeakMap<AbortSignal, Set<() => void>>()

/**
 * Calls `listener` once when the signal fires, at once if it has. Gives a function that stops listening.
 *
 * All callers share one listener on the signal: Node.js warns of a leak when there are more than ten, and one signal may
 * stand over hundreds of requests and parts.
 */
export function onAbort(signal: AbortSignal | undefined, listener: () => void): () => void {
  if (signal === undefined) return () => {}
  if (signal.aborted) {
    listener()
    return () => {}
  }
  const all = listeners.get(signal) ?? listen(signal)
  // Of its own for each call, so that two callers with one function do not stop each other.
  const entry = () => listener()
  all.add(entry)
  return () => void all.delete(entry)
}

/** Adds the one listener. It stays on the signal: removing and adding it for each part would cost more than it holds. */
function listen(signal: AbortSignal): Set<() => void> {
  const all = new Set<() => void>()
  signal.addEventListener(
    'abort',
    () => {
      for (const listener of all) listener()
      all.clear()
    },
    { once: true },
  )
  listeners.set(signal, all)
  return all
}
