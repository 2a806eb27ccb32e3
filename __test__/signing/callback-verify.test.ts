// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the service has such placeholders
import { createPrivateKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { type CallbackMessage, type Fetch, ParamInvalidError, verifyCallback } from 'ferross'
import { pinnedKeyUrl } from '#src/signing/callback-key.js'

// 512 bits is what the service uses: short, but it has to work.
const pair = (modulusLength = 512) => generateKeyPairSync('rsa', { modulusLength })
const keys = pair()
const pem = (key: KeyObject) => key.export({ type: 'spki', format: 'pem' }) as string
const published = 'https://gosspublic.alicdn.com/callback_pub_key_v1.pem'

interface Parts {
  url?: string
  signed?: string
  body?: string
  keyUrl?: string
  key?: KeyObject
}

/** A call as the service makes it. `signed` is the text before the body that is signed. */
function message({
  url = '/notify?a=b%20c',
  signed = url,
  body = 'object=k&size=3',
  keyUrl = published,
  key = keys.privateKey,
}: Parts = {}) {
  const signature = sign('RSA-MD5', Buffer.from(`${signed}\n${body}`), key).toString('base64')
  const headers: Record<string, string | string[] | undefined> = {
    authorization: signature,
    'x-oss-pub-key-url': Buffer.from(keyUrl).toString('base64'),
  }
  return { method: 'POST', url, headers, body } satisfies CallbackMessage
}

/** A fetch that counts and hands out a key. */
function keyServer(answer: () => Response = () => new Response(pem(keys.publicKey))): { fetch: Fetch; urls: string[] } {
  const urls: string[] = []
  return {
    urls,
    fetch: async (url, init) => {
      if (init.redirect !== 'error' || !(init.signal instanceof AbortSignal)) throw new Error('redirects or no timeout')
      urls.push(url)
      return answer()
    },
  }
}

test('a genuine call is accepted, its key fetched once and over HTTPS', async t => {
  const { fetch, urls } = keyServer()
  const insecure = message({ keyUrl: published.replace('https', 'http') })
  const outcomes = await Promise.all([verifyCallback(message(), { fetch }), verifyCallback(insecure, { fetch })])
  t.deepEqual(outcomes, [{ valid: true }, { valid: true }])
  t.deepEqual(await verifyCallback(message({ body: '另' }), { fetch }), { valid: true })
  t.deepEqual(urls, [published])
})

test('the path is signed decoded, the query as it is', async t => {
  const publicKey = pem(keys.publicKey)
  const url = '/%E9%80%9A%E7%9F%A5/a%2Bb+c?x=%E9%80%9A'
  t.deepEqual(await verifyCallback(message({ url, signed: '/通知/a+b+c?x=%E9%80%9A' }), { publicKey }), { valid: true })
  t.deepEqual(await verifyCallback(message({ url: '/' }), { publicKey }), { valid: true })
  t.like(await verifyCallback(message({ url }), { publicKey }), { valid: false, reason: 'wrong-signature' })
})

test('calls are read in the forms of node:http and of the web', async t => {
  const publicKey = keys.publicKey
  const { headers, body } = message()
  const request = new Request('https://app.example.com/notify?a=b%20c', {
    method: 'POST',
    headers: headers as Record<string, string>,
    body,
  })
  const { method, url } = request
  const outcome = await verifyCallback(
    { method, url, headers: request.headers, body: await request.arrayBuffer() },
    { publicKey },
  )
  t.deepEqual(outcome, { valid: true })
  const upper = { Authorization: [headers.authorization as string] }
  t.deepEqual(
    await verifyCallback({ url: '/notify?a=b%20c', headers: upper, body: Buffer.from(body) }, { publicKey }),
    { valid: true },
  )

  const server = createServer(async (incoming, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of incoming) chunks.push(chunk)
    const { method, url, headers } = incoming
    response.end(
      JSON.stringify(await verifyCallback({ method, url, headers, body: Buffer.concat(chunks) }, { publicKey })),
    )
  }).listen(0, '127.0.0.1')
  t.teardown(() => server.close())
  await once(server, 'listening')
  const target = `http://127.0.0.1:${(server.address() as AddressInfo).port}/notify?a=b%20c`
  const answer = await fetch(target, { method: 'POST', headers: headers as Record<string, string>, body })
  t.deepEqual(await answer.json(), { valid: true })
})

