import { Failure } from '../failure.js'

/** What a policy demands of a form. */
export interface PostPolicy {
  /** Checks the fields, names in lower case. @throws Failure AccessDenied */
  readonly check: (fields: ReadonlyMap<string, string>) => void
  /** Least and largest length of the file. */
  readonly length: { readonly min: number; readonly max: number }
}

type Check = (value: string | undefined) => boolean

function invalid(message: string, ec: string): Failure {
  return new Failure('InvalidPolicyDocument', { message: `Invalid Policy: ${message}`, ec })
}

function denied(reason: string): Failure {
  return new Failure('AccessDenied', { message: `Invalid according to Policy: ${reason}`, ec: '0006-00000201' })
}

/** Reads a policy and checks that its time is not over. @throws Failure InvalidPolicyDocument, AccessDenied */
export function readPolicy(encoded: string, now: number): PostPolicy {
  const { expiration, conditions, ...others } = parse(encoded)
  const unknown = Object.keys(others)[0]
  if (expiration === undefined && conditions === undefined) {
    throw invalid('expiration and conditions are missing.', '0006-00000209')
  }
  if (unknown !== undefined) throw invalid(`unknown member ${unknown}.`, '0006-00000206')
  if (conditions === undefined) throw invalid('conditions are missing.', '0006-00000207')
  if (expiration === undefined) throw invalid('expiration is missing.', '0006-00000208')
  const isTime = typeof expiration === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/.test(expiration)
  const end = isTime ? Date.parse(expiration) : Number.NaN
  if (Number.isNaN(end)) throw invalid('expiration is not an ISO 8601 time in GMT.', '0006-00000210')
  if (now > end) throw denied('Policy expired.')
  if (!Array.isArray(conditions)) throw invalid('conditions is not a list.', '0006-00000201')
  const length = { min: 0, max: 5 * 1024 ** 3 }
  const checks = conditions.flatMap(condition => readCondition(condition, length))
  return {
    length,
    check: fields => {
      for (const { name, text, check } of checks) {
        if (!check(fields.get(name))) throw denied(`Policy Condition failed: ${text}`)
      }
    },
  }
}

function parse(encoded: string): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(encoded, 'base64').toString('utf8'))
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed))
      return parsed as Record<string, unknown>
  } catch {
    // Falls through to the same answer.
  }
  throw invalid('it is not base64 of a JSON object.', '0006-00000201')
}

interface FieldCheck {
  readonly name: string
  readonly text: string
  readonly check: Check
}

/** Reads one condition; that of the length goes into `length`. */
function readCondition(condition: unknown, length: { min: number; max: number }): FieldCheck[] {
  const text = JSON.stringify(condition)
  const bad = () => invalid(`condition ${text} is not valid.`, '0006-00000201')
  if (!Array.isArray(condition)) {
    if (typeof condition !== 'object' || condition === null) throw bad()
    return Object.entries(condition).map(([name, wanted]) => {
      if (typeof wanted !== 'string') throw bad()
      return { name: name.toLowerCase(), text, check: value => value === wanted }
    })
  }
  const [operator, subject, wanted] = condition as [unknown, unknown, unknown]
  if (operator === 'content-length-range') {
    if (!isLength(subject) || !isLength(wanted) || subject > wanted) throw bad()
    length.min = Math.max(length.min, subject)
    length.max = Math.min(length.max, wanted)
    return []
  }
  if (typeof subject !== 'string' || !subject.startsWith('$')) throw bad()
  const check = checkOf(operator, wanted)
  if (check === undefined) throw bad()
  return [{ name: subject.slice(1).toLowerCase(), text, check }]
}

function isLength(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function checkOf(operator: unknown, wanted: unknown): Check | undefined {
  if (operator === 'eq' && typeof wanted === 'string') return value => value === wanted
  if (operator === 'starts-with' && typeof wanted === 'string') return value => value?.startsWith(wanted) === true
  const list =
    Array.isArray(wanted) && wanted.every(each => typeof each === 'string') ? (wanted as string[]) : undefined
  if (operator === 'in' && list) return value => value !== undefined && list.includes(value)
  if (operator === 'not-in' && list) return value => value === undefined || !list.includes(value)
  return undefined
}
