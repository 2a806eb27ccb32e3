import { ParamInvalidError } from '../errors.js'
import { checkOpenOptions, type OpenFileOptions } from '../files/open-options.js'
import { PinnedObject } from '../files/pinned-object.js'
import { ReadOnlyFile } from '../files/read-only-file.js'
import type { HeadObjectResult } from '../operations/index.js'
import type { ObjectBody } from '../pipeline/object-body.js'
import { watchedCore } from '../transfer/transfer-context.js'
import type { ContentCipher } from './content-cipher.js'
import { checkAccepted, type EncryptionContext, layoutOf } from './context.js'
import { type Cut, cutOut } from './cut.js'
import { decryptingBody } from './decrypting-body.js'
import { readEnvelope } from './envelope.js'
import { withPlainLength } from './head-object.js'
import { wholeOf } from './range.js'

/** Opens an object for reading its plaintext. Costs one request, and unwrapping its key once. */
export async function openEncryptedFile(
  { client, core, keys, settings }: EncryptionContext,
  bucket: string,
  key: string,
  options: OpenFileOptions = {},
): Promise<ReadOnlyFile> {
  checkOpenOptions(options)
  const { versionId, requestPayer, signal, offset = 0 } = options
  const address = {
    bucket,
    key,
    ...(versionId !== undefined && { versionId }),
    ...(requestPayer !== undefined && { requestPayer }),
  }
  const head = await client.headObject(address, signal ? { signal } : {})
  const envelope = readEnvelope(head.headers)
  checkAccepted(settings, envelope)
  const storedSize = head.contentLength ?? 0
  const plainHead = withPlainLength(head)
  const size = plainHead.contentLength ?? 0
  if (offset > size) throw new ParamInvalidError('offset', `is beyond the object's ${size} bytes`)
  const stored = new PinnedObject(watchedCore(core), address, storedSize, head.etag)
  if (envelope === undefined) return new ReadOnlyFile(stored, head, options)
  const cipher = await keys.open(envelope, { bucket, key }, signal)
  try {
    const object = new EncryptedObject(stored, cipher, layoutOf(envelope), size)
    if (layoutOf(envelope) !== undefined) await object.verifyEnd(signal ?? new AbortController().signal)
    // The stored checksum is about the ciphertext, and the reader would compare it with what it reads.
    const { hashCrc64, ...rest } = plainHead
    return new EncryptedFile(object, rest, options, cipher)
  } catch (error) {
    cipher.destroy()
    throw error
  }
}

/** The plaintext of a pinned object. */
class EncryptedObject extends PinnedObject {
  readonly #stored: PinnedObject
  readonly #cipher: ContentCipher
  readonly #segmentSize: number | undefined

  constructor(stored: PinnedObject, cipher: ContentCipher, segmentSize: number | undefined, size: number) {
    // The entity tag is the business of the stored object, through which everything goes.
    super(stored.core, stored.address, size, undefined)
    this.#stored = stored
    this.#cipher = cipher
    this.#segmentSize = segmentSize
  }

  override open(start: number, end: number, signal: AbortSignal): Promise<ObjectBody> {
    const { size: total } = this.#stored
    const length = end - start
    if (this.#segmentSize === undefined) return this.#open({ range: { offset: start, length, total } }, length, signal)
    const cut = cutOut({ start, end: end - 1 }, wholeOf(total), this.#segmentSize)
    return this.#open(cut as Cut, length, signal)
  }

  /**
   * Reads the last segment of a sealed object. Only it can tell that the object was not cut short, and so that its length is
   * right: reading would otherwise end early, at a length that somebody made up.
   */
  async verifyEnd(signal: AbortSignal): Promise<void> {
    const { size: total } = this.#stored
    const stride = this.#cipher.cipherLength(this.#segmentSize as number)
    const offset = Math.floor((total - 1) / stride) * stride
    const body = await this.#open({ range: { offset, length: total - offset, total } }, undefined, signal)
    for await (const _ of body);
  }

  async #open({ range, skip }: Pick<Cut, 'range'> & Partial<Cut>, length: number | undefined, signal: AbortSignal) {
    const decryptor = this.#cipher.decryptor(range)
    const body = await this.#stored.open(range.offset, range.offset + (range.length as number), signal)
    return decryptingBody(body, { decryptor, skip: skip ?? 0, length }, { operation: 'GetObject', signal })
  }
}

/** A file whose key is wiped when it is closed. */
class EncryptedFile extends ReadOnlyFile {
  readonly #cipher: ContentCipher

  constructor(object: PinnedObject, head: HeadObjectResult, options: OpenFileOptions, cipher: ContentCipher) {
    super(object, head, options)
    this.#cipher = cipher
  }

  override async close(): Promise<void> {
    await super.close()
    this.#cipher.destroy()
  }
}
