import { constants } from 'node:buffer'
import { ParamInvalidError } from '../errors.js'

/** A part: its number, counted from 1, and the bytes it covers. */
export interface Part {
  readonly number: number
  readonly offset: number
  readonly length: number
}

/** Most parts an upload may have. */
export const maxParts = 10_000
/** Smallest part OSS accepts, save the last one. */
export const minPartSize = 100 * 1024
/** Largest part OSS accepts. */
export const maxPartSize = 5 * 1024 ** 3
/** Part sizes are rounded up to this, so that grown parts keep cipher blocks and pages whole. */
const granule = 64 * 1024

/** The part size to use for a source of known length: the wanted one, or larger so that 10,000 parts are enough. */
export function partSizeFor(length: number, wanted: number): number {
  const needed = Math.ceil(length / maxParts)
  if (needed <= wanted) return wanted
  const grown = Math.ceil(needed / granule) * granule
  if (grown > maxPartSize)
    throw new ParamInvalidError('path', `${length} bytes do not fit into ${maxParts} parts of 5 GiB`)
  return grown
}

/** Cuts a length into parts of one size; the last one has the rest. Nothing for length 0. */
export function* planParts(length: number, partSize: number): Generator<Part> {
  for (let offset = 0, number = 1; offset < length; offset += partSize, number++) {
    yield { number, offset, length: Math.min(partSize, length - offset) }
  }
}

/** Parts of a stream that have the wanted size, before sizes begin to grow. */
const steadyParts = 2000
/** Parts up to which sizes grow slowly. */
const slowParts = 6000
/** How much larger than the one before a part is: slowly at first, fast when many parts have been used up. */
const slowGrowth = 1.001
const fastGrowth = 1.01
/** A part of a stream lies in one buffer, and older versions of Node.js have none of 5 GiB. */
const largestBuffer = Math.min(maxPartSize, Math.floor(constants.MAX_LENGTH / granule) * granule)

/**
 * The size of a stream's part, for streams whose length nobody knows. Such a stream must neither run out of its 10,000 parts
 * nor hold large buffers while it is short, so sizes grow with what has been sent:
 *
 * - parts 1 to 2,000 have the wanted size;
 * - parts up to 6,000 are each 0.1 % larger than the one before, so a part stays near a thousandth of what has been sent;
 * - later ones are each 1 % larger, until they are as large as a part can be (5 GiB, or the largest buffer there is).
 *
 * Sizes are rounded up to an eighth of a power of two: a change is rare, so buffers are used again. With 6 MiB to begin with
 * that is 6 MiB up to 11.7 GiB, 15 MiB at 20 GiB, 96 MiB at 100 GiB; 10,000 parts then hold at least 15 TiB. For the 48.8 TiB
 * that an object can have, begin with larger parts, or say how long the stream will be (`expectedSize`).
 */
export function growingPartSize(number: number, wanted: number): number {
  const slow = Math.min(Math.max(number - steadyParts, 0), slowParts - steadyParts)
  const fast = Math.max(number - slowParts, 0)
  if (slow === 0) return Math.min(wanted, largestBuffer)
  const grown = wanted * slowGrowth ** slow * fastGrowth ** fast
  const step = Math.max(granule, 2 ** (Math.floor(Math.log2(grown)) - 3))
  return Math.min(Math.ceil(grown / step) * step, largestBuffer)
}

/** Bytes of some parts together. */
export function bytesOf(parts: Iterable<{ readonly length: number }>): number {
  let sum = 0
  for (const { length } of parts) sum += length
  return sum
}
