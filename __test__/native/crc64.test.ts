import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import test from 'ava'
import fc from 'fast-check'
import { ParamInvalidError } from '#src/errors.js'
import { Crc64, crc64, crc64Combine } from '#src/native/checksum.js'
import { crc64 as fallbackCrc64, plainCrc64 } from '#src/native/fallback-crc64.js'
import { engines, noise } from './engines.js'

interface Golden {
  vectors: { base64: string; crc: string }[]
  repeated: { byte: number; count: number; crc: string }[]
  streaming: { base64: string; crcAfter: string }[][]
  combine: { crc1: string; crc2: string; length2: number; crc: string }[]
}
const golden: Golden = JSON.parse(readFileSync('__test__/golden/crc64.json', 'utf8'))

for (const engine of engines) {
  test(`${engine.kind}: checksums are those of the service`, t => {
    for (const { base64, crc } of golden.vectors) t.is(engine.crc64(Buffer.from(base64, 'base64')), BigInt(crc))
    for (const { byte, count, crc } of golden.repeated) t.is(engine.crc64(Buffer.alloc(count, byte)), BigInt(crc))
    for (const steps of golden.streaming) {
      let checksum = 0n
      for (const { base64, crcAfter } of steps) {
        checksum = engine.crc64(Buffer.from(base64, 'base64'), checksum)
        t.is(checksum, BigInt(crcAfter))
      }
    }
    for (const { crc1, crc2, length2, crc } of golden.combine) {
      t.is(engine.crc64Combine(BigInt(crc1), BigInt(crc2), length2), BigInt(crc))
    }
  })

  test(`${engine.kind}: continuing and combining equal one pass over all bytes`, t => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3000 }), fc.nat(3000), (data, cut) => {
        const [first, second] = [data.subarray(0, cut), data.subarray(cut)]
        const whole = engine.crc64(data)
        t.is(engine.crc64(second, engine.crc64(first)), whole)
        t.is(engine.crc64Combine(engine.crc64(first), engine.crc64(second), second.length), whole)
      }),
    )
  })

  test(`${engine.kind}: wrong checksum arguments are refused by name`, t => {
    const cases: [string, () => unknown][] = [
      ['data', () => engine.crc64('text' as never)],
      ['data', () => engine.crc64(new DataView(new ArrayBuffer(8)) as never)],
      ['data', () => engine.crc64(new Uint16Array(4) as never)],
      ['previous', () => engine.crc64(Buffer.alloc(1), -1n)],
      ['previous', () => engine.crc64(Buffer.alloc(1), 1n << 64n)],
      ['previous', () => engine.crc64(Buffer.alloc(1), 7 as never)],
      ['first', () => engine.crc64Combine(-1n, 0n, 0)],
      ['second', () => engine.crc64Combine(0n, 1n << 70n, 0)],
      ['secondLength', () => engine.crc64Combine(0n, 0n, -1)],
      ['secondLength', () => engine.crc64Combine(0n, 0n, 1.5)],
      ['secondLength', () => engine.crc64Combine(0n, 0n, 2 ** 53)],
    ]
    for (const [field, call] of cases) t.like(t.throws(call, { instanceOf: ParamInvalidError }), { field })
  })
}

/** The definition, bit by bit: slow, but nothing in it can hide. */
function bitwise(data: Uint8Array, previous: bigint): bigint {
  let state = previous ^ 0xffff_ffff_ffff_ffffn
  for (const byte of data) {
    state ^= BigInt(byte)
    for (let bit = 0; bit < 8; bit++) state = state & 1n ? (state >> 1n) ^ 0xc96c_5795_d787_0f42n : state >> 1n
  }
  return state ^ 0xffff_ffff_ffff_ffffn
}

test('all engines agree with the definition', t => {
  const data = noise(300)
  for (const length of [0, 1, 7, 8, 15, 16, 17, 31, 32, 33, 127, 128, 129, 255, 256, 300]) {
    const expected = bitwise(data.subarray(0, length), 0x0123_4567_89ab_cdefn)
    for (const engine of engines) t.is(engine.crc64(data.subarray(0, length), 0x0123_4567_89ab_cdefn), expected)
  }
})

const withBoth = engines.length > 1 ? test : test.skip

withBoth('both engines agree at every alignment and length', t => {
  const data = noise(2200)
  for (let start = 0; start < 17; start++) {
    for (const length of [...Array(80).keys(), 127, 128, 129, 255, 256, 511, 512, 513, 1024, 2047, 2048, 2183]) {
      const slice = data.subarray(start, start + length)
      const [expected, ...others] = engines.map(engine => engine.crc64(slice, 0x0123_4567_89ab_cdefn))
      for (const other of others) t.is(other, expected)
    }
  }
})

withBoth('both engines combine alike, whatever the length', t => {
  const checksum = fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn })
  fc.assert(
    fc.property(checksum, checksum, fc.maxSafeNat(), (first, second, length) => {
      const [expected, ...others] = engines.map(engine => engine.crc64Combine(first, second, length))
      for (const other of others) t.is(other, expected)
    }),
  )
})

test('the public functions take text, bytes and running checksums', t => {
  t.is(crc64('123456789'), 11051210869376104954n)
  t.is(crc64(Buffer.from('6789'), crc64('12345')), crc64('123456789'))
  t.is(crc64Combine(crc64('12345'), crc64('6789'), 4), crc64('123456789'))
  const running = new Crc64().update('1234').update(Buffer.from('56789'))
  t.is(running.digest(), 11051210869376104954n)
  t.is(running.update('中').length, 12)
  t.is(new Crc64().digest(), 0n)
  t.throws(() => crc64(7 as never), { instanceOf: ParamInvalidError })
  t.throws(() => new Crc64().update(undefined as never), { instanceOf: ParamInvalidError })
})

test('WebAssembly and plain JavaScript give the same checksum, at any address and over the borders of its window', t => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 2000 }), fc.bigInt(0n, 2n ** 64n - 1n), (data, previous) => {
      const expected = bitwise(data, previous)
      t.is(plainCrc64(data, previous), expected)
      t.is(fallbackCrc64(data, previous), expected)
    }),
    { numRuns: 50 },
  )
  const data = noise(200_000)
  for (const [start, end] of [
    [0, 65_536],
    [1, 65_538],
    [3, 131_075],
    [5, 131_077 + 16],
    [7, 200_000],
  ]) {
    const part = data.subarray(start, end)
    t.is(fallbackCrc64(part, 5n), plainCrc64(part, 5n))
  }
})

test('without WebAssembly the fallback does its work in JavaScript', t => {
  const module = new URL('../../../dist/native/fallback-crc64.js', import.meta.url)
  const script = `import(${JSON.stringify(module)}).then(it => console.log(typeof WebAssembly, it.crc64(Buffer.alloc(2000, 1), 0n)))`
  const output = execFileSync(process.execPath, ['--jitless', '-e', script], {
    encoding: 'utf8',
    // Node.js warns that the flag takes WebAssembly away.
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  t.is(output.trim(), `undefined ${bitwise(Buffer.alloc(2000, 1), 0n)}n`)
})
