import test from 'ava'
import { crc64 } from '#src/native/checksum.js'
import { contentFiles, withServer } from './helpers.js'

const day = 86_400_000

test('a copy has the content, metadata and tags of its source, but not its ACL', async t => {
  const tester = await withServer(t)
  const source = await tester.put('bucket', 'a b/中', 'content', {
    'content-type': 'text/plain',
    'x-oss-meta-a': '1',
    'x-oss-tagging': 'k=v',
    'x-oss-object-acl': 'public-read',
  })
  const copy = (headers: Record<string, string> = {}) =>
    tester.put('bucket', 'copy', undefined, { 'x-oss-copy-source': '/bucket/a%20b/%E4%B8%AD', ...headers })
  const answer = await copy()
  t.is(answer.status, 200)
  t.is(answer.xml.child('ETag')?.text, source.headers.etag)
  t.is(answer.headers['x-oss-hash-crc64ecma'], crc64('content').toString())
  const head = await tester.head('bucket', 'copy')
  t.is(head.headers['content-type'], 'text/plain')
  t.is(head.headers['x-oss-meta-a'], '1')
  t.is(head.headers['x-oss-tagging-count'], '1')
  const acl = await tester.get('bucket', 'copy', {}, { acl: '' })
  t.is(acl.xml.child('AccessControlList')?.child('Grant')?.text, 'default')
  await copy({ 'x-oss-metadata-directive': 'REPLACE', 'x-oss-meta-b': '2', 'x-oss-tagging-directive': 'Replace' })
  const replaced = await tester.head('bucket', 'copy')
  t.false('x-oss-meta-a' in replaced.headers)
  t.is(replaced.headers['x-oss-meta-b'], '2')
  t.false('x-oss-tagging-count' in replaced.headers)
  await tester.delete('bucket', 'a b/中')
  t.is((await tester.get('bucket', 'copy')).text, 'content')
  t.is(await contentFiles(tester.server), 1)
  await tester.delete('bucket', 'copy')
  t.is(await contentFiles(tester.server), 0)
})

test('a copy onto itself changes the metadata and keeps the content', async t => {
  const tester = await withServer(t)
  await tester.put('bucket', 'a', 'content')
  const headers = { 'x-oss-copy-source': '/bucket/a', 'x-oss-metadata-directive': 'REPLACE', 'x-oss-meta-b': '2' }
  t.is((await tester.put('bucket', 'a', undefined, headers)).status, 200)
  const answer = await tester.get('bucket', 'a')
  t.is(answer.text, 'content')
  t.is(answer.headers['x-oss-meta-b'], '2')
})

test('the source of a copy must exist and meet the conditions', async t => {
  const tester = await withServer(t)
  const { headers } = await tester.put('bucket', 'a', 'content')
  const copy = (source: string, conditions: Record<string, string> = {}) =>
    tester.put('bucket', 'b', undefined, { 'x-oss-copy-source': source, ...conditions })
  t.is((await copy('/bucket/missing')).code, 'NoSuchKey')
  t.is((await copy('/missing-bucket/a')).code, 'NoSuchBucket')
  t.is((await copy('a')).code, 'InvalidArgument')
  t.is((await copy('/bucket/a?versionId=missing')).code, 'NoSuchVersion')
  t.is((await copy('/bucket/a', { 'x-oss-copy-source-if-match': '"x"' })).status, 412)
  t.is((await copy('/bucket/a', { 'x-oss-copy-source-if-none-match': headers.etag })).status, 304)
  t.is((await copy('bucket/a')).status, 200)
})

