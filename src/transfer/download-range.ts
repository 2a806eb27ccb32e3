import { ParamInvalidError } from '../errors.js'

/** Some bytes of an object. */
export interface ByteRange {
  readonly offset: number
  readonly length: number
}

/**
 * Understands a `rangeHeader` (`bytes=0-499`, `bytes=500-`, `bytes=-500`) for an object of `size` bytes. An end beyond the
 * object is its end. @throws ParamInvalidError for anything else and for a range that begins beyond the object
 */
export function resolveRange(rangeHeader: string | undefined, size: number): ByteRange {
  if (rangeHeader === undefined) return { offset: 0, length: size }
  const found = /^bytes=(\d*)-(\d*)$/.exec(String(rangeHeader).replaceAll(' ', ''))
  const [from, to] = [found?.[1] ?? '', found?.[2] ?? '']
  if (from === '' && to === '') throw invalid('expected one range, such as bytes=0-499, bytes=500- or bytes=-500')
  if (from === '') {
    const length = Math.min(Number(to), size)
    if (length === 0) throw invalid(`has no bytes in an object of ${size} bytes`)
    return { offset: size - length, length }
  }
  const offset = Number(from)
  const end = to === '' ? size : Math.min(Number(to) + 1, size)
  if (to !== '' && Number(to) < offset) throw invalid('ends before it begins')
  if (offset >= size) throw invalid(`begins beyond the object's ${size} bytes`)
  return { offset, length: end - offset }
}

function invalid(expectation: string): ParamInvalidError {
  return new ParamInvalidError('rangeHeader', expectation)
}
