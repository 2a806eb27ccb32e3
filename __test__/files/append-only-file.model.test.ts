import { randomBytes } from 'node:crypto'
import test from 'ava'
import fc from 'fast-check'
import type { FaultEffect } from 'ferross/server'
import { withServer } from '../helpers/with-server.js'

const bucket = 'examplebucket'

const effects: FaultEffect[] = [
  { dropConnection: true },
  { dropConnection: true, afterEffect: true },
  { status: 503, code: 'ServiceUnavailable' },
  { status: 500, code: 'InternalError', afterEffect: true },
  { status: 409, code: 'PositionNotEqualToLength' },
  { cutRequestAfterBytes: 3 },
  { cutResponseAfterBytes: 0 },
]

const step = fc.record({
  kind: fc.constantFrom('write', 'write', 'writeFrom', 'flush'),
  length: fc.oneof(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 5000 })),
  appends: fc.array(fc.option(fc.constantFrom(...effects)), { maxLength: 4 }),
  heads: fc.array(fc.option(fc.constantFrom(...effects.slice(0, 4))), { maxLength: 4 }),
})

test('whatever answers are lost, the object has each byte once', async t => {
  const { server, client } = await withServer(t)
  await client.putBucket({ bucket })
  let number = 0
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), fc.constantFrom(0, 7, 300), async (steps, bufferSize) => {
      const key = `object-${number++}`
      const file = await client.appendFile(bucket, key, { bufferSize })
      const expected: Buffer[] = []
      for (const { kind, length, appends, heads } of steps) {
        server.faults.clear()
        const script = (operation: string, list: readonly (FaultEffect | null)[]) => {
          for (const [at, effect] of list.entries()) {
            if (effect) server.faults.add({ operation, nth: at + 1, ...effect })
          }
        }
        script('AppendObject', appends)
        script('HeadObject', heads)
        const bytes = randomBytes(length)
        const call = () =>
          kind === 'flush' ? file.flush() : kind === 'write' ? file.write(bytes) : file.writeFrom(bytes)
        // Faults run out, so repeating what failed leads somewhere.
        for (let count = 0; ; count++) {
          const failed = await call().then(
            () => undefined,
            error => error,
          )
          if (failed === undefined) break
          if (count > 8) throw failed
        }
        if (kind !== 'flush') expected.push(bytes)
        const total = Buffer.concat(expected).length
        if (file.tell() !== total) throw new Error(`at ${file.tell()} instead of ${total}`)
      }
      server.faults.clear()
      await file.close()
      const whole = Buffer.concat(expected)
      if (whole.length === 0 && !(await client.isObjectExist({ bucket, key }))) return
      const { body } = await client.getObject({ bucket, key })
      if (!(await body!.bytes()).equals(whole)) throw new Error('the object has other bytes')
    }),
    { numRuns: 80 },
  )
  t.pass()
})
