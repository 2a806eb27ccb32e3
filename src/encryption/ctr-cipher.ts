import { randomBytes } from 'node:crypto'
import type { AesCtr, CipherSpec } from '../native/engine.js'
import { getEngine } from '../native/index.js'
import type { ByteTransformer, CipherRange, ContentCipher } from './content-cipher.js'

/** Content cipher that all OSS SDKs share. It hides content, and does not notice changes. */
export const ctrAlgorithm = 'AES/CTR/NoPadding'
/** Length of a content key. */
export const keyLength = 32
/** Length of a cipher block and of the start value. */
export const blockLength = 16

/** AES-256-CTR over the whole object: byte n of the ciphertext depends on byte n of the plaintext alone. */
export class CtrCipher implements ContentCipher {
  readonly algorithm = ctrAlgorithm
  readonly granule = blockLength
  readonly #key: Uint8Array
  readonly #iv: Uint8Array

  /** Takes key and start value over: they are wiped with the cipher. */
  constructor(key: Uint8Array, iv: Uint8Array) {
    this.#key = key
    this.#iv = iv
  }

  cipherLength(plainLength: number): number {
    return plainLength
  }

  encryptor(offset: number): ByteTransformer {
    return new KeyStream(getEngine().aesCtr(this.spec(offset)))
  }

  decryptor({ offset }: CipherRange): ByteTransformer {
    return this.encryptor(offset)
  }

  /** Settings for native readers and writers from a position on. They copy the key before they answer. */
  spec(offset: number): CipherSpec {
    return { key: this.#key, iv: this.#iv, offset }
  }

  destroy(): void {
    this.#key.fill(0)
    this.#iv.fill(0)
  }
}

class KeyStream implements ByteTransformer {
  readonly #stream: AesCtr

  constructor(stream: AesCtr) {
    this.#stream = stream
  }

  update(chunk: Uint8Array): Uint8Array[] {
    // Not in place: chunks may be the caller's, or lie in memory that a transport uses again.
    return chunk.byteLength === 0 ? [] : [this.#stream.apply(chunk, Buffer.allocUnsafeSlow(chunk.byteLength))]
  }

  end(): Uint8Array[] {
    return []
  }
}

/** A new content key. */
export function randomKey(): Uint8Array {
  return new Uint8Array(randomBytes(keyLength))
}

/** A new start value, at random or from a mark. */
export function newStart(from: Uint8Array = randomBytes(blockLength)): Uint8Array {
  const start = Uint8Array.from(from.subarray(0, blockLength))
  // The upper half of the counter is zero, as in the other SDKs: some implementations carry only over the lower 64 bits, and
  // with room above the lowest 32 none ever has to.
  start.fill(0, 8, 12)
  return start
}
