import { TlsError } from '../errors.js'

/** Names of what can be wrong with a certificate, as Node.js has them from OpenSSL. */
const certificate = /CERT|CRL|^UNABLE_TO_|^INVALID_(CA|PURPOSE)$|^PATH_LENGTH_EXCEEDED$|^HOSTNAME_MISMATCH$/

/** The error of a TLS connection that could not be made; `undefined` when the reason was another. */
export function tlsErrorOf(error: Error): TlsError | undefined {
  const { code } = error as NodeJS.ErrnoException
  if (typeof code !== 'string') return undefined
  const broken = (message: string, retryable: boolean) => new TlsError(message, code, { cause: error, retryable })
  if (/^ERR_SSL_.*ALERT.*(CERT|_CA$|HANDSHAKE_FAILURE|ACCESS_DENIED)/.test(code))
    return broken("the server refuses; if it wants a client certificate, set 'cert' and 'key'", false)
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return broken(`the certificate is another host's: ${error.message}`, false)
  if (code === 'CERT_NOT_YET_VALID' || code === 'CERT_HAS_EXPIRED')
    return broken("the server's certificate is not valid now: renew it, or set this machine's clock", false)
  if (!/^(E[A-Z]+$|ERR_|UND_)/.test(code) && certificate.test(code))
    return broken(`the server's certificate is not trusted: set 'ca' to the authority that issued it`, false)
  if (code === 'ERR_SSL_WRONG_VERSION_NUMBER' || code === 'ERR_SSL_PACKET_LENGTH_TOO_LONG')
    return broken('what answers does not speak TLS; is it HTTP?', true)
  return /^ERR_(SSL|TLS)_|^EPROTO$/.test(code) ? broken('no TLS connection could be made', true) : undefined
}
