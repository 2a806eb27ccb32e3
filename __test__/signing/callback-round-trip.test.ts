// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the service has such placeholders
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { CallbackError, type CallbackVerification, callback, verifyCallback } from 'ferross'
import { withServer } from '../helpers/with-server.js'

const bucket = 'examplebucket'

/** An application that verifies its callbacks and answers with what it was told. */
async function prepared(t: ExecutionContext) {
  // A busy machine may need longer than the service waits.
  const { server, client } = await withServer(t, {}, { callbackTimeout: 60_000 })
  await client.putBucket({ bucket })
  const calls: { outcome: CallbackVerification; body: string }[] = []
  const application = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const body = Buffer.concat(chunks)
    const { method, url, headers } = request
    const outcome = await verifyCallback({ method, url, headers, body }, { keyHosts: [server.endpoint] })
    calls.push({ outcome, body: body.toString() })
    response.writeHead(url?.startsWith('/fail') ? 500 : 200, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ valid: outcome.valid }))
  }).listen(0, '127.0.0.1')
  t.teardown(() => application.close())
  await once(application, 'listening')
  return { client, calls, origin: `http://127.0.0.1:${(application.address() as AddressInfo).port}` }
}

test('a callback after an upload arrives, is genuine, and its answer comes back', async t => {
  const { client, calls, origin } = await prepared(t)
  const url = `${origin}/%E9%80%9A%E7%9F%A5?a=b%20c`
  const body = 'key=${object}&size=${size}&uid=${x:uid}'
  const result = await client.putObject({
    bucket,
    key: 'a b',
    body: 'four',
    ...callback({ url, body, vars: { 'x:uid': '7&8' } }),
  })
  t.is(result.callbackResult, '{"valid":true}')
  t.deepEqual(calls, [{ outcome: { valid: true }, body: 'key=a%20b&size=4&uid=7%268' }])
})

test('a form asks for a callback too', async t => {
  const { client, calls, origin } = await prepared(t)
  const body = '{"size":${size},"uid":${x:uid}}'
  const asked = callback({ url: `${origin}/`, body, bodyType: 'application/json', vars: { 'x:uid': '七' } })
  const { url, fields } = await client.presignPost({ bucket, key: 'k', ...asked })
  const form = new FormData()
  for (const [name, value] of Object.entries(fields)) form.append(name, value)
  form.append('file', new Blob(['abc']), 'f')
  const response = await fetch(url, { method: 'POST', body: form })
  t.is(await response.text(), '{"valid":true}')
  t.deepEqual(calls, [{ outcome: { valid: true }, body: '{"size":3,"uid":"七"}' }])
})

test('a callback that fails leaves the object stored', async t => {
  const { client, calls, origin } = await prepared(t)
  const asked = callback({ url: `${origin}/fail`, body: 'key=${object}' })
  const error = await t.throwsAsync(client.putObject({ bucket, key: 'k', body: 'kept', ...asked }), {
    instanceOf: CallbackError,
  })
  t.like(error, { code: 'CallbackFailed', statusCode: 203, stored: true, attempts: 1 })
  t.is(await (await client.getObject({ bucket, key: 'k' })).body?.text(), 'kept')
  t.is(calls.length, 1)
  const parameters = { callback: asked.callback }
  const query = client.putObject({ bucket, key: 'q', body: 'kept', parameters })
  await t.throwsAsync(query, { instanceOf: CallbackError })
  t.true(await client.isObjectExist({ bucket, key: 'q' }))
})
