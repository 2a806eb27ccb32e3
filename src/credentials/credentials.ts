/** An access key, perhaps a temporary one. */
export interface Credentials {
  /** Access key id; the public half. */
  readonly accessKeyId: string
  /** Access key secret. Never logged, never part of an error. */
  readonly accessKeySecret: string
  /** Security token of temporary credentials. */
  readonly securityToken?: string
  /** When temporary credentials stop working; absent for lasting ones. */
  readonly expiration?: Date
}

/** Source of credentials, asked once per attempt of every request; it should cache. */
export interface CredentialsProvider {
  /** Gives the credentials to sign with. An empty access key id and secret mean: {@link CredentialsEmptyError}. */
  getCredentials(signal?: AbortSignal): Credentials | Promise<Credentials>
  /**
   * Says that the service refused these credentials: they expired early, or were replaced. A provider that caches drops
   * them, so that the next call fetches others; credentials it has replaced already are not its concern.
   */
  invalidate?(credentials: Credentials): void
}

/** Whether two credentials are the same key with the same token; when they expire does not matter. */
export function sameCredentials(one: Credentials, other: Credentials): boolean {
  return (
    one.accessKeyId === other.accessKeyId &&
    one.accessKeySecret === other.accessKeySecret &&
    (one.securityToken ?? '') === (other.securityToken ?? '')
  )
}
