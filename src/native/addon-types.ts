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
  readonly TlsConfig: new (
    roots: string[],
    certificate: string | undefined,
    key: string | undefined,
    tls13Only: boolean,
  ) => AddonTlsConfig
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
  openWire(fd: number, tls?: AddonTlsConfig, name?: string): AddonWire
  rsaEncrypt(pem: string, data: Uint8Array, oaep: boolean): Promise<Buffer>
  rsaDecrypt(pem: string, data: Uint8Array, oaep: boolean): Promise<Buffer>
  sealSegments(
    spec: SegmentSpec,
    plain: Uint8Array,
    output: Uint8Array,
    cancellation: AddonCancellation | undefined,
  ): Promise<bigint>
  openSegments(spec: SegmentSpec, sealed: Uint8Array, cancellation: AddonCancellation | undefined): Promise<number>
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

/** How TLS connections are made; opaque. */
export type AddonTlsConfig = object

/** A connection that native threads move bytes over, one call at a time. */
export interface AddonWire {
  handshake(timeout: number): Promise<void>
  exchange(bytes: Uint8Array, timeout: number): Promise<Buffer>
  send(bytes: Uint8Array, timeout: number): Promise<{ count: number; answered: boolean }>
  sendFile(
    reader: AddonPartReader,
    offset: number,
    length: number,
    checksum: boolean,
    cipher: CipherSpec | undefined,
    timeout: number,
  ): Promise<{ count: number; answered: boolean; plain: bigint; sent: bigint }>
  receive(buffer: Uint8Array, timeout: number): Promise<number>
  receiveFile(
    writer: AddonPartWriter,
    offset: number,
    length: number,
    checksum: boolean,
    cipher: CipherSpec | undefined,
    timeout: number,
  ): Promise<{ count: number; received: bigint; plain: bigint }>
  quiet(): boolean
  close(): void
}

/** An error as the addon rejects with it; `syscall` and `errno` are there when the system refused. */
export interface AddonError extends Error {
  readonly code: string
  readonly syscall?: string
  readonly errno?: number
}
