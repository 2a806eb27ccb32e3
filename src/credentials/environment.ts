import { CredentialsEmptyError } from '../errors.js'
import { type Credentials, type CredentialsProvider, sameCredentials } from './credentials.js'
import { type Environment, readVariable } from './options.js'
import { redact } from './redact.js'

/** Names of the variables that an {@link EnvironmentCredentialsProvider} reads. */
export interface EnvironmentVariables {
  /** Variable with the access key id. @default 'OSS_ACCESS_KEY_ID' */
  readonly accessKeyId: string
  /** Variable with the access key secret. @default 'OSS_ACCESS_KEY_SECRET' */
  readonly accessKeySecret: string
  /** Variable with the token of temporary credentials. @default 'OSS_SESSION_TOKEN' */
  readonly securityToken: string
}

const ossVariables: EnvironmentVariables = Object.freeze({
  accessKeyId: 'OSS_ACCESS_KEY_ID',
  accessKeySecret: 'OSS_ACCESS_KEY_SECRET',
  securityToken: 'OSS_SESSION_TOKEN',
})

/**
 * Credentials from the environment variables `OSS_ACCESS_KEY_ID`, `OSS_ACCESS_KEY_SECRET` and, for temporary ones,
 * `OSS_SESSION_TOKEN`. They are read for each request, so that a program may set or replace them while it runs. White
 * space around a value is dropped: it comes from files and is never part of a key.
 */
export class EnvironmentCredentialsProvider implements CredentialsProvider {
  readonly #environment: Environment
  readonly #variables: EnvironmentVariables
  #last: Credentials | undefined

  /**
   * @param environment where to look. @default process.env
   * @param variables other names to look for
   */
  constructor(environment: Environment = process.env, variables: EnvironmentVariables = ossVariables) {
    this.#environment = environment
    this.#variables = variables
  }

  /** @throws CredentialsEmptyError whose cause names the variables that are not set */
  getCredentials(): Credentials {
    const names = this.#variables
    const accessKeyId = readVariable(this.#environment, names.accessKeyId)
    const accessKeySecret = readVariable(this.#environment, names.accessKeySecret)
    const securityToken = readVariable(this.#environment, names.securityToken)
    if (accessKeyId === undefined || accessKeySecret === undefined) {
      const missing = [accessKeyId ? '' : names.accessKeyId, accessKeySecret ? '' : names.accessKeySecret].filter(
        Boolean,
      )
      throw new CredentialsEmptyError({ cause: new Error(`not set in the environment: ${missing.join(', ')}`) })
    }
    const read = { accessKeyId, accessKeySecret, ...(securityToken !== undefined && { securityToken }) }
    if (this.#last === undefined || !sameCredentials(this.#last, read)) this.#last = redact(read)
    return this.#last
  }
}
