/**
 * What the Rust addon exports, by hand: the crate is private, its arguments are checked by the callers of these, and a test
 * holds both engines to the same behaviour. Raise {@link CONTRACT} here and in `native/lib.rs` with every change.
 */

import type { CipherSpec, FileStat, SegmentSpec } from './engine.js'

/** Revision of this file and its Rust counterpart. */
export const CONTRACT = 3

/** The loaded addon. */
export interface Addon {
  readonly CONTRACT: number
  version(): string
  crc64(data: Uint8Array, previous: bigint): bigint
  crc64Combine(first: bigint, second: bigint, secondLength: number): bigint
  readonly AesCtr: new (spec: CipherSpec) => AddonAesCtr
  readonly Cancellation: new () => AddonCancellation
  readonly Engine: new () => AddonEngine
}

/** A key stream. Changes `data` in place unless `output` is given. */
export interface AddonAesCtr {
  apply(data: Uint8Array, output?: Uint8Array): void
}

/** A flag that native threads look at between blocks. */
export interface AddonCancellation {
  cancel(): void
}

/** One for each JavaScript environment. */
export interface AddonEngine {
  openReader(path: string): Promise<AddonPartReader>
  openWriter(path: string, size: number, existing: boolean): Promise<AddonPartWriter>
  rsaEncrypt(pem: string, data: Uint8Array, oaep: boolean): Promise<Buffer>
  rsaDecrypt(pem: string, data: Uint8Array, oaep: boolean): Promise<Buffer>
  sealSegments(
    spec: SegmentSpec,
    plain: Uint8Array,
    output: Uint8Array,
    cancellation: AddonCancellation | undefined,
  ): Promise<bigint>
  openSegments(spec: SegmentSpec, sealed: Uint8Array, cancellation: AddonCancellation | undefined): Promise<number>
  /** Lengths; -1 for what is not read, an error of the code `Changed` for a file that is being written to. */
  readSmallFiles(paths: string[], buffers: Uint8Array[], follow: boolean): Promise<AddonOutcomes>
  /** Not on Windows. */
  openFolder?(path: string): Promise<AddonFolder>
}

/** For each file a number or an error, then the milliseconds that all took. */
export type AddonOutcomes = (number | AddonError)[]

/** A file that is to be written to a folder. */
export interface AddonNewFile {
  readonly name: string
  readonly temporary: string
  readonly synchronised: boolean
  readonly modifiedMs: number | undefined
  readonly replace: boolean
}

/** An open folder. */
export interface AddonFolder {
  open(names: readonly string[]): Promise<AddonFolder>
  /** 0 for a file that is written, 1 where there is one already, 2 when the folder has moved. */
  write(files: AddonNewFile[], bytes: Uint8Array[], cancellation: AddonCancellation | undefined): Promise<AddonOutcomes>
  close(): void
}

/** An open file to read from. */
export interface AddonPartReader {
  readonly opened: FileStat
  read(
    buffer: Uint8Array,
    offset: number,
    checksum: boolean,
    cipher: CipherSpec | undefined,
    cancellation: AddonCancellation | undefined,
  ): Promise<{ length: number; plain: bigint; sent: bigint }>
  stat(): Promise<FileStat>
  close(): Promise<void>
}

/** An open file to write to. */
export interface AddonPartWriter {
  write(
    chunks: Uint8Array[],
    offset: number,
    checksum: boolean,
    cipher: CipherSpec | undefined,
    cancellation: AddonCancellation | undefined,
  ): Promise<{ received: bigint; plain: bigint }>
  finish(): Promise<void>
  discard(): Promise<void>
}

/** An error as the addon rejects with it; `syscall` and `errno` are there when the system refused. */
export interface AddonError extends Error {
  readonly code: string
  readonly syscall?: string
  readonly errno?: number
}
