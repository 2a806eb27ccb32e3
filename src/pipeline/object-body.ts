import { randomBytes } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { FileError, InconsistentError, OssError, RequestError } from '../errors.js'
import type { FlowWatch } from '../http/http-client.js'
import { ReceivedBody, type Receiver, type Room } from '../http/received-body.js'
import { asError } from '../internal/as-error.js'
import { Crc64 } from '../native/checksum.js'
import type { WireSink } from '../native/wire.js'

/** What an {@link ObjectBody} watches over while bytes pass. */
export interface ObjectBodyOptions {
  /** Name of the operation, for errors. */
  readonly operation: string
  /** Id of the answer, for errors. */
  readonly requestId?: string | undefined
  /** CRC-64 the service stated for exactly these bytes, decimal. */
  readonly expectedCrc64?: string | undefined
  /** Signal of the call: its reason is what a reader gets when it ends the body. */
  readonly signal?: AbortSignal | undefined
  /** Called with every chunk. */
  readonly onChunk?: ((bytes: number) => void) | undefined
  /** Told of the bytes, and when it is the reader that is waited for. */
  readonly flow?: FlowWatch | undefined
}

/**
 * The bytes of an object: a Node stream that can also be taken whole. Read it or `destroy()` it: until then it holds a
 * connection. When the whole object was asked for, its CRC-64 is compared at the end and a difference is an
 * {@link InconsistentError}.
 */
export class ObjectBody extends Readable {
  /** A stream, or the bytes themselves where they have arrived. */
  readonly #source: Readable | Buffer
  readonly #options: ObjectBodyOptions
  readonly #crc = new Crc64()
  #started = false
  /** Whether the reader wants more, so that it is the network that is waited for. */
  #wanting = false

  constructor(source: Readable | Buffer, options: ObjectBodyOptions) {
    super({ highWaterMark: 256 * 1024 })
    this.#source = source
    this.#options = options
    if (source instanceof Readable) source.on('error', error => this.destroy(this.#explain(error)))
    // A body that nobody reads may break off like any other: that must not end the process.
    this.on('error', () => {})
  }

  /** Begins to read the source as a stream: not before somebody reads, since bytes can also be drained without copying. */
  #start(source: Readable): void {
    const { operation, requestId } = this.#options
    source.on('data', chunk => {
      if (this.#take(chunk)) return
      source.pause()
      this.#want(false)
    })
    source.on('end', () => this.#finish())
    source.on('close', () => {
      if (source.readableEnded || this.destroyed) return
      this.destroy(new RequestError('the connection closed before the whole body arrived', { operation, requestId }))
    })
  }

  /**
   * Hands all bytes to a function that uses them up before it returns, or before its promise resolves; where the transport
   * can, they are not copied, and come to lie in the memory that `room` offers. Resolves at the end of the body. For the
   * transfer engine, which checks them itself.
   * @internal
   */
  async drainInto(receiver: Receiver, room?: Room): Promise<void> {
    const { flow } = this.#options
    const take = flow ? watched(receiver, flow) : receiver
    flow?.go()
    const source = this.#source
    try {
      if (source instanceof ReceivedBody) await source.drainInto(take, room)
      else if (source instanceof Readable) for await (const chunk of source) await take(chunk)
      else if (this.#started || this.destroyed) throw new Error('the body was read or destroyed before')
      else if (source.length > 0) await take(source)
    } catch (error) {
      throw this.#explain(error)
    } finally {
      flow?.hold()
      this.destroy()
    }
  }

  /**
   * Lets the transport put all bytes where they belong, without their passing through here; resolves at the end of the body.
   * False, and nothing has happened, where it cannot do that. For the transfer engine, which checks the bytes itself.
   * @internal
   */
  async deliver(sink: WireSink): Promise<boolean> {
    const { flow } = this.#options
    const source = this.#source
    if (!(source instanceof ReceivedBody)) return false
    flow?.go()
    try {
      const delivered = await source.deliver(async (...args) => {
        const count = await sink(...args)
        flow?.moved(count)
        return count
      })
      if (delivered) this.destroy()
      return delivered
    } catch (error) {
      this.destroy()
      throw this.#explain(error)
    } finally {
      flow?.hold()
    }
  }

  #explain(error: unknown): Error {
    const { signal, operation, requestId } = this.#options
    if (signal?.aborted) return asError(signal.reason)
    if (error instanceof OssError) {
      error.operation ??= operation
      if (requestId !== undefined) error.requestId ??= requestId
      return error
    }
    const known = error instanceof Error && (error.name === 'AbortError' || isSystemError(error))
    return known
      ? error
      : new RequestError(`the body broke off: ${asError(error).message}`, { cause: error, operation, requestId })
  }

  #observe(chunk: Uint8Array): void {
    if (this.#options.expectedCrc64 !== undefined) this.#crc.update(chunk)
    this.#options.onChunk?.(chunk.byteLength)
  }

  /** What is wrong with the bytes that have passed. */
  #damage(): InconsistentError | undefined {
    const { expectedCrc64: expected, operation, requestId } = this.#options
    if (expected === undefined) return undefined
    const actual = this.#crc.digest().toString()
    return expected === actual ? undefined : new InconsistentError(actual, expected, { operation, requestId })
  }

  /** Says whether the reader wants more. */
  #take(chunk: Uint8Array): boolean {
    this.#observe(chunk)
    this.#options.flow?.moved(chunk.byteLength)
    return this.push(chunk)
  }

  #want(wanting: boolean): void {
    if (wanting === this.#wanting) return
    this.#wanting = wanting
    if (wanting) this.#options.flow?.go()
    else this.#options.flow?.hold()
  }

  #finish(): void {
    const damage = this.#damage()
    if (damage) this.destroy(damage)
    else this.push(null)
  }

