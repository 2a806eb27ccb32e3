import { request as httpRequest } from 'node:http'
import { text } from 'node:stream/consumers'
import test, { type ExecutionContext } from 'ava'
import { ParamInvalidError, PresignExpirationError } from 'ferross'
import { clientOf, withServer } from '../helpers/with-server.js'

// Threat: who holds a presigned URL does more with it than its maker meant, or somebody else later than he meant.

const bucket = 'bucket'
const versions = ['v4', 'v1'] as const

/** Sends a URL exactly as it is. */
async function fetchRaw(url: string, method = 'GET', headers: Record<string, string> = {}, body = '') {
  const { hostname, port } = new URL(url)
  const path = url.slice(url.indexOf('/', url.indexOf('://') + 3))
  return new Promise<{ status: number; body: string }>((resolve, reject) => {
    const length = body === '' ? {} : { 'content-length': String(body.length) }
    const sent = httpRequest({ hostname, port, path, method, headers: { ...headers, ...length } }, answer => {
      text(answer).then(received => resolve({ status: answer.statusCode ?? 0, body: received }), reject)
    })
    sent.on('error', reject).end(body)
  })
}

async function setUp(t: ExecutionContext, signatureVersion: 'v4' | 'v1') {
  const { client: plain, server } = await withServer(t)
  await plain.putBucket({ bucket })
  for (const key of ['a', 'b', 'a/b', 'ab']) await plain.putObject({ bucket, key, body: `content of ${key}` })
  await plain.putBucket({ bucket: 'other-bucket' })
  await plain.putObject({ bucket: 'other-bucket', key: 'a', body: 'content of another' })
  const client = clientOf(server, { signatureVersion })
  t.teardown(() => client.close())
  const refused = async (call: Promise<{ status: number; body: string }>, why: string) => {
    const { status, body } = await call
    t.true(status === 403 || status === 400, `${why}: ${status}`)
    t.false(body.includes('content of'), why)
  }
  return { client, server, refused }
}

