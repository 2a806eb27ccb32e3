/** A token of HTTP (RFC 9110, 5.6.2): what the name of a header or method is made of. */
export const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/

/** Tokens that were seen before: the headers of all requests have the same few names. */
const seen = new Set<string>()
const maxSeen = 200

/** Whether a text is a token. */
export function isToken(text: string): boolean {
  if (seen.has(text)) return true
  if (!token.test(text)) return false
  if (seen.size < maxSeen) seen.add(text)
  return true
}
