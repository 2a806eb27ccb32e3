import type { HttpResponse } from './http-client.js'
import { type Flow, ReceivedBody } from './received-body.js'

/** Longest first chunk that is kept while nobody has asked for the stream: it may be all there is. */
const small = 64 * 1024
/** Chunks up to a quarter of this share memory: most are far smaller, and memory of their own would cost more than they do. */
const blockLength = 32 * 1024
let block = Buffer.alloc(0)

/**
 * A response whose body becomes a stream when somebody asks for it. Most answers are small and arrive together with their
 * head: those can be taken whole, and cost no stream.
 */
export class ReceivedResponse implements HttpResponse {
  readonly statusCode: number
  readonly headers: Record<string, string>
  declare readonly body: ReceivedBody
  readonly #flow: Flow
  #first: Buffer | undefined
  #ended = false
  #body: ReceivedBody | undefined

  constructor(statusCode: number, headers: Record<string, string>, flow: Flow) {
    this.statusCode = statusCode
    this.headers = headers
    this.#flow = flow
    Object.defineProperty(this, 'body', lazyBody)
  }

  /** A chunk arrived; it is valid only during the call. @internal */
  accept(chunk: Uint8Array): void {
    if (this.#body === undefined && this.#first === undefined && chunk.length <= small) this.#first = copyOf(chunk)
    else this.open().accept(chunk)
  }

  /** Where the next chunk may be put, once there is a stream. @internal */
  room(): Uint8Array | undefined {
    return this.#body?.room()
  }

  /** All chunks have arrived. @internal */
  finish(): void {
    this.#ended = true
    this.#body?.finish()
  }

  /** The body broke off. @internal */
  fail(error: Error): void {
    this.open().fail(error)
  }

  /** All bytes of a small body that has arrived already; `undefined` for any other, and once there is a stream. @internal */
  takeWhole(): Buffer | undefined {
    if (!this.#ended || this.#body !== undefined) return undefined
    return this.#first ?? Buffer.alloc(0)
  }

  /** The stream, made at the first call. @internal */
  open(): ReceivedBody {
    if (this.#body === undefined) {
      this.#body = new ReceivedBody(this.#flow)
      if (this.#first !== undefined) this.#body.accept(this.#first)
      if (this.#ended) this.#body.finish()
    }
    return this.#body
  }
}

/** A property of each response rather than of the class, so that whoever copies a response with spread gets the body too. */
const lazyBody: PropertyDescriptor & ThisType<ReceivedResponse> = {
  enumerable: true,
  get() {
    return this.open()
  },
}

function copyOf(chunk: Uint8Array): Buffer {
  if (chunk.length > blockLength / 4) return Buffer.from(chunk)
  if (block.length < chunk.length) block = Buffer.allocUnsafeSlow(blockLength)
  const copy = block.subarray(0, chunk.length)
  block = block.subarray(chunk.length)
  copy.set(chunk)
  return copy
}
