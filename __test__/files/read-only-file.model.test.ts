import { randomBytes } from 'node:crypto'
import test from 'ava'
import fc from 'fast-check'
import type { SeekOrigin } from 'ferross'
import { withServer } from '../helpers/with-server.js'

const size = 40_000
const bucket = 'examplebucket'

type Step =
  | { kind: 'read'; length: number }
  | { kind: 'fill'; length: number }
  | { kind: 'seek'; offset: number; origin: SeekOrigin }
  | { kind: 'cut'; after: number }
  | { kind: 'busy' }

const length = fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: size }))
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('read' as const), length }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('fill' as const), length }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('seek' as const),
      offset: fc.integer({ min: -size, max: size + 10 }),
      origin: fc.constantFrom<SeekOrigin>('start', 'current', 'end'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('cut' as const), after: fc.integer({ min: 0, max: 5000 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('busy' as const) }) },
)

test('any sequence of reads and seeks gives what a buffer would give', async t => {
  const { server, client } = await withServer(t)
  await client.putBucket({ bucket })
  const content = randomBytes(size)
  await client.putObject({ bucket, key: 'object', body: content })
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 25 }),
      fc.boolean(),
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 500, max: 9000 }),
      fc.integer({ min: 0, max: 8000 }),
      async (steps, enablePrefetch, prefetchNum, chunkSize, prefetchThreshold) => {
        server.faults.clear()
        const options = { enablePrefetch, prefetchNum, chunkSize, prefetchThreshold }
        await using file = await client.openFile(bucket, 'object', options)
        let position = 0
        for (const each of steps) {
          if (each.kind === 'cut') server.faults.add({ operation: 'GetObject', cutResponseAfterBytes: each.after })
          if (each.kind === 'busy') server.faults.add({ operation: 'GetObject', status: 503 })
          if (each.kind === 'seek') {
            const from = { start: 0, current: position, end: size }[each.origin] + each.offset
            const moved = await file.seek(each.offset, each.origin).catch(() => undefined)
            if (from >= 0 && from <= size) position = from
            t.is(moved, from >= 0 && from <= size ? from : undefined)
          }
          if (each.kind !== 'read' && each.kind !== 'fill') continue
          const expected = content.subarray(position, position + each.length)
          const target = Buffer.alloc(each.length)
          const got = each.kind === 'read' ? await file.read(each.length) : target.subarray(0, await file.read(target))
          if (!got.equals(expected)) throw new Error(`other bytes at ${position}`)
          position += expected.length
          if (file.tell() !== position) throw new Error(`at ${file.tell()} instead of ${position}`)
        }
      },
    ),
    { numRuns: 60 },
  )
  t.pass()
})
