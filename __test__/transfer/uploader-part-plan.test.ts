import test from 'ava'
import fc from 'fast-check'
import { growingPartSize, maxPartSize, maxParts, minPartSize, partSizeFor, planParts } from '#src/transfer/part-plan.js'

const MiB = 1024 ** 2
const GiB = 1024 ** 3
const TiB = 1024 ** 4

/** Bytes in the first `parts` parts of a stream. */
function lengthOf(parts: number, wanted: number): number {
  let sum = 0
  for (let number = 1; number <= parts; number++) sum += growingPartSize(number, wanted)
  return sum
}

test('the parts of a stream grow as documented', t => {
  t.is(growingPartSize(1, 6 * MiB), 6 * MiB)
  t.is(growingPartSize(2000, 6 * MiB), 6 * MiB)
  t.true(growingPartSize(2001, 6 * MiB) > 6 * MiB)
  t.is(lengthOf(2000, 6 * MiB), 12_000 * MiB)
  let length = 0
  const sizes = new Map<number, number>()
  for (let number = 1; number <= maxParts; number++) {
    const size = growingPartSize(number, 6 * MiB)
    for (const mark of [20 * GiB, 100 * GiB]) if (length < mark && length + size >= mark) sizes.set(mark, size)
    length += size
  }
  t.true((sizes.get(20 * GiB) as number) <= 15 * MiB)
  t.true((sizes.get(100 * GiB) as number) <= 96 * MiB)
  t.true(length >= 15 * TiB, `${length / TiB} TiB`)
})

test('a stream that begins with the largest parts can become the largest object', t => {
  t.true(lengthOf(maxParts, maxPartSize) >= 39 * TiB)
  t.true(partSizeFor(48.8 * TiB, minPartSize) * maxParts >= 48.8 * TiB)
})

test('sizes never shrink, and are sizes that the service takes', t => {
  const size = fc.integer({ min: minPartSize, max: maxPartSize })
  fc.assert(
    fc.property(size, fc.integer({ min: 1, max: maxParts - 1 }), (wanted, number) => {
      const [here, next] = [growingPartSize(number, wanted), growingPartSize(number + 1, wanted)]
      return here >= Math.min(wanted, here) && next >= here && here >= minPartSize && next <= maxPartSize
    }),
  )
  for (const wanted of [minPartSize, 6 * MiB, 64 * MiB, GiB]) {
    t.true(lengthOf(maxParts, wanted) >= 13 * TiB, `${wanted}`)
  }
})

test('the plan of a file covers each byte once, in order, in at most 10,000 parts', t => {
  const length = fc.integer({ min: 0, max: 2 ** 45 })
  const wanted = fc.integer({ min: minPartSize, max: maxPartSize })
  fc.assert(
    fc.property(length, wanted, (size, partSize) => {
      const chosen = partSizeFor(size, partSize)
      let [offset, number] = [0, 0]
      for (const part of planParts(size, chosen)) {
        number++
        if (part.number !== number || part.offset !== offset || part.length < 1 || part.length > chosen) return false
        offset += part.length
      }
      return offset === size && number <= maxParts && chosen >= partSize
    }),
    { numRuns: 50 },
  )
  t.pass()
})
