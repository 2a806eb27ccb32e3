import test from 'ava'
import fc from 'fast-check'
import { TransferProgress } from '#src/transfer/progress.js'

test('a listener hears every byte once, in ever larger sums, about a thousand times at most', t => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1, maxLength: 3000 }), steps => {
      const total = steps.reduce((sum, step) => sum + step, 0)
      const heard: [increment: number, transferred: number, total: number | undefined][] = []
      const progress = new TransferProgress([(...told) => void heard.push(told), undefined], total)
      for (const step of steps) progress.add(step)
      let sum = 0
      for (const [increment, transferred, ofAll] of heard) {
        sum += increment
        t.true(increment > 0)
        t.is(transferred, sum)
        t.is(ofAll, total)
      }
      t.is(sum, total)
      t.true(heard.length <= 1001, `${heard.length} calls`)
    }),
    { numRuns: 50 },
  )
})

test('without a total, a listener hears ever more rarely, and the rest at the end', t => {
  let calls = 0
  let last = 0
  const progress = new TransferProgress(
    [
      (_increment, transferred, total) => {
        calls++
        last = transferred
        t.is(total, undefined)
      },
    ],
    undefined,
  )
  for (let step = 0; step < 100_000; step++) progress.add(1)
  progress.finish()
  t.is(last, 100_000)
  t.true(calls < 10_000, `${calls} calls`)
})
