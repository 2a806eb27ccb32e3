import { inspect } from 'node:util'
import test from 'ava'
import fc from 'fast-check'
import { type Client, CredentialsFetchError, OssError, ParamInvalidError, StaticCredentialsProvider } from 'ferross'
import { type Wire, withWire } from './support.js'

// Threat: text from elsewhere ends its header line, or its request, and goes on with lines of its own.

const at = { bucket: 'examplebucket', key: 'k' }
const breaks = ['\r\n', '\n', '\r', '\0', '\u000b', '\u007f', '\u010d\u010a', '\u0085', '\u2028', '%0d%0a']
const evil = fc
  .tuple(fc.string({ maxLength: 5 }), fc.constantFrom(...breaks), fc.constantFrom('x-evil: 1', 'GET /x HTTP/1.1', ''))
  .map(([before, line, after]) => `${before}${line}${after}`)

/** Where text of callers gets into a request. */
const places: Record<string, (client: Client, text: string) => Promise<unknown>> = {
  key: (client, text) => client.headObject({ ...at, key: text }),
  versionId: (client, text) => client.headObject({ ...at, versionId: text }),
  'metadata value': (client, text) => client.putObject({ ...at, metadata: { a: text } }),
  'metadata name': (client, text) => client.putObject({ ...at, metadata: { [text]: 'a' } }),
  'header value': (client, text) => client.putObject({ ...at, headers: { 'x-oss-a': text } }),
  'header name': (client, text) => client.putObject({ ...at, headers: { [text]: 'a' } }),
  'parameter value': (client, text) => client.putObject({ ...at, parameters: { a: text } }),
  'parameter name': (client, text) => client.putObject({ ...at, parameters: { [text]: 'a' } }),
  contentType: (client, text) => client.putObject({ ...at, contentType: text }),
  contentDisposition: (client, text) => client.putObject({ ...at, contentDisposition: text }),
  callback: (client, text) => client.putObject({ ...at, callback: text }),
  callbackVar: (client, text) => client.putObject({ ...at, callbackVar: text }),
  tagging: (client, text) => client.putObject({ ...at, tagging: text }),
  'copy source': (client, text) => client.copyObject({ ...at, sourceKey: text }),
  range: (client, text) => client.getObject({ ...at, rangeHeader: text }),
  ifMatch: (client, text) => client.getObject({ ...at, ifMatch: text }),
  process: (client, text) => client.getObject({ ...at, process: text }),
  responseContentType: (client, text) => client.getObject({ ...at, responseContentType: text }),
  prefix: (client, text) => client.listObjectsV2({ bucket: at.bucket, prefix: text }),
  'tag in a document': (client, text) =>
    client.putObjectTagging({ ...at, tagging: { tagSet: { tags: [{ key: text, value: text }] } } }),
  opName: (client, text) => client.invokeOperation({ opName: text || 'x', method: 'GET', ...at }),
  method: (client, text) => client.invokeOperation({ opName: 'x', method: text as 'GET', ...at }),
  'bucket of an operation': (client, text) => client.invokeOperation({ opName: 'x', method: 'GET', bucket: text }),
  'key of an operation': (client, text) => client.invokeOperation({ opName: 'x', method: 'GET', ...at, key: text }),
  'header of an operation': (client, text) =>
    client.invokeOperation({ opName: 'x', method: 'GET', ...at, headers: { a: text } }),
  'parameter of an operation': (client, text) =>
    client.invokeOperation({ opName: 'x', method: 'GET', ...at, parameters: { a: text } }),
}

const usual = new Set([
  ...['host', 'connection', 'content-type', 'content-length', 'content-md5', 'user-agent', 'date', 'authorization'],
  ...['content-disposition', 'range', 'if-match'],
])

/** One request at most, and no header but those that such a request has. */
async function nothingInjected(wire: Wire, call: () => Promise<unknown>): Promise<string | undefined> {
  const error = await call().then(
    () => undefined,
    reason => reason,
  )
  if (error !== undefined && !(error instanceof OssError)) return `not a typed error: ${inspect(error)}`
  if (error instanceof OssError && /[\r\n]/.test(error.message)) return 'the message has more than one line'
  const requests = wire.take()
  if (requests.length > 1) return `${requests.length} requests`
  if (error instanceof ParamInvalidError && requests.length > 0) return 'refused and yet sent'
  for (const { line, names, headers } of requests) {
    if (!/^[A-Z]+ \/[\x21-\x7e]* HTTP\/1\.1$/.test(line)) return `request line ${line}`
    if (headers.some(header => /[\n\r\0]/.test(header))) return 'a bare line break'
    const known = (name: string) => usual.has(name) || name.startsWith('x-oss-') || name === 'a'
    const surplus = names.find(name => !known(name) || name.includes('evil'))
    if (surplus !== undefined && !/^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(surplus)) return `header ${surplus}`
    if (names.includes('x-evil') || new Set(names).size !== names.length) return 'an injected header'
  }
  return undefined
}

