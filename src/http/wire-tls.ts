import { constants, getFips } from 'node:crypto'
import * as tls from 'node:tls'
import type { WireTls } from '../native/wire.js'
import type { TlsOptions } from './tls-options.js'

/**
 * What a wire has to know of TLS so that it trusts no more, and no older protocol, than Node.js would. Whatever cannot be said
 * to it is left to Node.js: then there is nothing. Made when first needed.
 */
export function wireTls(options: TlsOptions): () => WireTls | undefined {
  let made: { settings: WireTls | undefined } | undefined
  return () => {
    made ??= { settings: settingsOf(options) }
    return made.settings
  }
}

function settingsOf({ insecureSkipVerify, ca, cert, key, passphrase, pfx }: TlsOptions): WireTls | undefined {
  const { NODE_TLS_REJECT_UNAUTHORIZED: verify } = process.env
  if (insecureSkipVerify || verify === '0' || pfx !== undefined || passphrase !== undefined || !isUsual())
    return undefined
  const roots = ca === undefined ? knownRoots() : [ca].flat().map(String)
  if (roots === undefined) return undefined
  const tls13Only = tls.DEFAULT_MIN_VERSION === 'TLSv1.3'
  return { roots, ...(cert && key && { certificate: String(cert), key: String(key) }), tls13Only }
}

/** Whether this process has Node.js make TLS as it comes: not as FIPS wants it, nor with ciphers or versions of its own. */
function isUsual(): boolean {
  const { DEFAULT_CIPHERS, DEFAULT_MAX_VERSION, DEFAULT_MIN_VERSION } = tls
  const versions = DEFAULT_MAX_VERSION === 'TLSv1.3' && ['TLSv1.2', 'TLSv1.3'].includes(DEFAULT_MIN_VERSION)
  return getFips() === 0 && DEFAULT_CIPHERS === constants.defaultCipherList && versions
}

/** The authorities that Node.js trusts by default. Older ones do not tell when they were started to trust the system's. */
function knownRoots(): readonly string[] | undefined {
  if ('getCACertificates' in tls) return (tls.getCACertificates as (type: string) => string[])('default')
  const flags = [...process.execArgv, process.env.NODE_OPTIONS ?? ''].join(' ')
  return /--use-(openssl|system)-ca/.test(flags) ? undefined : tls.rootCertificates
}
