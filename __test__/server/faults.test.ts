import { setImmediate as immediate } from 'node:timers/promises'
import test from 'ava'
import { crc64 } from '#src/native/checksum.js'
import { FaultScript } from '#src/server/faults.js'
import { contentFiles, withServer } from './helpers.js'

test('a rule affects the requests it counts, and no others', t => {
  const script = new FaultScript()
  const put = { operation: 'PutObject', bucket: 'bucket', key: 'a', partNumber: undefined }
  const rule = script.add({ operation: 'putObject', key: /^a/, nth: 2, count: 2, status: 503 })
  const due = () => script.take(put).status !== undefined
  t.deepEqual([due(), due(), due(), due()], [false, true, true, false])
  t.deepEqual(script.take({ ...put, key: 'b' }), {})
  t.deepEqual(script.take({ ...put, operation: 'GetObject' }), {})
  t.is(rule.matched, 4)
  t.is(rule.applied, 2)
  script.add({ delayMs: 5, count: Number.POSITIVE_INFINITY })
  script.add({ delayMs: 9, dropConnection: true })
  t.like(script.take(put), { delayMs: 5, dropConnection: true })
  script.clear()
  t.deepEqual(script.take(put), {})
})

test('an error can be answered in place of the operation, or after it', async t => {
  const tester = await withServer(t)
  const { faults } = tester.server
  faults.add({ operation: 'PutObject', code: 'ServiceUnavailable', headers: { 'x-oss-qos-delay-time': '5' } })
  const before = await tester.put('bucket', 'a', 'x')
  t.is(before.status, 503)
  t.is(before.code, 'ServiceUnavailable')
  t.is(before.headers['x-oss-qos-delay-time'], '5')
  t.is((await tester.get('bucket', 'a')).code, 'NoSuchKey')
  faults.add({ operation: 'PutObject', status: 500, afterEffect: true })
  t.is((await tester.put('bucket', 'a', 'x')).code, 'InternalError')
  t.is((await tester.get('bucket', 'a')).text, 'x')
})

test('an answer can be lost although the operation was performed', async t => {
  const tester = await withServer(t)
  tester.server.faults.add({ operation: 'PutObject', dropConnection: true, afterEffect: true })
  await t.throwsAsync(tester.put('bucket', 'a', 'x'))
  t.is((await tester.get('bucket', 'a')).text, 'x')
  tester.server.faults.add({ operation: 'PutObject', dropConnection: true })
  await t.throwsAsync(tester.put('bucket', 'b', 'x'))
  t.is((await tester.get('bucket', 'b')).code, 'NoSuchKey')
})

test('a download can break off, or hold a wrong byte', async t => {
  const tester = await withServer(t)
  const body = Buffer.alloc(3_000_000, 'a')
  await tester.put('bucket', 'a', body)
  const { faults } = tester.server
  faults.add({ operation: 'GetObject', cutResponseAfterBytes: 2_000_000 })
  await t.throwsAsync(tester.get('bucket', 'a'), { message: /aborted/ })
  faults.add({ operation: 'GetObject', corruptResponseByte: 1_500_000 })
  const got = await tester.get('bucket', 'a')
  t.is(got.bytes.length, body.length)
  const wrong = got.bytes.findIndex((byte, index) => byte !== body[index])
  t.is(wrong, 1_500_000)
  t.deepEqual((await tester.get('bucket', 'a')).bytes, body)
})

test('an upload that breaks off leaves nothing', async t => {
  const tester = await withServer(t)
  tester.server.faults.add({ operation: 'PutObject', cutRequestAfterBytes: 1_000_000 })
  await t.throwsAsync(tester.put('bucket', 'a', Buffer.alloc(3_000_000)))
  t.is((await tester.get('bucket', 'a')).code, 'NoSuchKey')
  // The client knows before the server has cleared up; without that, this would go on until the test is given up.
  while ((await contentFiles(tester.server)) > 0) await immediate()
  t.pass()
})

test('an upload can be damaged on the way, which its checksum shows', async t => {
  const tester = await withServer(t)
  tester.server.faults.add({ operation: 'PutObject', corruptRequestByte: 1 })
  const answer = await tester.put('bucket', 'a', 'abc')
  t.not(answer.headers['x-oss-hash-crc64ecma'], crc64('abc').toString())
})

test('checksum, range and clock of an answer can be wrong', async t => {
  const tester = await withServer(t)
  const { faults } = tester.server
  const put = await tester.put('bucket', 'a', 'abcdef')
  faults.add({ operation: 'GetObject', wrongCrc: true, wrongContentRange: true })
  const got = await tester.get('bucket', 'a', { range: 'bytes=1-2' })
  t.not(got.headers['x-oss-hash-crc64ecma'], put.headers['x-oss-hash-crc64ecma'])
  t.is(got.headers['content-range'], 'bytes 2-2/6')
  faults.add({ clockSkewMs: 3_600_000 })
  const skewed = await tester.get('bucket', 'a')
  t.is(skewed.code, 'RequestTimeTooSkewed')
  t.true(Date.parse(skewed.headers.date) - Date.now() > 3_000_000)
})

test('a request can be delayed, and a stalled answer ends with the server', async t => {
  const tester = await withServer(t)
  await tester.put('bucket', 'a', 'abcdef')
  tester.server.faults.add({ operation: 'GetObject', delayMs: 20 })
  const start = performance.now()
  t.is((await tester.get('bucket', 'a')).text, 'abcdef')
  t.true(performance.now() - start >= 19)
  tester.server.faults.add({ operation: 'GetObject', stallResponseAfterBytes: 3 })
  const stalled = tester.get('bucket', 'a')
  stalled.catch(() => {})
  await tester.server.close()
  await t.throwsAsync(stalled)
})

test('an upload can be cut off at any place, also where the whole body is there', async t => {
  const tester = await withServer(t)
  const warnings: string[] = []
  const listen = (warning: Error) => warnings.push(warning.message)
  process.on('warning', listen)
  t.teardown(() => process.off('warning', listen))
  for (const [size, cut] of [
    [1, 1],
    [3, 3],
    [10, 3],
    [100_000, 100_000],
    [3_000_000, 70_000],
  ] as const) {
    for (const headers of [{}, { expect: '100-continue' }]) {
      tester.server.faults.add({ operation: 'PutObject', cutRequestAfterBytes: cut })
      await t.throwsAsync(tester.put('bucket', 'a', Buffer.alloc(size), headers as Record<string, string>))
    }
  }
  t.is((await tester.get('bucket', 'a')).code, 'NoSuchKey')
  t.deepEqual(
    warnings.filter(each => each.includes('local OSS server')),
    [],
  )
})
