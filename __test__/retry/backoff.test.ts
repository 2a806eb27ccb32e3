import test from 'ava'
import fc from 'fast-check'
import { ParamInvalidError } from '#src/errors.js'
import { EqualJitterBackoff, FixedDelayBackoff, FullJitterBackoff } from '#src/retry/backoff.js'
import type { Backoff } from '#src/retry/retryer.js'
import { goldenFile } from '../helpers/golden-cases.js'

interface Case {
  backoff: 'full-jitter' | 'equal-jitter' | 'fixed'
  baseDelay?: number
  maxBackoff?: number
  delay?: number
  delays: { attempt: number; min: number; max: number }[]
}

const { backoff: cases } = goldenFile<{ backoff: Case[] }>('retry')
const error = new Error('any')

/** Recorded times are seconds. */
function make(given: Case, random: () => number): Backoff {
  if (given.backoff === 'fixed') return new FixedDelayBackoff(given.delay! * 1000)
  const options = { baseDelay: given.baseDelay! * 1000, maxBackoff: given.maxBackoff! * 1000, random }
  return given.backoff === 'full-jitter' ? new FullJitterBackoff(options) : new EqualJitterBackoff(options)
}

test('the recorded cases are there', t => {
  t.is(cases.length, 5)
  t.is(cases.flatMap(({ delays }) => delays).length, 39)
})

for (const given of cases) {
  test(`${given.backoff} keeps to the recorded bounds (base ${given.baseDelay ?? given.delay} s)`, t => {
    for (const chance of [0, 0.5, 1 - Number.EPSILON]) {
      for (const { attempt, min, max } of given.delays) {
        const delay = make(given, () => chance).delay(attempt, error)
        t.true(delay >= min * 1000 && delay <= max * 1000, `attempt ${attempt}, chance ${chance}: ${delay}`)
      }
    }
  })
}

test('full jitter reaches from nothing to the grown delay, equal jitter from its half', t => {
  const options = { baseDelay: 100, maxBackoff: 1000 }
  t.is(new FullJitterBackoff({ ...options, random: () => 0 }).delay(2), 0)
  t.is(new FullJitterBackoff({ ...options, random: () => 0.5 }).delay(2), 200)
  t.is(new EqualJitterBackoff({ ...options, random: () => 0 }).delay(2), 200)
  t.is(new EqualJitterBackoff({ ...options, random: () => 0.5 }).delay(2), 300)
})

test('delays are finite and within bounds for any options and attempt', t => {
  const options = fc.record({ baseDelay: fc.integer({ min: 0 }), maxBackoff: fc.integer({ min: 0 }) })
  fc.assert(
    fc.property(options, fc.nat(), ({ baseDelay, maxBackoff }, attempt) => {
      for (const backoff of [
        new FullJitterBackoff({ baseDelay, maxBackoff }),
        new EqualJitterBackoff({ baseDelay, maxBackoff }),
      ]) {
        const delay = backoff.delay(attempt)
        t.true(delay >= 0 && delay <= maxBackoff, String(delay))
      }
    }),
  )
})

test('options that are not durations are refused by name', t => {
  for (const wrong of [-1, Number.NaN, Number.POSITIVE_INFINITY, '5' as never]) {
    t.is(t.throws(() => new FixedDelayBackoff(wrong), { instanceOf: ParamInvalidError }).field, 'delay')
    t.is(
      t.throws(() => new FullJitterBackoff({ baseDelay: wrong }), { instanceOf: ParamInvalidError }).field,
      'baseDelay',
    )
    t.is(
      t.throws(() => new EqualJitterBackoff({ maxBackoff: wrong }), { instanceOf: ParamInvalidError }).field,
      'maxBackoff',
    )
  }
  t.is(t.throws(() => new FullJitterBackoff({ random: 1 as never }), { instanceOf: ParamInvalidError }).field, 'random')
})
