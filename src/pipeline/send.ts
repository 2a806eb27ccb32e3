import { decodeResponse } from '../binding/decode-response.js'
import type { RequestDraft } from '../binding/draft.js'
import { encodeRequest } from '../binding/encode-request.js'
import type { Operation, OperationData, OperationRequest } from '../binding/operation.js'
import type { Credentials } from '../credentials/credentials.js'
import { InconsistentError, OssError, ParamInvalidError } from '../errors.js'
import type { HttpRequest, HttpResponse } from '../http/http-client.js'
import { contentTypeOf } from '../internal/content-type.js'
import { Crc64, crc64 } from '../native/checksum.js'
import { isWireBody, type WireBody } from '../native/wire.js'
import { type CallTrace, isCallWatched, traceCall } from '../observability/request-trace.js'
import { throwUnanswered } from '../retry/retry-quota.js'
import { encodeQuery } from '../signing/encode.js'
import { arrivedWith, asksForCallback, discard, errorOf, isFailure, readAll, readableMetadata } from './answer.js'
import { contentMd5, type Payload, toPayload } from './body.js'
import type { OperationOptions, PipelineContext, ProgressListener } from './context.js'
import { type Deadline, withDeadline } from './deadline.js'
import { ObjectBody } from './object-body.js'
import { ProgressMeter } from './progress.js'
import { withRetry } from './retry.js'
import { type FramedAnswer, framedBody, readEndFrame } from './select-frames.js'
import { fetchCredentials, noteCredentials, signingContext } from './sign.js'

/**
 * Bytes in memory above this length are handed over in pieces, so that progress shows and stalls are noticed. A link that needs
 * longer than `readwriteTimeout` for so many is taken for dead: with the default, one of less than 13 kB/s.
 */
const wholeBufferLimit = 256 * 1024

/** What stands over one call: its time limit, and those who want to know about it. */
interface Supervision {
  readonly deadline: Deadline | undefined
  readonly trace: CallTrace | undefined
}

const unsupervised: Supervision = { deadline: undefined, trace: undefined }

/** Carries one call through all steps: encode, sign, send, check, decode, and again if it is worth it. */
export function send<Req extends OperationRequest, Res>(
  context: PipelineContext,
  operation: Operation<Req, Res>,
  request: NoInfer<Req>,
  options: OperationOptions = {},
): Promise<Res> {
  const { logger, region } = context
  const limited = (options?.totalTimeout ?? context.totalTimeout) !== 0
  const watched = isCallWatched(logger)
  if (!limited && !watched) return perform(context, operation, request, options, unsupervised)
  const run = (trace: CallTrace | undefined) =>
    withDeadline(context, options, (within, deadline) =>
      perform(context, operation, request, within, { deadline, trace }),
    )
  if (!watched) return run(undefined)
  return traceCall(logger, { ...request, operation: operation.name, region }, options?.signal, run)
}

async function perform<Req extends OperationRequest, Res>(
  context: PipelineContext,
  operation: Operation<Req, Res>,
  request: NoInfer<Req>,
  options: OperationOptions,
  supervision: Supervision,
): Promise<Res> {
  try {
    options.signal?.throwIfAborted()
    const draft = encodeRequest(operation, withExtras(request, options))
    const prepared = prepareBody(operation, draft)
    const payload = prepared instanceof Promise ? await prepared : prepared
    finishHeaders(operation, draft, request, payload)
    const exchange = new Exchange(context, operation, draft, payload, request, options, supervision)
    return await withRetry(context, exchange.plan(), () => exchange.attempt())
  } catch (error) {
    if (error instanceof OssError) error.operation ??= operation.name
    throw error
  }
}

function withExtras<Req extends OperationRequest>(request: Req, options: OperationOptions): Req {
  if (!options.headers && !options.parameters) return request
  return {
    ...request,
    headers: { ...request.headers, ...options.headers },
    parameters: { ...request.parameters, ...options.parameters },
  }
}

/** Makes the body ready. Only files are waited for, and bodies whose digest goes into a header. */
function prepareBody(operation: OperationData, draft: RequestDraft): Payload | undefined | Promise<Payload> {
  if (draft.body === undefined) return undefined
  const payload = toPayload(draft.body)
  if (!operation.contentMd5 || draft.headers['content-md5'] !== undefined) return payload
  return payload instanceof Promise ? payload.then(collect) : collect(payload)
}

