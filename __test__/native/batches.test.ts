import test from 'ava'
import type { AddonOutcomes } from '#src/native/addon-types.js'
import { Batches } from '#src/native/batches.js'

/** Batches that note what they were given, and answer with twice the number. */
function doubling(milliseconds = 0, each = 0) {
  const jobs: number[][] = []
  const pace = { milliseconds }
  const batches = new Batches<number>(pace, async items => {
    jobs.push(items)
    const odd = Object.assign(new Error('it is odd'), { code: 'Odd' })
    const outcomes: AddonOutcomes = items.map(item => (item % 2 === 0 ? 2 * item : odd))
    return [...outcomes, each * items.length]
  })
  return { jobs, pace, batches }
}

test('what comes within a turn is one job, up to a limit, and each gets its own outcome', async t => {
  const { jobs, batches } = doubling()
  const outcomes = await Promise.allSettled(Array.from({ length: 20 }, (_, index) => batches.add(index)))
  t.deepEqual(
    jobs.map(items => items.length),
    [16, 4],
  )
  for (const [index, outcome] of outcomes.entries()) {
    if (index % 2 === 0) t.deepEqual(outcome, { status: 'fulfilled', value: 2 * index })
    else t.is(outcome.status === 'rejected' && outcome.reason.code, 'Odd')
  }
  t.is(await batches.add(4), 8)
  t.deepEqual(jobs.at(-1), [4])
})

test('where a file takes long each has a job of its own, until it does not any more', async t => {
  const { jobs, pace, batches } = doubling(0, 20)
  await Promise.all([2, 4].map(item => batches.add(item)))
  t.is(pace.milliseconds, 4)
  await Promise.all([2, 4].map(item => batches.add(item)))
  t.deepEqual(jobs, [[2, 4], [2], [4]])
  const quick = doubling(1, 0)
  for (let turn = 0; turn < 10; turn++) await quick.batches.add(2)
  await Promise.all([2, 4].map(item => quick.batches.add(item)))
  t.deepEqual(quick.jobs.at(-1), [2, 4])
})

test('a job that fails as a whole fails for all that is in it', async t => {
  const reason = new Error('no threads')
  const batches = new Batches<number>({ milliseconds: 0 }, () => Promise.reject(reason))
  const outcomes = await Promise.allSettled([batches.add(1), batches.add(2)])
  for (const outcome of outcomes) t.is(outcome.status === 'rejected' && outcome.reason, reason)
})
