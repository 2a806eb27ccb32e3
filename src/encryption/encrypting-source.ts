import type { ByteSource } from '../transfer/stream-source.js'
import type { ContentCipher } from './content-cipher.js'

/** The ciphertext of a source, made as it is asked for. */
export function encryptingSource(source: ByteSource, cipher: ContentCipher): ByteSource {
  const encryptor = cipher.encryptor(0, true)
  const ready: Uint8Array[] = []
  let ended = false
  return {
    length: source.length === undefined ? undefined : cipher.cipherLength(source.length),
    async next(signal) {
      for (;;) {
        const chunk = ready.shift()
        if (chunk !== undefined || ended) return chunk
        const plain = await source.next(signal)
        ended = plain === undefined
        ready.push(...(plain === undefined ? encryptor.end() : encryptor.update(plain)))
      }
    },
    close: reason => source.close(reason),
  }
}
