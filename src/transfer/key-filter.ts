import { ParamInvalidError } from '../errors.js'

/**
 * Which files or keys take part. Patterns are matched against names relative to the folder or prefix, with `/` between
 * folders on every system.
 *
 * - `*` stands for any characters but `/`, `?` for one of them, `[a-z]` and `[!a-z]` for one of a set, `**` for anything.
 * - `**` followed by `/` stands for any number of folders, also none. `{a,b}` stands for either, `\` takes the next
 *   character as it is.
 * - A pattern without `/` is matched against the last name: `*.log` fits in every folder. With `/` it is matched against
 *   the whole; a leading `/` only ties it to the top.
 */
export interface KeyFilterOptions {
  /** Only what fits one of these. Everything when absent. */
  include?: readonly string[]
  /** Not what fits one of these; stronger than `include`. */
  exclude?: readonly string[]
}

/** Decides by {@link KeyFilterOptions}. */
export class KeyFilter {
  readonly #include: readonly RegExp[] | undefined
  readonly #exclude: readonly RegExp[]
  readonly #excludeTrees: readonly RegExp[]

  constructor({ include, exclude }: KeyFilterOptions) {
    this.#include = include && compile('include', include)
    this.#exclude = compile('exclude', exclude ?? [])
    this.#excludeTrees = compile(
      'exclude',
      (exclude ?? []).filter(pattern => pattern.endsWith('/**')),
    )
  }

  /** Whether a relative key takes part. Folders are asked about by their key, which ends in `/`. */
  takes(key: string): boolean {
    if (key.endsWith('/') && this.prunes(key)) return false
    const name = key.endsWith('/') ? key.slice(0, -1) : key
    if (this.#exclude.some(pattern => pattern.test(name))) return false
    return this.#include === undefined || this.#include.some(pattern => pattern.test(name))
  }

  /** Whether nothing below a folder can take part, so that it need not be looked at. */
  prunes(folder: string): boolean {
    // A pattern that ends in `/**` and fits one name below the folder fits all of them.
    return this.#excludeTrees.some(pattern => pattern.test(`${folder}\0`))
  }
}

function compile(option: string, patterns: readonly string[]): RegExp[] {
  if (!Array.isArray(patterns) || patterns.some(pattern => typeof pattern !== 'string' || pattern === ''))
    throw new ParamInvalidError(option, 'expected an array of patterns')
  return patterns.map(pattern => {
    try {
      return globToRegExp(pattern)
    } catch {
      throw new ParamInvalidError(option, `cannot read the pattern ${JSON.stringify(pattern)}`)
    }
  })
}

/** Translates one pattern. @throws SyntaxError for a set or choice that does not end */
export function globToRegExp(pattern: string): RegExp {
  const anchored = pattern.includes('/')
  const source = translate(pattern.startsWith('/') ? pattern.slice(1) : pattern)
  return new RegExp(`^${anchored ? '' : '(?:.*/)?'}${source}$`, 'su')
}

function translate(glob: string): string {
  let source = ''
  let depth = 0
  for (let at = 0; at < glob.length; at++) {
    const rest = glob.slice(at)
    const folders = (at === 0 || glob[at - 1] === '/') && rest.startsWith('**/')
    const set = /^\[([!^]?)(\]?[^\]]*)\]/.exec(rest)
    const character = String.fromCodePoint(glob.codePointAt(at) as number)
    if (folders) {
      source += '(?:.*/)?'
      at += 2
    } else if (rest.startsWith('**')) {
      source += '.*'
      at += 1
    } else if (character === '*') source += '[^/]*'
    else if (character === '?') source += '[^/]'
    else if (character === '[' && set) {
      source += `(?!/)[${set[1] ? '^' : ''}${(set[2] as string).replace(/[\\[\]^]/g, '\\$&')}]`
      at += set[0].length - 1
    } else if (character === '{') {
      source += '(?:'
      depth++
    } else if (character === '}' && depth > 0) {
      source += ')'
      depth--
    } else if (character === ',' && depth > 0) source += '|'
    else if (character === '[' || (character === '\\' && rest.length === 1)) throw new SyntaxError('unfinished pattern')
    else {
      const literal = character === '\\' ? String.fromCodePoint(glob.codePointAt(at + 1) as number) : character
      at += (character === '\\' ? 1 : 0) + literal.length - 1
      source += literal.replace(/[\\^$.*+?()[\]{}|/]/gu, '\\$&')
    }
  }
  if (depth > 0) throw new SyntaxError('unfinished pattern')
  return source
}
