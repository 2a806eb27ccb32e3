import type { ClientCore } from '../client/core.js'
import { InconsistentError, ResponseError, ServiceError, SourceChangedError } from '../errors.js'
import type { CipherSpec } from '../native/engine.js'
import type { WireSink } from '../native/wire.js'
import { type GetObjectRequest, getObject, type HeadObjectResult, headObject } from '../operations/index.js'
import type { ObjectBody } from '../pipeline/object-body.js'
import { send } from '../pipeline/send.js'
import { FirstAnswer } from './download-first.js'
import { type ByteRange, resolveRange } from './download-range.js'
import type { DownloadRequest, DownloadResult } from './download-request.js'
import { gather, type PartBuffers, tooLong } from './gather.js'
import { ResumingRetry } from './transfer-retry.js'

/** Received bytes are passed on in batches of at least this size: fewer, larger writes cost less. */
export const batch = 1024 * 1024
/** An attempt that brought this much is progress, and attempts are counted anew. */
const progress = 256 * 1024

/** Where bytes of a part go, in order. */
export interface PartTarget {
  /** Buffers that the bytes may come in, valid until they are written. */
  readonly buffers: PartBuffers
  /** Writes what has come. */
  write(chunks: readonly Uint8Array[]): Promise<void>
  /** Lets native threads write what comes. Absent where they cannot. */
  readonly sink?: WireSink | undefined
}

/** What a download reads: bytes of one object in one state of it. */
export interface DownloadableObject {
  readonly size: number
  /** The bytes that were asked for. */
  readonly range: ByteRange
  readonly head: HeadObjectResult
  /** The outcome, once all bytes are written. @throws InconsistentError when they are not those the service has */
  result(crc: bigint): DownloadResult
  /** Reads bytes in batches from a place in the object, not in the range. */
  read(offset: number, length: number, signal: AbortSignal, buffers?: PartBuffers): AsyncGenerator<Uint8Array[]>
  /** {@link DownloadableObject.read} into a target. */
  fetch(offset: number, length: number, signal: AbortSignal, target: PartTarget): Promise<void>
  /** For what is read encrypted, and is to be written decrypted: the key stream from a place in the object on. */
  cipherAt?(offset: number): CipherSpec
  /** Called when nothing more is read. */
  close?(): void
}

/** An object that is pinned by its entity tag and version: whatever is read of it belongs to the same bytes. */
export class PinnedObject implements DownloadableObject {
  readonly size: number
  /** The bytes that were asked for. */
  readonly range: ByteRange
  readonly head: HeadObjectResult
  readonly #core: ClientCore
  readonly #request: GetObjectRequest
  readonly #first: FirstAnswer | undefined
  /** Failures that are not to be mended. */
  readonly #final = new WeakSet<object>()

  private constructor(core: ClientCore, request: DownloadRequest, head: HeadObjectResult, first?: FirstAnswer) {
    const { ifMatch, ifNoneMatch, ifModifiedSince, ifUnmodifiedSince, progressFn, rangeHeader, ...rest } = request
    this.#core = core
    this.head = head
    this.#first = first
    this.size = head.contentLength ?? 0
    this.range = resolveRange(rangeHeader, this.size)
    // Conditions were settled by the first request; from here on the entity tag pins the object.
    this.#request = { ...rest, ...(head.versionId !== undefined && { versionId: head.versionId }) }
  }

  /**
   * Asks what the object is: with a HEAD, or, where it is said how long the first part will be, by asking for that.
   *
   * @throws ServiceError when there is none, ParamInvalidError for a range it does not have
   */
  static async find(
    core: ClientCore,
    request: DownloadRequest,
    signal: AbortSignal | undefined,
    firstLength?: number,
  ): Promise<PinnedObject> {
    if (request?.rangeHeader !== undefined) resolveRange(request.rangeHeader, Number.MAX_SAFE_INTEGER)
    const { progressFn, ...about } = request ?? {}
    const first =
      firstLength === undefined
        ? undefined
        : await FirstAnswer.ask(core, about as GetObjectRequest, firstLength, signal)
    const head = first?.head ?? (await send(core, headObject, conditionsOf(about), signal ? { signal } : {}))
    return new PinnedObject(core, request, head, first)
  }

  close(): void {
    this.#first?.close()
  }

  /** Whether all bytes were asked for, so that the service's CRC-64 is theirs. */
  get whole(): boolean {
    return this.range.length === this.size
  }

  /** The outcome, once all bytes are written. @throws InconsistentError when they are not those the service has */
  result(crc: bigint): DownloadResult {
    const { etag, versionId, headers, hashCrc64: stated } = this.head
    const hashCrc64 = crc.toString()
    if (this.whole && this.#core.downloadCrc64Check && stated !== undefined && stated !== hashCrc64) {
      throw new InconsistentError(hashCrc64, stated, { operation: 'GetObject', retryable: false })
    }
    return { written: this.range.length, hashCrc64, headers, ...(etag && { etag }), ...(versionId && { versionId }) }
  }

