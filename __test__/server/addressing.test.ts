import test from 'ava'
import { addressOf } from '#src/server/addressing.js'
import { withServer } from './helpers.js'

const none = () => false

test('a path names bucket and key, decoded once and never normalised', t => {
  t.deepEqual(addressOf('127.0.0.1:80', '/', none), { bucket: undefined, key: undefined })
  t.deepEqual(addressOf('127.0.0.1:80', '/bucket', none), { bucket: 'bucket', key: undefined })
  t.deepEqual(addressOf('127.0.0.1:80', '/bucket/', none), { bucket: 'bucket', key: undefined })
  t.deepEqual(addressOf('[::1]:80', '/bucket/p/../q', none), { bucket: 'bucket', key: 'p/../q' })
  t.deepEqual(addressOf('localhost:80', '/bucket/a//b/%2525', none), { bucket: 'bucket', key: 'a//b/%25' })
})

test("a host of the service's form names the bucket whatever the address", t => {
  for (const host of [
    'bkt.oss-cn-hangzhou.aliyuncs.com',
    'bkt.oss-cn-hangzhou-internal.aliyuncs.com:80',
    'bkt.oss-accelerate.aliyuncs.com',
    'bkt.cn-hangzhou.oss.aliyuncs.com',
    'bkt.localhost:8080',
  ]) {
    t.deepEqual(addressOf(host, '/a/b', none), { bucket: 'bkt', key: 'a/b' }, host)
  }
  t.deepEqual(addressOf('oss-cn-hangzhou.aliyuncs.com', '/', none), { bucket: undefined, key: undefined })
  t.deepEqual(
    addressOf('files.example.com', '/a', name => name === 'files'),
    { bucket: 'files', key: 'a' },
  )
  t.deepEqual(addressOf('files.example.com', '/a', none), { bucket: 'a', key: undefined })
})

test('virtual host style and path style reach the same objects', async t => {
  const tester = await withServer(t)
  const host = 'bucket.oss-cn-hangzhou.aliyuncs.com'
  t.is((await tester.send({ method: 'PUT', bucket: 'bucket', key: 'a b', body: 'text', host })).status, 200)
  t.is((await tester.get('bucket', 'a b')).text, 'text')
  t.is(
    (await tester.send({ method: 'GET', bucket: 'bucket', host, query: { location: '' } })).xml.text,
    'oss-cn-hangzhou',
  )
  const service = await tester.send({ method: 'GET', host: 'oss-cn-hangzhou.aliyuncs.com' })
  t.is(service.xml.child('Buckets')?.child('Bucket')?.child('Name')?.text, 'bucket')
})

test('a bucket may be asked for with and without a trailing slash', async t => {
  const tester = await withServer(t)
  for (const path of ['/bucket?location', '/bucket/?location']) {
    const answer = await tester.send({
      method: 'GET',
      bucket: 'bucket',
      query: { location: '' },
      tamper: wire => {
        wire.path = path
      },
    })
    t.is(answer.status, 200, path)
  }
})

test('keys are opaque', async t => {
  const tester = await withServer(t)
  const keys = [
    'a//b',
    'p/../q',
    './x',
    '../../etc/passwd',
    'dir/',
    'tab\t\u0001\u001fend',
    'ü 中文 😀',
    '%41',
    'a+b&c=d?e#f',
    'nul.txt',
    ' ',
    'é',
    'e\u0301',
  ]
  for (const key of keys) t.is((await tester.put('bucket', key, `of ${key}`)).status, 200, key)
  for (const key of keys) t.is((await tester.get('bucket', key)).text, `of ${key}`, key)
  const listing = await tester.list('bucket', { 'encoding-type': 'url' })
  const listed = listing.xml.children('Contents').map(each => decodeURIComponent(each.child('Key')!.text))
  t.deepEqual(
    listed,
    [...keys].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
  )
})
