import { CredentialsEmptyError, CredentialsFetchError, OssError, ParamInvalidError } from '../errors.js'
import { isAnonymous } from './anonymous.js'
import type { Credentials, CredentialsProvider } from './credentials.js'
import { redact } from './redact.js'

/** Gives credentials, perhaps after asking someone; `signal` ends the wait when the request is aborted. */
export type GetCredentials = (signal?: AbortSignal) => Credentials | Promise<Credentials>

/**
 * Credentials from a function of one's own, such as one that reads a secret store. It is called for every attempt of every
 * request: it should keep what it fetched until that expires.
 */
export class FunctionCredentialsProvider implements CredentialsProvider {
  readonly #get: GetCredentials

  /** @throws ParamInvalidError `getCredentials` when it is not a function */
  constructor(getCredentials: GetCredentials) {
    if (typeof getCredentials !== 'function') throw new ParamInvalidError('getCredentials', 'expected a function')
    this.#get = getCredentials
  }

  /**
   * @throws CredentialsFetchError when the function fails, with its error as the cause; an abort and ferross's own errors
   * pass unchanged
   * @throws CredentialsEmptyError when it gives nothing, or no text for id or secret
   */
  async getCredentials(signal?: AbortSignal): Promise<Credentials> {
    let given: Credentials | null | undefined
    try {
      given = await this.#get(signal)
    } catch (error) {
      if (signal?.aborted) throw signal.reason
      throw error instanceof OssError ? error : new CredentialsFetchError(error)
    }
    if (typeof given?.accessKeyId !== 'string' || typeof given.accessKeySecret !== 'string')
      throw new CredentialsEmptyError()
    return isAnonymous(given) ? given : redact(given)
  }
}
