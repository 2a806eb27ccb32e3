import type { Condition, Operand, Path, Query, Value } from './query.js'
import { likePattern, notImplemented, syntaxError, type Token, tokenize } from './sql-tokens.js'

/**
 * Reads the part of the service's SQL that the server knows: `SELECT` of columns, `*` or `count(*)`, comparisons joined by
 * `AND`, `OR` and `NOT`, `LIKE`, `IS NULL`, `BETWEEN`, `IN`, `CAST` to int, double or string, and `LIMIT`.
 * @throws Failure SqlSyntaxError, NotImplemented for the rest of it
 */
export function parseSql(source: string): Query {
  return new Parser(tokenize(source)).query()
}

const maxDepth = 64

class Parser {
  readonly #tokens: readonly Token[]
  #at = 0
  #depth = 0
  #alias = 'ossobject'

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }

  query(): Query {
    this.#expect('select')
    // An alias is known only behind FROM, so columns are read once more then.
    const start = this.#at
    while (!this.#isWord('from')) {
      if (this.#peek().kind === 'end') throw syntaxError('')
      this.#at++
    }
    this.#expect('from')
    const from = this.#source()
    const rest = this.#at
    this.#at = start
    const columns = this.#columns()
    this.#expect('from')
    this.#at = rest
    const where = this.#takeWord('where') ? this.#or() : undefined
    const limit = this.#takeWord('limit') ? this.#count() : Number.POSITIVE_INFINITY
    for (const word of ['group', 'order', 'having']) if (this.#isWord(word)) throw notImplemented(word)
    if (this.#peek().kind !== 'end') throw syntaxError(this.#peek().text)
    return { columns, from, where, limit }
  }

  #source(): Path {
    this.#expect('ossobject')
    const path = this.#path()
    const { kind, text } = this.#peek()
    const explicit = this.#takeWord('as')
    if (explicit || (kind === 'name' && !/^(?:where|limit|group|order|having)$/i.test(text))) {
      this.#alias = this.#next().text.toLowerCase()
    }
    return path
  }

  #columns(): Query['columns'] {
    if (this.#takeMark('*')) return '*'
    if (this.#isWord('count') && this.#peek(1).text === '(') {
      this.#at += 2
      if (!this.#takeMark('*') || !this.#takeMark(')')) throw notImplemented('count of a column')
      if (this.#takeWord('as')) this.#next()
      return 'count'
    }
    const columns: Path[] = []
    do {
      const { kind, text } = this.#peek()
      if (kind === 'name' && this.#peek(1).text === '(') throw notImplemented(text)
      columns.push(this.#column())
      if (this.#takeWord('as')) this.#next()
    } while (this.#takeMark(','))
    const [only] = columns
    // `s.*` is all columns too.
    return columns.length === 1 && only?.[0] === '*' ? '*' : columns
  }

  #column(): Path {
    const { kind, text } = this.#next()
    if (kind !== 'name' && kind !== 'quoted') throw syntaxError(text)
    const lower = text.toLowerCase()
    if (kind === 'name' && (lower === this.#alias || lower === 'ossobject') && this.#peek().text === '.') {
      this.#at++
      if (this.#takeMark('*')) return ['*']
      return this.#column()
    }
    return [text, ...this.#path()]
  }

  /** What follows a name: `.name`, `[3]` and `[*]`. */
  #path(): (string | number)[] {
    const path: (string | number)[] = []
    for (;;) {
      if (this.#takeMark('.')) {
        path.push(this.#next().text)
      } else if (this.#takeMark('[')) {
        if (this.#takeMark('*')) path.push('*')
        else path.push(this.#count())
        if (!this.#takeMark(']')) throw syntaxError(this.#peek().text)
      } else {
        return path
      }
    }
  }

  #or(): Condition {
    if (++this.#depth > maxDepth) throw syntaxError('(')
    const parts = [this.#and()]
    while (this.#takeWord('or')) parts.push(this.#and())
    this.#depth--
    return parts.length === 1 ? (parts[0] as Condition) : { kind: 'or', parts }
  }

  #and(): Condition {
    const parts = [this.#not()]
    while (this.#takeWord('and')) parts.push(this.#not())
    return parts.length === 1 ? (parts[0] as Condition) : { kind: 'and', parts }
  }

  #not(): Condition {
    if (this.#takeWord('not')) {
      if (++this.#depth > maxDepth) throw syntaxError('not')
      const part = this.#not()
      this.#depth--
      return { kind: 'not', part }
    }
    if (!this.#takeMark('(')) return this.#comparison()
    const inner = this.#or()
    if (!this.#takeMark(')')) throw syntaxError(this.#peek().text)
    return inner
  }

  #comparison(): Condition {
    const left = this.#operand()
    if (this.#takeWord('is')) {
      const negated = this.#takeWord('not')
      this.#expect('null')
      const part: Condition = { kind: 'null', left }
      return negated ? { kind: 'not', part } : part
    }
    const negated = this.#takeWord('not')
    const part = this.#predicate(left)
    return negated ? { kind: 'not', part } : part
  }

  #predicate(left: Operand): Condition {
    if (this.#takeWord('like')) {
      const { kind, text } = this.#next()
      if (kind !== 'text') throw syntaxError(text)
      return { kind: 'like', left, pattern: likePattern(text) }
    }
    if (this.#takeWord('between')) {
      const least = this.#operand()
      this.#expect('and')
      return both(compare('>=', left, least), compare('<=', left, this.#operand()))
    }
    if (this.#takeWord('in')) {
      if (!this.#takeMark('(')) throw syntaxError(this.#peek().text)
      const parts: Condition[] = []
      do parts.push(compare('=', left, this.#operand()))
      while (this.#takeMark(','))
      if (!this.#takeMark(')')) throw syntaxError(this.#peek().text)
      return { kind: 'or', parts }
    }
    const { text } = this.#next()
    const operator = text === '<>' ? '!=' : text
    if (!['=', '!=', '<', '<=', '>', '>='].includes(operator)) throw syntaxError(text)
    return compare(operator, left, this.#operand())
  }

  #operand(): Operand {
    const { kind, text } = this.#peek()
    if (kind === 'number' || text === '-') {
      const sign = this.#takeMark('-') ? -1 : 1
      return { value: sign * Number(this.#next().text) }
    }
    if (kind === 'text') {
      this.#at++
      return { value: text }
    }
    if (kind === 'name' && /^(?:true|false|null)$/i.test(text)) {
      this.#at++
      return { value: JSON.parse(text.toLowerCase()) as Value }
    }
    if (kind === 'name' && this.#peek(1).text === '(') return this.#cast()
    return { path: this.#column() }
  }

  #cast(): Operand {
    const name = this.#next().text
    if (name.toLowerCase() !== 'cast') throw notImplemented(name)
    this.#at++
    const path = this.#column()
    this.#expect('as')
    const type = this.#next().text.toLowerCase()
    if (!this.#takeMark(')')) throw syntaxError(this.#peek().text)
    if (type === 'int' || type === 'double' || type === 'string') return { path, cast: type }
    throw notImplemented(`a cast to ${type}`)
  }

  #count(): number {
    const { kind, text } = this.#next()
    if (kind !== 'number' || !Number.isSafeInteger(Number(text))) throw syntaxError(text)
    return Number(text)
  }

  #peek(ahead = 0): Token {
    return this.#tokens[Math.min(this.#at + ahead, this.#tokens.length - 1)] as Token
  }

  #next(): Token {
    const token = this.#peek()
    if (token.kind === 'end') throw syntaxError('')
    this.#at++
    return token
  }

  #isWord(word: string): boolean {
    const { kind, text } = this.#peek()
    return kind === 'name' && text.toLowerCase() === word
  }

  #takeWord(word: string): boolean {
    const found = this.#isWord(word)
    if (found) this.#at++
    return found
  }

  #takeMark(mark: string): boolean {
    const { kind, text } = this.#peek()
    const found = kind === 'mark' && text === mark
    if (found) this.#at++
    return found
  }

  #expect(word: string): void {
    if (!this.#takeWord(word)) throw syntaxError(this.#peek().text)
  }
}

function compare(operator: string, left: Operand, right: Operand): Condition {
  return { kind: 'compare', operator, left, right }
}

function both(...parts: Condition[]): Condition {
  return { kind: 'and', parts }
}
