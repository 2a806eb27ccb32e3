import { randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import { decodeRequest, RequestMismatch } from '../binding/serve-decode.js'
import { encodeResponse } from '../binding/serve-encode.js'
import { type Address, addressOf, checkBucketName } from './addressing.js'
import { checkAnonymous } from './auth/anonymous.js'
import { authenticate } from './auth/authenticate.js'
import { errorDocument } from './error-document.js'
import { Failure } from './failure.js'
import type { FaultEffect, FaultScript } from './faults.js'
import type { Call, Reply } from './handler.js'
import { handlers } from './handlers/index.js'
import { type Incoming, readIncoming } from './incoming.js'
import type { ServerSettings } from './options.js'
import { Disconnected, receiveBody, receiveDocument } from './receive.js'
import { type RequestLog, withoutSecrets } from './request-log.js'
import { type Outgoing, respond } from './respond.js'
import type { Route, Router } from './router.js'
import type { Store } from './storage/store.js'

/** What the dispatcher works with. */
export interface DispatchContext {
  readonly store: Store
  readonly settings: ServerSettings
  readonly router: Router
  readonly faults: FaultScript
  readonly log: RequestLog
}

/** Everything known about one request while it is answered. */
interface Exchange {
  readonly context: DispatchContext
  readonly message: IncomingMessage
  readonly response: ServerResponse
  readonly awaitsContinue: boolean
  readonly requestId: string
  readonly started: number
  incoming: Incoming | undefined
  address: Address
  route: Route | undefined
  fault: FaultEffect
  now: number
  code: string | undefined
}

/** Answers one request. Never rejects. */
export async function dispatch(
  context: DispatchContext,
  message: IncomingMessage,
  response: ServerResponse,
  awaitsContinue: boolean,
): Promise<void> {
  const exchange: Exchange = {
    context,
    message,
    response,
    awaitsContinue,
    requestId: randomBytes(12).toString('hex').toUpperCase(),
    started: performance.now(),
    incoming: undefined,
    address: { bucket: undefined, key: undefined },
    route: undefined,
    fault: {},
    now: context.settings.clock(),
    code: undefined,
  }
  let status = 0
  try {
    const outgoing = await answer(exchange)
    if (outgoing === undefined) {
      message.socket.destroy()
    } else {
      status = outgoing.status
      // An unread body is not waited for when its sender has not begun to send it.
      if (awaitsContinue && !message.readableDidRead) outgoing.headers.connection = 'close'
      await respond(response, outgoing, context.store.content, exchange.fault)
    }
  } catch (error) {
    response.destroy()
    if (!(error instanceof Disconnected)) exchange.code ??= 'InternalError'
  } finally {
    record(exchange, status)
  }
}

function record(exchange: Exchange, status: number): void {
  const { address, code, requestId, message } = exchange
  exchange.context.log.add({
    time: new Date(exchange.now),
    method: message.method ?? '',
    target: withoutSecrets(message.url ?? ''),
    operation: exchange.route?.operation.name ?? '',
    bucket: address.bucket,
    key: address.key,
    status,
    code,
    requestId,
    fault: Object.keys(exchange.fault).length > 0,
  })
}

/** The answer to a request; `undefined` when a fault takes it away. */
async function answer(exchange: Exchange): Promise<Outgoing | undefined> {
  try {
    const incoming = identify(exchange)
    const { fault } = exchange
    if (fault.delayMs !== undefined) await wait(fault.delayMs)
    if (!fault.afterEffect) {
      if (fault.dropConnection) return undefined
      throwScripted(fault)
    }
    const outgoing = encode(exchange, incoming, await perform(exchange, incoming))
    if (!fault.afterEffect) return outgoing
    if (outgoing.body !== undefined && 'segments' in outgoing.body) {
      await exchange.context.store.content.release(outgoing.body.segments)
    }
    if (fault.dropConnection) return undefined
    throwScripted(fault)
    return outgoing
  } catch (error) {
    if (error instanceof Disconnected) throw error
    const failure = error instanceof Failure ? error : error instanceof RequestMismatch ? asFailure(error) : undefined
    if (failure === undefined) reportBug(exchange, error)
    return encodeFailure(exchange, failure ?? new Failure('InternalError'))
  }
}

/** Finds out what the request is and which faults it is due. */
function identify(exchange: Exchange): Incoming {
  const { context, message } = exchange
  const incoming = readIncoming(message)
  exchange.incoming = incoming
  exchange.address = addressOf(incoming.host, incoming.path, name => context.store.find(name) !== undefined)
  exchange.route = context.router.match(incoming, exchange.address)
  const part = Number(incoming.query.partNumber)
  exchange.fault = context.faults.take({
    operation: exchange.route?.operation.name ?? '',
    bucket: exchange.address.bucket,
    key: exchange.address.key,
    partNumber: Number.isInteger(part) ? part : undefined,
  })
  exchange.now += exchange.fault.clockSkewMs ?? 0
  return incoming
}

function throwScripted(fault: FaultEffect): void {
  const { code, status, message } = fault
  if (code === undefined && status === undefined) return
  const named = code ?? (status === 429 ? 'QpsLimitExceeded' : status === 503 ? 'ServiceUnavailable' : 'InternalError')
  throw new Failure(named, {
    ...(status === undefined ? {} : { status }),
    ...(message === undefined ? {} : { message }),
  })
}

/** These answer about the access key first: the bucket need not exist yet. */
const keyBeforeBucket = new Set(['PutBucket', 'PutBucketAcl'])

async function perform(exchange: Exchange, incoming: Incoming): Promise<Reply> {
  const { context, address, route, now } = exchange
  const { store, settings } = context
  if (address.bucket !== undefined) {
    checkBucketName(address.bucket)
    if (!keyBeforeBucket.has(route?.operation.name ?? '')) store.bucket(address.bucket)
  }
  const verifier = { credentials: settings.credentials, region: settings.region, now }
  const identity = authenticate(incoming, address, verifier, route?.operation.subResource ?? [])
  const owner = identity.accessKeyId !== undefined
  const bucket = address.bucket === undefined ? undefined : store.find(address.bucket)
  if (!owner) checkAnonymous(settings.anonymous, route?.operation.name ?? '', bucket, address.key)
  const handler = route === undefined ? undefined : handlers[route.method as keyof typeof handlers]
  if (route === undefined || handler === undefined) throw new Failure('NotImplemented')
  const { operation } = route
  const call: Call = {
    store,
    settings,
    operation,
    incoming,
    address,
    requestId: exchange.requestId,
    now,
    owner,
    get bucket() {
      return store.bucket(address.bucket ?? '')
    },
    key: address.key ?? '',
    body: () => receiveBody(exchange.message, exchange.response, exchange.awaitsContinue, exchange.fault),
  }
  const takesDocument = operation.request.some(([, field]) => field.place === 'document')
  const document = takesDocument ? await receiveDocument(call) : undefined
  const request = decodeRequest(operation, { ...address, query: incoming.query, headers: incoming.headers, document })
  return (handler as (call: Call, request: unknown) => Promise<Reply>)(call, request)
}

function encode(exchange: Exchange, incoming: Incoming, reply: Reply): Outgoing {
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
  const text = reply.text?.body ?? (reply.result === undefined ? undefined : document)
  if (text !== undefined) all['content-type'] = reply.text?.contentType ?? 'application/xml'
  const body = text === undefined ? undefined : Buffer.from(text)
  if (incoming.method !== 'HEAD' && status !== 204 && status !== 304) all['content-length'] = String(body?.length ?? 0)
  return { status, headers: all, body }
}

function encodeFailure(exchange: Exchange, failure: Failure): Outgoing {
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

function asFailure({ kind, wire, value }: RequestMismatch): Failure {
  if (kind === 'document') return new Failure('MalformedXML')
  const ec = parameterEc[wire] === undefined ? {} : { ec: parameterEc[wire] }
  if (kind === 'missing') return new Failure('MissingArgument', { ...ec, details: { ArgumentName: wire } })
  const details = { ArgumentName: wire, ArgumentValue: value }
  return new Failure('InvalidArgument', { ...ec, message: `The value of ${wire} is not valid.`, details })
}

/** A bug in the server shows in the terminal of whoever tests against it, not only as a 500. */
function reportBug(exchange: Exchange, error: unknown): void {
  process.emitWarning(
    `local OSS server: ${exchange.message.method} ${withoutSecrets(exchange.message.url ?? '')} failed: ${
      error instanceof Error ? (error.stack ?? error.message) : String(error)
    }`,
  )
}
