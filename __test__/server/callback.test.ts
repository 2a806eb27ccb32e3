// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the service writes its variables that way
import { createVerify } from 'node:crypto'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { type Tester, withServer } from './helpers.js'

interface Received {
  url: string
  headers: IncomingHttpHeaders
  body: string
}

/** An application that is called. `answer` decides what it says; nothing means it never answers. */
async function withApplication(
  t: ExecutionContext,
  answer: () => { status?: number; body: string } | undefined = () => ({ body: '{"ok":true}' }),
) {
  const received: Received[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', chunk => chunks.push(chunk))
    request.on('end', () => {
      received.push({ url: request.url ?? '', headers: request.headers, body: Buffer.concat(chunks).toString() })
      const said = answer()
      if (said !== undefined) response.writeHead(said.status ?? 200).end(said.body)
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { url, received }
}

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64')

const form = 'bucket=${bucket}&object=${object}&etag=${etag}&size=${size}&type=${mimeType}&mine=${x:mine}&no=${nothing}'

function put(tester: Tester, callback: object, variables?: object, headers: Record<string, string> = {}) {
  return tester.put('bucket', 'dir/a b.txt', 'hello', {
    'x-oss-callback': encode(callback),
    ...(variables === undefined ? {} : { 'x-oss-callback-var': encode(variables) }),
    'content-type': 'text/plain',
    ...headers,
  })
}

test('the application is called with the body that was asked for, signed, and its answer is passed on', async t => {
  const tester = await withServer(t)
  const { url, received } = await withApplication(t)
  const callback = { callbackUrl: `${url}/a%20b/cb?x=1&y=%20`, callbackBody: form, callbackHost: 'app.example.com' }
  const answer = await put(tester, callback, { 'x:mine': 'ä&1' })
  t.is(answer.status, 200)
  t.is(answer.text, '{"ok":true}')
  const [call] = received as [Received]
  t.is(call.url, '/a%20b/cb?x=1&y=%20')
  t.is(
    call.body,
    `bucket=bucket&object=dir%2Fa%20b.txt&etag=${answer.headers.etag?.replaceAll('"', '')}` +
      '&size=5&type=text%2Fplain&mine=%C3%A4%261&no=',
  )
  t.is(call.headers.host, 'app.example.com')
  t.is(call.headers['content-type'], 'application/x-www-form-urlencoded')
  const keyUrl = Buffer.from(String(call.headers['x-oss-pub-key-url']), 'base64').toString()
  t.is(keyUrl, tester.server.callbackPublicKeyUrl)
  const key = await (await fetch(keyUrl)).text()
  const verify = (text: string) =>
    createVerify('RSA-MD5').update(text).verify(key, String(call.headers.authorization), 'base64')
  t.true(verify(`/a b/cb?x=1&y=%20\n${call.body}`))
  t.false(verify(`/a b/cb?x=1&y=%20\n${call.body}x`))
})

test('in JSON, texts get quotation marks and numbers none', async t => {
  const tester = await withServer(t)
  const { url, received } = await withApplication(t)
  const callbackBody = '{"object":${object},"size":${size},"mine":${x:mine},"width":${imageInfo.width}}'
  await put(tester, { callbackUrl: url, callbackBody, callbackBodyType: 'application/json' }, { 'x:mine': 'a"b' })
  t.deepEqual(JSON.parse(received[0]?.body ?? ''), { object: 'dir/a b.txt', size: 5, mine: 'a"b', width: '' })
})

test('the size of an image is told', async t => {
  const tester = await withServer(t)
  const { url, received } = await withApplication(t)
  const body = Buffer.from('89504e470d0a1a0a0000000d4948445200000280000001e00802000000', 'hex')
  const callbackBody = 'w=${imageInfo.width}&h=${imageInfo.height}&f=${imageInfo.format}'
  await tester.put('bucket', 'a.png', body, { 'x-oss-callback': encode({ callbackUrl: url, callbackBody }) })
  t.is(received[0]?.body, 'w=640&h=480&f=png')
})

test('a callback can be asked for in the query, and at the end of a multipart upload', async t => {
  const tester = await withServer(t)
  const { url, received } = await withApplication(t)
  const callback = encode({ callbackUrl: url, callbackBody: 'o=${object}&c=${crc64}' })
  const answer = await tester.sendPresigned({
    method: 'PUT',
    bucket: 'bucket',
    key: 'q',
    query: { callback },
    body: 'x',
  })
  t.is(answer.text, '{"ok":true}')
  const uploadId = await tester.initiate('bucket', 'm')
  const etag = await tester.part('bucket', 'm', uploadId, 1, 'x')
  const list = `<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>${etag}</ETag></Part></CompleteMultipartUpload>`
  const completed = await tester.post('bucket', 'm', { uploadId }, list, { 'x-oss-callback': callback })
  t.is(completed.text, '{"ok":true}')
  t.regex(completed.headers.etag ?? '', /-1"$/)
  t.deepEqual(
    received.map(each => each.body.split('&')[0]),
    ['o=q', 'o=m'],
  )
})

test('a callback that fails is told with 203, and the object is stored', async t => {
  const tester = await withServer(t, { callbackTimeout: 200 })
  const failing = [
    await withApplication(t, () => ({ status: 500, body: '{}' })),
    await withApplication(t, () => ({ body: 'not json' })),
    await withApplication(t, () => undefined),
    { url: 'http://127.0.0.1:1' },
    { url: 'http://example.com/' },
  ]
  for (const { url } of failing) {
    const answer = await put(tester, { callbackUrl: url, callbackBody: 'x' })
    t.is(answer.status, 203, url)
    t.regex(answer.text, /<Code>CallbackFailed<\/Code>/)
    t.regex(answer.headers['x-oss-ec'] ?? '', /^0007-/)
    t.truthy(answer.headers.etag)
    t.is((await tester.get('bucket', 'dir/a b.txt')).text, 'hello')
  }
})

test('further addresses are tried when one fails', async t => {
  const tester = await withServer(t)
  const bad = await withApplication(t, () => ({ status: 500, body: '{}' }))
  const good = await withApplication(t)
  const answer = await put(tester, { callbackUrl: `${bad.url};${good.url}`, callbackBody: 'x=1' })
  t.is(answer.status, 200)
  t.deepEqual([bad.received.length, good.received.length], [1, 1])
})

test('hosts beyond this machine are called only when the server is told so', async t => {
  const tester = await withServer(t, { callbackHosts: ['app.invalid'], callbackTimeout: 2000 })
  const answer = await put(tester, { callbackUrl: 'http://app.invalid/', callbackBody: 'x' })
  t.notRegex(answer.text, /callbackHosts/)
  t.regex((await put(tester, { callbackUrl: 'http://10.0.0.1/', callbackBody: 'x' })).text, /callbackHosts/)
})

test('a callback that cannot be understood is refused before anything is stored', async t => {
  const tester = await withServer(t)
  const bad = [{}, { callbackUrl: 'http://127.0.0.1/' }, { callbackUrl: 'http://u:p@127.0.0.1/', callbackBody: 'x' }]
  for (const callback of bad) t.is((await put(tester, callback)).code, 'InvalidArgument')
  t.is((await tester.put('bucket', 'a', 'x', { 'x-oss-callback': 'e30' })).code, 'InvalidArgument')
  const variables = await put(tester, { callbackUrl: 'http://127.0.0.1/', callbackBody: 'x' }, { mine: '1' })
  t.is(variables.code, 'InvalidArgument')
  t.is((await tester.get('bucket', 'dir/a b.txt')).code, 'NoSuchKey')
})

test('a callback whose members are no texts is taken as it is written, or refused, and no failure of the server', async t => {
  const tester = await withServer(t)
  const answer = await put(tester, { callbackUrl: { toString: 1 }, callbackBody: { valueOf: 2 } })
  t.is(answer.status, 400)
  t.regex(answer.text, /InvalidArgument/)
})

test('a form can ask for a callback, with variables that are fields', async t => {
  const tester = await withServer(t, { anonymous: 'allow' })
  const { url, received } = await withApplication(t)
  const data = new FormData()
  data.append('key', 'a')
  data.append('callback', encode({ callbackUrl: url, callbackBody: 'o=${object}&v=${x:v}' }))
  data.append('x:v', '1 2')
  data.append('file', new Blob(['x']), 'x.txt')
  const answer = await fetch(`${tester.server.endpoint}/bucket`, { method: 'POST', body: data })
  t.is(answer.status, 200)
  t.is(await answer.text(), '{"ok":true}')
  t.is(received[0]?.body, 'o=a&v=1%202')
})
