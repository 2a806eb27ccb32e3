import { constants } from 'node:buffer'
import { ParamInvalidError } from '../errors.js'
import type { CipherSpec, RsaPadding, SegmentSpec, SmallFileOptions } from './engine.js'

/** Largest value of an unsigned 64-bit number. */
export const MAX_UINT64 = 0xffff_ffff_ffff_ffffn

/** Largest segment, in bytes of plaintext. */
const LARGEST_SEGMENT = 16 * 1024 * 1024

/** Accepts bytes, of exactly `length` if given. */
export function checkBytes(field: string, value: unknown, length?: number): asserts value is Uint8Array {
  if (!(value instanceof Uint8Array)) throw new ParamInvalidError(field, 'use a Uint8Array or Buffer')
  if (length !== undefined && value.length !== length) {
    throw new ParamInvalidError(field, `use ${length} bytes, not ${value.length}`)
  }
}

/** Accepts a checksum: a bigint from 0 to 2^64 - 1. */
export function checkChecksum(field: string, value: unknown): asserts value is bigint {
  if (typeof value !== 'bigint' || value < 0n || value > MAX_UINT64) {
    throw new ParamInvalidError(field, 'use a bigint from 0 to 18446744073709551615')
  }
}

/** Accepts a position or length: an integer from 0 to `maximum`. */
export function checkInteger(
  field: string,
  value: unknown,
  maximum = Number.MAX_SAFE_INTEGER,
): asserts value is number {
  if (!Number.isSafeInteger(value) || (value as number) < 0 || (value as number) > maximum) {
    throw new ParamInvalidError(field, `use an integer from 0 to ${maximum}`)
  }
}

/** Accepts the length of a buffer. */
export function checkBufferLength(field: string, value: unknown): asserts value is number {
  checkInteger(field, value, constants.MAX_LENGTH)
}

/** Accepts key stream settings; the path of each field begins with `prefix`. */
export function checkCipher(prefix: string, spec: unknown): asserts spec is CipherSpec {
  if (typeof spec !== 'object' || spec === null) {
    throw new ParamInvalidError(prefix.replace(/\.$/, '') || 'spec', 'use an object with key, iv and offset')
  }
  const { key, iv, offset } = spec as Record<keyof CipherSpec, unknown>
  checkBytes(`${prefix}key`, key, 32)
  checkBytes(`${prefix}iv`, iv, 16)
  checkInteger(`${prefix}offset`, offset)
}

/** Accepts the settings of segments. */
export function checkSegments(spec: unknown): asserts spec is SegmentSpec {
  if (typeof spec !== 'object' || spec === null) {
    throw new ParamInvalidError('spec', 'use an object with key, segmentSize, index and last')
  }
  const { key, segmentSize, index, last } = spec as Record<keyof SegmentSpec, unknown>
  checkBytes('key', key, 32)
  checkInteger('segmentSize', segmentSize, LARGEST_SEGMENT)
  if (segmentSize === 0) throw new ParamInvalidError('segmentSize', 'use at least 1')
  checkInteger('index', index)
  if (typeof last !== 'boolean') throw new ParamInvalidError('last', 'use a boolean')
}

/** Accepts a path: a string that the system can take. */
export function checkPath(value: unknown): asserts value is string {
  if (typeof value !== 'string' || value === '' || value.includes('\0')) {
    throw new ParamInvalidError('path', 'use a string that is not empty and holds no NUL')
  }
}

/** Accepts the name of one thing in a folder. */
export function checkName(field: string, value: unknown): asserts value is string {
  if (typeof value !== 'string' || value === '' || value === '.' || value === '..' || separators.test(value)) {
    throw new ParamInvalidError(field, 'use a name without separators and NUL')
  }
}

const separators = process.platform === 'win32' ? /[/\\:\0]/ : /[/\0]/

/** Accepts what is to become a small file. */
export function checkSmallFile(name: unknown, bytes: unknown, options: SmallFileOptions): void {
  checkName('name', name)
  checkBytes('bytes', bytes)
  checkName('temporary', options?.temporary)
  const { fsync, replace, modifiedMs, signal } = options
  if (fsync !== undefined && typeof fsync !== 'boolean') throw new ParamInvalidError('fsync', 'use a boolean')
  if (replace !== undefined && typeof replace !== 'boolean') throw new ParamInvalidError('replace', 'use a boolean')
  if (modifiedMs !== undefined && !Number.isFinite(modifiedMs)) {
    throw new ParamInvalidError('modifiedMs', 'use a number')
  }
  checkSignal(signal)
}

/** Accepts an abort signal or nothing. */
export function checkSignal(value: unknown): asserts value is AbortSignal | undefined {
  if (value !== undefined && !(value instanceof AbortSignal))
    throw new ParamInvalidError('signal', 'use an AbortSignal')
}

/** Accepts a padding scheme. */
export function checkPadding(value: unknown): asserts value is RsaPadding {
  if (value !== 'pkcs1' && value !== 'oaep') throw new ParamInvalidError('padding', "use 'pkcs1' or 'oaep'")
}

/** Accepts the options of reading or writing a part. */
export function checkPartOptions(options: { crc64?: boolean; cipher?: CipherSpec; signal?: AbortSignal }): void {
  if (options.crc64 !== undefined && typeof options.crc64 !== 'boolean') {
    throw new ParamInvalidError('crc64', 'use a boolean')
  }
  if (options.cipher !== undefined) checkCipher('cipher.', options.cipher)
  checkSignal(options.signal)
}

/**
 * Accepts what is to be written from `offset` in a file of `size` bytes. Resizable memory is refused: it could shrink under
 * a thread that reads it.
 */
export function checkChunks(chunks: unknown, offset: number, size: number): asserts chunks is Uint8Array[] {
  if (!Array.isArray(chunks)) throw new ParamInvalidError('chunks', 'use an array of Uint8Array')
  let length = 0
  for (const [index, chunk] of chunks.entries()) {
    checkBytes(`chunks[${index}]`, chunk)
    if ((chunk.buffer as { resizable?: boolean }).resizable) {
      throw new ParamInvalidError(`chunks[${index}]`, 'use memory that cannot be resized')
    }
    length += chunk.length
  }
  if (offset + length > size) {
    throw new ParamInvalidError('chunks', `${length} bytes from ${offset} end past the file's size of ${size}`)
  }
}
