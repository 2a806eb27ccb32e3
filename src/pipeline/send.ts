import { decodeResponse } from '../binding/decode-response.js'
import type { RequestDraft } from '../binding/draft.js'
import { encodeRequest } from '../binding/encode-request.js'
import type { Operation, OperationData, OperationRequest } from '../binding/operation.js'
import type { Credentials } from '../credentials/credentials.js'
import { InconsistentError, OssError, ParamInvalidError } from '../errors.js'
import type { HttpRequest, HttpResponse } from '../http/http-client.js'
import { contentTypeOf } from '../internal/content-type.js'
import { Crc64, crc64 } from '../native/checksum.js'
import { throwUnanswered } from '../retry/retry-quota.js'
import { encodeQuery } from '../signing/encode.js'
import { asksForCallback, checkStatus, discard, readAll, readableMetadata } from './answer.js'
import { contentMd5, type Payload, toPayload } from './body.js'
import type { OperationOptions, PipelineContext, ProgressListener } from './context.js'
import { ObjectBody } from './object-body.js'
import { ProgressMeter } from './progress.js'
import { withRetry } from './retry.js'
import { type FramedAnswer, framedBody, readEndFrame } from './select-frames.js'
import { fetchCredentials, noteCredentials, signingContext } from './sign.js'

/** Bytes in memory above this length are handed over in pieces, so that progress shows and stalls are noticed. */
const wholeBufferLimit = 1024 * 1024

