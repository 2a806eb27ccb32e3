import type { ClientCore } from '../client/core.js'
import { CredentialsFetchError, InconsistentError, OssError, ResponseError, ServiceError } from '../errors.js'
import { crc64 } from '../native/checksum.js'
import {
  type AppendObjectRequest,
  appendObject,
  type HeadObjectResult,
  headObject,
  type RequestPayer,
} from '../operations/index.js'
import { withRetry } from '../pipeline/retry.js'
import { send } from '../pipeline/send.js'
import type { AppendCreateParameter } from './append-options.js'
import { AppendConflictError, NotAppendableError } from './errors.js'

/** Which object, and what goes with every request about it. */
export interface AppendTarget {
  readonly bucket: string
  readonly key: string
  readonly requestPayer: RequestPayer | undefined
  readonly trafficLimit: number | undefined
  readonly createParameter: AppendCreateParameter | undefined
}

/** The object at a moment: its bytes, as far as length and CRC-64 tell. */
interface State {
  readonly length: number
  /** Absent where the service does not know it. */
  readonly crc64: bigint | undefined
}

/** Looks at an object; `undefined` when it does not exist. */
export async function headOf(
  core: ClientCore,
  { bucket, key, requestPayer }: Pick<AppendTarget, 'bucket' | 'key' | 'requestPayer'>,
  signal: AbortSignal | undefined,
): Promise<HeadObjectResult | undefined> {
  const payer = requestPayer === undefined ? {} : { requestPayer }
  try {
    return await send(core, headObject, { bucket, key, ...payer }, signal ? { signal } : {})
  } catch (error) {
    // A proxy may take away the header that names the error.
    const missing = ['NoSuchKey', 'BadErrorResponse']
    if (error instanceof ServiceError && error.statusCode === 404 && missing.includes(error.code)) return undefined
    throw error
  }
}

/** Starts at the present end of an object. @throws NotAppendableError */
export async function openAppender(
  core: ClientCore,
  target: AppendTarget,
  signal: AbortSignal | undefined,
): Promise<Appender> {
  const head = await headOf(core, target, signal)
  if (head === undefined) return new Appender(core, target, { length: 0, crc64: 0n }, false)
  const { objectType = 'Normal', sealedTime, contentLength = 0, hashCrc64 } = head
  if (objectType !== 'Appendable') {
    throw new NotAppendableError(`the object is of type ${objectType}, only Appendable ones can grow`)
  }
  if (sealedTime !== undefined) throw new NotAppendableError('the object was sealed, it does not grow any more')
  const known = hashCrc64 === undefined ? (contentLength === 0 ? 0n : undefined) : BigInt(hashCrc64)
  return new Appender(core, target, { length: contentLength, crc64: known }, true)
}

/**
 * Appends to one object. The position that each request names makes the service refuse what it has already; when an answer
 * is lost, length and CRC-64 of the object tell whether the bytes arrived. So no byte is ever stored twice.
 */
export class Appender {
  readonly #core: ClientCore
  readonly #target: AppendTarget
  #state: State
  #exists: boolean
  #broken: OssError | undefined

  /** @internal Use {@link openAppender}. */
  constructor(core: ClientCore, target: AppendTarget, state: State, exists: boolean) {
    this.#core = core
    this.#target = target
    this.#state = state
    this.#exists = exists
  }

  /** Bytes that are known to be stored: where the next ones go. */
  get position(): number {
    return this.#state.length
  }

  /** Whether the object is known to exist. */
  get exists(): boolean {
    return this.#exists
  }

