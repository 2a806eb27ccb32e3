import type { TLSSocket } from 'node:tls'
import test, { type ExecutionContext } from 'ava'
import { nativeStatus, TlsError, UndiciHttpClient, type UndiciHttpClientOptions } from 'ferross'
import { WireConnection } from '#src/http/wire-connection.js'
import * as certificates from '../helpers/certificates.js'
import { listen } from '../helpers/listen.js'

// One process runs one test at a time here, so that the count of connections is this test's.
const wired = nativeStatus().loaded && process.platform !== 'win32'

/** Sends a request as transfers do, and says whether it went over a wire. */
async function ask(t: ExecutionContext, port: number, options: UndiciHttpClientOptions) {
  const client = new UndiciHttpClient({ proxyFromEnvironment: false, ...options })
  t.teardown(() => client.close())
  const url = `https://localhost:${port}/`
  const timeouts = { connect: 5000, readwrite: 5000 }
  const answer = await client.send({ method: 'GET', url, headers: {}, bulk: true, timeouts })
  const overWire = WireConnection.count > 0
  answer.body.resume()
  await client.close()
  return { answer, overWire }
}

const name = (socket: unknown) => String((socket as TLSSocket).getPeerCertificate().subject?.CN ?? 'nobody')

for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
  test.serial(`${version}: a wire trusts whom the options trust, and proves who it is`, async t => {
    const tls = { requestCert: true, ca: certificates.authority, maxVersion: version, minVersion: version }
    const answered = { ...tls, rejectUnauthorized: true }
    const { port } = await listen(t, (request, response) => response.end(name(request.socket)), { tls: answered })
    const { answer, overWire } = await ask(t, port, { ca: certificates.authority, ...certificates.client })
    t.is(answer.statusCode, 200)
    t.is(overWire, wired)
  })
}

test.serial('what a wire does not understand is left to Node.js', async t => {
  const { selfSigned, authority } = certificates
  const itself = await listen(t, (_request, response) => response.end(), { tls: selfSigned })
  const vouched = await listen(t, (_request, response) => response.end(), { tls: {} })
  const { passphrase, pfx } = certificates.encrypted
  for (const [{ port }, options] of [
    [itself, { ca: selfSigned.cert }],
    [itself, { insecureSkipVerify: true }],
    [vouched, { ca: authority, pfx, passphrase }],
  ] as const) {
    const { answer, overWire } = await ask(t, port, options)
    t.is(answer.statusCode, 200)
    t.false(overWire)
  }
})

for (const [title, certificate, ca, reason] of [
  ['signed by nobody', certificates.selfSigned, undefined, /^DEPTH_ZERO_SELF_SIGNED_CERT$/],
  ['of an unknown authority', certificates.server, undefined, /^UNABLE_TO_VERIFY_LEAF_SIGNATURE$/],
  ['of another authority', certificates.server, certificates.selfSigned.cert, /^UNABLE_TO_VERIFY_LEAF_SIGNATURE$/],
  ['out of date', certificates.expired, certificates.authority, /^CERT_HAS_EXPIRED$/],
] as const) {
  test.serial(`a certificate ${title} is refused in the words of Node.js`, async t => {
    const { port } = await listen(t, (_request, response) => response.end(), { tls: certificate })
    const error = await t.throwsAsync(ask(t, port, { ca }), { instanceOf: TlsError })
    t.regex(error?.reason ?? '', reason)
  })
}

test.serial('a certificate of another host is refused', async t => {
  const { port } = await listen(t, (_request, response) => response.end(), { tls: {} })
  const client = new UndiciHttpClient({
    ca: certificates.authority,
    lookup: (_, __, callback) => callback(null, [{ address: '127.0.0.1', family: 4 }]),
  })
  t.teardown(() => client.close())
  const timeouts = { connect: 5000, readwrite: 5000 }
  const sending = client.send({
    method: 'GET',
    url: `https://another.test:${port}/`,
    headers: {},
    bulk: true,
    timeouts,
  })
  const error = await t.throwsAsync(sending, { instanceOf: TlsError })
  t.is(error?.reason, 'ERR_TLS_CERT_ALTNAME_INVALID')
})
