import { ParamInvalidError, ParamRequiredError } from '../errors.js'

/** Environment variables by name, as `process.env` has them. */
export type Environment = Readonly<Record<string, string | undefined>>

/** A variable without the white space around it; `undefined` where nothing is left. */
export function readVariable(environment: Environment, name: string): string | undefined {
  return environment[name]?.trim() || undefined
}

/** Whether a variable says `true`, in any case of letters. */
export function readFlag(environment: Environment, name: string): boolean {
  return readVariable(environment, name)?.toLowerCase() === 'true'
}

/** Checks an option that must be a text. @throws ParamRequiredError or ParamInvalidError naming it */
export function requireText(name: string, value: unknown): string {
  if (value === undefined || value === null || value === '') throw new ParamRequiredError(name)
  if (typeof value !== 'string') throw new ParamInvalidError(name, 'expected a string')
  return value
}

/** Checks an option that is a duration. @throws ParamInvalidError naming it */
export function requireMilliseconds(name: string, value: number, least = 0): number {
  // No number at all fails this comparison too.
  if (typeof value === 'number' && value >= least) return value
  throw new ParamInvalidError(name, `expected milliseconds, a number of at least ${least}`)
}
