import type { LookupAddress } from 'node:dns'
import { promisify } from 'node:util'
import test from 'ava'
import fc from 'fast-check'
import { DnsCache, type DnsCacheOptions, type Lookup } from '#src/http/dns-cache.js'

const v4 = (...addresses: string[]): LookupAddress[] => addresses.map(address => ({ address, family: 4 }))
const v6 = (...addresses: string[]): LookupAddress[] => addresses.map(address => ({ address, family: 6 }))

/** A cache over answers that the test can change, with a clock that the test moves. */
function cacheOf(answer: LookupAddress[] | Error, options: DnsCacheOptions = {}) {
  const state = { answer, now: 1_000, asked: 0 }
  const lookup: Lookup = (_hostname, _options, callback) => {
    state.asked++
    const { answer: given } = state
    setImmediate(() => (given instanceof Error ? callback(given, []) : callback(null, given)))
  }
  const cache = new DnsCache({ lookup, clock: () => state.now, ...options })
  const all = promisify(cache.lookup) as unknown as (
    hostname: string,
    options: { all: true; family?: number },
  ) => Promise<LookupAddress[]>
  const find = async (hostname = 'oss.test', family = 0) => {
    return (await all(hostname, { all: true, family })).map(({ address }) => address)
  }
  return { cache, state, find }
}

test('connections begin with one address after the other', async t => {
  const { find, state } = cacheOf(v4('a', 'b', 'c'))
  const firsts: string[] = []
  for (let i = 0; i < 6; i++) firsts.push((await find())[0] as string)
  t.deepEqual([...firsts].sort(), ['a', 'a', 'b', 'b', 'c', 'c'])
  t.deepEqual(firsts.slice(0, 3), firsts.slice(3))
  t.is(state.asked, 1)
})

test('each turn has every address once, and families keep the order of the resolver', async t => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.ipV4(), { maxLength: 5 }),
      fc.uniqueArray(fc.ipV6(), { maxLength: 5 }),
      fc.boolean(),
      async (four, six, sixFirst) => {
        fc.pre(four.length + six.length > 0)
        const lists = sixFirst ? [six, four] : [four, six]
        const { find } = cacheOf(sixFirst ? [...v6(...six), ...v4(...four)] : [...v4(...four), ...v6(...six)])
        for (let turn = 0; turn < 6; turn++) {
          const found = await find()
          const [first = []] = lists
          t.deepEqual([...found.slice(0, first.length)].sort(), [...first].sort())
          t.deepEqual([...found].sort(), [...four, ...six].sort())
        }
      },
    ),
  )
})

test('a burst of connections asks once', async t => {
  const { find, state } = cacheOf(v4('a'))
  await Promise.all(Array.from({ length: 50 }, () => find()))
  t.is(state.asked, 1)
  await Promise.all([find('other.test'), find('other.test')])
  t.is(state.asked, 2)
})

test('addresses are used for their time and not longer', async t => {
  const { find, state } = cacheOf(v4('a'), { ttl: 30_000 })
  await find()
  state.answer = v4('b')
  state.now += 29_999
  t.deepEqual(await find(), ['a'])
  state.now += 1
  t.deepEqual(await find(), ['b'])
})

test('with a time of 0 every connection asks', async t => {
  const { find, state } = cacheOf(v4('a'), { ttl: 0 })
  await find()
  await find()
  t.is(state.asked, 2)
})

test('an address that fails comes last for a minute, and the next connection asks anew', async t => {
  const { cache, find, state } = cacheOf(v4('a', 'b', 'c'))
  await find()
  cache.failed('oss.test', 'b')
  for (let i = 0; i < 5; i++) t.is((await find()).at(-1), 'b')
  t.is(state.asked, 2)
  state.now += 60_001
  const firsts = new Set<string>()
  for (let i = 0; i < 3; i++) firsts.add((await find())[0] as string)
  t.true(firsts.has('b'))
})

test('an address that works again is like the others at once', async t => {
  const { cache, find } = cacheOf(v4('a', 'b'))
  await find()
  cache.failed('oss.test', 'b')
  cache.succeeded('oss.test', 'b')
  const firsts = [(await find())[0], (await find())[0]]
  t.deepEqual(firsts.sort(), ['a', 'b'])
})

test('when every address fails, all are still there to be tried', async t => {
  const { cache, find } = cacheOf([...v6('x'), ...v4('a', 'b')])
  await find()
  cache.failed('oss.test')
  t.deepEqual((await find()).sort(), ['a', 'b', 'x'])
})

test('an address that failed in one family gives way to the other family', async t => {
  const { cache, find } = cacheOf([...v6('x'), ...v4('a')])
  t.deepEqual(await find(), ['x', 'a'])
  cache.failed('oss.test', 'x')
  t.deepEqual(await find(), ['a', 'x'])
})

test('when the name cannot be resolved any more, what was known is used', async t => {
  const { cache, find, state } = cacheOf(v4('a'))
  await find()
  state.answer = new Error('the resolver is down')
  state.now += 3_600_000
  t.deepEqual(await find(), ['a'])
  cache.failed('oss.test')
  t.deepEqual(await find(), ['a'])
  t.is(state.asked, 3)
})

test('a name that was never known is an error, and is asked for again', async t => {
  const { find, state } = cacheOf(new Error('no such name'))
  await t.throwsAsync(find(), { message: 'no such name' })
  state.answer = v4('a')
  t.deepEqual(await find(), ['a'])
})

test('an answer without addresses is an error, also of one family', async t => {
  await t.throwsAsync(cacheOf([]).find(), { code: 'ENOTFOUND' })
  const { cache } = cacheOf(v4('a'))
  const one = promisify(cache.lookup)
  await t.throwsAsync(one('oss.test', { family: 6 }), { code: 'ENOTFOUND' })
  t.is(await one('oss.test', { family: 4 }), 'a' as never)
})

test('a resolver that throws is an error of the look-up', async t => {
  const { find } = cacheOf(v4('a'), {
    lookup: () => {
      throw new Error('broken')
    },
  })
  await t.throwsAsync(find(), { message: 'broken' })
})

test('as many names are kept as there is room for', async t => {
  const { find, state } = cacheOf(v4('a'))
  for (let i = 0; i < 600; i++) await find(`bucket-${i}.test`)
  await find('bucket-599.test')
  t.is(state.asked, 600)
  await find('bucket-0.test')
  t.is(state.asked, 601)
})
