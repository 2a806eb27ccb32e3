/**
 * Splits a command line into program and arguments the way a shell does, without being one: white space separates, quotes
 * of both kinds hold together, a backslash takes the next character as it is. Nothing is expanded. On Windows the backslash
 * separates folders, so there it is a character like others.
 *
 * @throws Error when a quote is not closed
 */
export function splitCommand(line: string, platform: NodeJS.Platform = process.platform): string[] {
  const escapes = platform !== 'win32'
  const words: string[] = []
  let word: string | undefined
  let quote: string | undefined
  for (let at = 0; at < line.length; at++) {
    const character = line[at] as string
    const next = line[at + 1]
    if (quote === undefined && /\s/.test(character)) {
      if (word !== undefined) words.push(word)
      word = undefined
    } else if (character === quote) {
      quote = undefined
    } else if (quote === undefined && (character === '"' || character === "'")) {
      quote = character
      // An empty pair of quotes is an empty argument.
      word ??= ''
    } else if (escapes && character === '\\' && next !== undefined && takesNext(quote, next)) {
      at++
      // A backslash before the end of a line joins it with the next one.
      if (next !== '\n') word = (word ?? '') + next
    } else {
      word = (word ?? '') + character
    }
  }
  if (quote !== undefined) throw new Error('the command has a quote that is not closed')
  if (word !== undefined) words.push(word)
  return words
}

/** Inside double quotes a backslash only protects what would mean something there; inside single ones nothing. */
function takesNext(quote: string | undefined, next: string): boolean {
  return quote === undefined || (quote === '"' && '"\\$`\n'.includes(next))
}
