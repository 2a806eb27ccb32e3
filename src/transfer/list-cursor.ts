import { ParamInvalidError } from '../errors.js'
import type { KeyRange } from './list-split.js'

/** Writes ranges that are still to be listed as one text without special characters. */
export function encodeCursor(ranges: readonly KeyRange[]): string {
  const plain = ranges.map(({ after, until }) => (until === undefined ? [after] : [after, until]))
  return Buffer.from(JSON.stringify({ v: 1, ranges: plain })).toString('base64url')
}

/** Reads what {@link encodeCursor} wrote. @throws ParamInvalidError naming the option */
export function decodeCursor(cursor: string): KeyRange[] {
  const invalid = () => new ParamInvalidError('cursor', 'expected a cursor of an earlier listing')
  let found: unknown
  try {
    found = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
  } catch {
    throw invalid()
  }
  const { v, ranges } = (found ?? {}) as { v?: unknown; ranges?: unknown }
  if (v !== 1 || !Array.isArray(ranges)) throw invalid()
  return ranges.map((range: unknown) => {
    if (!Array.isArray(range) || range.length < 1 || range.length > 2 || !range.every(name => typeof name === 'string'))
      throw invalid()
    const [after, until] = range as [string, string?]
    return { after, until }
  })
}
