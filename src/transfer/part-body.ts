import { SourceChangedError } from '../errors.js'
import type { PartRead, PartReader } from '../native/engine.js'
import type { WireBody } from '../native/wire.js'
import { slices } from '../pipeline/body.js'
import type { Part } from './part-plan.js'
import { asFileError } from './transfer-error.js'

/** Parts up to this length are read as a whole before they are sent: head and body then leave together. */
export const smallPart = 64 * 1024

/**
 * Larger ones are read in pieces of this size while they are sent: they are still in the cache when the system copies them to the
 * socket, and two of them for each part at a time are all the memory it takes.
 */
const piece = 1024 * 1024

/** Bytes that are kept back until the file was looked at for the last time. */
const lastBytes = 64 * 1024

/** Told of the CRC-64 of each piece of a part, before it is sent or once it was. */
export type NoteSum = (crc64: bigint, length: number) => void

/** Where a part is read from, and until when. */
export interface PartOrigin {
  readonly reader: PartReader
  readonly path: string
  readonly part: Part
  readonly signal: AbortSignal | undefined
  /** Called before the last bytes are given, which it may prevent. */
  readonly beforeEnd?: () => Promise<void>
}

/** Reads a part, or a piece of one. @throws SourceChangedError when the file has not so many bytes any more */
export async function readExactly(
  { reader, path, signal }: PartOrigin,
  offset: number,
  length: number,
): Promise<PartRead> {
  const read = await reader.read(offset, length, signal ? { signal } : {}).catch(error => {
    throw asFileError('read', path, error)
  })
  if (read.buffer.length === length) return read
  reader.release(read.buffer)
  throw new SourceChangedError(`${path} became shorter while it was read`)
}

/** A part of a file as a body that is read while it is sent, by native threads where they can do both. */
export class PartBody {
  /** Bytes of memory that it takes at most. */
  readonly memory: number
  readonly #origin: PartOrigin
  /** The part as a whole, for readers that give each only once. */
  #held: PartRead | undefined
  #opened = false

  constructor(origin: PartOrigin) {
    this.#origin = origin
    this.memory = origin.reader.wholeParts ? origin.part.length : Math.min(2 * piece, origin.part.length)
  }

  /** The bytes, from the beginning; what is opened ends what was opened before. */
  open(note: NoteSum): AsyncIterable<Uint8Array> {
    const { reader } = this.#origin
    const again = this.#opened
    this.#opened = true
    const pieces = reader.wholeParts ? this.#wholePart(note) : this.#pieces(note)
    return reader.send && !(reader.wholeParts && again)
      ? this.#sendable(reader.send.bind(reader), pieces, note)
      : pieces
  }

  /** Gives the memory back. */
  close(): void {
    if (this.#held) this.#origin.reader.release(this.#held.buffer)
    this.#held = undefined
  }

  #sendable(send: NonNullable<PartReader['send']>, pieces: AsyncIterable<Uint8Array>, note: NoteSum): WireBody {
    const { part, path, signal, beforeEnd } = this.#origin
    let done = 0
    /** How many bytes may go now. */
    const due = async () => {
      const left = part.length - done
      if (beforeEnd === undefined) return left
      if (left > lastBytes) return left - lastBytes
      await beforeEnd()
      return left
    }
    return {
      [Symbol.asyncIterator]: () => pieces[Symbol.asyncIterator](),
      sendOver: async (wire, timeout) => {
        signal?.throwIfAborted()
        const { count, sent, answered } = await send(wire, part.offset + done, await due(), { timeout }).catch(
          error => {
            throw asFileError('read', path, error)
          },
        )
        note(sent, count)
        done += count
        return { count, answered }
      },
    }
  }

  async *#wholePart(note: NoteSum): AsyncGenerator<Uint8Array> {
    const { offset, length } = this.#origin.part
    this.#held ??= await readExactly(this.#origin, offset, length)
    note(this.#held.crc64Sent, length)
    await this.#origin.beforeEnd?.()
    yield* slices(this.#held.buffer)
  }

  /** Reads a piece while the one before it is being sent. */
  async *#pieces(note: NoteSum): AsyncGenerator<Uint8Array> {
    const { reader, part, beforeEnd } = this.#origin
    const end = part.offset + part.length
    const read = (offset: number) => {
      const reading = offset < end ? readExactly(this.#origin, offset, Math.min(piece, end - offset)) : undefined
      // Nobody waits for it when the one before it is the last that is wanted.
      reading?.catch(() => {})
      return reading
    }
    let next = read(part.offset)
    try {
      for (let offset = part.offset; next; ) {
        const { buffer, crc64Sent } = await next
        offset += buffer.length
        next = read(offset)
        try {
          note(crc64Sent, buffer.length)
          if (offset === end) await beforeEnd?.()
          yield buffer
        } finally {
          reader.release(buffer)
        }
      }
    } finally {
      next?.then(
        ({ buffer }) => reader.release(buffer),
        () => {},
      )
    }
  }
}
