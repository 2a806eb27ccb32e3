/**
 * The contract between TypeScript and the byte engine. The Rust addon and the TypeScript fallback both implement
 * {@link NativeEngine}; everything above this file sees only these types, so either can stand in for the other.
 */

import type { ReceivedSums, SentSums, Wire, WireProgress, WireTls } from './wire.js'

/** Key stream settings of AES-256 in counter mode. */
export interface CipherSpec {
  /** Content key, 32 bytes. */
  readonly key: Uint8Array
  /** Initial counter block, 16 bytes, read as one 128-bit big-endian number that wraps around. */
  readonly iv: Uint8Array
  /** Position in the key stream of the first byte given, in bytes. Need not be a multiple of 16. */
  readonly offset: number
}

/** A seekable AES-256-CTR key stream. Encryption and decryption are the same operation. */
export interface AesCtr {
  /**
   * Combines `data` with the key stream and moves on by its length.
   * Writes into `output` (same length) when given, else changes `data` in place. Returns what was written.
   */
  apply(data: Uint8Array, output?: Uint8Array): Uint8Array
}

/** Which segments of AES-256-GCM are worked on. Each has its position, and the last one its being the last, in its nonce. */
export interface SegmentSpec {
  /** Key of the segments, 32 bytes, used for one sequence of segments only. */
  readonly key: Uint8Array
  /** Plaintext bytes of each segment but the last, 1 to 16 MiB. */
  readonly segmentSize: number
  /** Position of the first segment given. */
  readonly index: number
  /** Whether the sequence ends with the segments given. */
  readonly last: boolean
}

/** Padding schemes for {@link NativeEngine.rsaEncrypt}: PKCS#1 v1.5 is what OSS objects carry, OAEP uses SHA-1. */
export type RsaPadding = 'pkcs1' | 'oaep'

/** What {@link PartReader.read} should do while the bytes pass through the cache. */
export interface PartReadOptions {
  /** Computes CRC-64 of the bytes. @default true */
  readonly crc64?: boolean
  /** Encrypts what was read; the buffer then holds ciphertext. */
  readonly cipher?: CipherSpec
  /** Stops the work within a few hundred KiB and rejects with the signal's reason. */
  readonly signal?: AbortSignal
}

/** Outcome of {@link PartReader.read}. */
export interface PartRead {
  /** The bytes, pooled: give it back with {@link PartReader.release}. Shorter than asked for at the end of the file. */
  readonly buffer: Buffer
  /** CRC-64 of the bytes in the file; `0n` when not asked for. */
  readonly crc64Plain: bigint
  /** CRC-64 of the bytes in the buffer: the same unless a cipher was given. */
  readonly crc64Sent: bigint
}

/** How {@link PartReader.send} treats the bytes. */
export interface PartSendOptions {
  /** Encrypts the bytes on the way. */
  readonly cipher?: CipherSpec
  /** Milliseconds without progress; 0 for no limit. */
  readonly timeout: number
}

/** How {@link PartWriter.receive} treats the bytes. */
export interface PartReceiveOptions {
  /** Decrypts the bytes on the way. */
  readonly cipher?: CipherSpec
  /** Milliseconds without progress; 0 for no limit. */
  readonly timeout: number
}

/** Identity of an open file, to notice that the source changed. */
export interface FileStat {
  /** Length in bytes. */
  readonly size: number
  /** Time of the last change in milliseconds since 1970. */
  readonly mtimeMs: number
}

