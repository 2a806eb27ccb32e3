import test from 'ava'
import fc from 'fast-check'
import { ResponseError } from 'ferross'
import { after, checkListing, compareKeys, sharedStart } from '#src/transfer/list-order.js'
import { type KeyRange, splitPoint } from '#src/transfer/list-split.js'

const character = fc.constantFrom(
  'a',
  'b',
  'z',
  '/',
  '~',
  '\u0001',
  '\u007f',
  'é',
  '\ud7ff',
  '\ue000',
  '\uffff',
  '😀',
  '\u{10ffff}',
)
const key = fc.array(character, { minLength: 1, maxLength: 12 }).map(characters => characters.join(''))

test('keys are ordered as their UTF-8 bytes are', t => {
  fc.assert(
    fc.property(key, key, (a, b) => Math.sign(compareKeys(a, b)) === Buffer.compare(Buffer.from(a), Buffer.from(b))),
  )
  t.pass()
})

test('what two keys share never ends in half a character', t => {
  fc.assert(
    fc.property(key, key, (a, b) => {
      const shared = sharedStart(a, b)
      return a.startsWith(shared) && b.startsWith(shared) && !/[\ud800-\udbff]$/.test(shared)
    }),
  )
  t.is(sharedStart('a😀', 'a😁'), 'a')
})

test('a raised prefix lies after everything that begins with the prefix', t => {
  fc.assert(
    fc.property(key, key, (prefix, rest) => {
      const raised = after(prefix)
      return raised === undefined || (compareKeys(prefix + rest, raised) < 0 && compareKeys(prefix, raised) < 0)
    }),
  )
  t.is(after('log9'), 'log:')
  t.is(after('a\ud7ff'), 'a\ue000')
  t.is(after('\u{10ffff}'), undefined)
})

test('a split point lies inside its range', t => {
  fc.assert(
    fc.property(key, key, key, fc.option(key), (prefix, first, last, end) => {
      const [a, b] = [prefix + first, prefix + last].sort(compareKeys) as [string, string]
      const until = end === null ? undefined : prefix + end
      if (until !== undefined && compareKeys(until, b) <= 0) return true
      const range: KeyRange = { after: b, until }
      const point = splitPoint(prefix, range, a)
      if (point === undefined) return true
      return compareKeys(point, b) > 0 && (until === undefined || compareKeys(point, until) < 0)
    }),
    { numRuns: 2000 },
  )
  t.pass()
})

test('a long beginning that all keys share costs few guesses', t => {
  let until: string | undefined
  const first = 'logs/2031/04/05/host-000000000001'
  const last = 'logs/2031/04/05/host-000000000999'
  let guesses = 0
  for (;;) {
    const point = splitPoint('', { after: last, until }, first)
    guesses++
    t.true(guesses < 12)
    // Nothing lies beyond the thousand keys after the page, so each guess that is beyond them narrows the range.
    if (point === undefined || compareKeys(point, 'logs/2031/04/05/host-000000002000') < 0) break
    until = point
  }
})

test('an answer that does not say whether it is the last page is not taken for the last page', t => {
  t.notThrows(() => checkListing({ isTruncated: false }))
  t.throws(() => checkListing({}), { instanceOf: ResponseError })
})
