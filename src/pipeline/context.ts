import type { CredentialsProvider } from '../credentials/credentials.js'
import type { HttpClient } from '../http/http-client.js'
import type { Logger } from '../observability/logger.js'
import type { RetryQuota } from '../retry/retry-quota.js'
import type { Retryer } from '../retry/retryer.js'
import type { Signer } from '../signing/signer.js'

/** Where a request goes. */
export interface Target {
  readonly scheme: 'http' | 'https'
  /** Host, with the port if it is not the scheme's own. */
  readonly host: string
  /** Encoded path, beginning with `/`. */
  readonly path: string
}

/** What the steps of the pipeline know about the client they work for. */
export interface PipelineContext {
  readonly httpClient: HttpClient
  readonly credentialsProvider: CredentialsProvider
  readonly anonymous: boolean
  readonly signer: Signer
  readonly retryer: Retryer
  readonly retryMaxAttempts: number
  /** What all calls of the client may spend on retries. */
  readonly retryQuota: RetryQuota
  readonly connectTimeout: number
  readonly readwriteTimeout: number
  /** Limit of a call over all its attempts, in milliseconds; 0 for none. */
  readonly totalTimeout: number
  readonly enabledRedirect: boolean
  readonly uploadCrc64Check: boolean
  readonly downloadCrc64Check: boolean
  readonly logger: Logger | undefined
  readonly additionalHeaders: readonly string[]
  readonly userAgent: string
  /** Whether the calls move large bodies, as those of a transfer do. @default false */
  readonly bulk?: boolean
  /** Region and product that signatures are for. */
  readonly region: string
  readonly product: string
  /** Service time minus local time in milliseconds, learnt when the service says the clock is wrong. */
  clockOffset: number
  target(bucket: string | undefined, key: string | undefined): Target
}

/**
 * Called while bytes move: how many more, how many so far, and how many in all where that is known. Bytes that are sent
 * again after a failure are not counted twice.
 */
export type ProgressListener = (increment: number, transferred: number, total: number | undefined) => void

/** Options of one call. */
export interface OperationOptions {
  /** Ends the call: connections are closed and the promise rejects with the signal's reason. */
  signal?: AbortSignal
  /** Replaces the client's option for this call, in milliseconds. */
  readwriteTimeout?: number
  /** Replaces the client's option for this call, in milliseconds; 0 for no limit. */
  totalTimeout?: number
  /** Replaces the client's option for this call. */
  retryMaxAttempts?: number
  /** Replaces the client's option for this call. */
  retryer?: Retryer
  /** Called while the body moves. */
  onProgress?: ProgressListener
  /** Extra HTTP headers. */
  headers?: Record<string, string>
  /** Extra query parameters. */
  parameters?: Record<string, string>
}
