import { ResponseError } from '../errors.js'

/**
 * Compares two texts by their UTF-8 bytes, which is how the service orders keys. JavaScript's own order differs for
 * characters outside the basic plane: UTF-16 sorts their surrogates before U+E000 to U+FFFF, UTF-8 after.
 */
export function compareKeys(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let at = 0; at < length; at++) {
    const x = a.charCodeAt(at)
    const y = b.charCodeAt(at)
    if (x !== y) return rank(x) - rank(y)
  }
  return a.length - b.length
}

/** Puts surrogates after all other code units. */
function rank(unit: number): number {
  if (unit < 0xd800) return unit
  return unit >= 0xe000 ? unit - 0x800 : unit + 0x2000
}

/** The beginning that two texts share, without cutting a character in two. */
export function sharedStart(a: string, b: string): string {
  const length = Math.min(a.length, b.length)
  let at = 0
  while (at < length && a.charCodeAt(at) === b.charCodeAt(at)) at++
  return wholeCharacters(a, at)
}

/** The first `length` code units, one less where that would cut a surrogate pair. */
export function wholeCharacters(text: string, length: number): string {
  const last = text.charCodeAt(length - 1)
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? length - 1 : length)
}

/** The first text after all that begin with `prefix`, by raising its last character; `undefined` when there is none. */
export function after(prefix: string): string | undefined {
  const characters = [...prefix]
  const last = characters.pop()?.codePointAt(0)
  if (last === undefined || last === 0x10ffff) return undefined
  return characters.join('') + character(last + 1)
}

/** The character of a code point, or the next one that is a character. */
export function character(codePoint: number): string {
  return String.fromCodePoint(codePoint >= 0xd800 && codePoint <= 0xdfff ? 0xe000 : codePoint)
}

/**
 * Makes sure that an answer is a page of a listing. Every page says whether it is the last; one that says nothing, such as an
 * empty one, would look like the end, and what lies beyond it like deleted. @throws ResponseError
 */
export function checkListing(page: { isTruncated?: boolean }): void {
  if (page.isTruncated === undefined) throw new ResponseError('the answer is not a listing')
}
