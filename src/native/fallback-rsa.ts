import {
  constants,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  privateDecrypt,
  publicEncrypt,
} from 'node:crypto'
import { DecryptionError } from '../errors.js'
import type { RsaPadding } from './engine.js'
import { keyError, messageError, normalizePem } from './pem.js'

/** Bytes that padding takes at least: marker, random filling and separator; or twice SHA-1 and two. */
const OVERHEAD = { pkcs1: 11, oaep: 42 }

/** Wraps `data` with a public key. */
export function rsaEncrypt(pem: string, data: Uint8Array, padding: RsaPadding): Uint8Array {
  const key = importKey('public', pem)
  if (data.length > modulusLength(key) - OVERHEAD[padding]) throw messageError()
  const mode = padding === 'oaep' ? constants.RSA_PKCS1_OAEP_PADDING : constants.RSA_PKCS1_PADDING
  return publicEncrypt({ key, padding: mode, oaepHash: 'sha1' }, data)
}

/** Unwraps `data` with a private key. */
export function rsaDecrypt(pem: string, data: Uint8Array, padding: RsaPadding): Uint8Array {
  const key = importKey('private', pem)
  if (data.length !== modulusLength(key)) throw new DecryptionError()
  try {
    if (padding === 'oaep') {
      return privateDecrypt({ key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' }, data)
    }
    return unpad(key, data, privateDecrypt({ key, padding: constants.RSA_NO_PADDING }, data))
  } catch {
    // The reason could help an attacker, so it is not passed on.
    throw new DecryptionError()
  }
}

function importKey(kind: 'public' | 'private', pem: string): KeyObject {
  const normalized = normalizePem(kind, pem)
  let key: KeyObject
  try {
    key = kind === 'public' ? createPublicKey(normalized) : createPrivateKey(normalized)
  } catch {
    throw keyError(kind)
  }
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0
  if (key.asymmetricKeyType !== 'rsa' || bits < 1024 || bits > 8192) throw keyError(kind)
  return key
}

function modulusLength(key: KeyObject): number {
  return Math.ceil((key.asymmetricKeyDetails?.modulusLength ?? 0) / 8)
}

/**
 * Removes PKCS#1 v1.5 padding. Where it is damaged the answer is made from key and ciphertext instead
 * (draft-irtf-cfrg-rsa-guidance, section 7), always the same for the same ciphertext. No branch and no memory access depends
 * on the content, as far as JavaScript lets one say that. Done here because Node refuses to do it with OpenSSL before 3.2.
 */
function unpad(key: KeyObject, ciphertext: Uint8Array, encoded: Buffer): Uint8Array {
  const size = encoded.length
  const derivation = derivationKey(key, ciphertext, size)
  const substitute = expand(derivation, 'message', size)
  const substituteLength = chooseLength(expand(derivation, 'length', 256), size - 11)

  let bad = ~(isZero(encoded[0]!) & isZero(encoded[1]! ^ 2))
  let looking = -1
  let separator = 0
  for (let i = 2; i < size; i++) {
    const zero = isZero(encoded[i]!)
    separator |= i & looking & zero
    looking &= ~zero
  }
  bad |= looking | isLess(separator, 10)

  for (let i = 0; i < size; i++) encoded[i] = (encoded[i]! & ~bad) | (substitute[i]! & bad)
  const length = ((size - 1 - separator) & ~bad) | (substituteLength & bad)
  return Uint8Array.prototype.slice.call(encoded, size - length)
}

/** All bits set when `value`, not negative, is zero, else none. */
function isZero(value: number): number {
  return (value - 1) >> 31
}

/** All bits set when `a` is less than `b`, both not negative, else none. */
function isLess(a: number, b: number): number {
  return (a - b) >> 31
}

function derivationKey(key: KeyObject, ciphertext: Uint8Array, size: number): Buffer {
  const exponent = Buffer.from(key.export({ format: 'jwk' }).d ?? '', 'base64url')
  const padded = Buffer.concat([Buffer.alloc(size - exponent.length), exponent])
  return createHmac('sha256', createHash('sha256').update(padded).digest()).update(ciphertext).digest()
}

/** Derives `length` bytes: one keyed hash for each 32, over a counter, the label and the length in bits. */
function expand(key: Buffer, label: string, length: number): Buffer {
  const blocks: Buffer[] = []
  for (let i = 0; i * 32 < length; i++) {
    const counter = Buffer.from([i >> 8, i & 255])
    const bits = Buffer.from([(length * 8) >> 8, (length * 8) & 255])
    blocks.push(createHmac('sha256', key).update(counter).update(label).update(bits).digest())
  }
  return Buffer.concat(blocks).subarray(0, length)
}

/** The last of 128 candidates that is not above `maximum`. */
function chooseLength(candidates: Buffer, maximum: number): number {
  const mask = 2 ** (32 - Math.clz32(maximum)) - 1
  let chosen = 0
  for (let i = 0; i < candidates.length; i += 2) {
    const candidate = ((candidates[i]! << 8) | candidates[i + 1]!) & mask
    const fits = isLess(candidate, maximum + 1)
    chosen = (chosen & ~fits) | (candidate & fits)
  }
  return chosen
}
