import { isToken } from '../internal/token.js'
import type { HttpRequest } from './http-client.js'

/** What belongs to the connection is for whoever makes the connection to say. */
const ofConnection = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
  'expect',
  'te',
])

/** A request as it is sent. */
export interface RequestHead {
  /** Head with the empty line at its end, a byte for each character. */
  readonly text: string
  /** Bytes of the body. */
  readonly length: number
}

/**
 * Writes the head of a request, if it is a plain one: a body whose length is known, and nothing that asks for more than an
 * answer. `undefined` for any other.
 *
 * @param host for the Host header, unless the request has one
 */
export function requestHead(request: HttpRequest, host: string, path: string): RequestHead | undefined {
  const { method, headers, body } = request
  if (!isToken(method) || method === 'CONNECT' || !/^\/[!-~]*$/.test(path)) return undefined
  const length = lengthOf(headers['content-length'], body)
  if (length === undefined) return undefined
  let text = `${method} ${path} HTTP/1.1\r\n`
  if (headers.host === undefined) text += `host: ${host}\r\n`
  text += 'connection: keep-alive\r\n'
  for (const name in headers) {
    const value = headers[name] as string
    if (!isToken(name) || ofConnection.has(name) || !/^[^\r\n\0\u0100-\uffff]*$/.test(value)) return undefined
    if (name !== 'content-length') text += `${name}: ${value}\r\n`
  }
  if (length > 0 || (method !== 'GET' && method !== 'HEAD')) text += `content-length: ${length}\r\n`
  return { text: `${text}\r\n`, length }
}

function lengthOf(stated: string | undefined, body: HttpRequest['body']): number | undefined {
  const length = stated === undefined ? undefined : /^\d{1,15}$/.test(stated) ? Number(stated) : Number.NaN
  const known = body === undefined ? 0 : body instanceof Uint8Array ? body.byteLength : length
  return known === undefined || (length ?? known) !== known ? undefined : known
}