for (const signatureVersion of versions) {
  test(`${signatureVersion}: a URL is good for one method, bucket and key`, async t => {
    const { client, refused } = await setUp(t, signatureVersion)
    const { url } = await client.presign('getObject', { bucket, key: 'a' })
    t.deepEqual(await fetchRaw(url), { status: 200, body: 'content of a' })
    for (const method of ['PUT', 'POST', 'DELETE', 'HEAD']) await refused(fetchRaw(url, method, {}, 'x'), method)
    for (const other of [
      '/bucket/b?',
      '/bucket/ab?',
      '/bucket/a/b?',
      '/bucket/?',
      '/other-bucket/a?',
      '/?',
      '/bucket/a%2Fb?',
      '/bucket//a?',
    ]) {
      await refused(fetchRaw(url.replace('/bucket/a?', other)), other)
    }
    t.is(await (await client.getObject({ bucket, key: 'a' })).body?.text(), 'content of a', 'it is still there')
  })

  test(`${signatureVersion}: a URL cannot be turned to a subresource, or to another answer`, async t => {
    const { client, refused } = await setUp(t, signatureVersion)
    const { url } = await client.presign('getObject', { bucket, key: 'a' })
    const additions = [
      'acl',
      'tagging',
      'symlink',
      'uploadId=x',
      'uploads',
      'objectMeta',
      'restore',
      'append&position=0',
      'versionId=null',
    ]
    for (const addition of [...additions, 'response-content-type=text/html', 'x-oss-process=image/info']) {
      await refused(fetchRaw(`${url}&${addition}`), addition)
      await refused(fetchRaw(url.replace('?', `?${addition}&`)), `${addition} in front`)
    }
    const { url: html } = await client.presign('getObject', { bucket, key: 'a', responseContentType: 'text/plain' })
    await refused(fetchRaw(html.replace('text%2Fplain', 'text%2Fhtml')), 'another type')
    await refused(fetchRaw(html.replace(/&?response-content-type=[^&]*/, '')), 'no type')
  })

  test(`${signatureVersion}: of a parameter that is given twice, what was signed is what counts`, async t => {
    const { client, refused } = await setUp(t, signatureVersion)
    const { url } = await client.presign('getObject', { bucket, key: 'a', responseContentType: 'text/plain' })
    const twice = 'response-content-type=text%2Fhtml'
    await refused(fetchRaw(url.replace('?', `?${twice}&`)), 'first')
    const { hostname, port } = new URL(url)
    const type = await new Promise<string | undefined>((resolve, reject) => {
      const path = `${url.slice(url.indexOf('/bucket/'))}&${twice}`
      httpRequest({ hostname, port, path }, answer => {
        answer.resume()
        resolve(answer.headers['content-type'])
      })
        .on('error', reject)
        .end()
    })
    t.not(type, 'text/html')
  })

  test(`${signatureVersion}: the time of a URL is part of its signature`, async t => {
    const { client, refused } = await setUp(t, signatureVersion)
    const { url } = await client.presign('getObject', { bucket, key: 'a' }, { expires: 60 })
    const [name, value] = signatureVersion === 'v4' ? ['x-oss-expires', '60'] : ['Expires', '']
    const parsed = new URL(url)
    const later = signatureVersion === 'v4' ? '600' : String(Number(parsed.searchParams.get('Expires')) + 600)
    await refused(fetchRaw(url.replace(new RegExp(`${name}=${value || '\\d+'}`), `${name}=${later}`)), 'later')
    await refused(fetchRaw(url.replace(new RegExp(`&?${name}=\\d+`), '')), 'without an end')
    for (const nonsense of ['-1', '0', '1e9', '99999999999999999999', '']) {
      await refused(fetchRaw(url.replace(new RegExp(`${name}=\\d+`), `${name}=${nonsense}`)), nonsense)
    }
  })

  test(`${signatureVersion}: a URL for writing holds the writer to what was signed`, async t => {
    const { client, refused } = await setUp(t, signatureVersion)
    const request = { bucket, key: 'new', contentType: 'text/plain', metadata: { a: 'b' }, forbidOverwrite: true }
    const { url, signedHeaders, method } = await client.presign('putObject', request)
    t.is(method, 'PUT')
    for (const [name, value] of Object.entries(signedHeaders)) {
      const { [name]: _, ...without } = signedHeaders
      await refused(fetchRaw(url, 'PUT', without, 'x'), `without ${name}`)
      await refused(fetchRaw(url, 'PUT', { ...signedHeaders, [name]: `${value}x` }, 'x'), `another ${name}`)
    }
    for (const surplus of [
      'x-oss-object-acl',
      'x-oss-meta-c',
      'x-oss-copy-source',
      'x-oss-storage-class',
      'content-md5',
    ]) {
      await refused(fetchRaw(url, 'PUT', { ...signedHeaders, [surplus]: '/bucket/a' }, 'x'), surplus)
    }
    await t.throwsAsync(client.headObject({ bucket, key: 'new' }), { code: 'NoSuchKey' })
    t.is((await fetchRaw(url, 'PUT', signedHeaders, 'x')).status, 200)
    t.not((await fetchRaw(url, 'PUT', signedHeaders, 'again')).status, 200, 'what forbids a second time does')
  })

  test(`${signatureVersion}: a signature is no good with another account, or in pieces`, async t => {
    const { client, server, refused } = await setUp(t, signatureVersion)
    const { url } = await client.presign('getObject', { bucket, key: 'a' })
    await refused(fetchRaw(url.replaceAll(server.credentials.accessKeyId, 'someone-else')), 'another id')
    const signature = signatureVersion === 'v4' ? 'x-oss-signature' : 'Signature'
    for (const change of ['', 'x', 'AAAA']) {
      await refused(fetchRaw(url.replace(new RegExp(`(\\b|&)${signature}=[^&]*`), `$1${signature}=${change}`)), change)
    }
    await refused(fetchRaw(url.replace(/\?.*/, '')), 'no signature')
    const other = signatureVersion === 'v4' ? 'v1' : 'v4'
    const { url: second } = await clientOf(server, { signatureVersion: other }).presign('getObject', {
      bucket,
      key: 'b',
    })
    await refused(
      fetchRaw(
        `${url.replace('/bucket/a?', '/bucket/b?')}&${second.split('?')[1]?.replace(/ignature=[^&]*/, 'ignature=x')}`,
      ),
      'two signatures',
    )
  })
}

test('a URL lives no longer than the version allows, and not backwards', async t => {
  const { client } = await setUp(t, 'v4')
  const at = { bucket, key: 'a' }
  await t.throwsAsync(client.presign('getObject', at, { expires: 604_801 }), { instanceOf: PresignExpirationError })
  for (const expires of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '60' as never]) {
    await t.throwsAsync(client.presign('getObject', at, { expires }), { instanceOf: ParamInvalidError })
  }
  await t.throwsAsync(client.presign('getObject', at, { expiration: new Date(0) }), { instanceOf: ParamInvalidError })
})
