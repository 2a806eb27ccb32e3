import type { ClientCore } from '../client/core.js'
import { ResponseError, ServiceError, SourceChangedError } from '../errors.js'
import { type GetObjectRequest, getObject } from '../operations/index.js'
import type { ObjectBody } from '../pipeline/object-body.js'
import { send } from '../pipeline/send.js'

/** Which object, and how to ask for it. */
export type ObjectAddress = Pick<GetObjectRequest, 'bucket' | 'key' | 'versionId' | 'requestPayer'>

/** An object as it was when the file was opened: every range of it comes from the same content, or not at all. */
export class PinnedObject {
  readonly core: ClientCore
  readonly address: ObjectAddress
  readonly size: number
  readonly #etag: string | undefined

  constructor(core: ClientCore, address: ObjectAddress, size: number, etag: string | undefined) {
    this.core = core
    this.address = address
    this.size = size
    this.#etag = etag
  }

  /**
   * Asks once for the bytes from `start` up to, not including, `end`.
   *
   * @throws SourceChangedError when the object was replaced, ResponseError when the answer is about other bytes
   */
  async open(start: number, end: number, signal: AbortSignal): Promise<ObjectBody> {
    const pin = this.#etag === undefined ? {} : { ifMatch: this.#etag }
    const range = { rangeHeader: `bytes=${start}-${end - 1}`, rangeBehavior: 'standard' }
    const request = { ...this.address, ...range, ...pin }
    const answer = await send(this.core, getObject, request, { signal, retryMaxAttempts: 1 }).catch(error => {
      throw this.#explain(error)
    })
    const { statusCode, contentRange, body } = answer
    if (body === undefined) throw new ResponseError('the answer has no body', { operation: getObject.name })
    const wanted = `bytes ${start}-${end - 1}/${this.size}`
    if (statusCode === 206 && contentRange === wanted) return body
    body.destroy()
    throw new ResponseError(`asked for ${wanted}, got ${statusCode} ${contentRange ?? ''}`, {
      operation: getObject.name,
    })
  }

  #explain(error: unknown): unknown {
    if (!(error instanceof ServiceError) || error.code !== 'PreconditionFailed') return error
    return new SourceChangedError('the object was replaced while the file was open', {
      cause: error,
      operation: getObject.name,
    })
  }
}

/** What decides about further attempts while an object is read: everything may be asked for again. */
export function readPlan(core: ClientCore, signal: AbortSignal) {
  return { retryer: core.retryer, maxAttempts: core.retryMaxAttempts, repeatable: () => true, signal }
}
