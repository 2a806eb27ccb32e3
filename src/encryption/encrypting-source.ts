import { getEngine } from '../native/index.js'
import { segmentsLength } from '../native/segments.js'
import type { ByteSource } from '../transfer/stream-source.js'
import type { ContentCipher } from './content-cipher.js'
import { SealedCipher } from './sealed-cipher.js'

/** Bytes that are sealed by one call of the engine: enough that handing them to another thread costs nothing beside it. */
const batch = 1024 * 1024

/** The ciphertext of a source, made as it is asked for. */
export function encryptingSource(source: ByteSource, cipher: ContentCipher): ByteSource {
  return cipher instanceof SealedCipher ? sealingSource(source, cipher) : streamingSource(source, cipher)
}

function streamingSource(source: ByteSource, cipher: ContentCipher): ByteSource {
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

/** Segments are sealed on native threads, several at a time. */
function sealingSource(source: ByteSource, cipher: SealedCipher): ByteSource {
  const { granule } = cipher
  const plain = Buffer.allocUnsafeSlow(Math.ceil(batch / granule) * granule)
  let chunk: Uint8Array | undefined
  let position = 0
  let ended = false
  return {
    length: source.length === undefined ? undefined : cipher.cipherLength(source.length),
    async next(signal) {
      if (ended) return undefined
      let filled = 0
      chunk ??= await source.next(signal)
      while (chunk !== undefined && filled < plain.length) {
        const fits = Math.min(chunk.byteLength, plain.length - filled)
        plain.set(chunk.subarray(0, fits), filled)
        filled += fits
        // The next chunk, or that there is none, must be known before the last segment is sealed.
        chunk = fits < chunk.byteLength ? chunk.subarray(fits) : await source.next(signal)
      }
      ended = chunk === undefined
      const sealed = Buffer.allocUnsafeSlow(segmentsLength(filled, granule, ended))
      await getEngine().sealSegments(cipher.spec(position, ended), plain.subarray(0, filled), sealed, signal)
      position += filled
      return sealed
    },
    close: reason => source.close(reason),
  }
}
