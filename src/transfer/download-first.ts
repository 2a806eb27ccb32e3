import type { ClientCore } from '../client/core.js'
import { ServiceError } from '../errors.js'
import { onAbort } from '../internal/on-abort.js'
import { type GetObjectRequest, type GetObjectResult, getObject, type HeadObjectResult } from '../operations/index.js'
import type { ObjectBody } from '../pipeline/object-body.js'
import { send } from '../pipeline/send.js'

/**
 * The first bytes of an object that were asked for without knowing it: the answer says what a HEAD would say, and small
 * objects need no second request.
 */
export class FirstAnswer {
  /** What the answer says about the whole object. */
  readonly head: HeadObjectResult
  readonly #body: ObjectBody
  readonly #length: number
  readonly #stop: AbortController
  #taken = false

  private constructor(head: HeadObjectResult, body: ObjectBody, length: number, stop: AbortController) {
    this.head = head
    this.#body = body
    this.#length = length
    this.#stop = stop
  }

  /**
   * Asks for at most `length` bytes. Nothing when the answer does not tell what the object is, such as for an empty one, of
   * which no range can be had: then it takes a HEAD.
   */
  static async ask(
    core: ClientCore,
    request: GetObjectRequest,
    length: number,
    signal: AbortSignal | undefined,
  ): Promise<FirstAnswer | undefined> {
    // The body may be read under another signal, which is narrower.
    const stop = new AbortController()
    const stopListening = onAbort(signal, () => stop.abort(signal?.reason))
    try {
      const range = { rangeHeader: `bytes=0-${length - 1}`, rangeBehavior: 'standard' }
      const answer = await send(core, getObject, { ...request, ...range }, { signal: stop.signal })
      const { body } = answer
      if (body === undefined) return undefined
      const size = sizeOf(answer, length)
      if (size === undefined) {
        body.destroy()
        return undefined
      }
      return new FirstAnswer(headOf(answer, size), body, Math.min(length, size), stop)
    } catch (error) {
      if (error instanceof ServiceError && error.code === 'InvalidRange') return undefined
      throw error
    } finally {
      stopListening()
    }
  }

  /** The body, once, for who reads exactly its bytes; it ends with the signal. */
  take(offset: number, length: number, signal: AbortSignal): ObjectBody | undefined {
    if (this.#taken || offset !== 0) return undefined
    if (length !== this.#length) {
      this.close()
      return undefined
    }
    this.#taken = true
    const stopListening = onAbort(signal, () => this.#stop.abort(signal.reason))
    this.#body.once('close', stopListening)
    return this.#body
  }

  /** Lets go of the connection, unless the body was taken. */
  close(): void {
    if (this.#taken) return
    this.#taken = true
    this.#body.destroy()
  }
}

/** Length of the whole object, if the answer is about exactly the bytes that were asked for. */
function sizeOf({ statusCode, contentRange }: GetObjectResult, length: number): number | undefined {
  const found = /^bytes 0-(\d+)\/(\d+)$/.exec(contentRange ?? '')
  const size = Number(found?.[2])
  return statusCode === 206 && Number(found?.[1]) === Math.min(length, size) - 1 ? size : undefined
}

/** What a HEAD would have said. */
function headOf({ body, contentRange, ...answer }: GetObjectResult, size: number): HeadObjectResult {
  const { 'content-range': _, ...headers } = answer.headers
  return { ...answer, statusCode: 200, contentLength: size, headers: { ...headers, 'content-length': String(size) } }
}