async function collect(payload: Payload): Promise<Payload> {
  if (payload.bytes) return payload
  const chunks: Uint8Array[] = []
  for await (const chunk of payload.open()) chunks.push(chunk)
  return toPayload(Buffer.concat(chunks))
}

/** Adds the headers that depend on the body. */
function finishHeaders(
  operation: OperationData,
  draft: RequestDraft,
  request: object,
  payload: Payload | undefined,
): void {
  const { headers } = draft
  const detect = !('disableAutoDetectMimeType' in request && request.disableAutoDetectMimeType)
  if (operation.contentTypeFromKey && detect) headers['content-type'] ??= contentTypeOf(draft.key ?? '')
  if (operation.contentMd5) headers['content-md5'] ??= contentMd5(payload?.bytes ?? new Uint8Array())
  checkLength(headers, payload)
  const length = payload ? payload.length : draft.method === 'GET' || draft.method === 'HEAD' ? undefined : 0
  if (length !== undefined) headers['content-length'] ??= String(length)
}

/** A Content-Length below the body's makes OSS store a truncated object without a word. */
function checkLength(headers: Record<string, string>, payload: Payload | undefined): void {
  const stated = headers['content-length']
  // Without a body, bytes that are only announced would be taken from the next request on the connection.
  const length = payload === undefined ? 0 : payload.length
  if (stated === undefined || length === undefined) return
  if (!/^\d+$/.test(stated) || Number(stated) !== length) {
    throw new ParamInvalidError('contentLength', `is ${stated}, but the body has ${length} bytes`)
  }
}

/** One call under way: what stays the same over its attempts. */
class Exchange<Res> {
  readonly #context: PipelineContext
  readonly #operation: Operation<unknown, Res>
  readonly #draft: RequestDraft
  readonly #payload: Payload | undefined
  readonly #request: object
  readonly #options: OperationOptions
  readonly #supervision: Supervision
  readonly #progress: ProgressMeter
  #opened = false
  /** Id of the present attempt's answer. */
  #requestId: string | undefined

  constructor(
    context: PipelineContext,
    operation: Operation<unknown, Res>,
    draft: RequestDraft,
    payload: Payload | undefined,
    request: object,
    options: OperationOptions,
    supervision: Supervision,
  ) {
    this.#supervision = supervision
    this.#context = context
    this.#operation = operation
    this.#draft = draft
    this.#payload = payload
    this.#request = request
    this.#options = options
    const fromRequest = 'progressFn' in request ? (request.progressFn as ProgressListener | undefined) : undefined
    this.#progress = new ProgressMeter([fromRequest, options.onProgress], payload?.length)
    draft.headers['user-agent'] = context.userAgent
  }

