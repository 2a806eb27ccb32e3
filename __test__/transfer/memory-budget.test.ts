import test from 'ava'
import fc from 'fast-check'
import { MemoryBudget } from '#src/transfer/memory-budget.js'

test('what does not fit waits, and is served in the order in which it came', async t => {
  const budget = new MemoryBudget(10)
  const order: number[] = []
  await budget.acquire(6)
  const second = budget.acquire(6).then(() => order.push(2))
  const third = budget.acquire(1).then(() => order.push(3))
  await Promise.resolve()
  t.deepEqual(order, [], 'a small request does not overtake a large one')
  budget.release(6)
  await Promise.all([second, third])
  t.deepEqual(order, [2, 3])
  t.is(budget.used, 7)
})

test('what is larger than the whole bound is served alone', async t => {
  const budget = new MemoryBudget(10)
  await budget.acquire(25)
  let served = false
  const next = budget.acquire(1).then(() => {
    served = true
  })
  await Promise.resolve()
  t.false(served)
  budget.release(25)
  await next
  t.is(budget.used, 1)
})

test('an abort gives the place in the queue up', async t => {
  const budget = new MemoryBudget(10)
  await budget.acquire(10)
  const stop = new AbortController()
  const waiting = budget.acquire(10, stop.signal)
  const after = budget.acquire(5)
  const reason = new Error('enough')
  stop.abort(reason)
  t.is(await t.throwsAsync(waiting), reason)
  budget.release(10)
  await after
  t.is(budget.used, 5)
})

test('fetching ahead takes half at most, never waits, and never overtakes those who wait', async t => {
  const budget = new MemoryBudget(10)
  t.true(budget.tryAcquireAhead(5))
  t.false(budget.tryAcquireAhead(1), 'half is taken')
  await budget.acquire(5)
  budget.releaseAhead(3)
  const waiting = budget.acquire(4)
  t.false(budget.tryAcquireAhead(1), 'somebody waits')
  budget.releaseAhead(2)
  await waiting
  t.is(budget.used, 9)
})

test('a part above half the bound is not kept waiting by what was fetched ahead', async t => {
  const budget = new MemoryBudget(10)
  t.true(budget.tryAcquireAhead(5))
  await budget.acquire(8)
  t.is(budget.used, 13)
})

test('whatever is asked for is granted in the end, and never more than the bound at a time', async t => {
  const sizes = fc.array(fc.integer({ min: 1, max: 10 }), { maxLength: 40 })
  await fc.assert(
    fc.asyncProperty(sizes, async wanted => {
      const budget = new MemoryBudget(10)
      await Promise.all(
        wanted.map(async size => {
          await budget.acquire(size)
          if (budget.used > budget.limit) throw new Error(`${budget.used} bytes`)
          await Promise.resolve()
          budget.release(size)
        }),
      )
      return budget.used === 0
    }),
  )
  t.pass()
})
