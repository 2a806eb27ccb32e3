import type { TLSSocket } from 'node:tls'
import test, { type ExecutionContext } from 'ava'
import { type ClientOptions, OssError, ParamInvalidError, ParamRequiredError, RequestError, TlsError } from 'ferross'
import * as certificates from '../helpers/certificates.js'
import { clientFor } from '../helpers/client-for.js'
import { listen } from '../helpers/listen.js'

const object = { bucket: 'examplebucket', key: 'k' }

/** Trusts only what is said. */
const secureClient = (t: ExecutionContext, port: number, options: ClientOptions = {}) =>
  clientFor(t, `https://localhost:${port}`, { ca: undefined, ...options })

/** A server that answers with the name in the client's certificate, and wants one that the authority vouches for. */
async function listenMutually(t: ExecutionContext, maxVersion: 'TLSv1.2' | 'TLSv1.3') {
  return listen(
    t,
    (request, response) => {
      const { subject } = (request.socket as TLSSocket).getPeerCertificate()
      response.setHeader('x-oss-meta-name', String(subject?.CN)).end()
    },
    { tls: { requestCert: true, rejectUnauthorized: true, ca: certificates.authority, maxVersion } },
  )
}

test('an authority of one’s own is trusted, in every form of the option, also next to others', async t => {
  const { port } = await listen(t, (_request, response) => response.end(), { tls: {} })
  const { authority } = certificates
  const other = certificates.selfSigned.cert
  for (const ca of [authority, authority.toString(), [authority], [other, authority], `${other}${authority}`])
    t.is((await secureClient(t, port, { ca }).headObject(object)).statusCode, 200)
})

const untrusted: [title: string, certificate: { cert: Buffer; key: Buffer }, ca: Buffer | undefined, reason: RegExp][] =
  [
    ['signed by nobody', certificates.selfSigned, undefined, /^DEPTH_ZERO_SELF_SIGNED_CERT$/],
    ['of an unknown authority', certificates.server, undefined, /^UNABLE_TO_VERIFY_LEAF_SIGNATURE$/],
    ['of another authority', certificates.server, certificates.selfSigned.cert, /^UNABLE_TO_VERIFY_LEAF_SIGNATURE$/],
    ['out of date', certificates.expired, certificates.authority, /^CERT_HAS_EXPIRED$/],
  ]

for (const [title, certificate, ca, reason] of untrusted) {
  test(`a certificate ${title} is a TlsError that says so and is not retried`, async t => {
    const { port, sockets } = await listen(t, (_request, response) => response.end(), { tls: certificate })
    const error = await t.throwsAsync(secureClient(t, port, { ca, retryer: undefined }).headObject(object), {
      instanceOf: TlsError,
    })
    t.regex(error?.reason ?? '', reason)
    t.like(error, { code: 'TlsError', retryable: false, attempts: 1, operation: 'HeadObject' })
    t.true(error instanceof RequestError && error instanceof OssError)
    t.is(sockets.length, 1)
    const lax = secureClient(t, port, { insecureSkipVerify: true })
    t.is((await lax.headObject(object)).statusCode, 200)
  })
}

test('a certificate of another host is a TlsError that names both', async t => {
  const { port } = await listen(t, (_request, response) => response.end(), { tls: {} })
  const client = secureClient(t, port, {
    endpoint: `https://oss.elsewhere.test:${port}`,
    ca: certificates.authority,
    lookup: (_hostname, _options, callback) => callback(null, [{ address: '127.0.0.1', family: 4 }]),
  })
  const error = await t.throwsAsync(client.headObject(object), { instanceOf: TlsError })
  t.is(error?.reason, 'ERR_TLS_CERT_ALTNAME_INVALID')
  t.regex(error?.message ?? '', /oss\.elsewhere\.test.*example\.test/)
  t.false(error?.retryable)
})

test('a server that speaks plain HTTP is a TlsError', async t => {
  const { port } = await listen(t, (_request, response) => response.end())
  const error = await t.throwsAsync(secureClient(t, port).headObject(object), { instanceOf: TlsError })
  t.regex(error?.message ?? '', /does not speak TLS/)
})

test('buckets in host names are checked against the certificate too', async t => {
  const { port } = await listen(
    t,
    (request, response) => response.setHeader('x-host', request.headers.host ?? '').end(),
    {
      tls: {},
    },
  )
  const client = secureClient(t, port, {
    endpoint: `https://example.test:${port}`,
    usePathStyle: false,
    ca: certificates.authority,
    lookup: (_hostname, _options, callback) => callback(null, [{ address: '127.0.0.1', family: 4 }]),
  })
  t.is((await client.headObject(object)).headers['x-host'], `examplebucket.example.test:${port}`)
})

