import { compareKeys } from './list-order.js'

/** What two sorted sequences are joined by. */
export interface Keyed {
  readonly key: string
  /** `leave` stands for the place after everything that begins with the key. */
  readonly kind: string
}

/** Something that is on one side, on the other, or on both under the same key. */
export interface Pair<S, T> {
  readonly source?: S
  readonly target?: T
  /** Whether the source has ended without having had anything. */
  readonly sourceEmpty: boolean
}

/** Walks two sequences in step, each sorted by key, and never holds more than one entry of each. */
export async function* join<S extends Keyed, T extends Keyed>(
  sources: AsyncIterable<S>,
  targets: AsyncIterable<T>,
): AsyncGenerator<Pair<S, T>, void, undefined> {
  const left = sources[Symbol.asyncIterator]()
  const right = targets[Symbol.asyncIterator]()
  let any = false
  try {
    let source = await left.next()
    any = !source.done
    let target = await right.next()
    while (!source.done || !target.done) {
      const order = source.done ? 1 : target.done ? -1 : comparePlaces(source.value, target.value)
      const taken = { source, target }
      const pair: { source?: S; target?: T } = {}
      if (order <= 0 && !taken.source.done) pair.source = taken.source.value
      if (order >= 0 && !taken.target.done) pair.target = taken.target.value
      yield { ...pair, sourceEmpty: !any }
      if (order <= 0) source = await left.next()
      if (order >= 0) target = await right.next()
    }
  } finally {
    await left.return?.(undefined)
    await right.return?.(undefined)
  }
}

/** The order of two places. Two that leave the same folder are told apart, so that each is seen alone. */
export function comparePlaces(a: Keyed, b: Keyed): number {
  if (a.kind === 'leave' && b.kind === 'leave') {
    if (a.key === b.key) return -1
    if (b.key.startsWith(a.key)) return 1
    return a.key.startsWith(b.key) ? -1 : compareKeys(a.key, b.key)
  }
  if (a.kind === 'leave') return b.key.startsWith(a.key) ? 1 : compareKeys(a.key, b.key)
  if (b.kind === 'leave') return a.key.startsWith(b.key) ? -1 : compareKeys(a.key, b.key)
  return compareKeys(a.key, b.key)
}
