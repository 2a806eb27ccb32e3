import type { IncomingMessage } from 'node:http'
import { Failure } from './failure.js'

/** A request taken apart, before anyone asks what it means. */
export interface Incoming {
  readonly method: string
  /** Path as it was sent, encoded. */
  readonly path: string
  /** Query parameters, decoded; of repeated ones the first. */
  readonly query: Readonly<Record<string, string>>
  /** Headers, names in lower case, values byte for byte as Latin-1. */
  readonly headers: Readonly<Record<string, string>>
  readonly host: string
}

/** Takes a request apart. @throws Failure InvalidURI */
export function readIncoming(message: IncomingMessage): Incoming {
  let target = message.url ?? '/'
  // Through a proxy the target may be a whole URL.
  const absolute = /^https?:\/\/[^/?]*/i.exec(target)
  if (absolute !== null) target = target.slice(absolute[0].length)
  if (!target.startsWith('/')) target = `/${target}`
  const mark = target.indexOf('?')
  const headers: Record<string, string> = Object.create(null)
  for (const [name, value] of Object.entries(message.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value
  }
  return {
    method: message.method ?? 'GET',
    path: mark < 0 ? target : target.slice(0, mark),
    query: readQuery(mark < 0 ? '' : target.slice(mark + 1)),
    headers,
    host: headers.host ?? '',
  }
}

function readQuery(source: string): Record<string, string> {
  const query: Record<string, string> = Object.create(null)
  for (const pair of source.split('&')) {
    if (pair === '') continue
    const equals = pair.indexOf('=')
    const name = decodePart(equals < 0 ? pair : pair.slice(0, equals))
    if (!(name in query)) query[name] = equals < 0 ? '' : decodePart(pair.slice(equals + 1))
  }
  return query
}

function decodePart(encoded: string): string {
  try {
    return decodeURIComponent(encoded.replaceAll('+', ' '))
  } catch {
    throw new Failure('InvalidURI')
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Text of a header value as its sender meant it. Node gives every byte as one character; senders write UTF-8, a few write
 * Latin-1, and bytes that are no UTF-8 can only be the latter.
 */
export function headerText(value: string): string {
  if (/^[\u0000-\u007f]*$/.test(value)) return value
  try {
    return utf8.decode(Buffer.from(value, 'latin1'))
  } catch {
    return value
  }
}
