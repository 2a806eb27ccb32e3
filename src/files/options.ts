import { ParamInvalidError } from '../errors.js'

/** Checks that options are an object with no other fields than these. @throws ParamInvalidError naming the option */
export function checkOptions(name: string, options: unknown, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null) throw new ParamInvalidError(name, 'expected an object')
  for (const field of Object.keys(options)) {
    if (!known.includes(field)) throw new ParamInvalidError(field, 'there is no option of this name')
  }
}

/** Checks a count or a number of bytes. @throws ParamInvalidError naming the option */
export function checkInteger(name: string, value: unknown, least: number): void {
  if (value === undefined || (Number.isSafeInteger(value) && (value as number) >= least)) return
  throw new ParamInvalidError(name, `expected an integer of at least ${least}`)
}

/** Checks a signal. @throws ParamInvalidError */
export function checkSignal(value: unknown): void {
  if (value !== undefined && !(value instanceof AbortSignal)) {
    throw new ParamInvalidError('signal', 'expected an AbortSignal')
  }
}
