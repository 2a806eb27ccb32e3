/** Turns bytes into others as they pass. */
export interface ByteTransformer {
  /** Takes a chunk, which stays as it is, and gives what can be given so far. */
  update(chunk: Uint8Array): Uint8Array[]
  /** Gives the rest. */
  end(): Uint8Array[]
}

/** Where encrypted bytes stand in an object. */
export interface CipherRange {
  /** Position of the first byte in the stored object. */
  readonly offset: number
  /** How many bytes come; `undefined` when nobody said. */
  readonly length: number | undefined
  /** Length of the stored object; `undefined` when nobody said. */
  readonly total: number | undefined
}

/** The content key of one object at work. Lengths and positions are in bytes. */
export interface ContentCipher {
  /** Name of the format as objects carry it. */
  readonly algorithm: string
  /** Positions at which encryption of a part may begin are multiples of this. */
  readonly granule: number
  /** Length of the ciphertext of so many bytes. */
  cipherLength(plainLength: number): number
  /** Encrypts plaintext from position `offset` on; `last` says whether the object ends with it. */
  encryptor(offset: number, last: boolean): ByteTransformer
  /** Decrypts a range of the stored object. */
  decryptor(range: CipherRange): ByteTransformer
  /** Wipes the key. The cipher, and transformers it made, must not be used afterwards. */
  destroy(): void
}

/** Runs bytes in memory through a transformer. */
export function transformBytes(transformer: ByteTransformer, bytes: Uint8Array): Buffer {
  const pieces = [...transformer.update(bytes), ...transformer.end()]
  const [only] = pieces
  if (only !== undefined && pieces.length === 1) return Buffer.from(only.buffer, only.byteOffset, only.byteLength)
  return Buffer.concat(pieces)
}
