import { type InspectOptions, inspect } from 'node:util'
import type { Credentials } from './credentials.js'

const mask = '***'

/**
 * A copy of credentials that is safe to log: `util.inspect`, `console.log` and `JSON.stringify` show `***` for the secret
 * and the token. Both are read as properties as usual, but spreading the object leaves them behind, since a spread copy
 * would no longer be safe. The copy cannot be changed.
 */
export function redact(credentials: Credentials): Credentials {
  return credentials instanceof RedactedCredentials ? credentials : new RedactedCredentials(credentials)
}

class RedactedCredentials implements Credentials {
  readonly accessKeyId: string
  declare readonly accessKeySecret: string
  declare readonly securityToken?: string
  readonly expiration?: Date

  constructor(source: Credentials) {
    this.accessKeyId = source.accessKeyId
    hide(this, 'accessKeySecret', source.accessKeySecret)
    if (source.securityToken !== undefined) hide(this, 'securityToken', source.securityToken)
    if (source.expiration !== undefined) this.expiration = source.expiration
    Object.freeze(this)
  }

  toJSON(): Record<string, unknown> {
    return {
      accessKeyId: this.accessKeyId,
      accessKeySecret: mask,
      ...(this.securityToken !== undefined && { securityToken: mask }),
      ...(this.expiration !== undefined && { expiration: this.expiration }),
    }
  }

  [inspect.custom](_depth: number, options: InspectOptions): string {
    return `Credentials ${inspect(this.toJSON(), options)}`
  }
}

/** An accessor rather than a value: `inspect` with `showHidden` and without custom views then shows `[Getter]`. */
function hide(target: object, name: string, value: string): void {
  Object.defineProperty(target, name, { get: () => value, enumerable: false })
}