test('anything changed makes the signature wrong', async t => {
  const options = { publicKey: pem(keys.publicKey) }
  const good = message()
  const altered: CallbackMessage[] = [
    { ...good, body: 'object=k&size=4' },
    { ...good, url: '/notify?a=b%20d' },
    { ...good, url: '/other?a=b%20c' },
    { ...good, headers: { ...good.headers, authorization: Buffer.alloc(64).toString('base64') } },
    { ...good, headers: { ...good.headers, authorization: 'QQ==' } },
    message({ key: pair().privateKey }),
  ]
  for (const call of altered) t.like(await verifyCallback(call, options), { valid: false, reason: 'wrong-signature' })
})

test('what is no call is refused without throwing', async t => {
  const { fetch, urls } = keyServer()
  const good = message()
  const malformed: unknown[] = [
    null,
    'text',
    {},
    { ...good, method: 'GET' },
    { ...good, url: undefined },
    { ...good, url: 'notify' },
    { ...good, url: 5 },
    { ...good, body: undefined },
    { ...good, body: { parsed: true } },
    { ...good, headers: undefined },
    { ...good, headers: {} },
    { ...good, headers: { ...good.headers, authorization: 'not base64!' } },
    { ...good, headers: { ...good.headers, authorization: [good.headers.authorization, good.headers.authorization] } },
    { ...good, headers: { ...good.headers, Authorization: good.headers.authorization } },
    { ...good, headers: { ...good.headers, authorization: 'A'.repeat(2000) } },
  ]
  for (const call of malformed)
    t.like(await verifyCallback(call as CallbackMessage, { fetch }), { valid: false, reason: 'malformed' })
  t.like(await verifyCallback(good, { fetch, maxBodySize: 5 }), { valid: false, reason: 'too-large' })
  t.deepEqual(urls, [], 'nothing is fetched for them')
})

const forged = [
  'http://gosspublic.alicdn.com@evil.example/key.pem',
  'http://evil.example@gosspublic.alicdn.com/key.pem',
  'http://user:pw@gosspublic.alicdn.com/key.pem',
  'https://gosspublic.alicdn.com:8443/key.pem',
  'https://gosspublic.alicdn.com:443/key.pem',
  'https://gosspublic.alicdn.com.evil.example/key.pem',
  'https://gosspublic.alicdn.com./key.pem',
  'https://evil-gosspublic.alicdn.com/key.pem',
  'https://evil.example/gosspublic.alicdn.com/key.pem',
  'https://evil.example/?https://gosspublic.alicdn.com/key.pem',
  'https://evil.example#https://gosspublic.alicdn.com/',
  'https://gosspublic.alicdn.com\\@evil.example/key.pem',
  'https://evil.example\\.gosspublic.alicdn.com/',
  'https:gosspublic.alicdn.com/key.pem',
  'https:///gosspublic.alicdn.com/key.pem',
  'https:////evil.example/key.pem',
  '//gosspublic.alicdn.com/key.pem',
  ' https://gosspublic.alicdn.com/key.pem',
  'https://gosspublic.alicdn.com/key.pem\r\nx: y',
  'https://gosspublic.alicdn.com/\tkey.pem',
  'https://gosspublic.alicdn.com/a/../../key.pem',
  'https://gosspublic.alicdn.com/%2e%2e/key.pem',
  'https://gosspublic.alicdn.com/key.pem?u=http://evil.example',
  'https://gosspublic。alicdn。com/key.pem',
  'https://ɢosspublic.alicdn.com/key.pem',
  'file:///etc/passwd',
  'file://gosspublic.alicdn.com/etc/passwd',
  'ftp://gosspublic.alicdn.com/key.pem',
  'data:text/plain,key',
  'javascript:alert(1)',
  'http://127.0.0.1/key.pem',
  'http://169.254.169.254/latest/meta-data',
  'http://[::1]/key.pem',
  'gosspublic.alicdn.com',
  `https://gosspublic.alicdn.com/${'a'.repeat(2000)}`,
  '',
]

