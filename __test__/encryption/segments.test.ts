import test from 'ava'
import { DecryptionError, ParamInvalidError } from '#src/errors.js'
import { crc64 } from '#src/native/checksum.js'
import type { SegmentSpec } from '#src/native/engine.js'
import { sealSegment, segmentsLength } from '#src/native/segments.js'
import { engines, noise } from '../native/engines.js'

const key = noise(32, 9)
const spec = (more: Partial<SegmentSpec> = {}): SegmentSpec => ({
  key,
  segmentSize: 1000,
  index: 0,
  last: true,
  ...more,
})

/** Segments one by one, by node:crypto. */
function reference({ segmentSize, index, last }: SegmentSpec, plain: Buffer): Buffer {
  const count = Math.max(last ? 1 : 0, Math.ceil(plain.length / segmentSize))
  const segments = Array.from({ length: count }, (_, place) => {
    const content = plain.subarray(place * segmentSize, (place + 1) * segmentSize)
    return sealSegment(key, index + place, last && place === count - 1, content)
  })
  return Buffer.concat(segments.flat())
}

for (const engine of engines) {
  test(`${engine.kind}: segments are those of node:crypto, and open again`, async t => {
    for (const length of [0, 1, 999, 1000, 1001, 5000, 700_000]) {
      for (const more of [{}, { last: false }, { index: 2 ** 40 }, { segmentSize: 65_536 }]) {
        const plain = noise(length)
        const output = Buffer.alloc(segmentsLength(length, spec(more).segmentSize, spec(more).last))
        const sum = await engine.sealSegments(spec(more), plain, output)
        t.true(output.equals(reference(spec(more), plain)), `${length} bytes`)
        t.is(sum, crc64(output))
        t.true(plain.equals(noise(length)), 'the plaintext stays as it was')
        t.is(await engine.openSegments(spec(more), output), length)
        t.true(output.subarray(0, length).equals(plain))
      }
    }
  })

  test(`${engine.kind}: whatever is not in its place is refused, without a word about why`, async t => {
    const sealed = reference(spec({ index: 3 }), noise(2500))
    const changes: [Partial<SegmentSpec>, Buffer][] = [
      [{ index: 2 }, sealed],
      [{ index: 3, last: false }, sealed],
      [{ index: 3, key: noise(32, 8) }, sealed],
      [{ index: 3 }, sealed.subarray(0, 2032)],
      [{ index: 3 }, sealed.subarray(0, -1)],
      [{ index: 3 }, sealed.subarray(0, 15)],
      [{ index: 3 }, sealed.subarray(0, 0)],
      [{ index: 3 }, Buffer.concat([sealed, Buffer.alloc(1)])],
    ]
    for (let place = 0; place < sealed.length; place += 61) {
      const changed = Buffer.from(sealed)
      changed[place]! ^= 4
      changes.push([{ index: 3 }, changed])
    }
    for (const [more, data] of changes) {
      const error = await t.throwsAsync(engine.openSegments(spec(more), Buffer.from(data)), {
        instanceOf: DecryptionError,
      })
      t.is(error.message, new DecryptionError().message)
    }
  })

  test(`${engine.kind}: a signal stops it with its reason`, async t => {
    const reason = new Error('stop')
    const [plain, output] = [noise(8_000_000), Buffer.alloc(segmentsLength(8_000_000, 1000, true))]
    await t.throwsAsync(engine.sealSegments(spec(), plain, output, AbortSignal.abort(reason)), { is: reason })
    const controller = new AbortController()
    const sealing = engine.sealSegments(spec(), plain, output, controller.signal)
    controller.abort(reason)
    await t.throwsAsync(sealing, { is: reason })
  })

  test(`${engine.kind}: wrong settings are refused by name`, async t => {
    const [plain, output] = [Buffer.alloc(10), Buffer.alloc(26)]
    const cases: [string, () => Promise<unknown>][] = [
      ['spec', () => engine.sealSegments(undefined as never, plain, output)],
      ['key', () => engine.sealSegments(spec({ key: Buffer.alloc(16) }), plain, output)],
      ['segmentSize', () => engine.sealSegments(spec({ segmentSize: 0 }), plain, output)],
      ['segmentSize', () => engine.openSegments(spec({ segmentSize: 2 ** 24 + 1 }), output)],
      ['index', () => engine.openSegments(spec({ index: -1 }), output)],
      ['last', () => engine.openSegments(spec({ last: 1 as never }), output)],
      ['plain', () => engine.sealSegments(spec(), 'text' as never, output)],
      ['output', () => engine.sealSegments(spec(), plain, Buffer.alloc(25))],
      ['sealed', () => engine.openSegments(spec(), [] as never)],
      ['signal', () => engine.openSegments(spec(), output, {} as never)],
    ]
    for (const [field, call] of cases) t.is((await t.throwsAsync(call, { instanceOf: ParamInvalidError })).field, field)
  })
}
