import { ResponseError } from '../errors.js'
import { tagLength } from '../native/segments.js'
import type { CipherRange } from './content-cipher.js'
import type { AnsweredRange, WantedRange } from './range.js'
import { mapSegments } from './segments.js'

/** How to get what was wanted out of an answer. */
export interface Cut {
  /** Stored bytes at the beginning of the answer to pass over. */
  readonly skipStored: number
  /** Stored bytes after those: what is decrypted. */
  readonly range: CipherRange
  /** Plaintext bytes to pass over after that. */
  readonly skip: number
  /** Plaintext bytes that are wanted; `undefined` when nobody knows how many come. */
  readonly length: number | undefined
  /** Content-Range of the plaintext. */
  readonly contentRange?: string
}

/**
 * Finds the wanted bytes in an answer, all of them when `wanted` is absent. Gives `undefined` when the object ends before
 * they begin.
 *
 * @param segmentSize of a sealed object; absent for one that is stored in the length of its plaintext
 * @throws DecryptionError or ResponseError when the answer cannot hold them
 */
export function cutOut(
  wanted: WantedRange | undefined,
  stored: AnsweredRange | undefined,
  segmentSize: number | undefined,
): Cut | undefined {
  if (stored === undefined) {
    return { skipStored: 0, range: { offset: 0, length: undefined, total: undefined }, skip: 0, length: undefined }
  }
  return segmentSize === undefined ? cutBytes(wanted, stored) : cutSegments(wanted, stored, segmentSize)
}

function cutBytes(wanted: WantedRange | undefined, stored: AnsweredRange): Cut | undefined {
  const { start: offset, end: last, total } = stored
  const range = { offset, length: last + 1 - offset, total }
  const { start, end } = wanted ? resolve(wanted, total, last) : { start: offset, end: last }
  if (wanted !== undefined && start > end) return undefined
  if (start < offset || end > last) throw notHeld()
  return { skipStored: 0, range, skip: start - offset, length: end + 1 - start, contentRange: show(start, end, total) }
}

function cutSegments(wanted: WantedRange | undefined, stored: AnsweredRange, size: number): Cut | undefined {
  if (stored.total === undefined) throw notHeld()
  const stride = size + tagLength
  const { plainLength } = mapSegments(stored.total, size)
  const { start, end } = wanted ? resolve(wanted, plainLength, plainLength - 1) : { start: 0, end: plainLength - 1 }
  if (wanted !== undefined && start > end) return undefined
  const offset = Math.floor(start / size) * stride
  // An empty object has a segment too.
  const limit = Math.min((Math.floor(Math.max(end, 0) / size) + 1) * stride, stored.total)
  if (offset < stored.start || limit - 1 > stored.end) throw notHeld()
  return {
    skipStored: offset - stored.start,
    range: { offset, length: limit - offset, total: stored.total },
    skip: start % size,
    length: end + 1 - start,
    contentRange: show(start, end, plainLength),
  }
}

/** First and last byte in an object of a length, which is `last + 1` where it is known. */
function resolve(wanted: WantedRange, total: number | undefined, last: number): { start: number; end: number } {
  if ('suffix' in wanted) {
    if (total === undefined) throw notHeld()
    return { start: Math.max(0, total - wanted.suffix), end: total - 1 }
  }
  const available = total === undefined ? last : total - 1
  return { start: wanted.start, end: Math.min(wanted.end ?? available, available) }
}

function show(start: number, end: number, total: number | undefined): string {
  return `bytes ${start}-${end}/${total ?? '*'}`
}

function notHeld(): ResponseError {
  return new ResponseError('the answer does not hold the range that was asked for', { operation: 'GetObject' })
}
