/** A place in a ring of listeners; the signal's own one, which listens to nothing, holds the ring together. */
interface Place {
  listener: (() => void) | undefined
  next: Place
  previous: Place
}

const rings = new WeakMap<AbortSignal, Place>()

/**
 * Calls `listener` once when the signal fires, at once if it has. Gives a function that stops listening.
 *
 * All callers share one listener on the signal: Node.js warns of a leak when there are more than ten, and one signal may
 * stand over hundreds of requests and parts.
 *
 * They are in a ring and not in a set: what a set outgrows goes on referring to what was in it, and where it has become old,
 * the garbage collector lets requests that ended long ago become old too, for the sake of it.
 */
export function onAbort(signal: AbortSignal | undefined, listener: () => void): () => void {
  if (signal === undefined) return () => {}
  if (signal.aborted) {
    listener()
    return () => {}
  }
  const ring = rings.get(signal) ?? listen(signal)
  const place: Place = { listener, next: ring, previous: ring.previous }
  ring.previous.next = place
  ring.previous = place
  return () => leave(place)
}

function leave(place: Place): void {
  place.next.previous = place.previous
  place.previous.next = place.next
  // Nothing may be reached from here any more, and leaving again does nothing.
  place.listener = undefined
  place.next = place
  place.previous = place
}

/** Adds the one listener. It stays on the signal: removing and adding it for each part would cost more than it holds. */
function listen(signal: AbortSignal): Place {
  const ring = { listener: undefined } as unknown as Place
  ring.next = ring
  ring.previous = ring
  signal.addEventListener(
    'abort',
    () => {
      while (ring.next !== ring) {
        const { listener } = ring.next
        leave(ring.next)
        listener?.()
      }
    },
    { once: true },
  )
  rings.set(signal, ring)
  return ring
}
