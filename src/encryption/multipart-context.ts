import { inspect } from 'node:util'
import { ParamInvalidError } from '../errors.js'
import { crc64 } from '../native/checksum.js'
import { CheckedBytes } from '../pipeline/body.js'
import { type ContentCipher, transformBytes } from './content-cipher.js'
import { type Envelope, envelopeHeaders } from './envelope.js'

/** Sizes of an encrypted multipart upload, in bytes of plaintext. */
export interface PartSizes {
  /** Length of every part but the last. */
  readonly partSize: number
  /** Length of all parts together; `undefined` when the caller did not say. */
  readonly dataSize: number | undefined
}

/** A part made ready for sending. */
export interface EncryptedPart {
  readonly body: CheckedBytes
  /** Headers that the service wants with each part of an encrypted upload. */
  readonly headers: Record<string, string>
}

/**
 * The content key of one multipart upload. `initiateMultipartUpload` gives it, `uploadPart` takes it. Keep it no longer than
 * the upload, and dispose of it then: that wipes the key.
 */
export class EncryptionMultipartContext {
  /** Id of the upload that it belongs to. */
  readonly uploadId: string
  readonly #cipher: ContentCipher
  readonly #envelope: Envelope
  readonly #sizes: PartSizes
  readonly #sent = new Map<number, bigint>()
  #disposed = false

  /** @internal */
  constructor(uploadId: string, cipher: ContentCipher, envelope: Envelope, sizes: PartSizes) {
    this.uploadId = uploadId
    this.#cipher = cipher
    this.#envelope = envelope
    this.#sizes = sizes
  }

  /** Bytes of plaintext in every part but the last. */
  get partSize(): number {
    return this.#sizes.partSize
  }

  /**
   * @internal Encrypts a part. The same part may be encrypted again, but not with other bytes: two ciphertexts under one
   * stretch of the key stream tell about both plaintexts.
   */
  encrypt(uploadId: string, partNumber: number, plain: Uint8Array): EncryptedPart {
    if (this.#disposed) throw new ParamInvalidError('cseMultipartContext', 'was disposed of')
    if (uploadId !== this.uploadId) throw new ParamInvalidError('cseMultipartContext', 'belongs to another upload')
    if (!Number.isSafeInteger(partNumber) || partNumber < 1 || partNumber > 10_000) {
      throw new ParamInvalidError('partNumber', 'expected an integer of 1 to 10000')
    }
    const last = this.#checkLength(partNumber, plain.byteLength)
    const offset = (partNumber - 1) * this.#sizes.partSize
    const bytes = transformBytes(this.#cipher.encryptor(offset, last), plain)
    const body = new CheckedBytes(bytes, crc64(bytes))
    this.#checkRepeated(partNumber, body.crc64)
    return { body, headers: envelopeHeaders(this.#envelope, storedSizes(this.#cipher, this.#sizes)) }
  }

  /** Wipes the key. Parts cannot be encrypted any more. */
  [Symbol.dispose](): void {
    this.#disposed = true
    this.#cipher.destroy()
  }

  /** @internal Neither key nor envelope. */
  [inspect.custom](): string {
    return `EncryptionMultipartContext { uploadId: ${inspect(this.uploadId)} }`
  }

  /** Whether it is the last part. @throws ParamInvalidError for a length that would garble the parts behind it */
  #checkLength(partNumber: number, length: number): boolean {
    const { partSize, dataSize } = this.#sizes
    if (length > partSize) throw new ParamInvalidError('body', `has more than csePartSize, ${partSize} bytes`)
    if (dataSize === undefined) return false
    const expected = Math.min(partSize, dataSize - (partNumber - 1) * partSize)
    const first = partNumber === 1
    if (expected < 0 || (expected === 0 && !first)) {
      throw new ParamInvalidError('partNumber', `lies behind the end of cseDataSize, ${dataSize} bytes`)
    }
    if (length !== expected) {
      throw new ParamInvalidError('body', `has ${length} bytes, part ${partNumber} must have ${expected}`)
    }
    return partNumber * partSize >= dataSize
  }

  #checkRepeated(partNumber: number, checksum: bigint): void {
    const before = this.#sent.get(partNumber)
    if (before !== undefined && before !== checksum) {
      throw new ParamInvalidError('body', `part ${partNumber} had other bytes before: begin a new upload`)
    }
    this.#sent.set(partNumber, checksum)
  }
}

/** Sizes of an upload as the service sees them: lengths of what is stored. */
export function storedSizes(cipher: ContentCipher, { partSize, dataSize }: PartSizes) {
  return {
    partSize: cipher.cipherLength(partSize),
    dataSize: dataSize === undefined ? undefined : cipher.cipherLength(dataSize),
  }
}
