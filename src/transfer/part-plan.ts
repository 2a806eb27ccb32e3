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
