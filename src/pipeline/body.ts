import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { FileError, ParamInvalidError } from '../errors.js'
import { crc64Combine } from '../native/checksum.js'

/** A file, or a range of it, as a body. It is read again when a request is repeated. */
export class FileBody {
  /** The file. */
  readonly path: string
  /** First byte. @default 0 */
  readonly start: number
  /** Byte after the last one; the end of the file when absent. */
  readonly end: number | undefined

  /** @throws ParamInvalidError for a range that is not one */
  constructor(path: string, range: { start?: number; end?: number } = {}) {
    if (typeof path !== 'string' || path === '') throw new ParamInvalidError('path', 'expected a file path')
    const start = range.start ?? 0
    if (!Number.isSafeInteger(start) || start < 0)
      throw new ParamInvalidError('start', 'expected an integer of at least 0')
    if (range.end !== undefined && (!Number.isSafeInteger(range.end) || range.end < start)) {
      throw new ParamInvalidError('end', 'expected an integer of at least start')
    }
    this.path = path
    this.start = start
    this.end = range.end
  }
}

/** Bytes whose CRC-64 is already known: what the transfer engine sends. */
export class CheckedBytes {
  readonly bytes: Uint8Array
  readonly crc64: bigint

  constructor(bytes: Uint8Array, crc64: bigint) {
    this.bytes = bytes
    this.crc64 = crc64
  }
}

/** Bytes that are read, with their CRC-64, while they are sent: what the transfer engine sends of a file. */
export class CheckedPieces {
  readonly length: number
  readonly #open: (note: (crc64: bigint, length: number) => void) => AsyncIterable<Uint8Array>
  #crc64 = 0n

  /**
   * @param open gives pieces of `length` bytes together, each valid until the next one is asked for, and notes the CRC-64 of
   * each before it gives it: the answer may come before whoever takes the last piece asks for another
   */
  constructor(length: number, open: (note: (crc64: bigint, length: number) => void) => AsyncIterable<Uint8Array>) {
    this.length = length
    this.#open = open
  }

  /** CRC-64 of what was taken last: of all the bytes, once all were. */
  get crc64(): bigint {
    return this.#crc64
  }

  pieces(): AsyncIterable<Uint8Array> {
    this.#crc64 = 0n
    return this.#open((crc64, length) => {
      this.#crc64 = crc64Combine(this.#crc64, crc64, length)
    })
  }
}

/**
 * What can be sent. Text is sent as UTF-8. Text, bytes, Blobs and files are sent again when a request is repeated;
 * streams and iterables can be read only once, so a request that has begun to send one is not.
 */
export type Body =
  | string
  | Uint8Array
  | ArrayBuffer
  | Blob
  | Readable
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array | string>
  | Iterable<Uint8Array | string>
  | FileBody
  | CheckedBytes
  | CheckedPieces

/** Whether a value can be sent as a body. */
export function isBody(value: unknown): value is Body {
  if (typeof value === 'string') return true
  if (typeof value !== 'object' || value === null) return false
  return (
    value instanceof Uint8Array ||
    value instanceof ArrayBuffer ||
    value instanceof Blob ||
    value instanceof FileBody ||
    value instanceof CheckedBytes ||
    value instanceof CheckedPieces ||
    Symbol.asyncIterator in value ||
    (Symbol.iterator in value && !ArrayBuffer.isView(value))
  )
}

/** A body made ready for sending, perhaps several times. */
export interface Payload {
  /** Length in bytes where it is known. */
  readonly length: number | undefined
  /** Whether {@link Payload.open} may be called again. */
  readonly replayable: boolean
  /** The bytes themselves when they are in memory. */
  readonly bytes: Uint8Array | undefined
  /** CRC-64 where it need not be computed on the way: known beforehand, or once all bytes were taken. */
  readonly crc64: bigint | undefined
  /** The bytes in order. */
  open(): AsyncIterable<Uint8Array>
}

/** Files are read in pieces of this size: large enough that system calls cost nothing. */
const filePiece = 1024 * 1024

