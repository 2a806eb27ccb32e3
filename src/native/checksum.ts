import { checkBytes } from './checks.js'
import { getEngine } from './index.js'

/**
 * CRC-64 (CRC-64/XZ, as OSS reports it in `x-oss-hash-crc64ecma`) of `data`.
 *
 * @param data bytes, or text taken as UTF-8
 * @param previous checksum of what came before `data`. @default 0n
 * @throws ParamInvalidError when an argument has the wrong type or `previous` is not a number of 64 bits
 *
 * @example
 * crc64('123456789') // => 11051210869376104954n
 * crc64('6789', crc64('12345')) // => 11051210869376104954n
 */
export function crc64(data: Uint8Array | string, previous = 0n): bigint {
  return getEngine().crc64(toBytes(data), previous)
}

/**
 * CRC-64 of two sequences put together, without looking at their bytes: parts can be checksummed apart and in any order.
 *
 * @param first checksum of the first sequence
 * @param second checksum of the second sequence
 * @param lengthOfSecond length of the second sequence in bytes
 * @throws ParamInvalidError when a checksum is not a number of 64 bits, or the length not a safe integer
 *
 * @example
 * crc64Combine(crc64('12345'), crc64('6789'), 4) === crc64('123456789') // => true
 */
export function crc64Combine(first: bigint, second: bigint, lengthOfSecond: number): bigint {
  return getEngine().crc64Combine(first, second, lengthOfSecond)
}

/** A CRC-64 that grows with the data given to it. */
export class Crc64 {
  #checksum = 0n
  #length = 0

  /** Bytes taken so far. */
  get length(): number {
    return this.#length
  }

  /** Takes more bytes, or text as UTF-8. */
  update(data: Uint8Array | string): this {
    const bytes = toBytes(data)
    this.#checksum = getEngine().crc64(bytes, this.#checksum)
    this.#length += bytes.length
    return this
  }

  /** The checksum of everything taken so far. May be asked for at any time. */
  digest(): bigint {
    return this.#checksum
  }
}

function toBytes(data: Uint8Array | string): Uint8Array {
  if (typeof data === 'string') return Buffer.from(data)
  checkBytes('data', data)
  return data
}