  /**
   * Appends bytes. If this fails the position stays. When it is not known whether the bytes were stored, appending the same
   * bytes again finds out.
   *
   * @throws AppendConflictError when the object has other bytes than it should, InconsistentError when bytes were damaged
   * on the way; nothing can be appended any more then
   */
  async append(bytes: Uint8Array, signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted()
    if (this.#broken) throw this.#broken
    const { length, crc64: before } = this.#state
    const goal = {
      length: length + bytes.length,
      crc64: before === undefined ? undefined : crc64(bytes, before),
    }
    try {
      this.#state = await this.#reach(goal, bytes, signal)
      this.#exists = true
    } catch (error) {
      if (error instanceof AppendConflictError || error instanceof InconsistentError) this.#broken = error
      throw error
    }
  }

  /** Sends the bytes as often as the retry policy permits, but never without knowing what became of the time before. */
  async #reach(goal: State, bytes: Uint8Array, signal: AbortSignal | undefined): Promise<State> {
    const { retryer, retryMaxAttempts } = this.#core
    /** The failure after which it is not known what became of the bytes. */
    let doubt: { error: unknown } | undefined
    const plan = { retryer, maxAttempts: retryMaxAttempts, repeatable: () => true, signal }
    try {
      return await withRetry(this.#core, plan, async () => {
        if (doubt && (await this.#hasArrived(goal, signal))) return goal
        doubt = undefined
        try {
          return await this.#send(goal, bytes, signal)
        } catch (error) {
          if (isAmbiguous(error)) doubt = { error }
          if (!isPositionError(error)) throw error
          if (await this.#hasArrived(goal, signal)) return goal
          throw new ResponseError(`position ${this.position} was refused, but the object has this length`, {
            cause: error,
            operation: appendObject.name,
          })
        }
      })
    } catch (error) {
      if (doubt === undefined || signal?.aborted || error instanceof AppendConflictError) throw error
      const { error: original } = doubt
      const arrived = await this.#hasArrived(goal, signal).catch(reason => {
        throw reason instanceof AppendConflictError ? reason : original
      })
      if (arrived) return goal
      throw original
    }
  }

  async #send(goal: State, bytes: Uint8Array, signal: AbortSignal | undefined): Promise<State> {
    const options = { retryMaxAttempts: 1, ...(signal && { signal }) }
    const { hashCrc64, nextPosition } = await send(this.#core, appendObject, this.#request(bytes), options)
    if (nextPosition !== undefined && nextPosition !== goal.length) {
      throw new AppendConflictError(goal.length, nextPosition, { operation: appendObject.name })
    }
    const expected = goal.crc64?.toString()
    if (expected === undefined) return { ...goal, crc64: hashCrc64 === undefined ? undefined : BigInt(hashCrc64) }
    if (this.#core.uploadCrc64Check && hashCrc64 !== undefined && hashCrc64 !== expected) {
      throw new InconsistentError(expected, hashCrc64, { operation: appendObject.name, retryable: false })
    }
    return goal
  }

  #request(body: Uint8Array): AppendObjectRequest {
    const { bucket, key, requestPayer, trafficLimit, createParameter } = this.#target
    return {
      ...(this.#exists ? {} : createParameter),
      bucket,
      key,
      position: this.position,
      body,
      ...(requestPayer !== undefined && { requestPayer }),
      ...(trafficLimit !== undefined && { trafficLimit }),
    }
  }

  /**
   * Whether the object is what the append would have made of it, or still what it was before.
   *
   * @throws AppendConflictError when it is neither
   */
  async #hasArrived(goal: State, signal: AbortSignal | undefined): Promise<boolean> {
    const head = await headOf(this.#core, this.#target, signal)
    const before = this.#state
    if (head === undefined) {
      if (before.length === 0) return false
      throw new AppendConflictError(before.length, undefined, { operation: appendObject.name })
    }
    const found = head.objectType === 'Appendable' ? head.contentLength : undefined
    if (found === goal.length && goal.crc64 !== undefined && head.hashCrc64 === goal.crc64.toString()) return true
    const unchanged = before.crc64 === undefined || head.hashCrc64 === before.crc64.toString()
    if (found === before.length && unchanged) return false
    throw new AppendConflictError(before.length, head.contentLength, { operation: appendObject.name })
  }
}

function isPositionError(error: unknown): boolean {
  return error instanceof ServiceError && error.code === 'PositionNotEqualToLength'
}

/** Whether the bytes may have been stored in spite of the error. */
function isAmbiguous(error: unknown): boolean {
  if (error instanceof ServiceError) return error.statusCode >= 500
  if (error instanceof OssError) return error.retryable && !(error instanceof CredentialsFetchError)
  return true
}