const proofs: [title: string, options: ClientOptions][] = [
  ['certificate and key', { cert: certificates.client.cert, key: certificates.client.key }],
  ['texts', { cert: String(certificates.client.cert), key: String(certificates.client.key) }],
  [
    'an encrypted key',
    {
      cert: certificates.client.cert,
      key: certificates.encrypted.key,
      passphrase: certificates.encrypted.passphrase,
    },
  ],
  ['a PKCS #12 file', { pfx: certificates.encrypted.pfx, passphrase: certificates.encrypted.passphrase }],
]

for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
  for (const [title, options] of proofs) {
    test(`${version}: a client proves who it is with ${title}`, async t => {
      const { port } = await listenMutually(t, version)
      const { headers } = await secureClient(t, port, { ca: certificates.authority, ...options }).headObject(object)
      t.is(headers['x-oss-meta-name'], 'ferross test client')
    })
  }

  test(`${version}: a server that wants a client certificate and gets none is a TlsError`, async t => {
    const { port } = await listenMutually(t, version)
    const client = secureClient(t, port, { ca: certificates.authority })
    const error = await t.throwsAsync(client.headObject(object), { instanceOf: TlsError })
    t.regex(error?.message ?? '', /client certificate/)
    t.false(error?.retryable)
  })

  test(`${version}: a server that does not accept the client's certificate is an error`, async t => {
    const { port } = await listenMutually(t, version)
    // A server of Node.js hangs up without saying why.
    const client = secureClient(t, port, { ca: certificates.authority, ...certificates.selfSigned })
    await t.throwsAsync(client.headObject(object), { instanceOf: RequestError })
  })
}

test('TLS sessions are used again for new connections', async t => {
  const reused: boolean[] = []
  const { port } = await listen(
    t,
    (request, response) => {
      reused.push((request.socket as TLSSocket).isSessionReused())
      response.setHeader('connection', 'close').end()
    },
    { tls: {} },
  )
  const client = secureClient(t, port, { ca: certificates.authority })
  for (let i = 0; i < 3; i++) await client.headObject(object)
  t.deepEqual(reused, [false, true, true])
})

test('HTTP/1.1 is asked for, also from a server that could do HTTP/2', async t => {
  const { port } = await listen(
    t,
    (request, response) =>
      response.setHeader('x-protocol', `${(request.socket as TLSSocket).alpnProtocol} ${request.httpVersion}`).end(),
    { tls: { ALPNProtocols: ['h2', 'http/1.1'] } },
  )
  const { headers } = await secureClient(t, port, { ca: certificates.authority }).headObject(object)
  t.is(headers['x-protocol'], 'http/1.1 1.1')
})

const { cert, key } = certificates.client
const wrong: [field: string, options: ClientOptions][] = [
  ['ca', { ca: 'not a certificate' }],
  ['ca', { ca: '' }],
  ['ca', { ca: [] }],
  ['ca', { ca: [certificates.authority, 'rubbish'] }],
  ['ca', { ca: certificates.client.key }],
  ['ca', { ca: 7 as never }],
  ['ca', { ca: String(certificates.authority).replace(/[A-Z]{4}/, '!!!!') }],
  ['cert', { cert: 'rubbish', key }],
  ['key', { cert, key: 'rubbish' }],
  ['key', { cert, key: certificates.selfSigned.key }],
  ['passphrase', { cert, key: certificates.encrypted.key, passphrase: 'hunter2' }],
  ['passphrase', { cert, key, passphrase: 7 as never }],
  ['pfx', { pfx: certificates.encrypted.pfx, passphrase: 'hunter2' }],
  ['pfx', { pfx: Buffer.from('rubbish') }],
  ['pfx', { pfx: certificates.encrypted.pfx, cert, key }],
]

for (const [index, [field, options]] of wrong.entries()) {
  test(`certificates that cannot be used are refused when the client is made: ${field}, case ${index}`, t => {
    const error = t.throws(() => secureClient(t, 1, options), { instanceOf: ParamInvalidError })
    t.is(error?.field, field)
    t.notRegex(`${error?.stack}${(error?.cause as Error | undefined)?.stack}`, /hunter2|PRIVATE KEY/)
  })
}

test('a certificate without key, a key without certificate, an encrypted key without passphrase: what is missing is named', t => {
  const missing: [field: string, options: ClientOptions][] = [
    ['key', { cert }],
    ['cert', { key }],
    ['passphrase', { cert, key: certificates.encrypted.key }],
  ]
  for (const [field, options] of missing)
    t.is(t.throws(() => secureClient(t, 1, options), { instanceOf: ParamRequiredError })?.field, field)
})
