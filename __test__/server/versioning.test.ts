import test, { type ExecutionContext } from 'ava'
import { contentFiles, type Tester, texts, withServer } from './helpers.js'

async function versioned(t: ExecutionContext): Promise<Tester> {
  const tester = await withServer(t)
  await setVersioning(tester, 'Enabled')
  return tester
}

async function setVersioning(tester: Tester, status: string) {
  const body = `<VersioningConfiguration><Status>${status}</Status></VersioningConfiguration>`
  return tester.send({ method: 'PUT', bucket: 'bucket', query: { versioning: '' }, body })
}

const listVersions = async (tester: Tester, query: Record<string, string> = {}) =>
  (await tester.list('bucket', { versions: '', ...query })).xml

test('versioning is off, on or suspended', async t => {
  const tester = await withServer(t)
  const status = async () => (await tester.list('bucket', { versioning: '' })).xml.child('Status')?.text
  t.is(await status(), undefined)
  await setVersioning(tester, 'Enabled')
  t.is(await status(), 'Enabled')
  await setVersioning(tester, 'Suspended')
  t.is(await status(), 'Suspended')
  t.is((await setVersioning(tester, 'Off')).code, 'MalformedXML')
})

test('every version stays readable by its id', async t => {
  const tester = await versioned(t)
  const one = await tester.put('bucket', 'a', 'one')
  const two = await tester.put('bucket', 'a', 'two')
  const ids = [one, two].map(answer => answer.headers['x-oss-version-id'])
  t.not(ids[0], ids[1])
  t.is((await tester.get('bucket', 'a')).text, 'two')
  const old = await tester.get('bucket', 'a', {}, { versionId: ids[0] })
  t.is(old.text, 'one')
  t.is(old.headers['x-oss-version-id'], ids[0])
  const missing = await tester.get('bucket', 'a', {}, { versionId: 'CAEQmissing' })
  t.is(missing.status, 404)
  t.is(missing.code, 'NoSuchVersion')
})

test('deleting adds a marker, deleting the marker brings the object back', async t => {
  const tester = await versioned(t)
  await tester.put('bucket', 'a', 'x')
  const deleted = await tester.delete('bucket', 'a')
  t.is(deleted.status, 204)
  t.is(deleted.headers['x-oss-delete-marker'], 'true')
  const marker = deleted.headers['x-oss-version-id']
  const latest = await tester.get('bucket', 'a')
  t.is(latest.code, 'NoSuchKey')
  t.is(latest.headers['x-oss-delete-marker'], 'true')
  t.is(latest.headers['x-oss-version-id'], marker)
  const byId = await tester.get('bucket', 'a', {}, { versionId: marker })
  t.is(byId.status, 405)
  t.is(byId.code, 'MethodNotAllowed')
  t.deepEqual(texts((await tester.list('bucket')).xml, 'Contents', 'Key'), [])
  const undone = await tester.delete('bucket', 'a', { versionId: marker })
  t.is(undone.headers['x-oss-delete-marker'], 'true')
  t.is(undone.headers['x-oss-version-id'], marker)
  t.is((await tester.get('bucket', 'a')).text, 'x')
})

test('every delete adds a marker, also of what is not there', async t => {
  const tester = await versioned(t)
  await tester.delete('bucket', 'a')
  await tester.delete('bucket', 'a')
  t.is((await listVersions(tester)).children('DeleteMarker').length, 2)
  t.is((await tester.delete('bucket')).code, 'BucketNotEmpty')
})

test('while suspended there is one null version, replaced each time', async t => {
  const tester = await versioned(t)
  await tester.put('bucket', 'a', 'kept')
  await setVersioning(tester, 'Suspended')
  const put = await tester.put('bucket', 'a', 'null 1')
  t.is(put.headers['x-oss-version-id'], 'null')
  await tester.put('bucket', 'a', 'null 2')
  t.is((await listVersions(tester)).children('Version').length, 2)
  t.is(await contentFiles(tester.server), 2)
  const deleted = await tester.delete('bucket', 'a')
  t.is(deleted.headers['x-oss-version-id'], 'null')
  const listing = await listVersions(tester)
  t.is(listing.children('Version').length, 1)
  t.deepEqual(texts(listing, 'DeleteMarker', 'VersionId'), ['null'])
})

test('versions are listed newest first, by page', async t => {
  const tester = await versioned(t)
  const ids: string[] = []
  for (const key of ['a', 'a', 'b', 'a']) ids.push((await tester.put('bucket', key, key)).headers['x-oss-version-id'])
  const all = await listVersions(tester)
  t.deepEqual(texts(all, 'Version', 'VersionId'), [ids[3], ids[1], ids[0], ids[2]])
  t.deepEqual(texts(all, 'Version', 'IsLatest'), ['true', 'false', 'false', 'true'])
  const page = await listVersions(tester, { 'max-keys': '2' })
  t.is(page.child('IsTruncated')?.text, 'true')
  t.is(page.child('NextKeyMarker')?.text, 'a')
  t.is(page.child('NextVersionIdMarker')?.text, ids[1])
  const rest = await listVersions(tester, { 'key-marker': 'a', 'version-id-marker': ids[1] })
  t.deepEqual(texts(rest, 'Version', 'VersionId'), [ids[0], ids[2]])
  const skipped = await listVersions(tester, { 'key-marker': 'a' })
  t.deepEqual(texts(skipped, 'Version', 'VersionId'), [ids[2]])
  t.is((await tester.list('bucket', { versions: '', 'version-id-marker': 'x' })).code, 'InvalidArgument')
})

test('versions under a common prefix count once', async t => {
  const tester = await versioned(t)
  for (const key of ['a/1', 'a/2', 'b']) await tester.put('bucket', key, 'x')
  const page = await listVersions(tester, { delimiter: '/', 'max-keys': '1' })
  t.deepEqual(texts(page, 'CommonPrefixes', 'Prefix'), ['a/'])
  const rest = await listVersions(tester, { delimiter: '/', 'key-marker': page.child('NextKeyMarker')!.text })
  t.deepEqual(texts(rest, 'CommonPrefixes', 'Prefix'), [])
  t.deepEqual(texts(rest, 'Version', 'Key'), ['b'])
})

test('forbidding to overwrite means nothing where versions are kept', async t => {
  const tester = await versioned(t)
  await tester.put('bucket', 'a', 'one')
  t.is((await tester.put('bucket', 'a', 'two', { 'x-oss-forbid-overwrite': 'true' })).status, 200)
})

test('deleting many objects tells about their markers', async t => {
  const tester = await versioned(t)
  const put = await tester.put('bucket', 'a', 'x')
  const version = put.headers['x-oss-version-id']
  const marked = await tester.post(
    'bucket',
    undefined,
    { delete: '' },
    '<Delete><Object><Key>a</Key></Object></Delete>',
  )
  const line = marked.xml.child('Deleted')
  t.is(line?.child('DeleteMarker')?.text, 'true')
  t.truthy(line?.child('DeleteMarkerVersionId')?.text)
  const body = `<Delete><Object><Key>a</Key><VersionId>${version}</VersionId></Object></Delete>`
  const removed = (await tester.post('bucket', undefined, { delete: '' }, body)).xml.child('Deleted')
  t.is(removed?.child('VersionId')?.text, version)
  t.is(removed?.child('DeleteMarker'), undefined)
})
