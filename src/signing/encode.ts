import { ParamInvalidError } from '../errors.js'

const plainPath = /^[A-Za-z0-9_.~/-]*$/
const plainPart = /^[A-Za-z0-9_.~-]*$/

/**
 * Percent-encodes a key for the path of a URL and for the canonical request. `A-Z a-z 0-9 _ . - ~ /` stay as they are,
 * everything else becomes its UTF-8 bytes in upper-case hex.
 * @param field name of the parameter for the error message
 * @throws ParamInvalidError when the key holds half of a surrogate pair: it has no UTF-8 form, and replacing it would
 * make two different keys one.
 */
export function encodePath(key: string, field = 'key'): string {
  return plainPath.test(key) ? key : encodeComponent(key, field).replaceAll('%2F', '/')
}

/**
 * Percent-encodes a name or a value for a query. Only `A-Z a-z 0-9 _ . - ~` stay as they are: `/` becomes `%2F` and a
 * space `%20`.
 * @param field name of the parameter for the error message
 * @throws ParamInvalidError when the text holds half of a surrogate pair
 */
export function encodeQueryPart(value: string, field = 'parameters'): string {
  return plainPart.test(value) ? value : encodeComponent(value, field)
}

/** How {@link encodeQuery} writes a query. */
export interface QueryStyle {
  /** Writes a parameter whose value is empty as `name` rather than `name=`, as presigned URLs do. @default false */
  readonly bareEmpty?: boolean
}

/**
 * Writes query parameters in their own order, encoded and joined with `&`, without the leading `?`. Gives an empty string
 * when there are none.
 * @throws ParamInvalidError naming the parameter that cannot be written as UTF-8
 */
export function encodeQuery(query: Readonly<Record<string, string>>, style: QueryStyle = {}): string {
  let written = ''
  for (const name of Object.keys(query)) {
    const value = query[name]!
    if (written !== '') written += '&'
    written += encodeQueryPart(name)
    if (value !== '') written += `=${encodeQueryPart(value, `parameters.${name}`)}`
    else if (!style.bareEmpty) written += '='
  }
  return written
}

function encodeComponent(text: string, field: string): string {
  let encoded: string
  try {
    encoded = encodeURIComponent(text)
  } catch (cause) {
    throw new ParamInvalidError(field, 'the text holds half of a surrogate pair, which has no UTF-8 form', { cause })
  }
  return encoded.replace(/[!'()*]/g, mark => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`)
}