test('keys of other hosts are not even asked for', async t => {
  const { fetch, urls } = keyServer()
  for (const keyUrl of forged) {
    const outcome = await verifyCallback(message({ keyUrl }), { fetch })
    t.like(outcome, { valid: false, reason: 'untrusted-key' }, keyUrl)
    t.is(pinnedKeyUrl(keyUrl, ['gosspublic.alicdn.com']), undefined, keyUrl)
  }
  const { headers, ...rest } = message()
  const without = { ...rest, headers: { authorization: headers.authorization } }
  t.like(await verifyCallback(without, { fetch }), { reason: 'untrusted-key' })
  t.deepEqual(urls, [])
})

async function localKeys(t: ExecutionContext, respond: Parameters<typeof createServer>[1]): Promise<string> {
  const server = createServer(respond as never).listen(0, '127.0.0.1')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

test('another host can be pinned by its origin, and only that origin', async t => {
  const origin = await localKeys(t, (_request, response) => response.end(pem(keys.publicKey)))
  const options = { keyHosts: [origin] }
  t.deepEqual(await verifyCallback(message({ keyUrl: `${origin}/key.pem` }), options), { valid: true })
  t.like(await verifyCallback(message({ keyUrl: `${origin}0/key.pem` }), options), { reason: 'untrusted-key' })
  t.like(await verifyCallback(message(), options), { reason: 'untrusted-key' })
})

test('redirects are not followed', async t => {
  let asked = 0
  const origin = await localKeys(t, (request, response) => {
    asked++
    if (request.url === '/moved.pem') response.writeHead(302, { location: '/key.pem' }).end()
    else response.end(pem(keys.publicKey))
  })
  const outcome = await verifyCallback(message({ keyUrl: `${origin}/moved.pem` }), { keyHosts: [origin] })
  t.like(outcome, { valid: false, reason: 'key-unavailable' })
  t.is(asked, 1)
})

test('a key that does not come, is too large or is none is unavailable, and asked for again', async t => {
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const answers = [
    () => new Response('no', { status: 404 }),
    () => new Response('x'.repeat(20_000)),
    () => new Response('nonsense'),
    () => new Response(pem(ec.publicKey)),
    () =>
      new Response(
        createPrivateKey(keys.privateKey.export({ type: 'pkcs8', format: 'pem' })).export({
          type: 'pkcs8',
          format: 'pem',
        }) as string,
      ),
    () => {
      throw new TypeError('fetch failed')
    },
    () => new Response(pem(keys.publicKey)),
  ]
  let turn = 0
  const { fetch } = keyServer(() => (answers[turn++] as () => Response)())
  for (let count = 1; count < answers.length; count++) {
    t.like(await verifyCallback(message(), { fetch }), { valid: false, reason: 'key-unavailable' }, `answer ${count}`)
  }
  t.deepEqual(await verifyCallback(message(), { fetch }), { valid: true })
})

test('a key host that says nothing costs no more than the timeout', async t => {
  const origin = await localKeys(t, () => {})
  const outcome = await verifyCallback(message({ keyUrl: `${origin}/key.pem` }), { keyHosts: [origin], timeout: 20 })
  t.like(outcome, { valid: false, reason: 'key-unavailable' })
})

test('the number of keys kept and of fetches under way is bounded', async t => {
  const { fetch, urls } = keyServer()
  const call = (name: string | number) =>
    verifyCallback(message({ keyUrl: `https://gosspublic.alicdn.com/${name}` }), { fetch })
  for (let count = 0; count < 9; count++) await call(count)
  await call(8)
  t.is(urls.length, 9, 'the last ones are kept')
  await call(0)
  t.is(urls.length, 10, 'the first one is not')
  const outcomes = await Promise.all(Array.from({ length: 20 }, (_, count) => call(`at-once-${count}`)))
  t.is(outcomes.filter(outcome => outcome.valid).length, 8)
})

test('options that cannot be used are named', async t => {
  const wrong: Record<string, object> = {
    keyHosts: { keyHosts: ['http://evil.example/path'] },
    timeout: { timeout: 0 },
    maxBodySize: { maxBodySize: -1 },
    fetch: { fetch: 'x' },
    publicKey: { publicKey: 'nonsense' },
  }
  for (const [field, options] of Object.entries(wrong)) {
    const error = await t.throwsAsync(verifyCallback(message(), options), { instanceOf: ParamInvalidError })
    t.is(error?.field, field)
  }
  const own = keys.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string
  await t.throwsAsync(verifyCallback(message(), { publicKey: own }), { instanceOf: ParamInvalidError })
})
