/**
 * A master cipher behind a key management service: the master key never leaves it, and who may decrypt is decided there.
 *
 * The service is an interface with two calls, so any client of any service fits. For Alibaba Cloud KMS they are `Encrypt` and
 * `Decrypt` of an SDK that you have anyway; the two functions at the end show how.
 */
import { Client, DecryptionError, EncryptionClient, EnvironmentCredentialsProvider, type MasterCipher } from 'ferross'

/** The two calls of a key management service that are needed. */
export interface KeyService {
  /** Encrypts up to a few KiB under a key of the service. */
  encrypt(keyId: string, plaintext: Uint8Array, signal?: AbortSignal): Promise<Uint8Array>
  /** Decrypts. Rejects with an error that {@link KeyService.isRefusal} knows when the ciphertext is not the service's. */
  decrypt(ciphertext: Uint8Array, signal?: AbortSignal): Promise<Uint8Array>
  /** Whether an error of `decrypt` is about the ciphertext, not about the network, permissions or limits. */
  isRefusal(error: unknown): boolean
}

/** Wraps content keys with a key management service, under the name that the other OSS SDKs use for that. */
export class KmsMasterCipher implements MasterCipher {
  readonly wrapAlgorithm = 'KMS/ALICLOUD'
  readonly matDesc: string
  readonly #service: KeyService
  readonly #keyId: string

  /** @param matDesc tells this key from others; stored in the clear with each object, so put no secret into it */
  constructor(service: KeyService, keyId: string, matDesc: Record<string, string> = {}) {
    this.matDesc = Object.keys(matDesc).length === 0 ? '' : JSON.stringify(matDesc)
    this.#service = service
    this.#keyId = keyId
  }

  encrypt(data: Uint8Array, signal?: AbortSignal): Promise<Uint8Array> {
    return this.#service.encrypt(this.#keyId, data, signal)
  }

  async decrypt(data: Uint8Array, signal?: AbortSignal): Promise<Uint8Array> {
    try {
      return await this.#service.decrypt(data, signal)
    } catch (error) {
      // A refusal is answered like any other object that cannot be decrypted. Outages and missing permissions stay visible.
      throw this.#service.isRefusal(error) ? new DecryptionError() : error
    }
  }
}

/** The part of an Alibaba Cloud KMS client that {@link aliyunKeyService} calls: text in, text out, bytes as base64. */
export interface AliyunKms {
  encrypt(request: { keyId: string; plaintext: string }): Promise<{ body?: { ciphertextBlob?: string } }>
  decrypt(request: { ciphertextBlob: string }): Promise<{ body?: { plaintext?: string } }>
}

/** Adapts a client of Alibaba Cloud KMS. */
export function aliyunKeyService(kms: AliyunKms): KeyService {
  return {
    async encrypt(keyId, plaintext) {
      const { body } = await kms.encrypt({ keyId, plaintext: Buffer.from(plaintext).toString('base64') })
      if (!body?.ciphertextBlob) throw new Error('the key service gave no ciphertext')
      return Buffer.from(body.ciphertextBlob, 'utf8')
    },
    async decrypt(ciphertext) {
      const { body } = await kms.decrypt({ ciphertextBlob: Buffer.from(ciphertext).toString('utf8') })
      return Buffer.from(body?.plaintext ?? '', 'base64')
    },
    isRefusal: error => /InvalidCiphertext|Forbidden\.KeyNotFound/i.test(String((error as { code?: unknown })?.code)),
  }
}

/** Encrypts under one key of the service and still reads what was written under a former one. */
export function encryptingClient(kms: AliyunKms, keyId: string, formerKeyId: string): EncryptionClient {
  const service = aliyunKeyService(kms)
  const client = new Client({ region: 'cn-hangzhou', credentialsProvider: new EnvironmentCredentialsProvider() })
  return new EncryptionClient(client, new KmsMasterCipher(service, keyId, { key: keyId }), {
    decryptMasterCiphers: [new KmsMasterCipher(service, formerKeyId, { key: formerKeyId })],
  })
}
