import { randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import { decodeRequest, RequestMismatch } from '../binding/serve-decode.js'
import { addressOf, checkBucketName } from './addressing.js'
import { checkAnonymous } from './auth/anonymous.js'
import { authenticate } from './auth/authenticate.js'
import { publicKeyPath } from './callback/signer.js'
import { corsHeaders } from './cors.js'
import { asFailure, encodeFailure, encodeReply } from './encode-answer.js'
import type { DispatchContext, Exchange } from './exchange.js'
import { Failure } from './failure.js'
import type { FaultEffect } from './faults.js'
import type { Call, Reply } from './handler.js'
import { handlers } from './handlers/index.js'
import { type Incoming, readIncoming } from './incoming.js'
import { refusesPublic } from './public-access.js'
import { Disconnected, hangUp, receiveBody, receiveDocument } from './receive.js'
import { withoutSecrets } from './request-log.js'
import { discard, type Outgoing, respond } from './respond.js'

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
      hangUp(message, response)
    } else {
      status = outgoing.status
      // An unread body is not waited for when its sender has not begun to send it.
      if (awaitsContinue && !message.readableDidRead) outgoing.headers.connection = 'close'
      addCorsHeaders(exchange, outgoing)
      await respond(response, outgoing, context.store.content, exchange.fault)
    }
  } catch (error) {
    response.destroy()
    if (!(error instanceof Disconnected)) exchange.code ??= 'InternalError'
  } finally {
    record(exchange, status)
  }
}

/** Tells browsers that a page of another origin may see the answer, if a rule says so. */
function addCorsHeaders({ context, incoming, address, route }: Exchange, outgoing: Outgoing): void {
  const origin = incoming?.headers.origin
  const bucket = address.bucket === undefined ? undefined : context.store.find(address.bucket)
  if (incoming === undefined || origin === undefined || bucket === undefined) return
  if (route?.operation.name === 'OptionObject') return
  Object.assign(outgoing.headers, corsHeaders(bucket, { origin, method: incoming.method, headers: [] }))
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
    if (isPublicKeyRequest(exchange, incoming)) return await publicKeyAnswer(exchange)
    const { fault } = exchange
    if (fault.delayMs !== undefined) await wait(fault.delayMs)
    if (!fault.afterEffect) {
      if (fault.dropConnection) return undefined
      throwScripted(fault)
    }
    const outgoing = encodeReply(exchange, incoming, await perform(exchange, incoming))
    if (!fault.afterEffect) return outgoing
    if (fault.dropConnection || fault.code !== undefined || fault.status !== undefined) {
      await discard(outgoing.body, exchange.context.store.content)
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

/** The key has a path that can't be a bucket's, as long as no bucket is named by the host. */
function isPublicKeyRequest({ address }: Exchange, { method, path }: Incoming): boolean {
  return method === 'GET' && path === publicKeyPath && path === `/${address.bucket}`
}

async function publicKeyAnswer({ context }: Exchange): Promise<Outgoing> {
  const body = Buffer.from(await context.callbackSigner.publicKey())
  const headers = { 'content-type': 'application/x-x509-ca-cert', 'content-length': String(body.length) }
  return { status: 200, headers, body }
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

/** Browsers ask for permission without a signature, and forms have one inside. */
const unsigned = new Set(['OptionObject', 'PostObject'])

async function perform(exchange: Exchange, incoming: Incoming): Promise<Reply> {
  const { context, address, route, now } = exchange
  const { store, settings } = context
  if (address.bucket !== undefined) {
    checkBucketName(address.bucket)
    if (!keyBeforeBucket.has(route?.operation.name ?? '')) store.bucket(address.bucket)
  }
  const owner = admit(exchange, incoming)
  const handler = route === undefined ? undefined : handlers[route.method]
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
    clientAddress: (exchange.message.socket?.remoteAddress ?? '').replace(/^::ffff:/, ''),
    callbackSigner: context.callbackSigner,
    get bucket() {
      return store.bucket(address.bucket ?? '')
    },
    key: address.key ?? '',
    body: () => receiveBody(exchange.message, exchange.response, exchange.awaitsContinue, exchange.fault),
  }
  const takesDocument = operation.request.some(([, field]) => field.place === 'document')
  const document = takesDocument ? await receiveDocument(call) : undefined
  const request = decodeRequest(operation, { ...address, query: incoming.query, headers: incoming.headers, document })
  return handler(call, request as Readonly<Record<string, unknown>>)
}

/** Finds out whether the owner sent a request, and refuses what others may not do. */
function admit({ context, address, route, now }: Exchange, incoming: Incoming): boolean {
  const { store, settings } = context
  const name = route?.operation.name ?? ''
  if (unsigned.has(name)) return false
  const verifier = { credentials: settings.credentials, region: settings.region, now }
  const identity = authenticate(incoming, address, verifier, route?.operation.subResource ?? [])
  if (identity.accessKeyId !== undefined) return true
  const bucket = address.bucket === undefined ? undefined : store.find(address.bucket)
  checkAnonymous(settings.anonymous, name, bucket, address.key, refusesPublic(store, bucket))
  return false
}

/** A bug in the server shows in the terminal of whoever tests against it, not only as a 500. */
function reportBug(exchange: Exchange, error: unknown): void {
  process.emitWarning(
    `local OSS server: ${exchange.message.method} ${withoutSecrets(exchange.message.url ?? '')} failed: ${
      error instanceof Error ? (error.stack ?? error.message) : String(error)
    }`,
  )
}
