import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { gzipSync } from 'node:zlib'
import test, { type ExecutionContext } from 'ava'
import {
  Client,
  CredentialsFetchError,
  EcsRamRoleCredentialsProvider,
  OssError,
  RamRoleArnCredentialsProvider,
  RequestError,
  ServiceError,
  StaticCredentialsProvider,
  UriCredentialsProvider,
} from 'ferross'
import { RecordingClient } from '../helpers/golden.js'
import { withFolder } from '../helpers/with-server.js'
import { withWire } from './support.js'

// Threat: what answers is not the service, or does not tell the truth.

const at = { bucket: 'bucket', key: 'k' }
const secret = 'a-secret-of-some-length'
const token = 'a-token-of-some-length'

async function listen(t: ExecutionContext, answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const server = createServer(answer).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function clientOf(t: ExecutionContext, endpoint: string, enabledRedirect = true) {
  const credentialsProvider = new StaticCredentialsProvider('ak', secret, token)
  const client = new Client({
    endpoint,
    region: 'cn-hangzhou',
    credentialsProvider,
    enabledRedirect,
    retryMaxAttempts: 1,
  })
  t.teardown(() => client.close())
  return client
}

test('a redirect takes no credentials to another host, port or scheme, and does not get them by coming back', async t => {
  const seen: IncomingMessage[] = []
  const other = await listen(t, (request, response) => {
    seen.push(request)
    if (request.url === '/second') response.writeHead(302, { location: '/third' }).end()
    else response.end('elsewhere')
  })
  const endpoint = await listen(t, (request, response) => {
    if (request.url === '/third') seen.push(request)
    response.writeHead(302, { location: `${other}/second` }).end()
  })
  const { body } = await clientOf(t, endpoint).getObject(at)
  t.is(await body?.text(), 'elsewhere')
  t.deepEqual(
    seen.map(({ url }) => url),
    ['/second', '/third'],
    'a relative address is relative to the host that gave it',
  )
  for (const { headers, url } of seen) {
    t.is(headers.host, other.replace('http://', ''))
    const sent = `${url} ${Object.values(headers).join(' ')}`
    for (const word of ['OSS4-HMAC', secret, token]) t.false(sent.includes(word), word)
  }
})

test('a redirect leads to HTTP addresses only, without user and password, and not on for ever', async t => {
  for (const location of [
    'file:///etc/passwd',
    'ftp://127.0.0.1/x',
    'http://',
    '//\\',
    'data:,x',
    'http://u:p@127.0.0.1/x',
  ]) {
    const wire = await withWire(t, `HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: ${location}\r\n\r\n`)
    const client = wire.client({ enabledRedirect: true })
    const error = await t.throwsAsync(client.getObject(at), { instanceOf: ServiceError }, location)
    t.is(error?.statusCode, 302, location)
    t.is(wire.take().length, 1, location)
    t.false(error?.message.includes(location), location)
  }
  const wire = await withWire(t, 'HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: /again\r\n\r\n')
  await t.throwsAsync(wire.client({ enabledRedirect: true }).getObject(at), { instanceOf: OssError })
  t.is(wire.take().length, 6)
})

test('what writes is never redirected', async t => {
  const wire = await withWire(t, 'HTTP/1.1 307 Temporary Redirect\r\nContent-Length: 0\r\nLocation: /elsewhere\r\n\r\n')
  const client = wire.client({ enabledRedirect: true })
  await t.throwsAsync(client.putObject(at), { instanceOf: OssError })
  await t.throwsAsync(client.deleteObject(at), { instanceOf: OssError })
  t.deepEqual(
    wire.take().map(({ line }) => line.split(' ')[0]),
    ['PUT', 'DELETE'],
  )
})

const heads: Record<string, string> = {
  'a length that is too great': 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 9\r\n\r\nhi',
  'two lengths': 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nhi!',
  'a length that is no number': 'HTTP/1.1 200 OK\r\nContent-Length: two\r\n\r\nhi',
  'a length and chunks':
    'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n',
  'a chunk that is too great': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nhi\r\n',
  'a header with a NUL': 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nx-a: b\0c\r\n\r\nhi',
  'headers without end': `HTTP/1.1 200 OK\r\n${'x-a: b\r\n'.repeat(20_000)}\r\n\r\nhi`,
  'no HTTP': 'SSH-2.0-OpenSSH_9.6\r\n\r\n',
}

for (const [name, answer] of Object.entries(heads)) {
  test(`${name} in an answer is an error, not content`, async t => {
    const wire = await withWire(t, answer)
    const received = async () => {
      const { body } = await wire.client({ readwriteTimeout: 1500 }).getObject(at)
      // A connection that stays open and says no more is ended by the timeout.
      return body?.bytes()
    }
    const error = await t.throwsAsync(received)
    t.true(error instanceof OssError, inspect(error))
  })
}

test('bytes behind an answer are not taken for the next one', async t => {
  const forged = 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged'
  const wire = await withWire(t, `HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ntrue${forged}`)
  const client = wire.client({ maxConnections: 1, retryMaxAttempts: 3 })
  for (let i = 0; i < 5; i++) {
    const outcome = await client.getObject(at).then(
      answer => answer.body?.text(),
      error => error,
    )
    t.true(outcome === 'true' || outcome instanceof RequestError, inspect(outcome))
  }
})

test('a range that was not asked for, or a part of one, never reaches the file', async t => {
  const described = { 'content-length': '10', etag: '"E"' }
  const head = { status: 200, headers: described }
  const ranges = [
    'bytes 5-14/15',
    'bytes 0-9/9',
    'bytes 0-9/*',
    'bytes 9-0/10',
    'bytes 0-99999999999999999999/10',
    'lines 0-9/10',
    '',
  ]
  for (const range of ranges) {
    const answer = { status: 206, headers: { ...described, 'content-range': range }, body: '0123456789' }
    const credentialsProvider = new StaticCredentialsProvider('ak', secret)
    const httpClient = new RecordingClient(head, answer)
    const client = new Client({ region: 'cn-hangzhou', credentialsProvider, httpClient, retryMaxAttempts: 1 })
    const folder = withFolder(t)
    const call = client.downloader().downloadFile({ ...at, rangeHeader: 'bytes=0-8' }, join(folder, 'file'))
    await t.throwsAsync(call, { instanceOf: OssError }, range)
    t.deepEqual(readdirSync(folder), [])
  }
})

test('compressed answers are given as they came: nothing expands here', async t => {
  const bomb = gzipSync(Buffer.alloc(50_000_000))
  t.true(bomb.length < 100_000)
  const endpoint = await listen(t, (_request, response) => {
    response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': String(bomb.length) }).end(bomb)
  })
  const client = clientOf(t, endpoint)
  t.true((await (await client.getObject(at)).body!.bytes()).equals(bomb))
  await t.throwsAsync(client.listObjectsV2({ bucket: 'bucket' }), { instanceOf: OssError })
})

test('an error repeats neither secrets nor tokens that the answer quotes', async t => {
  const quoted = `<Error><Code>SignatureDoesNotMatch</Code><StringToSign>x-oss-security-token:${token}</StringToSign></Error>`
  const endpoint = await listen(t, (_request, response) => response.writeHead(403).end(quoted))
  const error = await t.throwsAsync(clientOf(t, endpoint).getObject(at), { instanceOf: OssError })
  const shown = `${inspect(error, { depth: 9, showHidden: true })} ${JSON.stringify(error)} ${error?.stack}`
  for (const word of [token, secret]) t.false(shown.includes(word))
})

test('what a parts list or an upload id says ends up as data of the next request', async t => {
  const hostile = `"&lt;/ETag&gt;&lt;/Part&gt;&lt;Part&gt;`
  const transport = new RecordingClient(
    {
      status: 200,
      body: `<InitiateMultipartUploadResult><UploadId>a&amp;b=c\n#/../</UploadId></InitiateMultipartUploadResult>`,
    },
    { status: 200, headers: { etag: '"</ETag></Part><Part>"' } },
    {
      status: 200,
      body: `<ListPartsResult><Part><PartNumber>1</PartNumber><ETag>${hostile}</ETag></Part></ListPartsResult>`,
    },
    { status: 200, body: '<CompleteMultipartUploadResult/>' },
  )
  const credentialsProvider = new StaticCredentialsProvider('ak', secret)
  const client = new Client({ region: 'cn-hangzhou', credentialsProvider, httpClient: transport, retryMaxAttempts: 1 })
  const { uploadId = '' } = await client.initiateMultipartUpload(at)
  const { etag } = await client.uploadPart({ ...at, uploadId, partNumber: 1, body: 'x' })
  const { parts = [] } = await client.listParts({ ...at, uploadId })
  const list = [
    { partNumber: 1, etag },
    { partNumber: 2, etag: parts[0]?.etag },
  ]
  await client.completeMultipartUpload({ ...at, uploadId, completeMultipartUpload: { parts: list } })
  for (const { url } of transport.requests.slice(1)) {
    t.regex(url, /^https:\/\/bucket\.oss-cn-hangzhou\.aliyuncs\.com\/k\?[\x21-\x7e]*$/)
    t.is(new URL(url).searchParams.get('uploadId'), uploadId)
  }
  const document = transport.requests.at(-1)?.body?.toString() ?? ''
  t.is(document.match(/<Part>/g)?.length, 2)
})

test('those who are asked for credentials cannot make them go elsewhere, or say anything at all', async t => {
  const document = JSON.stringify({ Code: 'Success', AccessKeyId: 'id', AccessKeySecret: 'made-up-secret' })
  let asked = 0
  const other = await listen(t, (_request, response) => {
    asked++
    response.end(document)
  })
  const answers: ((response: ServerResponse) => void)[] = [
    response => response.writeHead(302, { location: other }).end(),
    response => response.end('x'.repeat(1_000_000)),
    response => response.end('made-up-secret is not JSON'),
    response => response.end('{"__proto__":{"AccessKeyId":"id","AccessKeySecret":"made-up-secret"}}'),
    response => response.end('["id","made-up-secret"]'),
    response => response.end('{"Code":"Success","AccessKeyId":{"a":1},"AccessKeySecret":"made-up-secret"}'),
    response => response.writeHead(500).end(document),
  ]
  for (const answer of answers) {
    const endpoint = await listen(t, (_request, response) => answer(response))
    const source = new StaticCredentialsProvider('ak', secret)
    const providers = [
      new EcsRamRoleCredentialsProvider({ endpoint, roleName: 'role', environment: {} }),
      new UriCredentialsProvider({ uri: endpoint }),
      new RamRoleArnCredentialsProvider({
        credentialsProvider: source,
        roleArn: 'acs:ram::123456789012:role/r',
        stsEndpoint: endpoint,
      }),
    ]
    for (const provider of providers) {
      const error = await t.throwsAsync(async () => provider.getCredentials())
      const shown = `${inspect(error, { depth: 9 })} ${error?.stack}`
      for (const word of ['made-up-secret', secret]) t.false(shown.includes(word), shown)
      t.true(error instanceof CredentialsFetchError, shown)
    }
  }
  t.is(asked, 0)
})