  /**
   * Reads bytes in batches. A connection that breaks or stalls is replaced by one that goes on from the byte it broke at.
   *
   * @param offset place in the object, not in the range
   * @param buffers where batches lie; those of a pool are valid until the next batch is asked for
   */
  async *read(offset: number, length: number, signal: AbortSignal, buffers = fresh): AsyncGenerator<Uint8Array[]> {
    const retry = new ResumingRetry(this.#core, signal)
    for (let done = 0; done < length; ) {
      const before = done
      try {
        const body = await this.#body(offset + done, length - done, signal)
        for await (const bytes of received(body, length - done, buffers)) {
          done += bytes.length
          yield [bytes]
        }
      } catch (error) {
        await this.#mend(retry, error, done - before)
      }
    }
  }

  /** {@link PinnedObject.read} into a target: where both can, bytes go there without passing through JavaScript. */
  async fetch(offset: number, length: number, signal: AbortSignal, target: PartTarget): Promise<void> {
    const retry = new ResumingRetry(this.#core, signal)
    const { sink, buffers } = target
    for (let done = 0; done < length; ) {
      const before = done
      const counted: WireSink | undefined =
        sink &&
        (async (wire, limit, timeout) => {
          if (done === length) throw new ResponseError(tooLong)
          const count = await sink(wire, Math.min(limit, length - done), timeout)
          done += count
          return count
        })
      try {
        const body = await this.#body(offset + done, length - done, signal)
        if (counted && (await body.deliver(counted))) {
          if (done < length) throw tooShort(done - before, length - before)
          continue
        }
        for await (const bytes of received(body, length - done, buffers)) {
          await target.write([bytes])
          done += bytes.length
        }
      } catch (error) {
        await this.#mend(retry, error, done - before)
      }
    }
  }

  /** Waits before the next attempt, or throws the error when there is to be none. */
  async #mend(retry: ResumingRetry, error: unknown, gained: number): Promise<void> {
    if (this.#final.has(error as object)) throw error
    await retry.after(error, gained >= progress)
  }

  /** The body of the answer that is there already, or is asked for. */
  async #body(offset: number, length: number, signal: AbortSignal): Promise<ObjectBody> {
    return this.#first?.take(offset, length, signal) ?? this.#ask(offset, offset + length - 1, signal)
  }

  /** The body of an answer that is about exactly this range. */
  async #ask(offset: number, last: number, signal: AbortSignal): Promise<ObjectBody> {
    const { etag } = this.head
    const range = { rangeHeader: `bytes=${offset}-${last}`, rangeBehavior: 'standard', ...(etag && { ifMatch: etag }) }
    const request = { ...this.#request, ...range }
    const answer = await send(this.#core, getObject, request, { signal }).catch(error => {
      const final = explained(error)
      // Asking was repeated as often as it may be; only what breaks after the answer is for this class to mend.
      if (typeof final === 'object' && final !== null) this.#final.add(final)
      throw final
    })
    const { body } = answer
    if (body === undefined) throw new ResponseError('the answer has no body')
    if (answer.statusCode !== 206 || answer.contentRange !== `bytes ${offset}-${last}/${this.size}`) {
      body.destroy()
      const got = `${answer.statusCode} ${answer.contentRange ?? ''}`
      throw new ResponseError(`asked for bytes ${offset}-${last}/${this.size}, got ${got}`)
    }
    return body
  }
}

/** The bytes of one answer. What came before the connection broke need not come again: it is given before the error. */
async function* received(body: ObjectBody, length: number, buffers: PartBuffers): AsyncGenerator<Uint8Array> {
  let count = 0
  for await (const bytes of gather(body, buffers, Math.min(batch, length), length)) {
    count += bytes.length
    yield bytes
  }
  if (count < length) throw tooShort(count, length)
}

function tooShort(count: number, length: number): ResponseError {
  return new ResponseError(`the answer ended after ${count} of ${length} bytes`)
}

/** Buffers that are used once: for readers that keep what they get. */
const fresh: PartBuffers = { acquire: size => Buffer.allocUnsafeSlow(size), release: () => {} }

function conditionsOf(request: Partial<DownloadRequest>) {
  const { bucket, key, versionId, requestPayer, ifMatch, ifNoneMatch, ifModifiedSince, ifUnmodifiedSince } = request
  const { headers, parameters } = request
  const fields = {
    ...{ versionId, requestPayer, ifMatch, ifNoneMatch, ifModifiedSince, ifUnmodifiedSince, headers, parameters },
  }
  const given = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
  return { ...given, bucket: bucket as string, key: key as string }
}

function explained(error: unknown): unknown {
  const changed = error instanceof ServiceError && error.code === 'PreconditionFailed'
  return changed ? new SourceChangedError('the object was replaced while it was downloaded', { cause: error }) : error
}

/** Bytes of some chunks together. */
export function totalLength(chunks: readonly Uint8Array[]): number {
  return chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0)
}
