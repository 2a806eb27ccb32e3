import { createHash } from 'node:crypto'
import test from 'ava'
import { crc64 } from '#src/native/checksum.js'
import { contentFiles, withServer } from './helpers.js'

const md5 = (text: string) => createHash('md5').update(text).digest()

test('an object comes back with its bytes, checksums, headers and metadata', async t => {
  const tester = await withServer(t)
  const put = await tester.put('bucket', 'a', 'hello', {
    'content-type': 'text/plain; charset=utf-8',
    'cache-control': 'no-store',
    'content-disposition': 'inline',
    'x-oss-meta-name': 'wert é 中',
    'x-oss-storage-class': 'IA',
    'x-oss-server-side-encryption': 'AES256',
    'x-oss-tagging': 'k1=v1&k%202=v%2B2',
  })
  t.is(put.headers.etag, `"${md5('hello').toString('hex').toUpperCase()}"`)
  t.is(put.headers['content-md5'], md5('hello').toString('base64'))
  t.is(put.headers['x-oss-hash-crc64ecma'], crc64('hello').toString())
  for (const answer of [await tester.get('bucket', 'a'), await tester.head('bucket', 'a')]) {
    t.is(answer.status, 200)
    t.is(answer.headers['content-length'], '5')
    t.is(answer.headers['content-type'], 'text/plain; charset=utf-8')
    t.is(answer.headers['cache-control'], 'no-store')
    t.is(answer.headers['content-disposition'], 'inline')
    t.is(answer.headers['x-oss-meta-name'], 'wert é 中')
    t.is(answer.headers['x-oss-storage-class'], 'IA')
    t.is(answer.headers['x-oss-server-side-encryption'], 'AES256')
    t.is(answer.headers['x-oss-object-type'], 'Normal')
    t.is(answer.headers['x-oss-tagging-count'], '2')
    t.is(answer.headers.etag, put.headers.etag)
    t.is(answer.headers['x-oss-hash-crc64ecma'], put.headers['x-oss-hash-crc64ecma'])
    t.false('x-oss-version-id' in answer.headers)
  }
  const meta = await tester.head('bucket', 'a', {}, { objectMeta: '' })
  t.is(meta.headers.etag, put.headers.etag)
  t.is(meta.headers['content-length'], '5')
  t.false('content-type' in meta.headers)
})

test('every answer says who sent it and when', async t => {
  const tester = await withServer(t)
  for (const answer of [
    await tester.get('bucket', 'missing'),
    await tester.put('bucket', 'a', 'x'),
    await tester.head('bucket', 'b'),
  ]) {
    t.is(answer.headers.server, 'AliyunOSS')
    t.regex(answer.headers['x-oss-request-id'], /^[0-9A-F]{24}$/)
    t.regex(answer.headers['x-oss-server-time'], /^\d+$/)
    t.false(Number.isNaN(Date.parse(answer.headers.date)))
  }
})

test('errors explain themselves in the body, and in a header where there is no body', async t => {
  const tester = await withServer(t)
  const get = await tester.get('bucket', 'missing')
  t.is(get.status, 404)
  t.is(get.xml.child('Code')?.text, 'NoSuchKey')
  t.is(get.xml.child('Message')?.text, 'The specified key does not exist.')
  t.is(get.xml.child('RequestId')?.text, get.headers['x-oss-request-id'])
  t.is(get.xml.child('HostId')?.text, '127.0.0.1')
  t.is(get.xml.child('EC')?.text, '0026-00000001')
  t.is(get.xml.child('Key')?.text, 'missing')
  t.is(get.headers['x-oss-ec'], '0026-00000001')
  const head = await tester.head('bucket', 'missing')
  t.is(head.status, 404)
  t.is(head.bytes.length, 0)
  const document = Buffer.from(head.headers['x-oss-err'], 'base64').toString()
  t.regex(document, /<Code>NoSuchKey<\/Code>.*<EC>0026-00000001<\/EC>/)
})

