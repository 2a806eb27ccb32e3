import test from 'ava'
import { crc64 } from '#src/native/checksum.js'
import { contentFiles, texts, withServer } from './helpers.js'

test('parts become one object with the checksum of the whole', async t => {
  const tester = await withServer(t)
  const first = Buffer.alloc(102_400, 'a')
  const uploadId = await tester.initiate('bucket', 'k', { 'content-type': 'text/plain', 'x-oss-meta-a': 'b' })
  const etag3 = await tester.part('bucket', 'k', uploadId, 3, 'end')
  const etag1 = await tester.part('bucket', 'k', uploadId, 1, first)
  await tester.part('bucket', 'k', uploadId, 2, 'left out')
  const done = await tester.complete('bucket', 'k', uploadId, [
    [1, etag1],
    [3, etag3],
  ])
  t.is(done.status, 200)
  t.regex(done.headers.etag, /^"[0-9A-F]{32}-2"$/)
  t.is(done.xml.child('ETag')?.text, done.headers.etag)
  t.is(done.xml.child('Bucket')?.text, 'bucket')
  const whole = Buffer.concat([first, Buffer.from('end')])
  t.is(done.headers['x-oss-hash-crc64ecma'], crc64(whole).toString())
  const got = await tester.get('bucket', 'k')
  t.deepEqual(got.bytes, whole)
  t.is(got.headers['x-oss-object-type'], 'Multipart')
  t.is(got.headers['content-type'], 'text/plain')
  t.is(got.headers['x-oss-meta-a'], 'b')
  t.false('content-md5' in got.headers)
  const across = await tester.get('bucket', 'k', { range: 'bytes=102398-102401' })
  t.is(across.text, 'aaen')
  t.is(await contentFiles(tester.server), 2, 'the part that was left out is gone')
  const again = await tester.complete('bucket', 'k', uploadId, [[1, etag1]])
  t.is(again.status, 404)
  t.is(again.code, 'NoSuchUpload')
})

test('a completion that cannot succeed leaves the upload as it was', async t => {
  const tester = await withServer(t)
  const uploadId = await tester.initiate('bucket', 'k')
  const big = Buffer.alloc(102_400)
  const etags = [
    await tester.part('bucket', 'k', uploadId, 1, big),
    await tester.part('bucket', 'k', uploadId, 2, 'small'),
    await tester.part('bucket', 'k', uploadId, 3, 'end'),
  ]
  const code = async (parts: [number, string][]) => (await tester.complete('bucket', 'k', uploadId, parts)).code
  t.is(
    await code([
      [3, etags[2]],
      [1, etags[0]],
    ]),
    'InvalidPartOrder',
  )
  t.is(
    await code([
      [1, etags[0]],
      [1, etags[0]],
    ]),
    'InvalidPartOrder',
  )
  t.is(await code([[1, etags[1]]]), 'InvalidPart')
  t.is(
    await code([
      [1, etags[0]],
      [4, etags[0]],
    ]),
    'InvalidPart',
  )
  t.is(await code([]), 'MalformedXML')
  const small = await tester.complete('bucket', 'k', uploadId, [
    [1, etags[0]],
    [2, etags[1]],
    [3, etags[2]],
  ])
  t.is(small.code, 'EntityTooSmall')
  t.is(small.xml.child('EC')?.text, '0042-00000213')
  t.is(small.xml.child('PartNumber')?.text, '2')
  t.is((await tester.post('bucket', 'other', { uploadId }, '<CompleteMultipartUpload/>')).code, 'NoSuchUpload')
  t.is(
    await code([
      [1, etags[0]],
      [3, etags[2]],
    ]),
    undefined,
  )
})

