import { createPrivateKey, createPublicKey } from 'node:crypto'
import { inspect } from 'node:util'
import { ParamRequiredError } from '../errors.js'
import { getEngine } from '../native/index.js'
import { keyError, normalizePem } from '../native/pem.js'
import type { MasterCipher } from './master-cipher.js'
import { formatMatDesc, type MatDesc } from './mat-desc.js'

/**
 * Wraps keys with RSA under PKCS#1 v1.5, as the other OSS SDKs do. The public key encrypts, the private key decrypts;
 * either may be left out where it is not needed.
 */
export class MasterRsaCipher implements MasterCipher {
  readonly wrapAlgorithm = 'RSA/NONE/PKCS1Padding'
  readonly matDesc: string
  readonly #publicKeyPem: string | undefined
  readonly #privateKeyPem: string | undefined

  /**
   * @param matDesc tells this key pair from others; stored in the clear with each object
   * @param publicKeyPem RSA key of 1024 to 8192 bits in PEM, SPKI or PKCS#1
   * @param privateKeyPem RSA key, not encrypted, in PEM, PKCS#8 or PKCS#1
   * @throws ParamInvalidError for a description or key that cannot be used
   */
  constructor(matDesc: MatDesc | null | undefined, publicKeyPem?: string, privateKeyPem?: string) {
    this.matDesc = formatMatDesc(matDesc)
    this.#publicKeyPem = publicKeyPem === undefined ? undefined : checkedKey('public', publicKeyPem)
    this.#privateKeyPem = privateKeyPem === undefined ? undefined : checkedKey('private', privateKeyPem)
  }

  /** Wraps up to 32 bytes. @throws ParamRequiredError without a public key */
  async encrypt(data: Uint8Array): Promise<Uint8Array> {
    if (this.#publicKeyPem === undefined) throw new ParamRequiredError('publicKeyPem')
    return getEngine().rsaEncrypt(this.#publicKeyPem, data)
  }

  /**
   * Unwraps. A damaged ciphertext mostly gives noise of some length instead of an error, so that neither time nor error
   * tell anything about the key. @throws ParamRequiredError without a private key
   */
  async decrypt(data: Uint8Array): Promise<Uint8Array> {
    if (this.#privateKeyPem === undefined) throw new ParamRequiredError('privateKeyPem')
    return getEngine().rsaDecrypt(this.#privateKeyPem, data)
  }

  /** @internal Never the keys. */
  [inspect.custom](): string {
    return `MasterRsaCipher { matDesc: ${inspect(this.matDesc)} }`
  }
}

function checkedKey(kind: 'public' | 'private', pem: string): string {
  const normalized = normalizePem(kind, pem)
  let usable = false
  try {
    const key = kind === 'public' ? createPublicKey(normalized) : createPrivateKey(normalized)
    const bits = key.asymmetricKeyDetails?.modulusLength ?? 0
    usable = key.asymmetricKeyType === 'rsa' && bits >= 1024 && bits <= 8192
  } catch {
    // Falls through: the reason might quote the key.
  }
  if (!usable) throw keyError(kind)
  return normalized
}