test('an empty object is an object', async t => {
  const tester = await withServer(t)
  await tester.put('bucket', 'a', '')
  const answer = await tester.get('bucket', 'a')
  t.is(answer.status, 200)
  t.is(answer.headers['content-length'], '0')
  t.is(answer.headers['x-oss-hash-crc64ecma'], '0')
  t.is(answer.headers['content-type'], 'application/octet-stream')
})

test('overwriting drops old metadata and the old content', async t => {
  const tester = await withServer(t)
  await tester.put('bucket', 'a', 'first', { 'x-oss-meta-a': '1' })
  await tester.put('bucket', 'a', 'second')
  const answer = await tester.get('bucket', 'a')
  t.is(answer.text, 'second')
  t.false('x-oss-meta-a' in answer.headers)
  t.is(await contentFiles(tester.server), 1)
  await tester.delete('bucket', 'a')
  t.is(await contentFiles(tester.server), 0)
})

test('a wrong Content-MD5 stores nothing', async t => {
  const tester = await withServer(t)
  const answer = await tester.put('bucket', 'a', 'hello', { 'content-md5': md5('other').toString('base64') })
  t.is(answer.status, 400)
  t.is(answer.code, 'InvalidDigest')
  t.is((await tester.put('bucket', 'a', 'hello', { 'content-md5': 'no md5' })).code, 'InvalidDigest')
  t.is((await tester.put('bucket', 'b', 'hello', { 'content-md5': md5('hello').toString('base64') })).status, 200)
  t.is((await tester.get('bucket', 'a')).code, 'NoSuchKey')
  t.is(await contentFiles(tester.server), 1)
})

test('a chunked body is taken', async t => {
  const tester = await withServer(t)
  async function* chunks() {
    yield Buffer.from('abc')
    yield Buffer.alloc(3_000_000, 'd')
  }
  t.is((await tester.put('bucket', 'a', chunks())).status, 200)
  t.is((await tester.get('bucket', 'a')).bytes.length, 3_000_003)
})

test('forbidding to overwrite protects what is there', async t => {
  const tester = await withServer(t)
  await tester.put('bucket', 'a', 'first')
  const answer = await tester.put('bucket', 'a', 'second', { 'x-oss-forbid-overwrite': 'true' })
  t.is(answer.status, 409)
  t.is(answer.code, 'FileAlreadyExists')
  t.is((await tester.put('bucket', 'b', 'new', { 'x-oss-forbid-overwrite': 'true' })).status, 200)
  t.is(
    (await tester.put('bucket', 'c', 'new', { 'x-oss-forbid-overwrite': 'maybe' })).xml.child('EC')?.text,
    '0017-00000279',
  )
  t.is((await tester.get('bucket', 'a')).text, 'first')
})

test('values the service refuses are refused', async t => {
  const tester = await withServer(t)
  const code = async (headers: Record<string, string>) => (await tester.put('bucket', 'a', 'x', headers)).code
  t.is(await code({ 'x-oss-server-side-encryption': 'ROT13' }), 'InvalidEncryptionAlgorithmError')
  t.is(await code({ 'x-oss-storage-class': 'Tepid' }), 'InvalidStorageClass')
  t.is(await code({ 'x-oss-object-acl': 'secret' }), 'InvalidArgument')
  t.is(await code({ 'x-oss-traffic-limit': '100' }), 'InvalidArgument')
  t.is(await code({ 'x-oss-traffic-limit': '819200' }), undefined)
  t.is(await code({ 'x-oss-tagging': 'a=1&a=2' }), 'InvalidTag')
  t.is(await code({ 'x-oss-meta-a': 'x'.repeat(9000) }), 'InvalidArgument')
})

test('conditions are judged by ETag and time', async t => {
  const tester = await withServer(t)
  const { headers } = await tester.put('bucket', 'a', 'x')
  const etag = headers.etag
  const past = new Date(Date.now() - 86_400_000).toUTCString()
  const future = new Date(Date.now() + 86_400_000).toUTCString()
  const status = async (conditions: Record<string, string>) => (await tester.get('bucket', 'a', conditions)).status
  t.is(await status({ 'if-match': etag }), 200)
  t.is(await status({ 'if-match': etag.replaceAll('"', '') }), 200)
  t.is(await status({ 'if-match': '"other"' }), 412)
  t.is(await status({ 'if-none-match': etag }), 304)
  t.is(await status({ 'if-none-match': '"other"' }), 200)
  t.is(await status({ 'if-modified-since': future }), 304)
  t.is(await status({ 'if-modified-since': past }), 200)
  t.is(await status({ 'if-unmodified-since': past }), 412)
  t.is(await status({ 'if-unmodified-since': future }), 200)
  t.is(await status({ 'if-modified-since': 'yesterday' }), 400)
  t.is((await tester.head('bucket', 'a', { 'if-match': '"other"' })).status, 412)
})

