import { pipeline, Transform } from 'node:stream'
import { ObjectBody, type ObjectBodyOptions } from '../pipeline/object-body.js'
import type { ByteTransformer } from './content-cipher.js'

/** What becomes of a received body on its way to the reader. */
export interface BodySteps {
  /** Received bytes to pass over. */
  readonly skipStored?: number
  /** Decrypts the others. */
  readonly decryptor: ByteTransformer | undefined
  /** Decrypted bytes to pass over. */
  readonly skip?: number
  /** Decrypted bytes to give at most; all when absent. */
  readonly length?: number | undefined
  /** Called when the decryptor is not needed any more. */
  readonly done?: () => void
}

/** The plaintext of a received body. Errors, and the end of interest, pass through in both directions. */
export function decryptingBody(source: ObjectBody, steps: BodySteps, options: ObjectBodyOptions): ObjectBody {
  const stored = new Window(steps.skipStored ?? 0, undefined)
  const plain = new Window(steps.skip ?? 0, steps.length)
  const { decryptor } = steps
  const transform = new Transform({
    readableHighWaterMark: 256 * 1024,
    transform(chunk: Uint8Array, _encoding, callback) {
      try {
        const kept = stored.cut(chunk)
        const pieces = decryptor && kept.byteLength > 0 ? decryptor.update(kept) : [kept]
        for (const piece of pieces) push(this, plain.cut(piece))
        callback()
      } catch (error) {
        callback(error as Error)
      }
    },
    flush(callback) {
      try {
        for (const piece of decryptor?.end() ?? []) push(this, plain.cut(piece))
        callback()
      } catch (error) {
        callback(error as Error)
      }
    },
    destroy(error, callback) {
      steps.done?.()
      callback(error)
    },
  })
  // Errors arrive at the reader through the transform.
  pipeline(source, transform, () => {})
  return new ObjectBody(transform, options)
}

function push(transform: Transform, piece: Uint8Array): void {
  if (piece.byteLength > 0) transform.push(piece)
}

/** Passes over the first bytes of a sequence and gives the next ones, up to a limit. */
export class Window {
  #skip: number
  #left: number

  constructor(skip: number, length: number | undefined) {
    this.#skip = skip
    this.#left = length ?? Number.POSITIVE_INFINITY
  }

  cut(chunk: Uint8Array): Uint8Array {
    const skipped = Math.min(this.#skip, chunk.byteLength)
    this.#skip -= skipped
    const kept = chunk.subarray(skipped, Math.min(chunk.byteLength, skipped + this.#left))
    this.#left -= kept.byteLength
    return kept
  }
}