  plan() {
    const { retryMaxAttempts, retryer, signal } = this.#options
    return {
      retryer: retryer ?? this.#context.retryer,
      maxAttempts: Math.max(1, retryMaxAttempts ?? retryer?.maxAttempts ?? this.#context.retryMaxAttempts),
      repeatable: () => !this.#opened || this.#payload === undefined || this.#payload.replayable,
      signal,
      deadline: this.#supervision.deadline,
      trace: this.#supervision.trace,
    }
  }

  attempt(): Promise<Res> {
    const { trace } = this.#supervision
    if (trace === undefined) return this.#attempt()
    const { host } = this.#context.target(this.#draft.bucket, this.#draft.key)
    return trace.attempt(host, () => this.#attempt())
  }

  async #attempt(): Promise<Res> {
    this.#requestId = undefined
    const given = this.#context.anonymous ? undefined : fetchCredentials(this.#context, this.#options.signal)
    const credentials = given instanceof Promise ? await given : given
    const { url, headers } = this.#sign(credentials)
    try {
      return await this.#exchange(url, headers)
    } catch (error) {
      noteCredentials(error, credentials)
      if (error instanceof OssError && this.#requestId !== undefined) error.requestId ??= this.#requestId
      throw error
    }
  }

  async #exchange(url: string, headers: Record<string, string>): Promise<Res> {
    const crc = this.#payload && this.#operation.checkCrc && this.#context.uploadCrc64Check ? new Crc64() : undefined
    const response = await this.#transmit(url, headers, crc)
    this.#requestId = response.headers['x-oss-request-id']
    this.#supervision.trace?.answered(response.statusCode, this.#requestId)
    if (isFailure(this.#draft, response)) throw await errorOf(this.#draft, url, response)
    readableMetadata(response.headers)
    const result = this.#operation.streams
      ? this.#handOver(url, response)
      : this.#decode(url, response, arrivedWith(response) ?? (await readAll(response.body)))
    if (crc) this.#checkCrc(crc, response)
    const bytes = this.#payload?.bytes
    if (bytes && bytes.byteLength <= wholeBufferLimit) this.#progress.add(bytes.byteLength)
    return result
  }

  #sign(credentials: Credentials | undefined): { url: string; headers: Record<string, string> } {
    const { scheme, host, path } = this.#context.target(this.#draft.bucket, this.#draft.key)
    let { query, headers } = this.#draft
    if (credentials) {
      const signing = signingContext(this.#context, this.#draft, this.#operation.subResource, credentials)
      this.#context.signer.sign(signing)
      ;({ query, headers } = signing)
    }
    const search = encodeQuery(query)
    const url = `${scheme}://${host}${path}${search === '' ? '' : `?${search}`}`
    return { url, headers: bytesAsLatin1(headers) }
  }

  async #transmit(url: string, headers: Record<string, string>, crc: Crc64 | undefined): Promise<HttpResponse> {
    const { connectTimeout, readwriteTimeout, httpClient, bulk } = this.#context
    const request: HttpRequest = {
      method: this.#draft.method,
      url,
      headers,
      body: this.#body(crc),
      signal: this.#options.signal,
      timeouts: { connect: connectTimeout, readwrite: this.#options.readwriteTimeout ?? readwriteTimeout },
      bulk,
    }
    let response = await httpClient.send(request).catch(throwUnanswered)
    const mayFollow = this.#context.enabledRedirect && (request.method === 'GET' || request.method === 'HEAD')
    let target: string | undefined = url
    for (let hops = 0; mayFollow && hops < 5; hops++) {
      target = redirectOf(response, target)
      if (target === undefined) break
      discard(response.body)
      response = await httpClient.send({ ...request, url: target, headers: forHost(headers, url, target) })
    }
    return response
  }

  /** Small bodies go as one buffer; others as a sequence that is watched, and checksummed unless that is done. */
  #body(crc: Crc64 | undefined): HttpRequest['body'] {
    const payload = this.#payload
    this.#progress.restart()
    const { trace } = this.#supervision
    trace?.sending()
    if (payload === undefined) return undefined
    if (payload.bytes && payload.bytes.byteLength <= wholeBufferLimit) {
      trace?.sent(payload.bytes.byteLength)
      return payload.bytes
    }
    const unknown = payload.bytes || payload.crc64 !== undefined ? undefined : crc
    const watched = unknown || this.#progress.active || trace || !payload.replayable
    return watched ? this.#watched(payload, unknown) : payload.open()
  }

  #watched(payload: Payload, crc: Crc64 | undefined): AsyncIterable<Uint8Array> | WireBody {
    const body = payload.open()
    const pieces = this.#pieces(body, crc)
    if (crc || !isWireBody(body)) return pieces
    return {
      [Symbol.asyncIterator]: () => pieces,
      sendOver: async (...over) => {
        this.#opened = true
        const progress = await body.sendOver(...over)
        this.#passed(progress.count)
        return progress
      },
    }
  }

  async *#pieces(body: AsyncIterable<Uint8Array>, crc: Crc64 | undefined): AsyncGenerator<Uint8Array> {
    // Not before somebody reads: where no connection came about, a body that can be read only once was not read.
    this.#opened = true
    for await (const chunk of body) {
      crc?.update(chunk)
      yield chunk
      this.#passed(chunk.byteLength)
    }
  }

