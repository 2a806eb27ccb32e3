import { ParamInvalidError } from '../errors.js'

const blocks = {
  public: /-----BEGIN ((?:RSA )?PUBLIC KEY)-----([A-Za-z0-9+/=\s]+)-----END \1-----/,
  private: /-----BEGIN ((?:RSA )?PRIVATE KEY)-----([A-Za-z0-9+/=\s]+)-----END \1-----/,
}

/**
 * Finds the key in PEM text and lays it out strictly, so that both engines take the same inputs: text around the block, any
 * line length and any line ending are fine, encrypted keys are not.
 */
export function normalizePem(kind: 'public' | 'private', pem: unknown): string {
  const [, label, body] = (typeof pem === 'string' && blocks[kind].exec(pem)) || []
  const lines = body?.replace(/\s+/g, '').match(/.{1,64}/g)
  if (!lines) throw keyError(kind)
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}

/** The error for a key that cannot be used. Says nothing of the key. */
export function keyError(kind: 'public' | 'private'): ParamInvalidError {
  return kind === 'public'
    ? new ParamInvalidError('publicKeyPem', 'use an RSA key of 1024 to 8192 bits in PEM, SPKI or PKCS#1')
    : new ParamInvalidError('privateKeyPem', 'use an unencrypted RSA key of 1024 to 8192 bits in PEM, PKCS#8 or PKCS#1')
}

/** The error for a message that does not fit the key. */
export function messageError(): ParamInvalidError {
  return new ParamInvalidError('data', 'use fewer bytes: the key is too short for them')
}