test('a symbolic link shows its target', async t => {
  const tester = await withServer(t)
  const { headers } = await tester.put('bucket', 'dir/target +', 'content', {
    'content-type': 'text/plain',
    'x-oss-meta-a': 'target',
  })
  const link = await tester.send({
    method: 'PUT',
    bucket: 'bucket',
    key: 'link',
    query: { symlink: '' },
    headers: { 'x-oss-symlink-target': 'dir%2Ftarget%20%2B', 'x-oss-meta-a': 'link' },
  })
  t.is(link.status, 200)
  const got = await tester.get('bucket', 'link')
  t.is(got.text, 'content')
  t.is(got.headers.etag, headers.etag)
  t.is(got.headers['x-oss-meta-a'], 'link')
  t.is(got.headers['x-oss-object-type'], 'Symlink')
  t.is((await tester.get('bucket', 'link', { range: 'bytes=0-2' })).text, 'con')
  const info = await tester.get('bucket', 'link', {}, { symlink: '' })
  t.is(info.headers['x-oss-symlink-target'], 'dir%2Ftarget%20%2B')
  t.is((await tester.get('bucket', 'dir/target +', {}, { symlink: '' })).code, 'NotSymlink')
  await tester.delete('bucket', 'dir/target +')
  const broken = await tester.get('bucket', 'link')
  t.is(broken.status, 404)
  t.is(broken.code, 'SymlinkTargetNotExist')
  const none = await tester.send({ method: 'PUT', bucket: 'bucket', key: 'link', query: { symlink: '' } })
  t.is(none.xml.child('EC')?.text, '0043-00000001')
})

test('a link to a link cannot be read', async t => {
  const tester = await withServer(t)
  const link = (key: string, target: string) =>
    tester.send({
      method: 'PUT',
      bucket: 'bucket',
      key,
      query: { symlink: '' },
      headers: { 'x-oss-symlink-target': target },
    })
  await link('one', 'two')
  await link('two', 'three')
  const answer = await tester.get('bucket', 'one')
  t.is(answer.status, 400)
  t.is(answer.code, 'InvalidTargetType')
})

test('an archived object is read after restoration, for a while', async t => {
  let now = Date.now()
  const tester = await withServer(t, { clock: () => now, restoreDuration: 5000 })
  await tester.put('bucket', 'a', 'cold', { 'x-oss-storage-class': 'Archive' })
  const restore = (body?: string) =>
    tester.send({
      method: 'POST',
      bucket: 'bucket',
      key: 'a',
      query: { restore: '' },
      ...(body === undefined ? {} : { body }),
      time: new Date(now),
    })
  const get = () => tester.send({ method: 'GET', bucket: 'bucket', key: 'a', time: new Date(now) })
  const head = async () =>
    (await tester.send({ method: 'HEAD', bucket: 'bucket', key: 'a', time: new Date(now) })).headers['x-oss-restore']
  const frozen = await get()
  t.is(frozen.status, 403)
  t.is(frozen.code, 'InvalidObjectState')
  t.is(
    (await restore('<RestoreRequest><Days>2</Days><JobParameters><Tier>Bulk</Tier></JobParameters></RestoreRequest>'))
      .code,
    'MalformedXML',
  )
  t.is((await restore('<RestoreRequest><Days>2</Days></RestoreRequest>')).status, 202)
  t.is(await head(), 'ongoing-request="true"')
  const again = await restore()
  t.is(again.status, 409)
  t.is(again.code, 'RestoreAlreadyInProgress')
  now += 5000
  t.is((await get()).text, 'cold')
  t.regex(await head(), /^ongoing-request="false", expiry-date="[^"]+ GMT"$/)
  t.is((await restore('<RestoreRequest><Days>1</Days></RestoreRequest>')).status, 200)
  now += 2 * day
  t.is((await get()).code, 'InvalidObjectState')
})

test('only archived objects are restored, and restored ones can be frozen again', async t => {
  const tester = await withServer(t, { restoreDuration: 0 })
  await tester.put('bucket', 'warm', 'x')
  const post = (key: string, query: string) =>
    tester.send({ method: 'POST', bucket: 'bucket', key, query: { [query]: '' } })
  t.is((await post('warm', 'restore')).code, 'OperationNotSupported')
  await tester.put('bucket', 'cold', 'x', { 'x-oss-storage-class': 'ColdArchive' })
  t.is((await post('cold', 'restore')).status, 202)
  t.is((await tester.get('bucket', 'cold')).text, 'x')
  t.is((await post('cold', 'cleanRestoredObject')).status, 200)
  t.is((await tester.get('bucket', 'cold')).code, 'InvalidObjectState')
})
