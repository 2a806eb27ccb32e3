import { DecryptionError } from '../errors.js'
import { segmentsLength, tagLength } from '../native/segments.js'

/** Where segments lie in a sealed object of a stored length, which nobody has vouched for yet. */
export interface SegmentMap {
  /** How many segments there are, at least one. */
  readonly count: number
  /** Plaintext length of the object. */
  readonly plainLength: number
}

/** Cuts a stored length into segments. @throws DecryptionError for a length that no sealed object has */
export function mapSegments(cipherLength: number, segmentSize: number): SegmentMap {
  const stride = segmentSize + tagLength
  const count = Math.ceil(cipherLength / stride)
  const lastLength = cipherLength - (count - 1) * stride - tagLength
  // Only an empty object has an empty segment: with one behind others, two ciphertexts would mean the same.
  if (count === 0 || lastLength < 0 || (lastLength === 0 && count > 1)) throw new DecryptionError()
  return { count, plainLength: cipherLength - count * tagLength }
}

/** Stored length of so many bytes. */
export function sealedLength(plainLength: number, segmentSize: number): number {
  return segmentsLength(plainLength, segmentSize, true)
}
