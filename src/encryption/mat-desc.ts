import { ParamInvalidError } from '../errors.js'

/** Description of a master key as plain data. */
export type MatDesc = Readonly<Record<string, string>>

/**
 * Writes a description as the header carries it: JSON in ASCII, spaced the way the Python SDK does it, so that SDKs that
 * compare text find the key too. Empty for an empty description.
 */
export function formatMatDesc(matDesc: MatDesc | null | undefined): string {
  if (matDesc === undefined || matDesc === null) return ''
  if (typeof matDesc !== 'object' || Array.isArray(matDesc)) throw invalid()
  const entries = Object.entries(matDesc)
  if (!entries.every(([, value]) => typeof value === 'string')) throw invalid()
  if (entries.length === 0) return ''
  return `{${entries.map(([name, value]) => `${ascii(name)}: ${ascii(value)}`).join(', ')}}`
}

/** A JSON string without anything that a header could not carry. */
function ascii(text: string): string {
  return JSON.stringify(text).replace(
    /[\u007f-\uffff]/g,
    unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

function invalid(): ParamInvalidError {
  return new ParamInvalidError('matDesc', 'expected an object of strings')
}

/** Whether two descriptions say the same: spacing and order do not matter where both are JSON. */
export function sameMatDesc(a: string, b: string): boolean {
  return a === b || canonical(a) === canonical(b)
}

function canonical(text: string): string {
  try {
    return JSON.stringify(sorted(JSON.parse(text)))
  } catch {
    return text
  }
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).sort(([x], [y]) => (x < y ? -1 : 1))
  // As pairs: an object would move names that look like numbers to the front, and `__proto__` elsewhere.
  return { entries: entries.map(([name, inner]) => [name, sorted(inner)]) }
}