test('all parts are joined on request, but not together with a list', async t => {
  const tester = await withServer(t, { minimumPartSize: 1 })
  const uploadId = await tester.initiate('bucket', 'k')
  for (const [number, body] of [
    [10, 'c'],
    [2, 'b'],
    [1, 'a'],
  ] as const)
    await tester.part('bucket', 'k', uploadId, number, body)
  const headers = { 'x-oss-complete-all': 'yes' }
  const both = await tester.post(
    'bucket',
    'k',
    { uploadId },
    '<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>x</ETag></Part></CompleteMultipartUpload>',
    headers,
  )
  t.is(both.xml.child('EC')?.text, '0042-00000216')
  t.is(both.xml.child('Message')?.text, 'Should not speficy both complete all header and http body.')
  t.is((await tester.send({ method: 'POST', bucket: 'bucket', key: 'k', query: { uploadId }, headers })).status, 200)
  t.is((await tester.get('bucket', 'k')).text, 'abc')
})

test('parts are listed by page, with sizes and checksums', async t => {
  const tester = await withServer(t)
  const uploadId = await tester.initiate('bucket', 'k +')
  for (const number of [1, 3, 5]) await tester.part('bucket', 'k +', uploadId, number, `part ${number}`)
  const list = (query: Record<string, string> = {}) => tester.get('bucket', 'k +', {}, { uploadId, ...query })
  const all = (await list({ 'encoding-type': 'url' })).xml
  t.is(all.child('Key')?.text, 'k%20%2B')
  t.deepEqual(texts(all, 'Part', 'PartNumber'), ['1', '3', '5'])
  t.deepEqual(
    texts(all, 'Part', 'HashCrc64ecma'),
    [1, 3, 5].map(number => crc64(`part ${number}`).toString()),
  )
  t.is(all.child('NextPartNumberMarker')?.text, '5')
  t.is(all.child('IsTruncated')?.text, 'false')
  t.is(all.child('MaxParts')?.text, '1000')
  const page = (await list({ 'max-parts': '2' })).xml
  t.is(page.child('IsTruncated')?.text, 'true')
  const rest = (await list({ 'part-number-marker': page.child('NextPartNumberMarker')!.text })).xml
  t.deepEqual(texts(rest, 'Part', 'PartNumber'), ['5'])
  t.is((await list({ 'max-parts': '0' })).code, 'InvalidArgument')
})

test('part numbers outside 1 to 10000 are refused, and a part can be sent again', async t => {
  const tester = await withServer(t)
  const uploadId = await tester.initiate('bucket', 'k')
  for (const number of ['0', '10001', '-1', 'x']) {
    const answer = await tester.send({
      method: 'PUT',
      bucket: 'bucket',
      key: 'k',
      query: { uploadId, partNumber: number },
      body: 'x',
    })
    t.is(answer.code, 'InvalidArgument', number)
  }
  await tester.part('bucket', 'k', uploadId, 10_000, 'first')
  const etag = await tester.part('bucket', 'k', uploadId, 10_000, 'second')
  t.is(await contentFiles(tester.server), 1)
  await tester.complete('bucket', 'k', uploadId, [[10_000, etag]])
  t.is((await tester.get('bucket', 'k')).text, 'second')
})

test('an aborted upload is gone with its parts', async t => {
  const tester = await withServer(t)
  const uploadId = await tester.initiate('bucket', 'k')
  await tester.part('bucket', 'k', uploadId, 1, 'x')
  t.is((await tester.delete('bucket', 'other', { uploadId })).code, 'NoSuchUpload')
  t.is((await tester.delete('bucket', 'k', { uploadId })).status, 204)
  t.is((await tester.delete('bucket', 'k', { uploadId })).code, 'NoSuchUpload')
  t.is(await contentFiles(tester.server), 0)
})

