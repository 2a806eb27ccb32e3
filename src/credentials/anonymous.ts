import type { Credentials, CredentialsProvider } from './credentials.js'

/** Registered, so that the mark is understood between copies of the package in one process. */
const mark = Symbol.for('ferross.anonymous')

const anonymous: Credentials = Object.freeze({ accessKeyId: '', accessKeySecret: '', [mark]: true })

/** No credentials by intent: requests are sent without a signature. Reads what is public, such as public-read objects. */
export class AnonymousCredentialsProvider implements CredentialsProvider {
  getCredentials(): Credentials {
    return anonymous
  }
}

/** Whether credentials stand for anonymous access, as opposed to being empty by mistake. */
export function isAnonymous(credentials: Credentials): boolean {
  return Reflect.get(credentials, mark) === true
}
