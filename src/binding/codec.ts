/**
 * Turns one value into text and back. Used for headers, query parameters, and XML text alike.
 * `encode` gives `undefined` for a value of the wrong type, `decode` for text it cannot read: the caller names the field.
 */
export interface Codec<T> {
  /** What a correct value is, for error messages: "a string". */
  readonly expects: string
  /** Text that may be percent-encoded in answers, see {@link listedText}. */
  readonly urlEncodable?: boolean
  readonly encode: (value: T) => string | undefined
  readonly decode: (text: string) => T | undefined
}

/** Any text, sent and kept exactly as it is. */
export const text: Codec<string> = {
  expects: 'a string',
  encode: value => (typeof value === 'string' ? value : undefined),
  decode: value => value,
}

/** Text that the service percent-encodes when its answer says `<EncodingType>url</EncodingType>`: keys, prefixes, markers. */
export const listedText: Codec<string> = { ...text, urlEncodable: true }

/** A union of known spellings that lets other strings through, because the service may learn new ones. */
export type Open<Known extends string> = Known | (string & {})

/** Text with known spellings; see {@link Open}. */
export function oneOf<Known extends string>(..._known: Known[]): Codec<Open<Known>> {
  return text
}

/** A whole number. */
export const int: Codec<number> = {
  expects: 'an integer',
  encode: value => (Number.isSafeInteger(value) ? String(value) : undefined),
  decode: value => (/^\s*[+-]?\d+\s*$/.test(value) ? Number(value) : undefined),
}

/** Any finite number. */
export const float: Codec<number> = {
  expects: 'a finite number',
  encode: value => (Number.isFinite(value) ? String(value) : undefined),
  decode: value => (value.trim() !== '' && Number.isFinite(Number(value)) ? Number(value) : undefined),
}

/** `true` or `false`; any case is read. */
export const bool: Codec<boolean> = {
  expects: 'a boolean',
  encode: value => (typeof value === 'boolean' ? String(value) : undefined),
  decode: value => {
    const lower = value.trim().toLowerCase()
    return lower === 'true' ? true : lower === 'false' ? false : undefined
  },
}

function validDate(value: Date): boolean {
  return value instanceof Date && !Number.isNaN(value.getTime())
}

function readDate(value: string): Date | undefined {
  const date = new Date(value)
  return Number.isNaN(date.getTime()) ? undefined : date
}

/** A time as `2024-01-13T03:30:09Z`, with milliseconds only when there are any. */
export const isoDate: Codec<Date> = {
  expects: 'a valid Date',
  encode: value => (validDate(value) ? value.toISOString().replace('.000Z', 'Z') : undefined),
  decode: readDate,
}

/** A day, written as `2024-01-13T00:00:00.000Z`. */
export const isoDay: Codec<Date> = {
  expects: 'a valid Date',
  encode: value => (validDate(value) ? `${value.toISOString().slice(0, 10)}T00:00:00.000Z` : undefined),
  decode: readDate,
}

/** A time as in HTTP headers: `Tue, 16 Jan 2024 03:30:09 GMT`. */
export const httpDate: Codec<Date> = {
  expects: 'a valid Date',
  encode: value => (validDate(value) ? value.toUTCString() : undefined),
  decode: readDate,
}

/** A time as whole seconds since 1970. */
export const unixTime: Codec<Date> = {
  expects: 'a valid Date',
  encode: value => (validDate(value) ? String(Math.floor(value.getTime() / 1000)) : undefined),
  decode: value => (/^\d+$/.test(value.trim()) ? new Date(Number(value) * 1000) : undefined),
}
