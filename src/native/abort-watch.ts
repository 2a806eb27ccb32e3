const watchers = new WeakMap<AbortSignal, Set<() => void>>()

/**
 * Calls `callback` when the signal fires, until the returned function is called. All callers share one listener on the signal:
 * Node warns of a leak when there are more than ten, and one signal may stand over a hundred parts.
 */
export function watchAbort(signal: AbortSignal, callback: () => void): () => void {
  const callbacks = watchers.get(signal) ?? listen(signal)
  callbacks.add(callback)
  return () => {
    callbacks.delete(callback)
  }
}

/** Adds the one listener. It stays on the signal: removing and adding it for each part would cost more than it holds. */
function listen(signal: AbortSignal): Set<() => void> {
  const callbacks = new Set<() => void>()
  signal.addEventListener(
    'abort',
    () => {
      for (const callback of callbacks) callback()
    },
    { once: true },
  )
  watchers.set(signal, callbacks)
  return callbacks
}
