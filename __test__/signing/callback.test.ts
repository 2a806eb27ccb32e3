// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the service has such placeholders
import test from 'ava'
import { type CallbackOptions, callback, ParamInvalidError, ParamRequiredError } from 'ferross'
import { goldenClient, RecordingClient } from '../helpers/golden.js'

const decode = (text: string | undefined) => JSON.parse(Buffer.from(text ?? '', 'base64').toString('utf8'))
const body = 'bucket=${bucket}&object=${object}&uid=${x:uid}'

test('a callback is base64 of JSON with the names of the service', t => {
  const parameters = callback({ url: 'https://app.example.com/done?x=1', body })
  t.deepEqual(decode(parameters.callback), { callbackUrl: 'https://app.example.com/done?x=1', callbackBody: body })
  t.false('callbackVar' in parameters)
})

test('every option of a callback is written', t => {
  const parameters = callback({
    url: ['https://a.example.com/', 'http://b.example.com:8080/p'],
    host: 'app.example.com',
    body: '{"size":${size},"name":${x:名}}'.replace('名', 'n'),
    bodyType: 'application/json',
    sni: true,
    vars: { 'x:n': '名"' },
  })
  t.deepEqual(decode(parameters.callback), {
    callbackUrl: 'https://a.example.com/;http://b.example.com:8080/p',
    callbackHost: 'app.example.com',
    callbackBody: '{"size":${size},"name":${x:n}}',
    callbackBodyType: 'application/json',
    callbackSNI: true,
  })
  t.deepEqual(decode(parameters.callbackVar), { 'x:n': '名"' })
})

test('a callback goes into the headers of an upload, and into what presign signs', async t => {
  const transport = new RecordingClient({ status: 200, body: '{"ok":true}' })
  const client = goldenClient(transport)
  const parameters = callback({ url: 'http://a.example.com/', body, vars: { 'x:uid': '7' } })
  const result = await client.putObject({ bucket: 'examplebucket', key: 'k', body: 'x', ...parameters })
  t.is(result.callbackResult, '{"ok":true}')
  t.is(transport.requests[0]?.headers['x-oss-callback'], parameters.callback)
  t.is<unknown, unknown>(transport.requests[0]?.headers['x-oss-callback-var'], parameters.callbackVar)
  const { signedHeaders } = await client.presign('putObject', { bucket: 'examplebucket', key: 'k', ...parameters })
  t.is(signedHeaders['x-oss-callback'], parameters.callback)
})

test('wrong options of a callback are named', t => {
  const good = { url: 'http://a.example.com/', body: 'a=b' }
  const cases: [field: string, options: unknown][] = [
    ['options', null],
    ['url', { ...good, url: 'ftp://a/' }],
    ['url', { ...good, url: 'a.example.com' }],
    ['url', { ...good, url: 'http://a.example.com/中文' }],
    ['url', { ...good, url: 'http://a.example.com/;b' }],
    ['url', { ...good, url: 'http://[::1]/' }],
    ['url', { ...good, url: [] }],
    ['url', { ...good, url: Array(6).fill('http://a/') }],
    ['body', { ...good, body: '' }],
    ['host', { ...good, host: 'a\r\nb' }],
    ['bodyType', { ...good, bodyType: 'text/plain' }],
    ['sni', { ...good, sni: 1 }],
    ['vars.uid', { ...good, vars: { uid: '1' } }],
    ['vars.x:Uid', { ...good, vars: { 'x:Uid': '1' } }],
    ['vars.x:uid', { ...good, vars: { 'x:uid': 1 } }],
    ['vars', { ...good, vars: { 'x:uid': 'v'.repeat(5000) } }],
    ['callback', { ...good, body: 'v'.repeat(5000) }],
  ]
  for (const [field, options] of cases) {
    const error = t.throws(() => callback(options as CallbackOptions), { instanceOf: ParamInvalidError }, field)
    t.is(error?.field, field)
  }
  t.is(t.throws(() => callback({ url: 'http://a/' } as never), { instanceOf: ParamRequiredError })?.field, 'body')
  t.is(t.throws(() => callback({ body: 'a' } as never), { instanceOf: ParamRequiredError })?.field, 'url')
})