  #passed(bytes: number): void {
    this.#supervision.trace?.sent(bytes)
    this.#progress.add(bytes)
  }

  #checkCrc(crc: Crc64, response: HttpResponse): void {
    const stated = response.headers['x-oss-hash-crc64ecma']
    if (stated === undefined) return
    const { bytes, crc64: known } = this.#payload as Payload
    const actual = (known ?? (bytes ? crc64(bytes) : crc.digest())).toString()
    if (actual !== stated) throw new InconsistentError(actual, stated, { operation: this.#operation.name })
  }

  /** Makes the result of an answer whose body is handed over as a stream. */
  #handOver(url: string, response: HttpResponse): Res {
    const { statusCode, headers } = response
    this.#supervision.trace?.received(Number(headers['content-length'] ?? 0))
    const stream = this.#objectBody(url, response)
    return decodeResponse(this.#operation, { statusCode, headers, callback: false, text: '', stream })
  }

  /** Makes the result of an answer that is there as a whole. */
  #decode(url: string, response: HttpResponse, content: Buffer): Res {
    const { statusCode, headers } = response
    const callback = asksForCallback(this.#draft)
    this.#supervision.trace?.received(content.byteLength)
    if (this.#operation.frames) {
      const local = readEndFrame(content, this.#framed(url, response))
      return decodeResponse(this.#operation, { statusCode, headers, callback, text: '', local })
    }
    return decodeResponse(this.#operation, { statusCode, headers, callback, text: content.toString('utf8') })
  }

  #framed(url: string, { headers }: HttpResponse): FramedAnswer {
    const checksums = this.#operation.frames?.checksums?.(this.#request as never) ?? false
    const requestTarget = `${this.#draft.method} ${url.replace(/[?#].*$/s, '')}`
    return { requestTarget, headers, checksums }
  }

  #objectBody(url: string, response: HttpResponse): ObjectBody {
    const { headers } = response
    const length = headers['content-length']
    const meter = new ProgressMeter([this.#options.onProgress], length === undefined ? undefined : Number(length))
    const options = {
      operation: this.#operation.name,
      requestId: this.#requestId,
      signal: this.#options.signal,
      onChunk: meter.active ? (bytes: number) => meter.add(bytes) : undefined,
      flow: response.flow,
      expectedCrc64: this.#expectedCrc64(response),
    }
    const framed = this.#operation.frames && headers['x-oss-select-output-raw'] !== 'true'
    if (framed) return framedBody(response.body, this.#framed(url, response), options)
    return new ObjectBody(arrivedWith(response) ?? response.body, options)
  }

  /** The stated CRC-64 is the whole object's: a range or a processed image has another. */
  #expectedCrc64({ statusCode, headers }: HttpResponse): string | undefined {
    if (!this.#operation.checkReceivedCrc || !this.#context.downloadCrc64Check) return undefined
    const ranged = statusCode !== 200 || headers['content-range'] !== undefined
    return ranged || this.#draft.query['x-oss-process'] !== undefined ? undefined : headers['x-oss-hash-crc64ecma']
  }
}

/** Where an answer sends the request on to; nothing when it does not, or to what is no address of HTTP. */
function redirectOf({ statusCode, headers }: HttpResponse, from: string): string | undefined {
  const location = headers.location
  if (location === undefined || ![301, 302, 303, 307, 308].includes(statusCode)) return undefined
  if (!URL.canParse(location, from)) return undefined
  const { href, protocol, username, password } = new URL(location, from)
  const plain = /^https?:$/.test(protocol) && username === '' && password === ''
  return plain ? href : undefined
}

/** Another host gets the request, but nothing that proves who sent it. */
function forHost(headers: Record<string, string>, from: string, to: string): Record<string, string> {
  if (new URL(from).origin === new URL(to).origin) return headers
  const secret = ['authorization', 'x-oss-security-token', 'security-token']
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !secret.includes(name)))
}

/** HTTP carries bytes: OSS headers are signed and sent as the UTF-8 bytes of their characters. */
function bytesAsLatin1(headers: Record<string, string>): Record<string, string> {
  for (const name in headers) {
    if (!name.startsWith('x-oss-')) continue
    const value = headers[name] as string
    if (/[^\u0000-\u007f]/.test(value)) headers[name] = Buffer.from(value, 'utf8').toString('latin1')
  }
  return headers
}
