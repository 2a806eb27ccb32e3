import type { RequestMismatch } from '../binding/serve-decode.js'
import { encodeResponse } from '../binding/serve-encode.js'
import { errorDocument } from './error-document.js'
import type { Exchange } from './exchange.js'
import { Failure } from './failure.js'
import type { Reply } from './handler.js'
import type { Incoming } from './incoming.js'
import type { Outgoing } from './respond.js'

/** Makes an answer of what a handler replied. */
export function encodeReply(exchange: Exchange, incoming: Incoming, reply: Reply): Outgoing {
  const operation = exchange.route?.operation
  if (operation === undefined) throw new Failure('NotImplemented')
  const { headers, document } = encodeResponse(operation, reply.result ?? {}, {
    ...(reply.urlEncode === undefined ? {} : { urlEncode: reply.urlEncode }),
    ...(reply.root === undefined ? {} : { root: reply.root }),
  })
  const all: Record<string, string> = { ...common(exchange), ...headers, ...reply.headers }
  const status = reply.status ?? 200
  if (reply.content !== undefined) {
    all['content-length'] = String(reply.content.length)
    return { status, headers: all, body: reply.content }
  }
  if (reply.stream !== undefined) return { status, headers: all, body: reply.stream }
  if (reply.bytes !== undefined) {
    const { body, contentType } = reply.bytes
    return { status, headers: { ...all, 'content-type': contentType, 'content-length': String(body.length) }, body }
  }
  const text = reply.text?.body ?? (reply.result === undefined ? undefined : document)
  if (text !== undefined) all['content-type'] = reply.text?.contentType ?? 'application/xml'
  const body = text === undefined ? undefined : Buffer.from(text)
  if (incoming.method !== 'HEAD' && status !== 204 && status !== 304) all['content-length'] = String(body?.length ?? 0)
  return { status, headers: all, body }
}

/** Makes an answer of a failure: a document, or for HEAD a header that holds it. */
export function encodeFailure(exchange: Exchange, failure: Failure): Outgoing {
  exchange.code = failure.code
  const hostId = (exchange.incoming?.host ?? '').replace(/:\d+$/, '')
  const document = Buffer.from(errorDocument(failure, { requestId: exchange.requestId, hostId }))
  const headers: Record<string, string> = { ...common(exchange), ...failure.headers }
  if (failure.status === 304) return { status: 304, headers, body: undefined }
  headers['x-oss-ec'] = failure.ec
  if (exchange.message.method === 'HEAD') {
    headers['x-oss-err'] = document.toString('base64')
    return { status: failure.status, headers, body: undefined }
  }
  headers['content-type'] = 'application/xml'
  headers['content-length'] = String(document.length)
  return { status: failure.status, headers, body: document }
}

function common(exchange: Exchange): Record<string, string> {
  return {
    server: 'AliyunOSS',
    date: new Date(exchange.now).toUTCString(),
    'x-oss-request-id': exchange.requestId,
    'x-oss-server-time': String(Math.round(performance.now() - exchange.started)),
  }
}

/** Finer numbers of errors about one parameter. */
const parameterEc: Readonly<Record<string, string>> = {
  partNumber: '0017-00000220',
  position: '0016-00000501',
  'x-oss-forbid-overwrite': '0017-00000279',
  'x-oss-symlink-target': '0043-00000001',
  'x-oss-traffic-limit': '0004-00000502',
}

/** The failure for a request that does not fit its operation's table. */
export function asFailure({ kind, wire, value }: RequestMismatch): Failure {
  if (kind === 'document') return new Failure('MalformedXML')
  const ec = parameterEc[wire] === undefined ? {} : { ec: parameterEc[wire] }
  if (kind === 'missing') return new Failure('MissingArgument', { ...ec, details: { ArgumentName: wire } })
  const details = { ArgumentName: wire, ArgumentValue: value }
  return new Failure('InvalidArgument', { ...ec, message: `The value of ${wire} is not valid.`, details })
}
