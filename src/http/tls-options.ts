import { createPrivateKey, X509Certificate } from 'node:crypto'
import {
  createSecureContext,
  type ConnectionOptions as NodeOptions,
  type SecureContext,
  type SecureContextOptions,
} from 'node:tls'
import { ParamInvalidError, ParamRequiredError } from '../errors.js'
import type { ConnectionOptions } from './connection-options.js'

/** The options about TLS. */
export type TlsOptions = Pick<ConnectionOptions, 'insecureSkipVerify' | 'ca' | 'cert' | 'key' | 'passphrase' | 'pfx'>

/** What every TLS connection to servers, and to proxies, begins with. */
export interface TlsSettings {
  readonly target: () => NodeOptions
  /** Proxies see no certificate of the client. */
  readonly proxy: () => NodeOptions
}

/**
 * Checks the options, and makes settings whose certificates are read once rather than for each connection.
 * @throws ParamInvalidError or ParamRequiredError naming the option that is not usable
 */
export function tlsSettings(options: TlsOptions): TlsSettings {
  const { ca, cert, key, passphrase, pfx } = options
  const rejectUnauthorized = !options.insecureSkipVerify
  if (ca !== undefined) checkCertificates('ca', ca)
  checkClientCertificate(options)
  const own = { ...(cert && { cert }), ...(key && { key }), ...(passphrase && { passphrase }), ...(pfx && { pfx }) }
  const target = contextOf({ ...(ca !== undefined && { ca }), ...own })
  const proxy = Object.keys(own).length === 0 ? target : contextOf(ca === undefined ? {} : { ca })
  // What cannot be used shall be known now.
  if (pfx !== undefined) attempt('pfx', 'expected a PKCS #12 file and its passphrase', target)
  else if (cert !== undefined) attempt('key', 'does not fit the certificate', target)
  return {
    target: () => ({ rejectUnauthorized, secureContext: target() }),
    proxy: () => ({ rejectUnauthorized, secureContext: proxy() }),
  }
}

/** Made when first needed: reading all authorities of Node.js takes time, which plain HTTP need not spend. */
function contextOf(options: SecureContextOptions): () => SecureContext {
  let context: SecureContext | undefined
  return () => {
    context ??= createSecureContext(options)
    return context
  }
}

function checkClientCertificate({ cert, key, passphrase, pfx }: TlsOptions): void {
  if (pfx !== undefined) {
    if (cert !== undefined || key !== undefined) throw new ParamInvalidError('pfx', 'cannot go with cert and key')
    return
  }
  if (cert !== undefined && key === undefined) throw new ParamRequiredError('key')
  if (key !== undefined && cert === undefined) throw new ParamRequiredError('cert')
  if (cert === undefined || key === undefined) return
  checkCertificates('cert', cert)
  const encrypted = /ENCRYPTED/.test(String(key))
  if (encrypted && passphrase === undefined) throw new ParamRequiredError('passphrase')
  attempt(encrypted ? 'passphrase' : 'key', encrypted ? 'does not open the key' : 'expected a private key, PEM', () =>
    createPrivateKey({ key, ...(passphrase !== undefined && { passphrase }) }),
  )
}

const certificatePattern = /-----BEGIN ((?:TRUSTED |X509 )?CERTIFICATE)-----[^-]*-----END \1-----/g

/** Node.js passes over what is no certificate, and everything would fail later for want of one. */
function checkCertificates(name: string, value: NonNullable<TlsOptions['ca']>): void {
  const parts = [value].flat()
  const expectation = 'expected certificates, PEM'
  if (!parts.every(part => typeof part === 'string' || Buffer.isBuffer(part)))
    throw new ParamInvalidError(name, expectation)
  const blocks = parts.map(part => String(part).match(certificatePattern) ?? [])
  if (blocks.length === 0 || blocks.some(found => found.length === 0)) throw new ParamInvalidError(name, expectation)
  for (const block of blocks.flat()) attempt(name, expectation, () => new X509Certificate(block))
}

/** The reasons of OpenSSL name no content of what they are about. */
function attempt(name: string, expectation: string, work: () => unknown): void {
  try {
    work()
  } catch (cause) {
    throw new ParamInvalidError(name, expectation, { cause })
  }
}
