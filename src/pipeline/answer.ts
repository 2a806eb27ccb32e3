import type { Readable } from 'node:stream'
import type { RequestDraft } from '../binding/draft.js'
import { CallbackError, OssError, RequestError, ResponseError } from '../errors.js'
import type { HttpResponse } from '../http/http-client.js'
import { ReceivedBody } from '../http/received-body.js'
import { ReceivedResponse } from '../http/received-response.js'
import { parseServiceError } from './service-error.js'

/** Largest document read into memory. A listing of 1,000 long keys is below 4 MiB. */
const documentLimit = 64 * 1024 * 1024
/** How much of an error's body is read. */
const errorLimit = 1024 * 1024

/** Reads a whole body into memory. @throws ResponseError when it is larger than the limit */
export async function readAll(body: Readable, limit = documentLimit): Promise<Buffer> {
  const chunks: Buffer[] = []
  let length = 0
  const take = (chunk: Uint8Array) => {
    length += chunk.length
    if (length > limit) throw new ResponseError(`the answer is larger than ${limit} bytes`, { retryable: false })
    chunks.push(Buffer.from(chunk))
  }
  try {
    // Most answers are small and there already: a stream with all its events would cost more than they do.
    if (body instanceof ReceivedBody) await body.drainInto(take)
    else for await (const chunk of body) take(chunk)
  } catch (cause) {
    if (cause instanceof OssError) throw cause
    throw new RequestError(`the answer broke off: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
  }
  return chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)
}

/** The body of a response, where it is small and has arrived together with the head. */
export function arrivedWith(response: HttpResponse): Buffer | undefined {
  return response instanceof ReceivedResponse ? response.takeWhole() : undefined
}

/** Whether a request asks for a callback, with a header or in its query. */
export function asksForCallback({ headers, query }: RequestDraft): boolean {
  return (headers['x-oss-callback'] ?? query.callback ?? query['x-oss-callback']) !== undefined
}

/** Whether an answer is an error: a status outside 2xx, or that of a callback that failed. */
export function isFailure(draft: RequestDraft, { statusCode }: HttpResponse): boolean {
  return statusCode < 200 || statusCode >= 300 || (statusCode === 203 && asksForCallback(draft))
}

/** Reads the service's error out of an answer that is one. */
export async function errorOf(draft: RequestDraft, url: string, response: HttpResponse): Promise<OssError> {
  const body = await readAll(response.body, errorLimit).catch(error => {
    // The status is worth more than the words that did not arrive.
    if (error instanceof RequestError || error instanceof ResponseError) return Buffer.alloc(0)
    throw error
  })
  const { statusCode, headers } = response
  const error = parseServiceError({ statusCode, headers, body, method: draft.method, url })
  return statusCode === 203 ? new CallbackError(error) : error
}

/** Metadata travels as UTF-8, which HTTP libraries may show as Latin-1. */
export function readableMetadata(headers: Record<string, string>): Record<string, string> {
  for (const name in headers) {
    if (!name.startsWith('x-oss-meta-')) continue
    const value = headers[name] as string
    if (/[\u0080-\u00ff]/.test(value) && !/[^\u0000-\u00ff]/.test(value)) {
      const decoded = Buffer.from(value, 'latin1').toString('utf8')
      if (!decoded.includes('\ufffd')) headers[name] = decoded
    }
  }
  return headers
}

/** Lets go of a body that nobody wants. */
export function discard(body: Readable): void {
  body.on('error', () => {})
  body.destroy()
}
