import type { RequestDraft } from '../binding/draft.js'
import type { Credentials } from '../credentials/credentials.js'
import { CredentialsEmptyError, CredentialsFetchError, OssError } from '../errors.js'
import { copyRecord } from '../internal/copy-record.js'
import type { SigningContext } from '../signing/signer.js'
import type { PipelineContext } from './context.js'

const signedWith = new WeakMap<object, Credentials>()

/** Lets an error remember which credentials its request was signed with. */
export function noteCredentials(error: unknown, credentials: Credentials | undefined): void {
  if (credentials && typeof error === 'object' && error !== null) signedWith.set(error, credentials)
}

/** The credentials of the request that failed with this error, where it was signed. */
export function credentialsBehind(error: unknown): Credentials | undefined {
  return typeof error === 'object' && error !== null ? signedWith.get(error) : undefined
}

/**
 * Asks the provider for credentials. Providers with a key at hand answer at once, and no promise is made for them.
 * @throws CredentialsFetchError or CredentialsEmptyError
 */
export function fetchCredentials(
  context: PipelineContext,
  signal: AbortSignal | undefined,
): Credentials | Promise<Credentials> {
  const explain = (cause: unknown): never => {
    throw signal?.aborted || cause instanceof OssError ? cause : new CredentialsFetchError(cause)
  }
  let fetched: Credentials | Promise<Credentials>
  try {
    fetched = context.credentialsProvider.getCredentials(signal)
  } catch (cause) {
    return explain(cause)
  }
  return fetched instanceof Promise ? fetched.catch(explain).then(usable) : usable(fetched)
}

function usable(credentials: Credentials): Credentials {
  if (!credentials?.accessKeyId || !credentials.accessKeySecret) throw new CredentialsEmptyError()
  if (!sendable.has(credentials)) checkSendable(credentials)
  return credentials
}

/** Credentials that were looked at already: most requests are signed with those of the one before. */
const sendable = new WeakSet<Credentials>()

/** Id and token become part of headers and URLs. @throws CredentialsFetchError, which does not show them */
function checkSendable(credentials: Credentials): void {
  const { accessKeyId, securityToken = '' } = credentials
  if (!/^[\x21-\x7e]+$/.test(accessKeyId) || !/^[\x21-\x7e]*$/.test(securityToken))
    throw new CredentialsFetchError(
      new Error('the access key id or security token has characters that no header can hold'),
    )
  sendable.add(credentials)
}

/** What a signer needs to know about a request. Query and headers are copies that the signer may change. */
export function signingContext(
  context: PipelineContext,
  draft: RequestDraft,
  subResource: readonly string[],
  credentials: Credentials,
): SigningContext {
  return {
    method: draft.method,
    bucket: draft.bucket,
    key: draft.key,
    query: copyRecord(draft.query),
    headers: copyRecord(draft.headers),
    credentials,
    region: context.region,
    product: context.product,
    signingTime: new Date(Date.now() + context.clockOffset),
    subResource,
    additionalHeaders: context.additionalHeaders,
  }
}
