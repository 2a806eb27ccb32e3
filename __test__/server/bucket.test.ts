import test from 'ava'
import { texts, withServer } from './helpers.js'

test('a bucket is made, listed, described and removed', async t => {
  const tester = await withServer(t)
  const buckets = await tester.send({ method: 'GET' })
  const listed = buckets.xml.child('Buckets')
  t.deepEqual(texts(listed!, 'Bucket', 'Name'), ['bucket'])
  t.is(listed?.child('Bucket')?.child('Location')?.text, 'oss-cn-hangzhou')
  const info = await tester.send({ method: 'GET', bucket: 'bucket', query: { bucketInfo: '' } })
  const bucket = info.xml.child('Bucket')
  t.is(bucket?.child('Name')?.text, 'bucket')
  t.is(bucket?.child('AccessControlList')?.child('Grant')?.text, 'private')
  t.is(bucket?.child('ServerSideEncryptionRule')?.child('SSEAlgorithm')?.text, 'None')
  const location = await tester.send({ method: 'GET', bucket: 'bucket', query: { location: '' } })
  t.is(location.xml.text, 'oss-cn-hangzhou')
  t.is((await tester.delete('bucket')).status, 204)
  const gone = await tester.list('bucket')
  t.is(gone.status, 404)
  t.is(gone.code, 'NoSuchBucket')
})

test('buckets are listed by page, prefix and marker', async t => {
  const tester = await withServer(t)
  for (const bucket of ['aaa-1', 'aaa-2', 'bbb-1']) await tester.send({ method: 'PUT', bucket })
  const page = await tester.send({ method: 'GET', query: { 'max-keys': '2' } })
  t.deepEqual(texts(page.xml.child('Buckets')!, 'Bucket', 'Name'), ['aaa-1', 'aaa-2'])
  t.is(page.xml.child('IsTruncated')?.text, 'true')
  const rest = await tester.send({ method: 'GET', query: { marker: page.xml.child('NextMarker')!.text } })
  t.deepEqual(texts(rest.xml.child('Buckets')!, 'Bucket', 'Name'), ['bbb-1', 'bucket'])
  const some = await tester.send({ method: 'GET', query: { prefix: 'aaa' } })
  t.deepEqual(texts(some.xml.child('Buckets')!, 'Bucket', 'Name'), ['aaa-1', 'aaa-2'])
  t.is((await tester.send({ method: 'GET', query: { 'max-keys': '1001' } })).code, 'InvalidArgument')
})

test('making a bucket again succeeds unless its storage class would change', async t => {
  const tester = await withServer(t)
  const create = (storageClass: string) =>
    tester.send({
      method: 'PUT',
      bucket: 'bucket',
      body: `<CreateBucketConfiguration><StorageClass>${storageClass}</StorageClass></CreateBucketConfiguration>`,
    })
  t.is((await tester.send({ method: 'PUT', bucket: 'bucket' })).status, 200)
  t.is((await create('Standard')).status, 200)
  const other = await create('IA')
  t.is(other.status, 409)
  t.is(other.code, 'BucketAlreadyExists')
  t.is((await create('Tepid')).code, 'InvalidArgument')
  t.is((await tester.send({ method: 'PUT', bucket: 'bucket', body: '<wrong>' })).code, 'MalformedXML')
})

test('a bucket with objects, versions or uploads is not removed', async t => {
  const tester = await withServer(t)
  await tester.put('bucket', 'a', 'x')
  t.is((await tester.delete('bucket')).code, 'BucketNotEmpty')
  await tester.delete('bucket', 'a')
  const uploadId = await tester.initiate('bucket', 'a')
  const busy = await tester.delete('bucket')
  t.is(busy.status, 409)
  t.is(busy.code, 'BucketNotEmpty')
  await tester.delete('bucket', 'a', { uploadId })
  t.is((await tester.delete('bucket')).status, 204)
})

test('bad bucket names and keys are refused', async t => {
  const tester = await withServer(t)
  t.is((await tester.send({ method: 'PUT', bucket: 'No_Bucket' })).code, 'InvalidBucketName')
  t.is((await tester.put('bucket', '/a', 'x')).code, 'InvalidObjectName')
  t.is((await tester.put('bucket', '\\a', 'x')).code, 'InvalidObjectName')
  t.is((await tester.put('bucket', 'a'.repeat(1024), 'x')).code, 'InvalidObjectName')
  t.is((await tester.put('bucket', '中'.repeat(341), 'x')).status, 200)
})

test('the access control list of a bucket is changed', async t => {
  const tester = await withServer(t)
  const acl = () => tester.send({ method: 'GET', bucket: 'bucket', query: { acl: '' } })
  t.is((await acl()).xml.child('AccessControlList')?.child('Grant')?.text, 'private')
  const put = (value: string) =>
    tester.send({ method: 'PUT', bucket: 'bucket', query: { acl: '' }, headers: { 'x-oss-acl': value } })
  t.is((await put('public-read')).status, 200)
  t.is((await acl()).xml.child('AccessControlList')?.child('Grant')?.text, 'public-read')
  t.is((await put('default')).code, 'InvalidArgument')
})

test('statistics count objects, bytes and uploads by storage class', async t => {
  const tester = await withServer(t)
  await tester.put('bucket', 'a', 'abc')
  await tester.put('bucket', 'b', 'defg', { 'x-oss-storage-class': 'IA' })
  await tester.initiate('bucket', 'c')
  const { xml } = await tester.send({ method: 'GET', bucket: 'bucket', query: { stat: '' } })
  const numbers = ['Storage', 'ObjectCount', 'MultipartUploadCount', 'StandardStorage', 'InfrequentAccessStorage']
  t.deepEqual(
    numbers.map(name => xml.child(name)?.text),
    ['7', '2', '1', '3', '4'],
  )
})

test('regions are described', async t => {
  const tester = await withServer(t)
  const one = await tester.send({ method: 'GET', query: { regions: 'oss-cn-hangzhou' } })
  t.deepEqual(texts(one.xml, 'RegionInfo', 'InternetEndpoint'), ['oss-cn-hangzhou.aliyuncs.com'])
  const all = await tester.send({ method: 'GET', query: { regions: '' } })
  t.true(texts(all.xml, 'RegionInfo', 'Region').length > 1)
})

test('what no operation does is answered with NotImplemented', async t => {
  const tester = await withServer(t)
  await tester.put('bucket', 'a', 'x')
  const answer = await tester.send({ method: 'PUT', bucket: 'bucket', key: 'a', query: { vod: '' }, body: 'y' })
  t.is(answer.status, 501)
  t.is(answer.code, 'NotImplemented')
  t.is((await tester.get('bucket', 'a')).text, 'x')
  t.is((await tester.get('bucket', 'a', {}, { 'x-oss-process': 'image/resize,w_10' })).code, 'NotImplemented')
})
