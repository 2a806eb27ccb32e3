import test, { type ExecutionContext } from 'ava'
import { compareUtf8, SortedKeys } from '#src/server/storage/sorted-keys.js'
import { type Tester, texts, withServer } from './helpers.js'

async function withKeys(t: ExecutionContext, keys: string[]): Promise<Tester> {
  const tester = await withServer(t)
  await Promise.all(keys.map(key => tester.put('bucket', key, 'x')))
  return tester
}

const names = (xml: Parameters<typeof texts>[0]) => [
  texts(xml, 'Contents', 'Key'),
  texts(xml, 'CommonPrefixes', 'Prefix'),
]

test('keys are ordered by their UTF-8 bytes', t => {
  const keys = ['b', 'a', 'ab', '\uffff', '\ue000', '😀', '𐀀', 'é', 'Z', '', 'a\u0000', '中']
  const expected = [...keys].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
  t.deepEqual([...keys].sort(compareUtf8), expected)
  const sorted = new SortedKeys()
  for (const key of keys) sorted.add(key)
  for (const key of keys) sorted.add(key)
  t.deepEqual(
    Array.from({ length: sorted.size }, (_, index) => sorted.at(index)),
    expected,
  )
  sorted.remove('é')
  sorted.remove('missing')
  t.is(sorted.size, keys.length - 1)
})

test('a listing shows objects with their owner and properties', async t => {
  const tester = await withKeys(t, ['a'])
  const { xml } = await tester.list('bucket')
  t.is(xml.child('Name')?.text, 'bucket')
  t.is(xml.child('MaxKeys')?.text, '100')
  const line = xml.child('Contents')
  t.is(line?.child('Size')?.text, '1')
  t.is(line?.child('Type')?.text, 'Normal')
  t.is(line?.child('StorageClass')?.text, 'Standard')
  t.regex(line?.child('ETag')?.text ?? '', /^"[0-9A-F]{32}"$/)
  t.truthy(line?.child('Owner')?.child('ID')?.text)
  t.is(xml.child('EncodingType'), undefined)
})

test('a delimiter gathers keys, and a common prefix can begin the next page', async t => {
  const tester = await withKeys(t, ['a/1', 'a/2', 'b', 'c/1', 'c/d/2', 'e'])
  const all = await tester.list('bucket', { delimiter: '/' })
  t.deepEqual(names(all.xml), [
    ['b', 'e'],
    ['a/', 'c/'],
  ])
  const pages: string[][][] = []
  let marker = ''
  for (;;) {
    const { xml } = await tester.list('bucket', { delimiter: '/', 'max-keys': '1', marker })
    pages.push(names(xml))
    if (xml.child('IsTruncated')?.text !== 'true') break
    marker = xml.child('NextMarker')!.text
  }
  t.deepEqual(pages, [
    [[], ['a/']],
    [['b'], []],
    [[], ['c/']],
    [['e'], []],
  ])
  t.deepEqual(names((await tester.list('bucket', { delimiter: '/', prefix: 'c/' })).xml), [['c/1'], ['c/d/']])
  t.deepEqual(names((await tester.list('bucket', { prefix: 'c' })).xml), [['c/1', 'c/d/2'], []])
  t.deepEqual(names((await tester.list('bucket', { delimiter: '/', marker: 'a/1' })).xml), [
    ['b', 'e'],
    ['a/', 'c/'],
  ])
})

test('version 2 continues by token, counts, and gives owners on request', async t => {
  const tester = await withKeys(t, ['a/1', 'a/2', 'b', 'c', '中/ 1'])
  const list = async (query: Record<string, string>) =>
    (await tester.list('bucket', { 'list-type': '2', ...query })).xml
  const first = await list({ 'max-keys': '2', delimiter: '/' })
  t.deepEqual(names(first), [['b'], ['a/']])
  t.is(first.child('KeyCount')?.text, '2')
  t.is(first.child('Contents')?.child('Owner'), undefined)
  const token = first.child('NextContinuationToken')!.text
  const second = await list({ 'continuation-token': token, delimiter: '/', 'fetch-owner': 'true' })
  t.deepEqual(names(second), [['c'], ['中/']])
  t.is(second.child('ContinuationToken')?.text, token)
  t.truthy(second.child('Contents')?.child('Owner'))
  t.deepEqual(names(await list({ 'start-after': 'b' })), [['c', '中/ 1'], []])
  t.is((await tester.list('bucket', { 'list-type': '2', 'continuation-token': 'nonsense' })).code, 'InvalidArgument')
})

test('names are percent-encoded on request', async t => {
  const tester = await withKeys(t, ['a b/+\u0001', 'x'])
  const { xml } = await tester.list('bucket', { 'encoding-type': 'url', prefix: 'a b', delimiter: '/', marker: 'a ' })
  t.is(xml.child('EncodingType')?.text, 'url')
  t.is(xml.child('Prefix')?.text, 'a%20b')
  t.is(xml.child('Delimiter')?.text, '%2F')
  t.is(xml.child('Marker')?.text, 'a%20')
  t.deepEqual(names(xml), [[], ['a%20b%2F']])
  const plain = await tester.list('bucket')
  t.deepEqual(names(plain.xml), [['a b/+\u0001', 'x'], []])
  t.is((await tester.list('bucket', { 'encoding-type': 'hex' })).code, 'InvalidArgument')
})

test('page sizes outside 1 to 1000 are refused', async t => {
  const tester = await withKeys(t, [])
  for (const size of ['0', '1001', 'many']) {
    const answer = await tester.list('bucket', { 'max-keys': size })
    t.is(answer.status, 400)
    t.is(answer.code, 'InvalidArgument')
  }
})