test('unfinished uploads are listed by key and age', async t => {
  const tester = await withServer(t)
  const ids: Record<string, string> = {}
  for (const key of ['b', 'a/1', 'a/2', 'c']) ids[key] = await tester.initiate('bucket', key)
  const list = async (query: Record<string, string> = {}) =>
    (await tester.send({ method: 'GET', bucket: 'bucket', query: { uploads: '', ...query } })).xml
  t.deepEqual(texts(await list(), 'Upload', 'Key'), ['a/1', 'a/2', 'b', 'c'])
  const page = await list({ 'max-uploads': '2' })
  t.is(page.child('NextKeyMarker')?.text, 'a/2')
  t.is(page.child('NextUploadIdMarker')?.text, ids['a/2'])
  const rest = await list({ 'key-marker': 'a/2', 'upload-id-marker': ids['a/2'] })
  t.deepEqual(texts(rest, 'Upload', 'Key'), ['b', 'c'])
  t.deepEqual(texts(await list({ prefix: 'a/' }), 'Upload', 'Key'), ['a/1', 'a/2'])
  t.deepEqual(texts(await list({ delimiter: '/' }), 'Upload', 'Key'), ['b', 'c'])
})

test('a part is copied from a range of an object', async t => {
  const tester = await withServer(t)
  const source = Buffer.alloc(150_000, 'abcdefghij')
  await tester.put('bucket', 'source', source)
  const uploadId = await tester.initiate('bucket', 'k')
  const copy = (number: number, range?: string) =>
    tester.send({
      method: 'PUT',
      bucket: 'bucket',
      key: 'k',
      query: { uploadId, partNumber: String(number) },
      headers: {
        'x-oss-copy-source': '/bucket/source',
        ...(range === undefined ? {} : { 'x-oss-copy-source-range': range }),
      },
    })
  const one = await copy(1)
  const two = await copy(2, 'bytes=10-19')
  t.is(one.xml.child('ETag')?.text, one.headers.etag)
  t.is((await copy(3, 'bytes=10-999999')).code, 'InvalidRange')
  await tester.complete('bucket', 'k', uploadId, [
    [1, one.headers.etag],
    [2, two.headers.etag],
  ])
  await tester.delete('bucket', 'source')
  const got = await tester.get('bucket', 'k')
  t.deepEqual(got.bytes, Buffer.concat([source, Buffer.from('abcdefghij')]))
  t.is(got.headers['x-oss-hash-crc64ecma'], crc64(got.bytes).toString())
})

test('the envelope of an upload that the client encrypts is listed with its parts', async t => {
  const tester = await withServer(t)
  const cse = 'x-oss-meta-client-side-encryption-'
  const envelope = {
    key: 'a2V5',
    start: 'c3RhcnQ=',
    'cek-alg': 'AES/CTR/NoPadding',
    'wrap-alg': 'RSA/NONE/PKCS1Padding',
  }
  const sizes = { matdesc: '{"key": "1"}', 'data-size': '300000', 'part-size': '102400' }
  const headers = Object.entries({ ...envelope, ...sizes }).map(([name, value]) => [cse + name, value] as const)
  const uploadId = await tester.initiate('bucket', 'k', Object.fromEntries(headers))
  const { xml } = await tester.send({ method: 'GET', bucket: 'bucket', key: 'k', query: { uploadId } })
  t.is(xml.child('ClientEncryptionKey')?.text, 'a2V5')
  t.is(xml.child('ClientEncryptionStart')?.text, 'c3RhcnQ=')
  t.is(xml.child('ClientEncryptionCekAlg')?.text, 'AES/CTR/NoPadding')
  t.is(xml.child('ClientEncryptionWrapAlg')?.text, 'RSA/NONE/PKCS1Padding')
  t.is(xml.child('ClientEncryptionDataSize')?.text, '300000')
  t.is(xml.child('ClientEncryptionPartSize')?.text, '102400')
  const plain = await tester.initiate('bucket', 'plain', { [`${cse}data-size`]: 'many' })
  const other = await tester.send({ method: 'GET', bucket: 'bucket', key: 'plain', query: { uploadId: plain } })
  t.false(other.text.includes('ClientEncryption'))
})
