import { ResponseError } from '../errors.js'
import { tagLength } from '../native/segments.js'

/** Bytes that a caller asked for, ends included. */
export type WantedRange = { readonly start: number; readonly end: number | undefined } | { readonly suffix: number }

/** Bytes that an answer holds, ends included. */
export interface AnsweredRange {
  readonly start: number
  readonly end: number
  /** Length of the stored object, where the service says. */
  readonly total: number | undefined
}

/** Reads a Range header with one range; `undefined` for anything that the service would ignore. */
export function parseRange(header: string): WantedRange | undefined {
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(header.trim()) ?? []
  if (first === undefined || last === undefined || (first === '' && last === '')) return undefined
  if (first === '') return { suffix: Number(last) }
  const [start, end] = [Number(first), last === '' ? undefined : Number(last)]
  return end !== undefined && end < start ? undefined : { start, end }
}

/** Reads a Content-Range header. @throws ResponseError when it is not one */
export function parseContentRange(header: string): AnsweredRange {
  const [, start, end, total] = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(header) ?? []
  if (start === undefined) throw new ResponseError(`the answer's range cannot be read: ${header.slice(0, 80)}`)
  return { start: Number(start), end: Number(end), total: total === '*' ? undefined : Number(total) }
}

/** What to ask the service for, so that decryption can begin at the answer's first byte. */
export interface MovedRange {
  readonly rangeHeader: string
  /** Asks for HTTP's rules: a moved range must not turn into the whole object. Absent where nothing was moved. */
  readonly rangeBehavior?: 'standard'
}

/** Moves a range to the beginning of a cipher block, as all SDKs do for the compatible format. */
export function moveToBlock(wanted: WantedRange): MovedRange {
  // A suffix stays as it is: where it begins shows only in the answer, and the key stream can start anywhere.
  if ('suffix' in wanted) return { rangeHeader: `bytes=-${wanted.suffix}` }
  const start = wanted.start - (wanted.start % 16)
  const rangeHeader = `bytes=${start}-${wanted.end ?? ''}`
  return start === wanted.start ? { rangeHeader } : { rangeHeader, rangeBehavior: 'standard' }
}

/** Widens a range to whole segments of a sealed object. */
export function moveToSegments(wanted: WantedRange, segmentSize: number): MovedRange {
  const stride = segmentSize + tagLength
  const rangeBehavior = 'standard'
  // The last segment has any length, so one more is needed to be sure of the first.
  if ('suffix' in wanted) {
    return { rangeHeader: `bytes=-${(Math.ceil(wanted.suffix / segmentSize) + 1) * stride}`, rangeBehavior }
  }
  const first = Math.floor(wanted.start / segmentSize) * stride
  const last = wanted.end === undefined ? '' : (Math.floor(wanted.end / segmentSize) + 1) * stride - 1
  return { rangeHeader: `bytes=${first}-${last}`, rangeBehavior }
}

/** The range of an answer that holds everything; `undefined` where nobody says how much that is. */
export function wholeOf(length: number | undefined): AnsweredRange | undefined {
  return length === undefined ? undefined : { start: 0, end: length - 1, total: length }
}
