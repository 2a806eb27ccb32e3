import { ServiceError } from '../errors.js'
import { type Credentials, type CredentialsProvider, sameCredentials } from './credentials.js'

/**
 * Codes that say: not with these credentials. OSS answers `InvalidAccessKeyId` for a temporary key whose time is over, too,
 * and for a lasting one that was replaced. STS adds a detail after a dot.
 */
const refusals: ReadonlySet<string> = new Set(['SecurityTokenExpired', 'InvalidSecurityToken', 'InvalidAccessKeyId'])

/** Whether an error says that the credentials, not the request, are at fault. */
export function refusesCredentials(error: unknown): boolean {
  return error instanceof ServiceError && refusals.has(error.code.replace(/\..*$/s, ''))
}

/**
 * Tells the provider that its credentials were refused and asks again. The answer is whether it has others now, that is,
 * whether the request is worth sending once more; a provider of lasting keys gives the same and saves the second refusal.
 */
export async function renewCredentials(
  provider: CredentialsProvider,
  refused: Credentials,
  signal?: AbortSignal,
): Promise<boolean> {
  try {
    provider.invalidate?.(refused)
    return !sameCredentials(await provider.getCredentials(signal), refused)
  } catch {
    // What the service said is the better error, unless the caller has lost interest.
    signal?.throwIfAborted()
    return false
  }
}
