import { createSign, generateKeyPair, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'

/** Path under which the server gives its public key. No bucket can have such a name. */
export const publicKeyPath = '/callback_pub_key_v1.pem'

interface Keys {
  readonly publicKey: string
  readonly privateKey: KeyObject
}

/** Signs callbacks with a key of its own, made when it is first needed and never kept. */
export class CallbackSigner {
  /** Where whoever is called gets the public key. Known once the server listens. */
  publicKeyUrl = ''
  #keys: Promise<Keys> | undefined

  /** The public key in PEM. */
  async publicKey(): Promise<string> {
    return (await this.#pair()).publicKey
  }

  /** Signature of a callback in base64: RSA with MD5, which the service has used from the beginning. */
  async sign(text: string | Buffer): Promise<string> {
    const { privateKey } = await this.#pair()
    return createSign('RSA-MD5').update(text).sign(privateKey, 'base64')
  }

  #pair(): Promise<Keys> {
    this.#keys ??= promisify(generateKeyPair)('rsa', { modulusLength: 2048 }).then(({ publicKey, privateKey }) => ({
      publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
      privateKey,
    }))
    return this.#keys
  }
}
