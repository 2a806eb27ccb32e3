import { createCipheriv, createDecipheriv } from 'node:crypto'
import { DecryptionError } from '../errors.js'

/** Bytes that a segment grows by: its tag. */
export const tagLength = 16
const nonceLength = 12

/** Encrypts one segment; the tag follows the ciphertext. */
export function sealSegment(key: Uint8Array, index: number, last: boolean, plain: Uint8Array): Uint8Array[] {
  const cipher = createCipheriv('aes-256-gcm', key, nonce(index, last))
  const content = cipher.update(plain)
  cipher.final()
  return plain.byteLength === 0 ? [cipher.getAuthTag()] : [content, cipher.getAuthTag()]
}

/** Verifies and decrypts one segment. @throws DecryptionError without giving anything away */
export function openSegment(key: Uint8Array, index: number, last: boolean, sealed: Uint8Array): Buffer {
  const end = sealed.byteLength - tagLength
  if (end < 0) throw new DecryptionError()
  const decipher = createDecipheriv('aes-256-gcm', key, nonce(index, last), { authTagLength: tagLength })
  decipher.setAuthTag(sealed.subarray(end))
  const content = decipher.update(sealed.subarray(0, end))
  try {
    decipher.final()
  } catch {
    content.fill(0)
    throw new DecryptionError()
  }
  return content
}

/** Position and end are in the nonce: a segment verifies in its own place only. The key is used for one sequence only. */
function nonce(index: number, last: boolean): Buffer {
  const bytes = Buffer.alloc(nonceLength)
  bytes.writeBigUInt64BE(BigInt(index), 3)
  bytes[nonceLength - 1] = last ? 1 : 0
  return bytes
}

/** Length of so many bytes after sealing. Nothing is one segment too, where the sequence ends with it. */
export function segmentsLength(plainLength: number, segmentSize: number, last: boolean): number {
  return plainLength + Math.max(last ? 1 : 0, Math.ceil(plainLength / segmentSize)) * tagLength
}
