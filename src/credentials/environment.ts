import { CredentialsEmptyError } from '../errors.js'
import type { Credentials, CredentialsProvider } from './credentials.js'
import { redact } from './redact.js'

const idVariable = 'OSS_ACCESS_KEY_ID'
const secretVariable = 'OSS_ACCESS_KEY_SECRET'
const tokenVariable = 'OSS_SESSION_TOKEN'

/**
 * Credentials from the environment variables `OSS_ACCESS_KEY_ID`, `OSS_ACCESS_KEY_SECRET` and, for temporary ones,
 * `OSS_SESSION_TOKEN`. They are read for each request, so that a program may set or replace them while it runs. White
 * space around a value is dropped: it comes from files and is never part of a key.
 */
export class EnvironmentCredentialsProvider implements CredentialsProvider {
  readonly #environment: Readonly<Record<string, string | undefined>>
  #last: Credentials | undefined

  /** @param environment where to look. @default process.env */
  constructor(environment: Readonly<Record<string, string | undefined>> = process.env) {
    this.#environment = environment
  }

  /** @throws CredentialsEmptyError whose cause names the variables that are not set */
  getCredentials(): Credentials {
    const accessKeyId = this.#read(idVariable)
    const accessKeySecret = this.#read(secretVariable)
    const securityToken = this.#read(tokenVariable)
    if (accessKeyId === '' || accessKeySecret === '') {
      const missing = [accessKeyId === '' && idVariable, accessKeySecret === '' && secretVariable].filter(Boolean)
      throw new CredentialsEmptyError({ cause: new Error(`not set in the environment: ${missing.join(', ')}`) })
    }
    const last = this.#last
    const same =
      last?.accessKeyId === accessKeyId &&
      last.accessKeySecret === accessKeySecret &&
      (last.securityToken ?? '') === securityToken
    if (same) return last
    this.#last = redact({ accessKeyId, accessKeySecret, ...(securityToken !== '' && { securityToken }) })
    return this.#last
  }

  #read(variable: string): string {
    return this.#environment[variable]?.trim() ?? ''
  }
}
