import { createHash, type Hash } from 'node:crypto'
import { ParamInvalidError } from '../errors.js'
import type { Payload } from '../pipeline/body.js'
import type { ProgressMeter } from '../pipeline/progress.js'
import type { ContentCipher } from './content-cipher.js'

/** What the caller said about the plaintext, and who wants to know how it moves. */
export interface PlainFacts {
  /** Length in bytes. */
  readonly length: number | undefined
  /** Base64 of the MD5. */
  readonly md5: string | undefined
  readonly progress: ProgressMeter
}

/**
 * The ciphertext of a whole body, made while it is sent. The last bytes are held back until the plaintext has proved to be
 * what the caller said it is.
 */
export async function* encryptingBody(
  payload: Payload,
  cipher: ContentCipher,
  facts: PlainFacts,
): AsyncGenerator<Uint8Array> {
  const encryptor = cipher.encryptor(0, true)
  const hash = facts.md5 === undefined ? undefined : createHash('md5')
  let length = 0
  let held: Uint8Array[] = []
  facts.progress.restart()
  for await (const chunk of payload.open()) {
    length += chunk.byteLength
    hash?.update(chunk)
    const encrypted = encryptor.update(chunk)
    if (encrypted.length > 0) {
      yield* held
      held = encrypted
    }
    facts.progress.add(chunk.byteLength)
  }
  checkPlain(length, hash, facts)
  yield* held
  yield* encryptor.end()
}

/** @throws ParamInvalidError when the plaintext is not what the caller said */
export function checkPlain(
  length: number,
  hash: Hash | undefined,
  stated: { length?: number | undefined; md5?: string | undefined },
): void {
  if (stated.length !== undefined && stated.length !== length) {
    throw new ParamInvalidError('contentLength', `is ${stated.length}, but the body has ${length} bytes`)
  }
  if (hash !== undefined && hash.digest('base64') !== stated.md5) {
    throw new ParamInvalidError('contentMd5', 'is not the MD5 of the body')
  }
}
