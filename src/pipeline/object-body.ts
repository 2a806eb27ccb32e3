import { randomBytes } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { FileError, InconsistentError, OssError, RequestError } from '../errors.js'
import { ReceivedBody, type Receiver, type Room } from '../http/received-body.js'
import { Crc64 } from '../native/checksum.js'

/** What an {@link ObjectBody} watches over while bytes pass. */
export interface ObjectBodyOptions {
  /** Name of the operation, for errors. */
  readonly operation: string
  /** CRC-64 the service stated for exactly these bytes, decimal. */
  readonly expectedCrc64?: string | undefined
  /** Signal of the call: its reason is what a reader gets when it ends the body. */
  readonly signal?: AbortSignal | undefined
  /** Called with every chunk. */
  readonly onChunk?: ((bytes: number) => void) | undefined
}

/**
 * The bytes of an object: a Node stream that can also be taken whole. Read it or `destroy()` it: until then it holds a
 * connection. When the whole object was asked for, its CRC-64 is compared at the end and a difference is an
 * {@link InconsistentError}.
 */
export class ObjectBody extends Readable {
  readonly #source: Readable
  readonly #options: ObjectBodyOptions
  readonly #crc = new Crc64()
  #started = false

  constructor(source: Readable, options: ObjectBodyOptions) {
    super({ highWaterMark: 256 * 1024 })
    this.#source = source
    this.#options = options
    source.on('error', error => this.destroy(this.#explain(error)))
    // A body that nobody reads may break off like any other: that must not end the process.
    this.on('error', () => {})
  }

  /** Begins to read the source as a stream: not before somebody reads, since bytes can also be drained without copying. */
  #start(): void {
    const source = this.#source
    this.#started = true
    source.on('data', chunk => this.#take(chunk))
    source.on('end', () => this.#finish())
    source.on('close', () => {
      if (source.readableEnded || this.destroyed) return
      this.destroy(
        new RequestError('the connection closed before the whole body arrived', { operation: this.#options.operation }),
      )
    })
  }

  /**
   * Hands all bytes to a function that uses them up before it returns, or before its promise resolves; where the transport
   * can, they are not copied, and come to lie in the memory that `room` offers. Resolves at the end of the body. For the transfer engine, which checks them itself.
   * @internal
   */
  async drainInto(receiver: Receiver, room?: Room): Promise<void> {
    try {
      if (this.#source instanceof ReceivedBody) await this.#source.drainInto(receiver, room)
      else for await (const chunk of this.#source) await receiver(chunk)
    } catch (error) {
      throw this.#explain(error)
    } finally {
      this.destroy()
    }
  }

  #explain(error: unknown): Error {
    const { signal, operation } = this.#options
    if (signal?.aborted) return asError(signal.reason)
    if (error instanceof OssError) {
      error.operation ??= operation
      return error
    }
    const known = error instanceof Error && (error.name === 'AbortError' || isSystemError(error))
    return known
      ? error
      : new RequestError(`the body broke off: ${asError(error).message}`, { cause: error, operation })
  }

  #observe(chunk: Uint8Array): void {
    if (this.#options.expectedCrc64 !== undefined) this.#crc.update(chunk)
    this.#options.onChunk?.(chunk.byteLength)
  }

  /** What is wrong with the bytes that have passed. */
  #damage(): InconsistentError | undefined {
    const { expectedCrc64: expected, operation } = this.#options
    const actual = this.#crc.digest().toString()
    return expected === undefined || expected === actual
      ? undefined
      : new InconsistentError(actual, expected, { operation })
  }

  #take(chunk: Uint8Array): void {
    this.#observe(chunk)
    if (!this.push(chunk)) this.#source.pause()
  }

  #finish(): void {
    const damage = this.#damage()
    if (damage) this.destroy(damage)
    else this.push(null)
  }

  override _read(): void {
    if (!this.#started) this.#start()
    this.#source.resume()
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#source.destroy()
    callback(error)
  }

  /** The whole body in memory. */
  async bytes(): Promise<Buffer> {
    if (this.#started || this.readableFlowing !== null || !(this.#source instanceof ReceivedBody)) return this.collect()
    const chunks: Buffer[] = []
    // Nobody has begun to read: the bytes can be taken without the events of a stream.
    await this.drainInto(chunk => {
      this.#observe(chunk)
      chunks.push(Buffer.from(chunk))
    })
    const damage = this.#damage()
    if (damage) throw damage
    return chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)
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
    try {
      await pipeline(this, createWriteStream(temporary, { flags: 'wx', flush: true, highWaterMark: 1024 * 1024 }))
      await rename(temporary, path)
    } catch (cause) {
      await rm(temporary, { force: true })
      throw cause instanceof OssError || !isSystemError(cause) ? cause : new FileError('write', path, cause)
    }
  }
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason))
}

function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error && 'path' in error
}
