import { ParamInvalidError } from '../errors.js'
import type { Credentials, CredentialsProvider } from './credentials.js'
import { redact } from './redact.js'

/** Always the same credentials. For lasting access keys, and for temporary ones in programs that end before they do. */
export class StaticCredentialsProvider implements CredentialsProvider {
  readonly #credentials: Credentials

  /**
   * Empty texts are accepted here; the first request then fails with {@link CredentialsEmptyError}.
   * @param securityToken token of temporary credentials; leave it out for a lasting access key
   * @throws ParamInvalidError naming the argument that is not a string, such as an environment variable that is not set
   */
  constructor(accessKeyId: string, accessKeySecret: string, securityToken?: string) {
    if (typeof accessKeyId !== 'string') throw new ParamInvalidError('accessKeyId', 'expected a string')
    if (typeof accessKeySecret !== 'string') throw new ParamInvalidError('accessKeySecret', 'expected a string')
    if (securityToken !== undefined && typeof securityToken !== 'string') {
      throw new ParamInvalidError('securityToken', 'expected a string')
    }
    this.#credentials = redact({ accessKeyId, accessKeySecret, ...(securityToken && { securityToken }) })
  }

  getCredentials(): Credentials {
    return this.#credentials
  }
}
