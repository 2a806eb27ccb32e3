import { CredentialsEmptyError, CredentialsFetchError, ParamInvalidError } from '../errors.js'
import { type Credentials, type CredentialsProvider, sameCredentials } from './credentials.js'
import { redact } from './redact.js'
import { untilAborted } from './wait.js'

/** Credentials as the client of `@alicloud/credentials` gives them. */
export interface AlibabaCloudCredential {
  readonly accessKeyId?: string | undefined
  readonly accessKeySecret?: string | undefined
  readonly securityToken?: string | undefined
}

/** The part of the client of `@alicloud/credentials` that is used: `getCredential`, in older versions the three others. */
export interface AlibabaCloudCredentialClient {
  getCredential?(): Promise<AlibabaCloudCredential>
  getAccessKeyId?(): Promise<string>
  getAccessKeySecret?(): Promise<string>
  getSecurityToken?(): Promise<string>
}

/**
 * Credentials from a client of the package `@alicloud/credentials`, so that every type it knows works here. That package
 * is not a dependency: install it where it is wanted, and pass its client. It keeps and renews credentials by itself, so it
 * is asked for each attempt; requests that ask at the same time share one answer.
 */
export class AlibabaCloudCredentialsProvider implements CredentialsProvider {
  readonly #client: AlibabaCloudCredentialClient
  #flight: Promise<Credentials> | undefined
  #last: Credentials | undefined

  /** @throws ParamInvalidError `credentialClient` when it has no such methods */
  constructor(credentialClient: AlibabaCloudCredentialClient) {
    const { getCredential, getAccessKeyId, getAccessKeySecret } = credentialClient ?? {}
    const usable = typeof getCredential === 'function' || (getAccessKeyId && getAccessKeySecret)
    if (!usable) throw new ParamInvalidError('credentialClient', 'expected a client of @alicloud/credentials')
    this.#client = credentialClient
  }

  /**
   * @throws CredentialsFetchError when the client fails, with its error as the cause
   * @throws CredentialsEmptyError when it has no access key, as with a bearer token
   */
  getCredentials(signal?: AbortSignal): Promise<Credentials> {
    this.#flight ??= this.#ask().finally(() => {
      this.#flight = undefined
    })
    return untilAborted(this.#flight, signal)
  }

  async #ask(): Promise<Credentials> {
    let given: AlibabaCloudCredential
    try {
      given = this.#client.getCredential ? await this.#client.getCredential() : await readInPieces(this.#client)
    } catch (error) {
      throw new CredentialsFetchError(error)
    }
    const { accessKeyId, accessKeySecret, securityToken } = given ?? {}
    if (!accessKeyId || !accessKeySecret) throw new CredentialsEmptyError()
    const read = { accessKeyId, accessKeySecret, ...(securityToken && { securityToken }) }
    if (this.#last === undefined || !sameCredentials(this.#last, read)) this.#last = redact(read)
    return this.#last
  }
}

/** Three questions may get answers of two different keys where a rotation falls between them. */
async function readInPieces(client: AlibabaCloudCredentialClient): Promise<AlibabaCloudCredential> {
  for (let tries = 0; tries < 3; tries++) {
    const accessKeyId = await client.getAccessKeyId?.()
    const accessKeySecret = await client.getAccessKeySecret?.()
    const securityToken = await client.getSecurityToken?.()
    if ((await client.getAccessKeyId?.()) === accessKeyId) return { accessKeyId, accessKeySecret, securityToken }
  }
  throw new Error('the access key changed with every reading')
}