/** Carries one call through all steps: encode, sign, send, check, decode, and again if it is worth it. */
export async function send<Req extends OperationRequest, Res>(
  context: PipelineContext,
  operation: Operation<Req, Res>,
  request: NoInfer<Req>,
  options: OperationOptions = {},
): Promise<Res> {
  try {
    options.signal?.throwIfAborted()
    const draft = encodeRequest(operation, withExtras(request, options))
    const payload = await finishBody(operation, draft, request)
    const exchange = new Exchange(context, operation, draft, payload, request, options)
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

/** Prepares the body and the headers that depend on it. */
async function finishBody(
  operation: OperationData,
  draft: RequestDraft,
  request: object,
): Promise<Payload | undefined> {
  const { headers } = draft
  let payload = draft.body === undefined ? undefined : await toPayload(draft.body)
  const detect = !('disableAutoDetectMimeType' in request && request.disableAutoDetectMimeType)
  if (operation.contentTypeFromKey && detect) headers['content-type'] ??= contentTypeOf(draft.key ?? '')
  if (operation.contentMd5 && headers['content-md5'] === undefined) {
    if (payload && payload.bytes === undefined) payload = await collect(payload)
    headers['content-md5'] = contentMd5(payload?.bytes ?? new Uint8Array())
  }
  checkLength(headers, payload)
  const length = payload ? payload.length : draft.method === 'GET' || draft.method === 'HEAD' ? undefined : 0
  if (length !== undefined) headers['content-length'] ??= String(length)
  return payload
}

async function collect(payload: Payload): Promise<Payload> {
  const chunks: Uint8Array[] = []
  for await (const chunk of payload.open()) chunks.push(chunk)
  return toPayload(Buffer.concat(chunks))
}

/** A Content-Length below the body's makes OSS store a truncated object without a word. */
function checkLength(headers: Record<string, string>, payload: Payload | undefined): void {
  const stated = headers['content-length']
  if (stated === undefined || payload?.length === undefined) return
  if (Number(stated) !== payload.length) {
    throw new ParamInvalidError('contentLength', `is ${stated}, but the body has ${payload.length} bytes`)
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
  readonly #progress: ProgressMeter
  #opened = false

  constructor(
    context: PipelineContext,
    operation: Operation<unknown, Res>,
    draft: RequestDraft,
    payload: Payload | undefined,
    request: object,
    options: OperationOptions,
  ) {
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
    }
  }

  async attempt(): Promise<Res> {
    const { url, headers, credentials } = await this.#sign()
    try {
      return await this.#exchange(url, headers)
    } catch (error) {
      noteCredentials(error, credentials)
      throw error
    }
  }

  async #exchange(url: string, headers: Record<string, string>): Promise<Res> {
    const crc = this.#payload && this.#operation.checkCrc && this.#context.uploadCrc64Check ? new Crc64() : undefined
    const response = await this.#transmit(url, headers, crc)
    await checkStatus(this.#draft, url, response)
    readableMetadata(response.headers)
    const result = await this.#decode(url, response)
    if (crc) this.#checkCrc(crc, response)
    const bytes = this.#payload?.bytes
    if (bytes && bytes.byteLength <= wholeBufferLimit) this.#progress.add(bytes.byteLength)
    return result
  }

  async #sign(): Promise<{ url: string; headers: Record<string, string>; credentials: Credentials | undefined }> {
    const { scheme, host, path } = this.#context.target(this.#draft.bucket, this.#draft.key)
    let { query, headers } = this.#draft
    let credentials: Credentials | undefined
    if (!this.#context.anonymous) {
      credentials = await fetchCredentials(this.#context, this.#options.signal)
      const signing = signingContext(this.#context, this.#draft, this.#operation.subResource, credentials)
      this.#context.signer.sign(signing)
      ;({ query, headers } = signing)
    }
    const search = encodeQuery(query)
    const url = `${scheme}://${host}${path}${search === '' ? '' : `?${search}`}`
    return { url, headers: bytesAsLatin1(headers), credentials }
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
    for (let hops = 0; mayFollow && hops < 5 && isRedirect(response); hops++) {
      discard(response.body)
      const target = new URL(response.headers['location'] as string, url).href
      response = await httpClient.send({ ...request, url: target, headers: forHost(headers, url, target) })
    }
    return response
  }

  /** Small bodies go as one buffer; others as a sequence that is watched, and checksummed unless that is done. */
  #body(crc: Crc64 | undefined): HttpRequest['body'] {
    const payload = this.#payload
    this.#progress.restart()
    this.#opened = true
    if (payload === undefined) return undefined
    if (payload.bytes && payload.bytes.byteLength <= wholeBufferLimit) return payload.bytes
    const unknown = payload.bytes || payload.crc64 !== undefined ? undefined : crc
    return unknown || this.#progress.active ? this.#watched(payload, unknown) : payload.open()
  }

  async *#watched(payload: Payload, crc: Crc64 | undefined): AsyncGenerator<Uint8Array> {
    for await (const chunk of payload.open()) {
      crc?.update(chunk)
      yield chunk
      this.#progress.add(chunk.byteLength)
    }
  }

  #checkCrc(crc: Crc64, response: HttpResponse): void {
    const stated = response.headers['x-oss-hash-crc64ecma']
    if (stated === undefined) return
    const { bytes, crc64: known } = this.#payload as Payload
    const actual = (known ?? (bytes ? crc64(bytes) : crc.digest())).toString()
    if (actual !== stated) throw new InconsistentError(actual, stated, { operation: this.#operation.name })
  }

  async #decode(url: string, response: HttpResponse): Promise<Res> {
    const { statusCode, headers, body } = response
    const callback = asksForCallback(this.#draft)
    if (this.#operation.streams) {
      return decodeResponse(this.#operation, {
        statusCode,
        headers,
        callback,
        text: '',
        stream: this.#objectBody(url, response),
      })
    }
    const content = await readAll(body)
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
      signal: this.#options.signal,
      onChunk: meter.active ? (bytes: number) => meter.add(bytes) : undefined,
    }
    if (this.#operation.frames && headers['x-oss-select-output-raw'] !== 'true') {
      return framedBody(response.body, this.#framed(url, response), options)
    }
    // The stated CRC-64 is the whole object's: a range or a processed image has another.
    const ranged = response.statusCode !== 200 || headers['content-range'] !== undefined
    const whole = this.#operation.checkReceivedCrc && !ranged && this.#draft.query['x-oss-process'] === undefined
    return new ObjectBody(response.body, {
      ...options,
      expectedCrc64: whole && this.#context.downloadCrc64Check ? headers['x-oss-hash-crc64ecma'] : undefined,
    })
  }
}

function isRedirect({ statusCode, headers }: HttpResponse): boolean {
  return [301, 302, 303, 307, 308].includes(statusCode) && headers['location'] !== undefined
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
