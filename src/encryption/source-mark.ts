import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Location } from './seal-parameters.js'

/** What tells a file from others, and from what it was before. */
export interface SourceIdentity {
  /** Length of the plaintext in bytes. */
  readonly size: number
  /** Time of the last change in milliseconds since 1970. */
  readonly mtimeMs: number
  /** The file's number in its file system. */
  readonly ino: number
}

/**
 * A value that a content key has for one file and one object only. Start values and salts of uploaded files are made of it: they
 * need not be random, because each key is, and this way an envelope that only the service kept shows what its key was made for.
 */
export function sourceMark(contentKey: Uint8Array, source: SourceIdentity, { bucket, key }: Location): Uint8Array {
  const { size, mtimeMs, ino } = source
  const about = JSON.stringify([bucket, key, size, mtimeMs, ino])
  return new Uint8Array(createHmac('sha256', contentKey).update('ferross source 1\0').update(about).digest())
}

/** Compares in constant time. */
export function sameMark(a: Uint8Array, b: Uint8Array): boolean {
  return a.byteLength === b.byteLength && timingSafeEqual(a, b)
}
