import { InconsistentError } from '../errors.js'
import { Crc64 } from '../native/checksum.js'
import { getObject } from '../operations/index.js'
import type { OpenFileOptions } from './open-options.js'
import type { PinnedObject } from './pinned-object.js'
import { Prefetcher } from './prefetcher.js'
import { StreamReader } from './stream-reader.js'

const mebibyte = 1024 * 1024
/** After this many jumps out of a prefetched stretch, reads are taken to be random for good. */
const mostJumps = 3

/**
 * Reads an object in the way that suits how it is read: through one stream at first, by fetching ahead once enough was read
 * in order, and through a stream again after jumps.
 */
export class AdaptiveReader {
  readonly #object: PinnedObject
  readonly #expectedCrc64: string | undefined
  readonly #stream: StreamReader
  readonly #prefetcher: Prefetcher
  readonly #threshold: number
  /** Where the last read ended. */
  #expected = 0
  /** Bytes read one after another. */
  #sequential = 0
  #ahead = false
  #jumps = 0
  #crc: Crc64 | undefined

  /** @param expectedCrc64 of the whole object, decimal, where the service knows it */
  constructor(object: PinnedObject, expectedCrc64: string | undefined, options: OpenFileOptions) {
    const { enablePrefetch, prefetchNum = 3, chunkSize = 6 * mebibyte, prefetchThreshold = 20 * mebibyte } = options
    this.#object = object
    this.#expectedCrc64 = object.core.downloadCrc64Check ? expectedCrc64 : undefined
    this.#stream = new StreamReader(object)
    this.#prefetcher = new Prefetcher(object, { prefetchNum, chunkSize })
    this.#threshold = enablePrefetch ? prefetchThreshold : Number.POSITIVE_INFINITY
  }

  /** Fills `target` with the bytes from `position` on, all of which must be inside the object. */
  async read(position: number, target: Uint8Array, signal: AbortSignal): Promise<void> {
    if (position !== this.#expected) this.#jump()
    try {
      for (let done = 0; done < target.length; ) {
        const length = await this.#readSome(position + done, target.subarray(done), signal)
        done += length
        this.#sequential += length
      }
      this.#checkCrc(position, target)
    } catch (error) {
      this.stop()
      throw error
    }
    this.#expected = position + target.length
  }

  /** Closes the connections and forgets what was fetched. */
  stop(): void {
    this.#stream.stop()
    this.#prefetcher.stop()
    this.#ahead = false
    this.#sequential = 0
  }

  /** Waits until nothing is under way any more. Call {@link AdaptiveReader.stop} first. */
  ended(): Promise<void> {
    return this.#prefetcher.ended()
  }

  /** What was fetched ahead is of no use after a jump, and who jumps often gains nothing by it. */
  #jump(): void {
    if (this.#ahead) this.#jumps++
    this.stop()
  }

  async #readSome(position: number, target: Uint8Array, signal: AbortSignal): Promise<number> {
    if (this.#jumps < mostJumps && (this.#ahead || this.#sequential >= this.#threshold)) {
      const length = await this.#readAhead(position, target, signal)
      if (length > 0) return length
    }
    return this.#stream.read(position, target, signal)
  }

  /** Gives 0 where fetching ahead is not possible: one stream does then, and bytes are counted from 0 again. */
  async #readAhead(position: number, target: Uint8Array, signal: AbortSignal): Promise<number> {
    try {
      const length = await this.#prefetcher.read(position, target, signal)
      if (length > 0) {
        if (!this.#ahead) this.#stream.stop()
        this.#ahead = true
        return length
      }
    } catch (error) {
      if (signal.aborted) throw error
    }
    this.#prefetcher.stop()
    this.#ahead = false
    this.#sequential = 0
    return 0
  }

  /** Whoever reads everything from the first byte to the last gets what every download gets: proof that it is right. */
  #checkCrc(position: number, bytes: Uint8Array): void {
    const expected = this.#expectedCrc64
    if (expected === undefined || bytes.length === 0) return
    if (position === 0) this.#crc = new Crc64()
    if (this.#crc?.length !== position) this.#crc = undefined
    if (this.#crc?.update(bytes).length !== this.#object.size) return
    const actual = this.#crc.digest().toString()
    this.#crc = undefined
    if (actual !== expected) {
      throw new InconsistentError(actual, expected, { operation: getObject.name, retryable: false })
    }
  }
}
