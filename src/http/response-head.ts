import { token } from '../internal/token.js'
import { errors } from './undici.js'

/** How the end of a body is known: by its length, by chunks that say so, or by the end of the connection. */
export type Framing = number | 'chunked' | 'close'

/** What stands before the body of an answer. */
export interface ResponseHead {
  readonly statusCode: number
  /** Headers, names in lower case; repeated ones joined with a comma. */
  readonly headers: Record<string, string>
  readonly framing: Framing
  /** Whether the connection may carry another request afterwards. */
  readonly keepAlive: boolean
  /** Milliseconds for which the other side keeps an idle connection, where it says so. */
  readonly idleLimit: number | undefined
}

/** No line break, no NUL: a value that holds one could be read in two ways. */
const value = /^[^\r\n\0]*$/

/**
 * Reads the head of an answer, without the empty line at its end. Strict: what could be understood in two ways is an error,
 * because the next answer on the connection would then begin in two places.
 *
 * @param text the head, a character for each byte
 * @throws HTTPParserError
 */
export function parseResponseHead(text: string, method: string): ResponseHead {
  const [first = '', ...lines] = text.split('\r\n')
  const status = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: [^\r\n\0]*)?$/.exec(first)
  if (!status) throw malformed('the status line is not one of HTTP/1.1')
  const headers: Record<string, string> = Object.create(null)
  for (const line of lines) addHeader(headers, line)
  const statusCode = Number(status[2])
  const tokens = (headers.connection ?? '').toLowerCase().split(/[\t ,]+/)
  return {
    statusCode,
    headers: { ...headers },
    framing: framingOf(headers, method, statusCode),
    keepAlive: !tokens.includes('close') && (status[1] === '1' || tokens.includes('keep-alive')),
    idleLimit: idleLimitOf(headers['keep-alive']),
  }
}

function addHeader(headers: Record<string, string>, line: string): void {
  const colon = line.indexOf(':')
  const key = line.slice(0, colon).toLowerCase()
  const content = line.slice(colon + 1).replace(/^[\t ]+|[\t ]+$/g, '')
  // A line that begins with a space would continue the one before it: nobody sends that any more, and it is refused.
  if (colon < 1 || !token.test(key) || !value.test(content)) throw malformed('a header is malformed')
  const before = headers[key]
  if (before !== undefined && key === 'content-length') throw malformed('there are two lengths')
  headers[key] = before === undefined ? content : `${before}, ${content}`
}

function framingOf(headers: Record<string, string>, method: string, statusCode: number): Framing {
  const { 'content-length': length, 'transfer-encoding': encoding } = headers
  if (length !== undefined && !/^\d{1,15}$/.test(length)) throw malformed('the length is not a number')
  if (length !== undefined && encoding !== undefined) throw malformed('there is a length and an encoding')
  if (encoding !== undefined && encoding.toLowerCase() !== 'chunked') throw malformed('the encoding is unknown')
  if (method === 'HEAD' || statusCode === 204 || statusCode === 304 || statusCode < 200) return 0
  if (encoding !== undefined) return 'chunked'
  return length === undefined ? 'close' : Number(length)
}

function idleLimitOf(keepAlive: string | undefined): number | undefined {
  const found = /(?:^|[ ,])timeout=(\d{1,6})/i.exec(keepAlive ?? '')
  return found ? Number(found[1]) * 1000 : undefined
}

/** The error for bytes that are not HTTP. */
export function malformed(reason: string): Error {
  return new errors.HTTPParserError(`the answer is not HTTP: ${reason}`)
}
