import { Readable } from 'node:stream'
import { ParamInvalidError } from '../errors.js'
import { unlessAborted } from './transfer-abort.js'

/** What {@link Uploader.uploadFrom} reads. Text is taken as UTF-8. Streams and iterables may give bytes and text mixed. */
export type UploadSource =
  | string
  | Uint8Array
  | ArrayBuffer
  | Blob
  | Readable
  | ReadableStream<Uint8Array | string>
  | AsyncIterable<Uint8Array | string>
  | Iterable<Uint8Array | string>

/** Bytes to be pulled, one chunk at a time: nothing is read that nobody asked for. */
export interface ByteSource {
  /** Length in bytes where it is known. */
  readonly length: number | undefined
  /** The next chunk, not empty; nothing at the end. Rejects with the source's own error, or the signal's reason. */
  next(signal: AbortSignal | undefined): Promise<Uint8Array | undefined>
  /** Lets go of the source before its end: streams are destroyed or cancelled, iterators returned. */
  close(reason: unknown): void
}

/** Makes a source of anything that holds bytes. @throws ParamInvalidError for anything else, and for a stream already read */
export function openSource(source: UploadSource): ByteSource {
  if (typeof source === 'string') return fromBytes(Buffer.from(source, 'utf8'))
  if (source instanceof Uint8Array) return fromBytes(source)
  if (source instanceof ArrayBuffer) return fromBytes(new Uint8Array(source))
  if (source instanceof Blob) return fromWebStream(source.stream(), source.size)
  if (source instanceof Readable) return fromReadable(source)
  if (typeof source === 'object' && source !== null) {
    if (source instanceof ReadableStream) return fromWebStream(source, undefined)
    if (Symbol.asyncIterator in source) return fromIterator(source[Symbol.asyncIterator]())
    if (Symbol.iterator in source && !ArrayBuffer.isView(source)) return fromIterator(source[Symbol.iterator]())
  }
  throw new ParamInvalidError('source', 'expected text, bytes, a Blob, a stream or an iterable of bytes or text')
}

function fromBytes(bytes: Uint8Array): ByteSource {
  return { ...fromIterator([bytes][Symbol.iterator]()), length: bytes.byteLength }
}

function fromReadable(stream: Readable): ByteSource {
  if (stream.readableEnded || (stream.destroyed && stream.errored === null)) {
    throw new ParamInvalidError('source', 'the stream has been read or destroyed already')
  }
  const iterator = stream[Symbol.asyncIterator]()
  return {
    ...fromIterator(iterator),
    // Destroying also ends a read that waits for the stream; returning the iterator would wait with it.
    close: reason => {
      stream.destroy(reason instanceof Error ? reason : undefined)
      // The iterator listens for errors only while it is being read.
      stream.on('error', () => {})
    },
  }
}

function fromWebStream(stream: ReadableStream<Uint8Array | string>, length: number | undefined): ByteSource {
  if (stream.locked) throw new ParamInvalidError('source', 'the stream is being read by somebody else')
  const reader = stream.getReader()
  const read = async () => {
    const { done, value } = await reader.read()
    return done ? ({ done: true, value: undefined } as const) : { done: false as const, value }
  }
  return {
    ...fromIterator({ next: read }),
    length,
    close: reason => void reader.cancel(reason).catch(() => {}),
  }
}

type AnyIterator = AsyncIterator<unknown> | Iterator<unknown>

function fromIterator(iterator: AnyIterator): ByteSource {
  return {
    length: undefined,
    async next(signal) {
      for (;;) {
        signal?.throwIfAborted()
        const result = await unlessAborted(iterator.next(), signal)
        if (result.done) return undefined
        const chunk = bytesOf(result.value)
        if (chunk.byteLength > 0) return chunk
      }
    },
    close() {
      // A generator in the middle of a wait returns when that is over; nobody needs to wait for it here.
      void Promise.resolve()
        .then(() => iterator.return?.())
        .catch(() => {})
    },
  }
}

function bytesOf(chunk: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk
  if (typeof chunk === 'string') return Buffer.from(chunk, 'utf8')
  throw new ParamInvalidError('source', 'the stream gave something that is neither bytes nor text')
}
