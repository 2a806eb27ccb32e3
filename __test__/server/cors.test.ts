import test, { type ExecutionContext } from 'ava'
import { type CorsRule, ServiceError } from 'ferross'
import { withServer } from '../helpers/with-server.js'

const bucket = 'bucket'

async function withRules(t: ExecutionContext, corsRules: CorsRule[], responseVary = false) {
  const { client, server } = await withServer(t)
  await client.putBucket({ bucket, acl: 'public-read' })
  await client.putBucketCors({ bucket, corsConfiguration: { corsRules, responseVary } })
  const ask = async (headers: Record<string, string>, path = '/bucket/a') => {
    const answer = await fetch(server.endpoint + path, { method: 'OPTIONS', headers })
    return { status: answer.status, headers: answer.headers, text: await answer.text() }
  }
  return { client, server, ask }
}

const rule: CorsRule = {
  allowedOrigins: ['https://*.example.com'],
  allowedMethods: ['GET', 'PUT'],
  allowedHeaders: ['x-oss-*', 'content-type'],
  exposeHeaders: ['ETag', 'x-oss-request-id'],
  maxAgeSeconds: 30,
}

test('a preflight is answered by the first rule that fits', async t => {
  const { client, ask } = await withRules(t, [rule, { allowedOrigins: ['*'], allowedMethods: ['GET'] }])
  const origin = 'https://www.example.com'
  const permitted = await ask({
    origin,
    'access-control-request-method': 'PUT',
    'access-control-request-headers': 'X-OSS-Meta-A, Content-Type',
  })
  t.is(permitted.status, 200)
  t.is(permitted.headers.get('access-control-allow-origin'), origin)
  t.is(permitted.headers.get('access-control-allow-methods'), 'GET, PUT')
  t.is(permitted.headers.get('access-control-allow-headers'), 'X-OSS-Meta-A, Content-Type')
  t.is(permitted.headers.get('access-control-expose-headers'), 'ETag, x-oss-request-id')
  t.is(permitted.headers.get('access-control-max-age'), '30')
  t.is(permitted.headers.get('vary'), 'Origin')
  const everyone = await ask({ origin: 'https://elsewhere.net', 'access-control-request-method': 'GET' })
  t.is(everyone.headers.get('access-control-allow-origin'), '*')
  const result = await client.optionObject({ bucket, key: 'a', origin, accessControlRequestMethod: 'GET' })
  t.is(result.accessControlMaxAge, 30)
})

test('a preflight that no rule permits is forbidden, and one that asks nothing is bad', async t => {
  const { client, ask } = await withRules(t, [rule])
  const origin = 'https://www.example.com'
  const method = 'access-control-request-method'
  const forbidden: Record<string, string>[] = [
    { origin: 'https://example.com', [method]: 'GET' },
    { origin, [method]: 'DELETE' },
    { origin, [method]: 'PUT', 'access-control-request-headers': 'x-other' },
  ]
  for (const headers of forbidden) {
    const answer = await ask(headers)
    t.is(answer.status, 403)
    t.regex(answer.text, /<Code>AccessForbidden<\/Code>/)
  }
  t.is((await ask({ origin })).status, 400)
  t.is((await ask({ [method]: 'GET' })).status, 400)
  t.is((await ask({ origin, [method]: 'GET' }, '/bucket/')).status, 200)
  t.is((await ask({ origin, [method]: 'GET' }, '/nobody/a')).status, 404)
  const error = await t.throwsAsync<ServiceError>(
    client.optionObject({ bucket, key: 'a', origin, accessControlRequestMethod: 'DELETE' }),
    { instanceOf: ServiceError },
  )
  t.is(error.code, 'AccessForbidden')
})

test('answers tell browsers whether a page may see them, errors too', async t => {
  const { client, server } = await withRules(t, [rule])
  await client.putObject({ bucket, key: 'a', body: 'x' })
  const get = (origin: string, key: string) => fetch(`${server.endpoint}/bucket/${key}`, { headers: { origin } })
  t.is((await get('https://a.example.com', 'a')).headers.get('access-control-allow-origin'), 'https://a.example.com')
  const missing = await get('https://a.example.com', 'b')
  t.is(missing.status, 404)
  t.is(missing.headers.get('access-control-allow-origin'), 'https://a.example.com')
  t.is((await get('https://elsewhere.net', 'a')).headers.get('access-control-allow-origin'), null)
})