test('headers of the answer can be chosen by the request', async t => {
  const tester = await withServer(t)
  await tester.put('bucket', 'a', 'x', { 'content-type': 'text/plain' })
  const answer = await tester.get(
    'bucket',
    'a',
    {},
    { 'response-content-type': 'a/b', 'response-cache-control': 'no-cache' },
  )
  t.is(answer.headers['content-type'], 'a/b')
  t.is(answer.headers['cache-control'], 'no-cache')
})

test('ACL and tags of an object are read and changed', async t => {
  const tester = await withServer(t)
  await tester.put('bucket', 'a', 'x')
  const acl = () => tester.get('bucket', 'a', {}, { acl: '' })
  const grant = async () => (await acl()).xml.child('AccessControlList')?.child('Grant')?.text
  t.is(await grant(), 'default')
  await tester.send({
    method: 'PUT',
    bucket: 'bucket',
    key: 'a',
    query: { acl: '' },
    headers: { 'x-oss-object-acl': 'public-read' },
  })
  t.is(await grant(), 'public-read')
  const body =
    '<Tagging><TagSet><Tag><Key>k &amp; 1</Key><Value>v</Value></Tag><Tag><Key>e</Key><Value></Value></Tag></TagSet></Tagging>'
  const refused = await tester.send({ method: 'PUT', bucket: 'bucket', key: 'a', query: { tagging: '' }, body })
  t.is(refused.code, 'InvalidTag')
  const put = await tester.send({
    method: 'PUT',
    bucket: 'bucket',
    key: 'a',
    query: { tagging: '' },
    body: body.replace(' &amp; ', '-'),
  })
  t.is(put.status, 200)
  const tags = async () =>
    (await tester.get('bucket', 'a', {}, { tagging: '' })).xml
      .child('TagSet')!
      .children('Tag')
      .map(tag => [tag.child('Key')?.text, tag.child('Value')?.text])
  t.deepEqual(await tags(), [
    ['k-1', 'v'],
    ['e', ''],
  ])
  t.is((await tester.delete('bucket', 'a', { tagging: '' })).status, 204)
  t.deepEqual(await tags(), [])
})

test('deleting what is not there succeeds', async t => {
  const tester = await withServer(t)
  t.is((await tester.delete('bucket', 'missing')).status, 204)
})

test('many objects are deleted at once', async t => {
  const tester = await withServer(t)
  for (const key of ['a', 'b/\u0001', 'c']) await tester.put('bucket', key, 'x')
  const body =
    '<Delete><Object><Key>a</Key></Object><Object><Key>b/&#x01;</Key></Object><Object><Key>missing</Key></Object></Delete>'
  const loud = await tester.post('bucket', undefined, { delete: '', 'encoding-type': 'url' }, body)
  t.deepEqual(
    loud.xml.children('Deleted').map(each => each.child('Key')?.text),
    ['a', 'b%2F%01', 'missing'],
  )
  const quiet = await tester.post(
    'bucket',
    undefined,
    { delete: '' },
    '<Delete><Quiet>true</Quiet><Object><Key>c</Key></Object></Delete>',
  )
  t.is(quiet.status, 200)
  t.is(quiet.text, '')
  t.deepEqual((await tester.list('bucket')).xml.children('Contents'), [])
  t.is((await tester.post('bucket', undefined, { delete: '' }, '<Delete></Delete>')).code, 'MalformedXML')
  t.is((await tester.send({ method: 'POST', bucket: 'bucket', query: { delete: '' }, body })).code, 'MissingArgument')
})
