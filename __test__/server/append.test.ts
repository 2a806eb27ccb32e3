import test from 'ava'
import { crc64 } from '#src/native/checksum.js'
import { type Tester, withServer } from './helpers.js'

const append = (tester: Tester, key: string, position: number, body: string, headers = {}) =>
  tester.send({
    method: 'POST',
    bucket: 'bucket',
    key,
    query: { append: '', position: String(position) },
    body,
    headers,
  })

test('an object grows at its end only', async t => {
  const tester = await withServer(t)
  const first = await append(tester, 'log', 0, 'one ', { 'content-type': 'text/plain' })
  t.is(first.headers['x-oss-next-append-position'], '4')
  const wrong = await append(tester, 'log', 3, 'x')
  t.is(wrong.status, 409)
  t.is(wrong.code, 'PositionNotEqualToLength')
  t.is(wrong.headers['x-oss-next-append-position'], '4')
  const second = await append(tester, 'log', 4, 'two')
  t.is(second.headers['x-oss-hash-crc64ecma'], crc64('one two').toString())
  const got = await tester.get('bucket', 'log')
  t.is(got.text, 'one two')
  t.is(got.headers['content-type'], 'text/plain')
  t.is(got.headers['x-oss-object-type'], 'Appendable')
  t.is(got.headers['x-oss-next-append-position'], '7')
  t.is((await append(tester, 'log', 0, 'x')).code, 'PositionNotEqualToLength')
  t.is((await append(tester, 'new', 5, 'x')).code, 'PositionNotEqualToLength')
})

test('other objects are not appended to, and a position is needed', async t => {
  const tester = await withServer(t)
  await tester.put('bucket', 'a', 'x')
  const answer = await append(tester, 'a', 1, 'y')
  t.is(answer.status, 409)
  t.is(answer.code, 'ObjectNotAppendable')
  const without = await tester.send({ method: 'POST', bucket: 'bucket', key: 'b', query: { append: '' }, body: 'x' })
  t.is(without.status, 400)
  t.is(without.xml.child('EC')?.text, '0016-00000501')
})

test('a sealed object grows no more', async t => {
  const tester = await withServer(t)
  await append(tester, 'log', 0, 'one')
  const seal = (position: number) =>
    tester.send({ method: 'POST', bucket: 'bucket', key: 'log', query: { seal: '', position: String(position) } })
  t.is((await seal(1)).code, 'PositionNotEqualToLength')
  const sealed = await seal(3)
  t.is(sealed.status, 200)
  t.truthy(sealed.headers['x-oss-sealed-time'])
  const answer = await append(tester, 'log', 3, 'two')
  t.is(answer.status, 400)
  t.is(answer.code, 'AppendSealedObjectNotAllowed')
  t.is((await tester.head('bucket', 'log')).headers['x-oss-sealed-time'], sealed.headers['x-oss-sealed-time'])
})

test('of two appends at one position one wins', async t => {
  const tester = await withServer(t)
  const answers = await Promise.all(['a', 'b', 'c', 'd'].map(body => append(tester, 'log', 0, body)))
  t.is(answers.filter(answer => answer.status === 200).length, 1)
  t.is((await tester.get('bucket', 'log')).bytes.length, 1)
})
