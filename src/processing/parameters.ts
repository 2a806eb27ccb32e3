import { ParamInvalidError, ParamRequiredError } from '../errors.js'

/** Turns an option into the value of a parameter, or gives `undefined` for what the service would not take. */
export interface Rule {
  /** What is accepted, for error messages. */
  readonly expects: string
  readonly write: (value: unknown) => string | undefined
}

/** How the options of an action become its parameters: name of the parameter and rule, in the order of writing. */
export type Parameters<Options> = { readonly [K in keyof Options]-?: readonly [name: string, rule: Rule] }

/** A whole number between two bounds, ends included. */
export function range(min: number, max: number): Rule {
  const inside = (value: unknown) => Number.isSafeInteger(value) && Number(value) >= min && Number(value) <= max
  return {
    expects: `an integer from ${min} to ${max}`,
    write: value => (inside(value) ? String(value) : undefined),
  }
}

/** One of several words. */
export function word(...known: string[]): Rule {
  return {
    expects: known.join(', '),
    write: value => (typeof value === 'string' && known.includes(value) ? value : undefined),
  }
}

/** Yes and no as two words. */
export function flag(yes = '1', no = '0'): Rule {
  return { expects: 'a boolean', write: value => (typeof value === 'boolean' ? (value ? yes : no) : undefined) }
}

/** A flag that is left out when it is off. */
export function mark(name: string): Rule {
  return { expects: 'a boolean', write: value => (typeof value === 'boolean' ? (value ? name : '') : undefined) }
}

/** A color as `RRGGBB`, with or without `#`. */
export const color: Rule = {
  expects: 'a color such as FF8800',
  write: value => (typeof value === 'string' ? /^#?([0-9a-f]{6})$/i.exec(value)?.[1]?.toUpperCase() : undefined),
}

/** Any text, in URL-safe base64 because the parameter's own grammar has `,` and `/`. */
export function encodedText(longest: number): Rule {
  return {
    expects: `a text that is not empty, at most ${longest} characters once encoded`,
    write: value => {
      if (typeof value !== 'string' || value === '') return undefined
      const encoded = urlSafeBase64(value)
      return encoded.length <= longest ? encoded : undefined
    },
  }
}

/** Base64 as RFC 4648 writes it for URLs, without padding. */
export function urlSafeBase64(text: string): string {
  return Buffer.from(text).toString('base64url')
}

/**
 * Writes an action with its parameters: `resize,m_fill,w_100`.
 * @throws ParamInvalidError or ParamRequiredError naming action and option
 */
export function writeAction<Options extends object>(
  action: string,
  parameters: Parameters<Options>,
  options: Options,
  ...required: (keyof Options & string)[]
): string {
  if (typeof options !== 'object' || options === null) throw new ParamInvalidError(action, 'expected an object')
  const values = options as Readonly<Record<string, unknown>>
  for (const name of Object.keys(values)) {
    if (!Object.hasOwn(parameters, name)) throw new ParamInvalidError(`${action}.${name}`, 'there is no such option')
  }
  for (const name of required) if (values[name] === undefined) throw new ParamRequiredError(`${action}.${name}`)
  let written = action
  for (const [name, [wire, rule]] of Object.entries<readonly [string, Rule]>(parameters)) {
    if (values[name] === undefined) continue
    const value = writeValue(rule, values[name], `${action}.${name}`)
    if (value !== '') written += wire === '' ? `,${value}` : `,${wire}_${value}`
  }
  return written
}

/** Writes one value. @throws ParamInvalidError naming it */
export function writeValue(rule: Rule, value: unknown, path: string): string {
  const written = rule.write(value)
  if (written === undefined) throw new ParamInvalidError(path, `expected ${rule.expects}`)
  return written
}