  override _read(): void {
    const source = this.#source
    const first = !this.#started
    this.#started = true
    if (source instanceof Readable) {
      if (first) this.#start(source)
      this.#want(true)
      source.resume()
    } else if (first) {
      if (source.length > 0) this.#take(source)
      this.#finish()
    }
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    if (this.#source instanceof Readable) this.#source.destroy()
    callback(error)
  }

  /** The whole body in memory. */
  async bytes(): Promise<Buffer> {
    const source = this.#source
    const here = Buffer.isBuffer(source)
    if (this.#started || this.readableFlowing !== null || !(here || source instanceof ReceivedBody))
      return this.collect()
    // Nobody has begun to read: the bytes can be taken without the events of a stream.
    if (here && !this.destroyed) return this.#whole(source)
    const chunks: Buffer[] = []
    await this.drainInto(chunk => {
      this.#observe(chunk)
      chunks.push(Buffer.from(chunk))
    })
    const damage = this.#damage()
    if (damage) throw damage
    return chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)
  }

  /** Bytes that are all there. */
  #whole(bytes: Buffer): Buffer {
    try {
      if (bytes.length > 0) this.#observe(bytes)
    } catch (error) {
      throw this.#explain(error)
    } finally {
      this.destroy()
    }
    const damage = this.#damage()
    if (damage) throw damage
    return bytes
  }

  /** Reads the stream to its end. @internal */
  protected async collect(): Promise<Buffer> {
    const chunks: Buffer[] = []
    for await (const chunk of this) chunks.push(chunk)
    return Buffer.concat(chunks)
  }

  /** The whole body as UTF-8 text. */
  async text(): Promise<string> {
    return (await this.bytes()).toString('utf8')
  }

  /** The whole body parsed as JSON. @throws SyntaxError when it is not JSON */
  async json<T = unknown>(): Promise<T> {
    return JSON.parse(await this.text()) as T
  }

  /** The whole body as an ArrayBuffer of its own. */
  async arrayBuffer(): Promise<ArrayBuffer> {
    const bytes = await this.bytes()
    return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer
  }

  /** The whole body as a Blob. */
  async blob(): Promise<Blob> {
    return new Blob([await this.arrayBuffer()])
  }

  /**
   * Writes the body to a file: to a temporary one beside it that takes its place when complete, so a failure leaves what
   * was there before. @throws FileError
   */
  async pipeToFile(path: string): Promise<void> {
    const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`
    const file = createWriteStream(temporary, { flags: 'wx', flush: true, highWaterMark: 1024 * 1024 })
    try {
      await pipeline(this, file)
      await rename(temporary, path)
    } catch (cause) {
      // It may be just about to be opened, and would appear after it was removed.
      if (!file.closed) await new Promise<void>(resolve => file.once('close', resolve))
      await rm(temporary, { force: true })
      throw cause instanceof OssError || !isSystemError(cause) ? cause : new FileError('write', path, cause)
    }
  }
}

/** A receiver whose promises, which make the sender wait, are known to be no fault of the network. */
function watched(receiver: Receiver, flow: FlowWatch): Receiver {
  return chunk => {
    flow.moved(chunk.byteLength)
    const waiting = receiver(chunk)
    if (waiting === undefined) return
    flow.hold()
    return waiting.finally(() => flow.go())
  }
}

function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error && 'path' in error
}
