import { existsSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Everything that can be measured, in the order of the table. `needs` names what must be in place, `quick` those of the short
 * run, `all` those that take another toolchain and run only with --peers=all (or by name).
 */
export const peers = [
  { name: 'ferross', client: 'ferross', quick: true, env: { FERROSS_NATIVE: 'require' } },
  { name: 'ferross-fallback', client: 'ferross', quick: true, env: { FERROSS_NATIVE: 'off' } },
  { name: 'ali-oss', client: 'ali-oss', needs: 'packages', quick: true },
  { name: 'opendal', client: 'opendal', needs: 'packages', quick: true },
  { name: 'aws-sdk', client: 'aws-sdk', needs: 'packages' },
  { name: 'minio', client: 'minio', needs: 'packages' },
  { name: 'go-sdk', program: 'go', needs: 'go', all: true },
  { name: 'python-sdk', program: 'python', needs: 'python', all: true },
  { name: 'undici', client: 'undici', needs: 'packages', quick: true, bound: true },
  { name: 'node-http', client: 'node-http', bound: true },
  { name: 'sockets', client: 'sockets', quick: true, bound: true, env: { FERROSS_NATIVE: 'require' } },
  { name: 'floor', program: 'floor', quick: true, bound: true },
]

/** Command and arguments that run a peer. */
export function commandOf(peer, bench) {
  const cache = join(bench, '.cache')
  switch (peer.program) {
    case 'floor':
      return [join(cache, 'target', 'release', 'floor')]
    case 'go':
      return [join(cache, 'go-client')]
    case 'python':
      return [join(cache, 'python', 'bin', 'python'), join(bench, 'python', 'client.py')]
    default:
      return [process.execPath, join(bench, 'driver.mjs'), peer.client]
  }
}

/** What a process needs to trust the sink's certificate, whichever library it uses. */
export function trusting(ca) {
  return ca && existsSync(ca) ? { NODE_EXTRA_CA_CERTS: ca, SSL_CERT_FILE: ca, REQUESTS_CA_BUNDLE: ca } : {}
}
