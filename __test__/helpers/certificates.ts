import { readFileSync } from 'node:fs'

const read = (name: string) => readFileSync(`__test__/fixtures/${name}`)

/** An authority of the tests and what it vouches for. */
export const authority = read('authority.crt')
/** Of `localhost`, `*.localhost`, `*.example.test`, 127.0.0.1 and ::1. */
export const server = { cert: read('server.crt'), key: read('server.key') }
/** The same, but its time is over. */
export const expired = { cert: read('expired.crt'), key: read('server.key') }
/** Proves who a client is. */
export const client = { cert: read('client.crt'), key: read('client.key') }
/** The key of {@link client}, encrypted, both in one file, and what opens them. */
export const encrypted = {
  key: read('client-encrypted.key'),
  pfx: read('client.p12'),
  passphrase: 'secret-words',
}
/** A certificate that vouches for itself only. */
export const selfSigned = { cert: read('localhost.crt'), key: read('localhost.key') }