/** Reads parts of one file on other threads. */
export interface PartReader {
  /** Length and change time when the file was opened. */
  readonly opened: FileStat
  /**
   * Whether a part is to be read once and as a whole, and what was read then sent as often as is necessary, instead of being
   * read anew. @default false
   */
  readonly wholeParts?: boolean
  /** Reads `length` bytes at `offset`. Any number of reads may be in flight. */
  read(offset: number, length: number, options?: PartReadOptions): Promise<PartRead>
  /**
   * Sends up to `length` bytes at `offset` over a wire, and resolves how many these were. Absent where bytes cannot be
   * sent without passing through JavaScript.
   */
  send?(wire: Wire, offset: number, length: number, options: PartSendOptions): Promise<WireProgress & SentSums>
  /** Gives a buffer back to the pool. It must not be touched afterwards. */
  release(buffer: Buffer): void
  /** Asks the open file for its length and change time now. */
  stat(): Promise<FileStat>
  /** Closes the file once reads in flight have ended. May be called twice. */
  close(): Promise<void>
}

/** How {@link PartWriter.write} treats the bytes. */
export interface PartWriteOptions {
  /** Computes CRC-64 of the bytes. @default true */
  readonly crc64?: boolean
  /** Decrypts the bytes before they are written. */
  readonly cipher?: CipherSpec
  /** Stops the work within a few hundred KiB and rejects with the signal's reason. */
  readonly signal?: AbortSignal
}

/** Outcome of {@link PartWriter.write}. */
export interface PartWritten {
  /** CRC-64 of the bytes as they came; `0n` when not asked for. */
  readonly crc64Received: bigint
  /** CRC-64 of the bytes as written: the same unless a cipher was given. */
  readonly crc64Plain: bigint
}

/** Writes parts of one file on other threads. */
export interface PartWriter {
  /**
   * Writes the chunks one after another from `offset`. The chunks belong to the engine until the promise settles and may
   * be changed by decryption. Fails rather than write past the size given to {@link NativeEngine.openPartWriter}.
   */
  write(offset: number, chunks: readonly Uint8Array[], options?: PartWriteOptions): Promise<PartWritten>
  /**
   * Writes what comes over a wire, up to `length` bytes, to `offset`, and resolves how many these were. Absent where bytes cannot be received without passing through JavaScript.
   */
  receive?(
    wire: Wire,
    offset: number,
    length: number,
    options: PartReceiveOptions,
  ): Promise<{ readonly count: number } & ReceivedSums>
  /** Waits for writes in flight, flushes the file to the disk and closes it. */
  finish(): Promise<void>
  /** Closes the file without flushing, once writes in flight have ended. May be called twice, and after `finish`. */
  discard(): Promise<void>
}

/** Settings of {@link NativeEngine.openPartWriter}. */
export interface PartWriterOptions {
  /** Length the file will have, in bytes: it is preallocated (sparse where the file system can) to this size. */
  readonly size: number
  /** Keeps what the file already holds, for a resumed download; otherwise the file must not exist. @default false */
  readonly existing?: boolean
}