for (const [place, call] of Object.entries(places)) {
  test(`line breaks in ${place} end up encoded or refused`, async t => {
    const wire = await withWire(t)
    const client = wire.client()
    await fc.assert(
      fc.asyncProperty(evil, async text => {
        const found = await nothingInjected(wire, () => call(client, text))
        t.is(found, undefined, JSON.stringify(text))
      }),
      { numRuns: 25 },
    )
  })
}

test('a presigned URL is one line of visible characters, and its headers are checked like those of a request', async t => {
  const client = (await withWire(t)).client()
  await fc.assert(
    fc.asyncProperty(evil, async text => {
      const parameters = { [`p${text}`]: text }
      const { url } = await client.presign('getObject', {
        ...at,
        key: `k${text}`,
        responseContentType: text,
        parameters,
      })
      t.regex(url, /^[\x21-\x7e]+$/)
      const parsed = new URL(url)
      t.is(decodeURIComponent(parsed.pathname), `/examplebucket/k${text}`)
      t.is(parsed.searchParams.get(`p${text}`), text)
      t.is(parsed.hash, '')
    }),
    { numRuns: 100 },
  )
  for (const request of [{ contentType: 'a\r\nb' }, { metadata: { a: 'x\ny' } }, { headers: { 'a\r\nb': 'c' } }]) {
    await t.throwsAsync(client.presign('putObject', { ...at, ...request }), { instanceOf: ParamInvalidError })
  }
})

test('options that become part of headers are refused when the client is made', async t => {
  const wire = await withWire(t)
  const bad = 'a\r\nx-evil: 1'
  for (const name of ['userAgent', 'region', 'cloudBoxId', 'accountId']) {
    t.is(t.throws(() => wire.client({ [name]: bad }), { instanceOf: ParamInvalidError }).field, name)
  }
  for (const endpoint of ['127.0.0.1\r\nx-evil: 1', 'http://user:pw@host', 'http://host\0', 'http://ho st'])
    t.is(t.throws(() => wire.client({ endpoint }), { instanceOf: ParamInvalidError }).field, 'endpoint')
})

test('credentials that no header can hold are refused without being shown', async t => {
  const wire = await withWire(t)
  for (const signatureVersion of ['v4', 'v1'] as const) {
    for (const [id, token] of [
      ['id\r\nx-evil: 1', undefined],
      ['id', 'token-of-someone\nx-evil: 1'],
      ['id', 'token-of-someone\u00e9'],
    ] as const) {
      const credentialsProvider = new StaticCredentialsProvider(id, 'a-secret-of-some-length', token)
      const client = wire.client({ credentialsProvider, signatureVersion })
      const error = await t.throwsAsync(client.headObject(at), { instanceOf: CredentialsFetchError })
      for (const secret of ['a-secret', 'token-of-someone']) t.false(inspect(error, { depth: 5 }).includes(secret))
      await t.throwsAsync(client.presign('getObject', at), { instanceOf: CredentialsFetchError })
    }
  }
  t.deepEqual(wire.take(), [])
})

test('a caller cannot change how a message is framed', async t => {
  const wire = await withWire(t)
  const client = wire.client()
  const framing = ['connection', 'Transfer-Encoding', 'te', 'trailer', 'upgrade', 'keep-alive', 'proxy-connection']
  for (const name of framing) {
    const call = client.getObject({ ...at, headers: { [name]: 'chunked' } })
    t.is((await t.throwsAsync(call, { instanceOf: ParamInvalidError })).field, `headers.${name}`)
  }
  // Bytes that are announced and do not come would be those of the next request on the connection.
  for (const length of ['5', '0, 5', '-1', '0x0']) {
    const call = client.getObject({ ...at, headers: { 'content-length': length } })
    t.is((await t.throwsAsync(call, { instanceOf: ParamInvalidError }, length)).field, 'contentLength')
  }
  t.deepEqual(wire.take(), [])
})
