import { Failure } from './failure.js'

/** A stretch of an object: from byte `start` up to, not including, byte `end`. */
export interface ByteRange {
  readonly start: number
  readonly end: number
}

/**
 * The stretch a Range header asks for; `undefined` means the whole object. By default a range that is malformed or not
 * wholly inside the object is ignored; `standard` behaviour cuts it to the object, and refuses one that begins past the
 * end. `bytes=-0` is refused always.
 * @throws Failure InvalidRange
 */
export function readRange(
  header: string | undefined,
  behavior: string | undefined,
  size: number,
): ByteRange | undefined {
  const match = /^\s*bytes\s*=\s*(\d*)-(\d*)\s*$/.exec(header ?? '')
  if (match === null) return undefined
  const [, first, last] = match as unknown as [string, string, string]
  const standard = behavior === 'standard'
  if (first === '') {
    if (last === '') return undefined
    const wanted = Number(last)
    if (wanted === 0) throw invalidRange(size)
    if (wanted > size && !standard) return undefined
    if (size === 0) throw invalidRange(size)
    return { start: Math.max(size - wanted, 0), end: size }
  }
  const start = Number(first)
  const end = last === '' ? size : Number(last) + 1
  if (end <= start && last !== '') return undefined
  if (start >= size) {
    if (standard) throw invalidRange(size)
    return undefined
  }
  if (end > size && !standard) return undefined
  return { start, end: Math.min(end, size) }
}

function invalidRange(size: number): Failure {
  return new Failure('InvalidRange', {
    headers: { 'content-range': `bytes */${size}` },
    details: { ActualObjectSize: String(size) },
  })
}