/** Makes a body ready for sending; only files are waited for. @throws FileError when a file cannot be read */
export function toPayload(body: Body): Payload | Promise<Payload> {
  if (typeof body === 'string') return inMemory(Buffer.from(body, 'utf8'))
  if (body instanceof Uint8Array) return inMemory(body)
  if (body instanceof CheckedBytes) return inMemory(body.bytes, body.crc64)
  if (body instanceof CheckedPieces) return inPieces(body)
  if (body instanceof ArrayBuffer) return inMemory(new Uint8Array(body))
  if (body instanceof FileBody) return fromFile(body)
  if (body instanceof Blob) {
    return {
      length: body.size,
      replayable: true,
      bytes: undefined,
      crc64: undefined,
      open: () => Readable.fromWeb(body.stream() as import('node:stream/web').ReadableStream),
    }
  }
  return { length: undefined, replayable: false, bytes: undefined, crc64: undefined, open: () => chunksOf(body) }
}

function inMemory(bytes: Uint8Array, crc64?: bigint): Payload {
  return { length: bytes.byteLength, replayable: true, bytes, crc64, open: () => slices(bytes) }
}

function inPieces(body: CheckedPieces): Payload {
  return {
    length: body.length,
    replayable: true,
    bytes: undefined,
    get crc64() {
      return body.crc64
    },
    open: () => body.pieces(),
  }
}

/** Bytes in memory are handed to the socket in pieces, so that slow progress is still seen as progress: this is the first. */
const firstPiece = 64 * 1024
/** A piece that was taken within this many milliseconds is followed by one twice as large: pieces cost, over TLS most. */
const quick = 250
const largestPiece = 8 * 1024 * 1024
/** A link that needs this many milliseconds for a piece gets smaller ones, so that no deadline takes it for dead. */
const slow = 2000
const smallestPiece = 16 * 1024

/** Bytes in memory, in pieces as large as the link takes quickly. */
export async function* slices(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  let size = firstPiece
  for (let at = 0; at < bytes.byteLength; ) {
    const piece = bytes.subarray(at, at + size)
    const given = performance.now()
    yield piece
    at += piece.byteLength
    const took = performance.now() - given
    if (took < quick) size = Math.min(size * 2, largestPiece)
    else size = took < slow ? firstPiece : Math.max(smallestPiece, Math.floor(Math.min(size, firstPiece) / 2))
  }
}

async function* chunksOf(source: AsyncIterable<unknown> | Iterable<unknown>): AsyncGenerator<Uint8Array> {
  for await (const chunk of source) {
    if (typeof chunk === 'string') yield Buffer.from(chunk, 'utf8')
    else if (chunk instanceof Uint8Array) yield chunk
    else throw new ParamInvalidError('body', 'the stream gave something that is neither bytes nor text')
  }
}

async function fromFile(file: FileBody): Promise<Payload> {
  const size = await fileSize(file.path)
  const end = Math.min(file.end ?? size, size)
  if (file.start > size) throw new ParamInvalidError('start', `is beyond the file's ${size} bytes`)
  const length = end - file.start
  return {
    length,
    replayable: true,
    bytes: undefined,
    crc64: undefined,
    open: () => readFile(file.path, file.start, length),
  }
}

/** Length of a regular file that can be read. @throws FileError otherwise, `EISDIR` for a directory */
export async function fileSize(path: string): Promise<number> {
  try {
    const handle = await open(path, 'r')
    try {
      const stat = await handle.stat()
      if (stat.isDirectory()) {
        throw Object.assign(new Error(`EISDIR: illegal operation on a directory, read '${path}'`), {
          code: 'EISDIR',
          path,
        })
      }
      return stat.size
    } finally {
      await handle.close()
    }
  } catch (cause) {
    throw new FileError('read', path, cause)
  }
}

async function* readFile(path: string, start: number, length: number): AsyncGenerator<Uint8Array> {
  if (length === 0) return
  let sent = 0
  try {
    const stream = createReadStream(path, { start, end: start + length - 1, highWaterMark: filePiece })
    for await (const chunk of stream) {
      sent += chunk.length
      yield chunk
    }
  } catch (cause) {
    throw new FileError('read', path, cause)
  }
  if (sent !== length) {
    throw new FileError(
      'read',
      path,
      Object.assign(new Error('the file became shorter while it was read'), { code: 'ESHRUNK' }),
    )
  }
}

/** Base64 of the MD5 of some bytes, as in Content-MD5. */
export function contentMd5(bytes: Uint8Array): string {
  return createHash('md5').update(bytes).digest('base64')
}
