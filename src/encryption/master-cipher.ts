import { ParamInvalidError } from '../errors.js'

/**
 * Wraps and unwraps the keys of objects: the one secret that has to be kept. An implementation may ask a key management
 * service, so both directions may be asynchronous. It must not keep, change or log what it is given.
 */
export interface MasterCipher {
  /** How keys are wrapped, such as `RSA/NONE/PKCS1Padding`. Stored with each object; another value is not unwrapped. */
  readonly wrapAlgorithm: string
  /**
   * JSON of an object of strings that tells this master key from others, such as `{"key": "2026"}`, or `''`. Stored with
   * each object in the clear.
   */
  readonly matDesc: string
  /** Wraps up to 32 bytes. */
  encrypt(data: Uint8Array, signal?: AbortSignal): Uint8Array | Promise<Uint8Array>
  /**
   * Unwraps what {@link MasterCipher.encrypt} made. The answer belongs to the caller, who wipes it. Throws a `DecryptionError` for anything else, without saying why; other
   * errors, such as those of the network, reach the caller as they are.
   */
  decrypt(data: Uint8Array, signal?: AbortSignal): Uint8Array | Promise<Uint8Array>
}

/** Accepts a master cipher. @throws ParamInvalidError naming the option */
export function checkMasterCipher(name: string, value: unknown): asserts value is MasterCipher {
  const { encrypt, decrypt, wrapAlgorithm, matDesc } = (value ?? {}) as Partial<Record<keyof MasterCipher, unknown>>
  const usable =
    typeof encrypt === 'function' &&
    typeof decrypt === 'function' &&
    typeof wrapAlgorithm === 'string' &&
    wrapAlgorithm !== '' &&
    typeof matDesc === 'string'
  if (!usable) {
    throw new ParamInvalidError(name, 'expected an object with encrypt, decrypt, wrapAlgorithm and matDesc')
  }
}
