import { DecryptionError } from '../errors.js'
import type { SegmentSpec } from '../native/engine.js'
import { openSegment, sealSegment, tagLength } from '../native/segments.js'
import type { ByteTransformer, CipherRange, ContentCipher } from './content-cipher.js'
import { Gatherer } from './gatherer.js'
import { type SealKeys, sealedAlgorithm } from './seal-parameters.js'
import { mapSegments, sealedLength } from './segments.js'

/** Segments of AES-256-GCM under a key that is made for one object: changes of any kind are noticed. */
export class SealedCipher implements ContentCipher {
  readonly algorithm = sealedAlgorithm
  readonly granule: number
  readonly #key: Uint8Array

  /** Takes the keys over: they are wiped with the cipher. */
  constructor({ segmentKey, segmentSize }: SealKeys) {
    this.#key = segmentKey
    this.granule = segmentSize
  }

  cipherLength(plainLength: number): number {
    return sealedLength(plainLength, this.granule)
  }

  encryptor(offset: number, last: boolean): ByteTransformer {
    return new Sealer(this.#key, this.granule, offset / this.granule, last)
  }

  decryptor(range: CipherRange): ByteTransformer {
    return new Opener(this.#key, this.granule, range)
  }

  /** Stored bytes of a whole segment. */
  get stride(): number {
    return this.granule + tagLength
  }

  /** Settings for the engine: segments from position `offset` of the plaintext on. */
  spec(offset: number, last: boolean): SegmentSpec {
    return { key: this.#key, segmentSize: this.granule, index: offset / this.granule, last }
  }

  destroy(): void {
    this.#key.fill(0)
  }
}

class Sealer implements ByteTransformer {
  readonly #key: Uint8Array
  readonly #size: number
  readonly #last: boolean
  readonly #gathered = new Gatherer()
  #index: number

  constructor(key: Uint8Array, size: number, index: number, last: boolean) {
    this.#key = key
    this.#size = size
    this.#index = index
    this.#last = last
  }

  update(chunk: Uint8Array): Uint8Array[] {
    this.#gathered.push(chunk)
    const sealed: Uint8Array[] = []
    // A full segment waits for the next byte: until then it may be the last.
    while (this.#gathered.length > this.#size) sealed.push(...this.#seal(this.#size, false))
    this.#gathered.settle()
    return sealed
  }

  end(): Uint8Array[] {
    const { length } = this.#gathered
    if (this.#last) return this.#seal(length, true)
    if (length !== this.#size && length !== 0) throw new RangeError('a part but the last must end with a segment')
    return length === 0 ? [] : this.#seal(length, false)
  }

  #seal(length: number, last: boolean): Uint8Array[] {
    return sealSegment(this.#key, this.#index++, last, this.#gathered.take(length))
  }
}

class Opener implements ByteTransformer {
  readonly #key: Uint8Array
  readonly #stride: number
  readonly #total: number
  readonly #count: number
  readonly #end: number
  readonly #gathered = new Gatherer()
  #index: number

  constructor(key: Uint8Array, size: number, { offset, length, total }: CipherRange) {
    // Where the object ends decides about the last segment's nonce: without that nothing can be verified.
    if (length === undefined || total === undefined) throw new DecryptionError()
    this.#key = key
    this.#stride = size + tagLength
    this.#total = total
    this.#count = mapSegments(total, size).count
    this.#index = offset / this.#stride
    this.#end = Math.ceil((offset + length) / this.#stride)
    const whole = Number.isInteger(this.#index) && offset + length === Math.min(this.#end * this.#stride, total)
    if (!whole) throw new DecryptionError()
  }

  update(chunk: Uint8Array): Uint8Array[] {
    this.#gathered.push(chunk)
    const opened: Uint8Array[] = []
    while (this.#index < this.#end && this.#gathered.length >= this.#nextLength()) {
      const last = this.#index === this.#count - 1
      const content = openSegment(this.#key, this.#index, last, this.#gathered.take(this.#nextLength()))
      this.#index++
      if (content.length > 0) opened.push(content)
    }
    return opened
  }

  end(): Uint8Array[] {
    if (this.#index !== this.#end || this.#gathered.length > 0) throw new DecryptionError()
    return []
  }

  #nextLength(): number {
    return Math.min(this.#stride, this.#total - this.#index * this.#stride)
  }
}
