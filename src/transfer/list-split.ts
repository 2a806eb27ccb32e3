import { after, character, compareKeys, sharedStart, wholeCharacters } from './list-order.js'

/** Keys after `after`, up to and including `until`; without it to the end of the prefix. */
export interface KeyRange {
  readonly after: string
  readonly until: string | undefined
}

/** Longest name the service takes in a request, in bytes. */
const longestName = 1023

/**
 * Guesses a place that halves what is left of a range, from the keys of the page just read. A wrong guess costs one request
 * that finds nothing and narrows the next guess; it never loses or repeats a key, because any place divides a range.
 *
 * Keys of one page mostly share a long beginning ("logs/2031/04/"). Whether anything lies beyond it is found by halving
 * the length of that beginning; where nothing is shared, by halving the distance between characters.
 */
export function splitPoint(
  prefix: string,
  { after: position, until }: KeyRange,
  firstOfPage: string,
): string | undefined {
  const { known, ceiling } = knownStart(prefix, position, until)
  const ofPage = sharedStart(firstOfPage, position)
  const guess =
    ofPage.length > known.length
      ? after(wholeCharacters(ofPage, known.length + Math.ceil((ofPage.length - known.length) / 2)))
      : undefined
  return usable(guess, position, until) ?? usable(between(known, position, ceiling), position, until)
}

/** What all keys of a range begin with, and below which character they go on. */
function knownStart(prefix: string, position: string, until: string | undefined) {
  if (until === undefined) return { known: prefix, ceiling: undefined }
  const known = sharedStart(position, until)
  const next = position.codePointAt(known.length)
  const ceiling = until.codePointAt(known.length)
  // Below "ab1" and after "ab0…" everything begins with "ab0" (but "ab1" itself, which does no harm to a guess).
  const adjacent = next !== undefined && until === known + character(next + 1)
  return adjacent ? { known: known + character(next), ceiling: undefined } : { known, ceiling }
}

/** A text about halfway between the position and the ceiling, one character longer than what is known. */
function between(known: string, position: string, ceiling: number | undefined): string | undefined {
  const low = position.codePointAt(known.length)
  if (low === undefined) return undefined
  // Most keys are ASCII: guesses stay there until a key has been seen beyond it.
  const high = ceiling ?? (low < 0x7e ? 0x7f : 0x110000)
  return high - low > 1 ? known + character(low + Math.ceil((high - low) / 2)) : after(known + character(low))
}

function usable(guess: string | undefined, position: string, until: string | undefined): string | undefined {
  if (guess === undefined || Buffer.byteLength(guess) > longestName) return undefined
  const inside = compareKeys(guess, position) > 0 && (until === undefined || compareKeys(guess, until) < 0)
  return inside ? guess : undefined
}
