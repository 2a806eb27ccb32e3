import test from 'ava'
import { readRange } from '#src/server/ranges.js'
import { withServer } from './helpers.js'

test('by default a range that is not wholly inside the object is ignored', t => {
  t.deepEqual(readRange('bytes=0-9', undefined, 1000), { start: 0, end: 10 })
  t.deepEqual(readRange('bytes=990-', undefined, 1000), { start: 990, end: 1000 })
  t.deepEqual(readRange('bytes=-10', undefined, 1000), { start: 990, end: 1000 })
  t.deepEqual(readRange('bytes=999-999', undefined, 1000), { start: 999, end: 1000 })
  for (const ignored of [
    undefined,
    'bytes=500-2000',
    'bytes=1000-',
    'bytes=2000-3000',
    'bytes=9-5',
    'bytes=-2000',
    'bytes=a-b',
    'bytes=-',
    'items=0-1',
    'bytes=0-1,4-5',
  ]) {
    t.is(readRange(ignored, undefined, 1000), undefined, ignored)
  }
})

test('standard behaviour cuts a range to the object and refuses one beyond it', t => {
  t.deepEqual(readRange('bytes=500-2000', 'standard', 1000), { start: 500, end: 1000 })
  t.deepEqual(readRange('bytes=-2000', 'standard', 1000), { start: 0, end: 1000 })
  const error = t.throws(() => readRange('bytes=1000-1001', 'standard', 1000), { message: /range/ })
  t.is(Reflect.get(error as object, 'status'), 416)
  t.is(readRange('bytes=9-5', 'standard', 1000), undefined)
})

test('an empty suffix is refused in any mode', t => {
  t.throws(() => readRange('bytes=-0', undefined, 1000))
  t.throws(() => readRange('bytes=-0', 'standard', 1000))
})

test('a part of an object carries the checksum of the whole', async t => {
  const tester = await withServer(t)
  const put = await tester.put('bucket', 'a', '0123456789')
  const answer = await tester.get('bucket', 'a', { range: 'bytes=2-4' })
  t.is(answer.status, 206)
  t.is(answer.text, '234')
  t.is(answer.headers['content-range'], 'bytes 2-4/10')
  t.is(answer.headers['content-length'], '3')
  t.is(answer.headers['x-oss-hash-crc64ecma'], put.headers['x-oss-hash-crc64ecma'])
  t.is(answer.headers.etag, put.headers.etag)
  t.is((await tester.get('bucket', 'a', { range: 'bytes=5-20' })).status, 200)
  const standard = await tester.get('bucket', 'a', { range: 'bytes=5-20', 'x-oss-range-behavior': 'standard' })
  t.is(standard.text, '56789')
  const beyond = await tester.get('bucket', 'a', { range: 'bytes=10-', 'x-oss-range-behavior': 'standard' })
  t.is(beyond.code, 'InvalidRange')
})
