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

const [tab, space, colon] = [0x09, 0x20, 0x3a]

/**
 * Reads the head of an answer, without the empty line at its end. Strict: what could be understood in two ways is an error,
 * because the next answer on the connection would then begin in two places.
 *
 * @param text begins with the head, a character for each byte, each line with its line break
 * @param length of the head
 * @throws HTTPParserError
 */
export function parseResponseHead(text: string, length: number, method: string): ResponseHead {
  const firstEnd = text.indexOf('\r\n')
  const status = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: [^\r\n\0]*)?$/.exec(text.slice(0, firstEnd))
  if (!status) throw malformed('the status line is not one of HTTP/1.1')
  const zero = text.indexOf('\0')
  if (zero >= 0 && zero < length) throw malformed('a header is malformed')
  const headers: Record<string, string> = {}
  let known = statusLine
  for (let at = firstEnd + 2; at < length; ) {
    known = nameAt(text, at, known)
    at = addHeader(headers, known.name, text, at + known.written.length + 1)
  }
  const statusCode = Number(status[2])
  if (statusCode === 101) throw malformed('it changes to a protocol that nobody asked for')
  return {
    statusCode,
    headers,
    framing: framingOf(headers, method, statusCode),
    keepAlive: keepsAlive(headers.connection, status[1] === '1'),
    idleLimit: idleLimitOf(headers['keep-alive']),
  }
}

/** Reads the value that begins at `start`, and says where the next line does. */
function addHeader(headers: Record<string, string>, name: string, text: string, start: number): number {
  const end = text.indexOf('\r', start)
  // The first line feed is the one behind it, or the line could be taken for two.
  if (text.indexOf('\n', start) !== end + 1) throw malformed('a header is malformed')
  let from = start
  while (isBlank(text.charCodeAt(from))) from++
  let to = end
  while (to > from && isBlank(text.charCodeAt(to - 1))) to--
  set(headers, name, text.slice(from, to))
  return end + 2
}

function isBlank(code: number): boolean {
  return code === space || code === tab
}

function set(headers: Record<string, string>, name: string, value: string): void {
  const before = headers[name]
  if (before === undefined) headers[name] = value
  else if (!Object.hasOwn(headers, name))
    // Every object has something of this name, such as `constructor`.
    Object.defineProperty(headers, name, { value, enumerable: true, writable: true, configurable: true })
  else if (name === 'content-length') throw malformed('there are two lengths')
  else headers[name] = `${before}, ${value}`
}

/** Name of a header. */
interface KnownName {
  readonly written: string
  /** In lower case. */
  readonly name: string
  /** What followed it last time. */
  next: KnownName | undefined
}

/** What the first header follows. */
const statusLine: KnownName = { written: '', name: '', next: undefined }
/** By how they are written: the answers of a service have the same few. */
const names = new Map<string, KnownName>()
const maxNames = 200

/** The name of the header that begins at `start`: nearly always the one that followed the one before it last time, too. */
function nameAt(text: string, start: number, before: KnownName): KnownName {
  const { next } = before
  if (next && text.startsWith(next.written, start) && text.charCodeAt(start + next.written.length) === colon)
    return next
  const written = text.slice(start, Math.max(start, text.indexOf(':', start)))
  // A line that begins with a space would continue the one before it: nobody sends that any more, and it is refused.
  if (!token.test(written)) throw malformed('a header is malformed')
  let known = names.get(written)
  if (known === undefined) {
    known = { written, name: written.toLowerCase(), next: undefined }
    if (names.size < maxNames) names.set(written, known)
  }
  before.next = known
  return known
}

function keepsAlive(connection: string | undefined, byDefault: boolean): boolean {
  if (connection === undefined || connection === 'keep-alive') return byDefault || connection !== undefined
  const tokens = connection.toLowerCase().split(/[\t ,]+/)
  return !tokens.includes('close') && (byDefault || tokens.includes('keep-alive'))
}

function framingOf(headers: Record<string, string>, method: string, statusCode: number): Framing {
  const length = headers['content-length']
  const encoding = headers['transfer-encoding']
  if (length !== undefined && !/^\d{1,15}$/.test(length)) throw malformed('the length is not a number')
  if (length !== undefined && encoding !== undefined) throw malformed('there is a length and an encoding')
  if (encoding !== undefined && encoding.toLowerCase() !== 'chunked') throw malformed('the encoding is unknown')
  if (method === 'HEAD' || statusCode === 204 || statusCode === 304 || statusCode < 200) return 0
  if (encoding !== undefined) return 'chunked'
  return length === undefined ? 'close' : Number(length)
}

function idleLimitOf(keepAlive: string | undefined): number | undefined {
  if (keepAlive === undefined) return undefined
  const found = /(?:^|[ ,])timeout=(\d{1,6})/i.exec(keepAlive)
  return found ? Number(found[1]) * 1000 : undefined
}

/** The error for bytes that are not HTTP. */
export function malformed(reason: string): Error {
  return new errors.HTTPParserError(`the answer is not HTTP: ${reason}`)
}

/**
 * Milliseconds for which a connection may be kept idle: no longer than the other side keeps it, less the time that a request
 * may be on its way, as undici reckons.
 */
export function idleTime(wanted: number, idleLimit: number | undefined): number {
  return idleLimit === undefined ? wanted : Math.min(wanted, idleLimit - 2000)
}
