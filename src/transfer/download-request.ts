import type { GetObjectRequest } from '../operations/index.js'
import type { CheckpointOptions, TransferOptions } from './options.js'

/** Options of a {@link Downloader}. */
export interface DownloaderOptions extends TransferOptions, CheckpointOptions {
  /**
   * Writes to a file beside the target, which takes the target's place at the end. Without it the target itself is written,
   * and a failure leaves no file there (with a checkpoint, an unfinished one).
   * @default true
   */
  useTempFile?: boolean
  /**
   * Waits until the bytes are on the disk before the file gets its name. Without it many small files come faster, and a file
   * that was reported as complete may be empty or damaged after the machine lost power; the end of the process does no harm.
   * @default true
   */
  fsync?: boolean
  /**
   * On going on from a checkpoint, reads the parts that are there from the file again and compares their checksums. Happens
   * in any case when the machine was started anew since then.
   * @default false
   */
  verifyData?: boolean
  /**
   * For {@link Downloader.downloadTo}: ends the writable after the last byte. The standard outputs are never ended.
   * @default true
   */
  end?: boolean
}

/** Which object to download, or which bytes of it. */
export type DownloadRequest = Omit<GetObjectRequest, 'process' | 'rangeBehavior'>

/** Outcome of a download. */
export interface DownloadResult {
  /** Bytes written. */
  written: number
  /** The object's entity tag. */
  etag?: string
  /** The version that was read, in a versioned bucket. */
  versionId?: string
  /** CRC-64 of the bytes written, decimal, as computed here; compared with the service's when they are the whole object. */
  hashCrc64: string
  /**
   * For objects that were decrypted: CRC-64 of the plaintext, decimal. Absent for others, and where an earlier run wrote parts
   * of the file and did not note it.
   */
  plainHashCrc64?: string
  /** Headers of the object, names in lower case. */
  headers: Record<string, string>
}
