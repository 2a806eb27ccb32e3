import type { Credentials } from '../credentials/credentials.js'

/** What a signer sees of a request, and changes. */
export interface SigningContext {
  readonly method: string
  readonly bucket: string | undefined
  readonly key: string | undefined
  /** Canonical resource of services that do not sign `/bucket/key`; not encoded. */
  readonly resource?: string
  /** Query parameters, not encoded. A presigning signer adds its own. */
  readonly query: Record<string, string>
  /** Headers, names in lower case. A signer adds its own. */
  readonly headers: Record<string, string>
  readonly credentials: Credentials
  /** Region to sign for, without `oss-`. */
  readonly region: string
  /** Product to sign for, `oss` unless the client is a special one. */
  readonly product: string
  /** Time of signing, already corrected for clock skew. */
  readonly signingTime: Date
  /** Query names that V1 signs besides its fixed list. */
  readonly subResource: readonly string[]
  /** Headers to sign besides the ones that always are; those that are absent are left out. Any case, any order. */
  readonly additionalHeaders: readonly string[]
}

/** Signature version: how a request proves who sent it. */
export interface Signer {
  /** Signs with headers: adds `Authorization` and what it covers. */
  sign(context: SigningContext): void
  /**
   * Signs with query parameters for use by others until `expiration`. Adds them to the query and returns the names of
   * the headers that must be sent along, lower case.
   */
  presign(context: SigningContext, expiration: Date): string[]
}
