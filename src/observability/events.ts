/** How something ended: done, failed, or ended by the caller's signal. */
export type Outcome = 'completed' | 'failed' | 'aborted'

/**
 * Payload of `ferross:request:start`, `ferross:request:end` and `ferross:request:error`: one call of an operation. The same
 * object goes to `start` and then to one of the other two, so a `WeakMap` can tie them together. It never holds credentials,
 * signatures, headers, queries or bodies.
 */
export interface RequestEvent {
  /** Name of the operation, such as `PutObject`. */
  readonly operation: string
  /** Bucket, where there is one. */
  readonly bucket?: string
  /** Key, where there is one. */
  readonly key?: string
  /** Region that the client signs for; empty without one. */
  readonly region: string
  /** Host that is asked, with the port unless it is the scheme's own. Known once the first attempt begins. */
  host?: string
  /** Attempts begun so far; 0 when the request fails before it is sent. */
  attempts: number
  /** Status of the last answer. */
  statusCode?: number
  /** Id of the last answer, which finds it in the service's logs. */
  requestId?: string
  /** The service's finer error number, in `error`. */
  ec?: string
  /** Bytes of the body that was sent last. */
  bytesSent: number
  /** Bytes of the answer's body; of one that is handed over as a stream, the length that the service states. */
  bytesReceived: number
  /** Milliseconds from start to end. An answer that is a stream has been handed over then, not read. */
  durationMs?: number
  /** How it ended, in `end` and `error`. */
  outcome?: Outcome
  /** What the call rejects with, in `error`. */
  error?: unknown
}

/**
 * Payload of `ferross:attempt:start`, `ferross:attempt:end` and `ferross:attempt:error`: one sending of a request, and its
 * answer. The same object goes to `start` and then to one of the other two.
 */
export interface AttemptEvent {
  /** The call that this is an attempt of. */
  readonly request: RequestEvent
  /** 1 for the first attempt. */
  readonly number: number
  /** Milliseconds that were waited before; 0 before the first. */
  readonly delayMs: number
  /** Code of the failure that led to this attempt; absent for the first. */
  readonly retryReason?: string
  /** Host that is asked, with the port unless it is the scheme's own. */
  readonly host: string
  /** Status of the answer, where one came. */
  statusCode?: number
  /** Id of the answer. */
  requestId?: string
  /** Milliseconds from start to the answer, or to the failure. */
  durationMs?: number
  /** How the attempt failed, in `error`. */
  error?: unknown
  /** Milliseconds until the next attempt, in `error`; absent when there is none. */
  retryInMs?: number
}

/** What a transfer does. */
export type TransferKind =
  | 'upload'
  | 'download'
  | 'copy'
  | 'upload-directory'
  | 'download-directory'
  | 'sync'
  | 'delete-prefix'
  | 'sweep'

/**
 * Payload of `ferross:transfer:start`, `ferross:transfer:end` and `ferross:transfer:error`: one call of an uploader, downloader
 * or copier, or an operation on a whole folder. The same object goes to `start` and then to one of the other two.
 */
export interface TransferEvent {
  readonly kind: TransferKind
  /** Bucket that is written to, or read where nothing is written. */
  readonly bucket?: string
  /** Key, or the prefix of a folder. */
  readonly key?: string
  /** Bytes in all, as far as known. */
  size?: number
  /** Bytes acknowledged so far, those of an earlier, interrupted run included. */
  bytes: number
  /** Parts moved by this run; 0 where one request was enough. */
  parts: number
  /** Of a whole folder, once it is done: files or objects that were transferred or deleted. */
  files?: number
  /** Milliseconds from start to end. */
  durationMs?: number
  /** How it ended, in `end` and `error`. */
  outcome?: Outcome
  /** What the transfer rejects with, in `error`. */
  error?: unknown
}

/**
 * Payload of `ferross:credentials:start`, `ferross:credentials:end` and `ferross:credentials:error`: one fetch of credentials by a
 * provider that keeps them. A fetch that fails while valid credentials are there is seen nowhere else: no request fails yet.
 */
export interface CredentialsEvent {
  /** Class of the provider, such as `EcsRamRoleCredentialsProvider`. */
  readonly provider: string
  /** Id of the access key that was fetched, in `end`. Ids are no secrets. */
  accessKeyId?: string
  /** Until when the credentials in use are valid: those that were fetched in `end`, earlier ones in `error`. Absent: for good, or none. */
  validUntil?: Date
  /** Milliseconds from start to end. */
  durationMs?: number
  /** How the fetch failed, in `error`. */
  error?: unknown
}

/** Payloads of all channels, by the channel's name. */
export interface DiagnosticsEvents {
  'ferross:request:start': RequestEvent
  'ferross:request:end': RequestEvent
  'ferross:request:error': RequestEvent
  'ferross:attempt:start': AttemptEvent
  'ferross:attempt:end': AttemptEvent
  'ferross:attempt:error': AttemptEvent
  'ferross:transfer:start': TransferEvent
  'ferross:transfer:end': TransferEvent
  'ferross:transfer:error': TransferEvent
  'ferross:credentials:start': CredentialsEvent
  'ferross:credentials:end': CredentialsEvent
  'ferross:credentials:error': CredentialsEvent
}
