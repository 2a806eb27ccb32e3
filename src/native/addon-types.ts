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

/**
 * Whom TLS trusts and as whom it speaks, from PEM texts. Making one is cheap: the texts are parsed at the first handshake,
 * which fails with `Tls` when none of the roots, or the certificate or key, is usable. Sessions are remembered in it.
 */
export interface AddonTlsConfig {
  /** Only tells the type from others. */
  readonly constructor: { readonly name: string }
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
  /**
   * Duplicates the descriptor of a connected, paused socket, which nobody else may read or write until `close`. Throws where
   * native threads cannot use connections (Windows). With `tls`, `name` is the host's name or address.
   */
  openWire(descriptor: number, tls?: AddonTlsConfig, name?: string): AddonWire
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

/**
 * A connection whose bytes native threads move. One job at a time. Each fails with `TimedOut` when nothing moves for
 * `timeoutMs` (0 for no limit), with `Closed` when the connection was closed by either side, with `Tls` when the peer is not
 * to be trusted, and with the system's error, whose `syscall` is `send` or `recv` for the connection and `read` or `write`
 * for files. Jobs that move a lot end after 200 ms with what they have moved, so `count` may be less than asked for.
 */
export interface AddonWire {
  /** Shakes hands; does nothing without TLS. */
  handshake(timeoutMs: number): Promise<void>
  /** Sends bytes that stay as they are until it settles. Stops early when an answer comes. */
  send(bytes: Uint8Array, timeoutMs: number): Promise<{ count: number; answered: boolean }>
  /**
   * Sends a range of a file. `plain` and `sent` are the checksums of the file's bytes and of the bytes as sent, `cipher.offset`
   * is the position of the first byte. Fails with `FileTooShort`. A failure after something was sent comes with the next job:
   * `count` always tells what may have left.
   */
  sendFile(
    reader: AddonPartReader,
    offset: number,
    length: number,
    cipher: CipherSpec | undefined,
    timeoutMs: number,
  ): Promise<{ count: number; answered: boolean; plain: bigint; sent: bigint }>
  /**
   * Sends bytes, of which there may be none, and resolves with the head of the answer through its empty line. What follows
   * it is kept for `receive` and `receiveFile`. Fails with `HeadTooLong` after 16 KiB.
   */
  exchange(bytes: Uint8Array, timeoutMs: number): Promise<Buffer>
  /** Receives at least one byte; 0 at the end of the stream. Fails with `Closed` when TLS does not announce the end. */
  receive(buffer: Uint8Array, timeoutMs: number): Promise<number>
  /**
   * Receives into a range of a file. `received` and `plain` are the checksums of the bytes as they came and as they are
   * written. A failure after something was moved comes with the next job. The end of the stream before the first byte is
   * `Closed`.
   */
  receiveFile(
    writer: AddonPartWriter,
    offset: number,
    length: number,
    cipher: CipherSpec | undefined,
    timeoutMs: number,
  ): Promise<{ count: number; received: bigint; plain: bigint }>
  /** Whether a request can follow: no job runs and nothing has come, not even the end. */
  quiet(): boolean
  /** Ends the connection and the job that uses it. May be repeated. */
  close(): void
}

/** An error as the addon rejects with it; `syscall` and `errno` are there when the system refused. */
export interface AddonError extends Error {
  readonly code: string
  readonly syscall?: string
  readonly errno?: number
}
