import { Failure } from '../failure.js'

/** One word, value or mark of a statement. */
export interface Token {
  readonly kind: 'name' | 'quoted' | 'text' | 'number' | 'mark' | 'end'
  readonly text: string
}

const tokenPattern =
  /\s*(?:(?<number>\d+(?:\.\d+)?)|(?<name>[A-Za-z_]\w*)|"(?<quoted>[^"]+)"|'(?<text>(?:[^']|'')*)'|(?<mark><=|>=|!=|<>|[=<>*,.()[\]-]))/uy

/** The failure for a statement that is no SQL. */
export function syntaxError(near: string): Failure {
  return new Failure('SqlSyntaxError', { message: `The SQL statement cannot be read near ${JSON.stringify(near)}.` })
}

/** Takes a statement apart. @throws Failure SqlSyntaxError */
export function tokenize(source: string): Token[] {
  const tokens: Token[] = []
  const pattern = new RegExp(tokenPattern)
  const end = source.trimEnd().length
  while (pattern.lastIndex < end) {
    const at = pattern.lastIndex
    const groups = pattern.exec(source)?.groups
    if (groups === undefined) throw syntaxError(source.slice(at, at + 20))
    for (const [kind, text] of Object.entries(groups)) {
      if (text === undefined) continue
      tokens.push({ kind: kind as Token['kind'], text: kind === 'text' ? text.replaceAll("''", "'") : text })
    }
  }
  return [...tokens, { kind: 'end', text: '' }]
}

/** The failure for SQL that is right and yet too much for the server. */
export function notImplemented(what: string): Failure {
  return new Failure('NotImplemented', { message: `The local server's SQL does not have ${what}.` })
}

/** The pattern of a `LIKE`: `%` stands for anything, `_` for one character. */
export function likePattern(text: string): RegExp {
  const source = text
    .replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
    .replace(/%+/g, '[\\s\\S]*')
    .replaceAll('_', '[\\s\\S]')
  return new RegExp(`^${source}$`, 'u')
}