/** How {@link OpenFolder.writeFile} writes. */
export interface SmallFileOptions {
  /** Name that the file has until it is complete. There must be nothing of this name. */
  readonly temporary: string
  /** Waits until the bytes are on the disk before the file gets its name. @default true */
  readonly fsync?: boolean | undefined
  /** Times of the last change and access that the file gets, in milliseconds since 1970. Absent: now. */
  readonly modifiedMs?: number | undefined
  /** Takes the place of a file of that name. A link is always replaced. @default false */
  readonly replace?: boolean
  /** Until the file has its name: removes it and rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined
}

/**
 * What became of a file: `exists` when there is one of that name, which may be spelled otherwise, and it is not to be replaced;
 * `moved` when the folder is not any more where it was opened, or a link leads there. In both cases nothing was done.
 */
export type SmallFileOutcome = 'written' | 'exists' | 'moved'

/**
 * A folder that files are put into by name. What is in it when it is opened decides: a folder that is replaced later, by a link
 * or anything else, gets nothing.
 */
export interface OpenFolder {
  /** Opens the folder to which names lead from here, one below the other, over no link. Rejects with the system's error. */
  open(names: readonly string[]): Promise<OpenFolder>
  /**
   * Writes a whole file: under another name first, which is gone when it fails. Rejects with the system's error, `EISDIR` when
   * there is a folder of that name. The bytes belong to the engine until the promise settles.
   */
  writeFile(name: string, bytes: Uint8Array, options: SmallFileOptions): Promise<SmallFileOutcome>
  /** Lets go of the folder, after what is under way. */
  close(): void
}

/** Reusable part buffers, owned by JavaScript. */
export interface BufferPool {
  /** A buffer of exactly `size` bytes with unspecified content. */
  acquire(size: number): Buffer
  /** Takes a buffer (or a view of one) from {@link BufferPool.acquire} back. */
  release(buffer: Buffer): void
  /** Bytes held for reuse at the moment. */
  readonly idleBytes: number
}

/** Everything bulk: checksums, encryption and file parts. */
export interface NativeEngine {
  /** Which implementation this is. */
  readonly kind: 'addon' | 'fallback'
  /** The process-wide pool that part buffers come from. */
  readonly pool: BufferPool
  /** CRC-64/XZ of `data`, continuing from `previous`. @throws ParamInvalidError for a value outside 64 bits */
  crc64(data: Uint8Array, previous?: bigint): bigint
  /** CRC-64 of two sequences put together, from their checksums and the length of the second in bytes. */
  crc64Combine(first: bigint, second: bigint, secondLength: number): bigint
  /** Starts an AES-256-CTR key stream. @throws ParamInvalidError for a wrong key, iv or offset */
  aesCtr(spec: CipherSpec): AesCtr
  /** Wraps `data` with an RSA public key (PEM: SPKI or PKCS#1). */
  rsaEncrypt(publicKeyPem: string, data: Uint8Array, padding?: RsaPadding): Promise<Uint8Array>
  /**
   * Unwraps `data` with an RSA private key (PEM: PKCS#8 or PKCS#1). Under PKCS#1 v1.5 a damaged ciphertext may give random
   * bytes instead of an error, so that timing and errors reveal nothing: check the length of what comes back.
   */
  rsaDecrypt(privateKeyPem: string, data: Uint8Array, padding?: RsaPadding): Promise<Uint8Array>
  /**
   * Encrypts `plain` into `output`, a tag of 16 bytes after each segment. `output` must be exactly as long as that, and must
   * not overlap `plain`. Both belong to the engine until the promise settles. Resolves the CRC-64 of `output`.
   */
  sealSegments(spec: SegmentSpec, plain: Uint8Array, output: Uint8Array, signal?: AbortSignal): Promise<bigint>
  /**
   * Verifies and decrypts whole segments in place, and resolves the length of the plaintext, which then begins where they
   * began. Rejects with a DecryptionError when a segment is not what was sealed in its place.
   */
  openSegments(spec: SegmentSpec, sealed: Uint8Array, signal?: AbortSignal): Promise<number>
  /** Opens a file for reading parts. Rejects with the system's error (`code`, `syscall`, `path`); a directory with `EISDIR`. */
  openPartReader(path: string): Promise<PartReader>
  /** Opens (creates) a file for writing parts. Rejects with the system's error. */
  openPartWriter(path: string, options: PartWriterOptions): Promise<PartWriter>
  /**
   * Makes a wire of the file descriptor of a connected socket, which nobody else may read or write any more, though whoever
   * made it closes it as ever. With `tls`, bytes are encrypted once {@link Wire.handshake} has made the connection to the
   * server of this name. Absent where there are no wires.
   */
  openWire?(fd: number, tls?: WireTls, name?: string): Wire
  /**
   * Reads a whole file into the beginning of a buffer and resolves its length; nothing when the file does not fit or is no
   * regular file. Rejects with a SourceChangedError when it is written to meanwhile, else with the system's error.
   *
   * @param follow whether a link is followed; otherwise it is an error, where the system can tell
   */
  readSmallFile(path: string, buffer: Uint8Array, follow: boolean): Promise<number | undefined>
  /** Opens a folder by its path, which must lead over no link. Rejects with the system's error. */
  openFolder(path: string): Promise<OpenFolder>
}
