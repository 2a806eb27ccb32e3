import test from 'ava'
import { toPayload } from '#src/pipeline/body.js'

test('bytes in memory are handed over in pieces that suit how fast they are taken', async t => {
  const real = performance.now
  let time = 0
  performance.now = () => time
  t.teardown(() => {
    performance.now = real
  })
  const KiB = 1024
  const bytes = Buffer.alloc(64 * KiB * KiB, 7)
  const payload = await toPayload(bytes)
  const sizes = async (took: number) => {
    const found: number[] = []
    let sum = 0
    for await (const piece of payload.open()) {
      sum += piece.length
      found.push(piece.length)
      time += took
    }
    t.is(sum, bytes.length)
    return found.slice(0, -1)
  }
  const fast = await sizes(1)
  t.deepEqual(fast.slice(0, 3), [64 * KiB, 128 * KiB, 256 * KiB])
  t.is(Math.max(...fast), 8 * KiB * KiB)
  t.deepEqual([...new Set(await sizes(1000))], [64 * KiB], 'steady where a piece takes a second')
  t.deepEqual([...new Set(await sizes(5000))], [64 * KiB, 32 * KiB, 16 * KiB], 'smaller where it takes longer')
})
