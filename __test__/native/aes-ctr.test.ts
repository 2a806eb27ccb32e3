import { createCipheriv } from 'node:crypto'
import { readFileSync } from 'node:fs'
import test from 'ava'
import fc from 'fast-check'
import { ParamInvalidError } from '#src/errors.js'
import { cipher, engines, noise } from './engines.js'

interface Golden {
  key: string
  iv: string
  offset: number
  plaintext: string
  ciphertext: string
}
const golden: Golden[] = JSON.parse(readFileSync('__test__/golden/encryption/aes-ctr.json', 'utf8'))
const bytes = (base64: string) => Buffer.from(base64, 'base64')

for (const engine of engines) {
  test(`${engine.kind}: ciphertexts are those of other SDKs`, t => {
    for (const { key, iv, offset, plaintext, ciphertext } of golden) {
      const spec = { key: bytes(key), iv: bytes(iv), offset }
      t.deepEqual(engine.aesCtr(spec).apply(bytes(plaintext)), bytes(ciphertext))
      t.deepEqual(engine.aesCtr(spec).apply(bytes(ciphertext)), bytes(plaintext))
    }
  })

  test(`${engine.kind}: pieces at any offset fit together`, t => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 16, maxLength: 16 }),
        fc.array(fc.nat(300), { maxLength: 8 }),
        fc.nat(1000),
        (iv, lengths, offset) => {
          const reference = createCipheriv('aes-256-ctr', cipher.key, iv)
          reference.update(Buffer.alloc(offset))
          const stream = engine.aesCtr({ key: cipher.key, iv, offset })
          for (const length of lengths) {
            const data = noise(length)
            t.deepEqual(Buffer.from(stream.apply(Buffer.from(data))), reference.update(data))
          }
        },
      ),
    )
  })

  test(`${engine.kind}: the counter wraps at 2^128`, t => {
    const zero = engine.aesCtr({ ...cipher, iv: Buffer.alloc(16) }).apply(Buffer.alloc(64))
    const wrapped = engine.aesCtr({ ...cipher, iv: Buffer.alloc(16, 0xff), offset: 16 }).apply(Buffer.alloc(64))
    t.deepEqual(wrapped, zero)
    const across = engine.aesCtr({ ...cipher, iv: Buffer.alloc(16, 0xff) }).apply(Buffer.alloc(80))
    t.deepEqual(across.subarray(16), zero)
    const distant = { ...cipher, iv: Buffer.from(`${'f'.repeat(20)}${'0'.repeat(12)}`, 'hex'), offset: 2 ** 52 }
    t.deepEqual(engine.aesCtr(distant).apply(Buffer.alloc(64)), zero)
  })

  test(`${engine.kind}: output may be apart, the same, or overlap`, t => {
    const data = noise(200_000)
    const expected = engine.aesCtr(cipher).apply(Buffer.from(data))
    const apart = Buffer.alloc(data.length)
    t.is(engine.aesCtr(cipher).apply(data, apart), apart)
    t.deepEqual(apart, expected)
    t.deepEqual(data, noise(200_000), 'the input stays as it was')
    for (const shift of [-70_000, -5, 0, 5, 70_000]) {
      const memory = Buffer.alloc(data.length + 140_000)
      const input = memory.subarray(70_000, 70_000 + data.length)
      const output = memory.subarray(70_000 + shift, 70_000 + shift + data.length)
      input.set(data)
      engine.aesCtr(cipher).apply(input, output)
      t.true(output.equals(expected), `shifted by ${shift}`)
    }
  })

  test(`${engine.kind}: wrong key stream settings are refused by name`, t => {
    const cases: [string, () => unknown][] = [
      ['spec', () => engine.aesCtr(undefined as never)],
      ['key', () => engine.aesCtr({ ...cipher, key: Buffer.alloc(16) })],
      ['key', () => engine.aesCtr({ ...cipher, key: 'x'.repeat(32) as never })],
      ['iv', () => engine.aesCtr({ ...cipher, iv: Buffer.alloc(15) })],
      ['offset', () => engine.aesCtr({ ...cipher, offset: -1 })],
      ['offset', () => engine.aesCtr({ ...cipher, offset: 2 ** 53 })],
      ['offset', () => engine.aesCtr({ ...cipher, offset: '0' as never })],
      ['data', () => engine.aesCtr(cipher).apply([] as never)],
      ['output', () => engine.aesCtr(cipher).apply(Buffer.alloc(2), Buffer.alloc(1))],
    ]
    for (const [field, call] of cases) t.like(t.throws(call, { instanceOf: ParamInvalidError }), { field })
  })
}
