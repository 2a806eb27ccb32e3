import { createHmac } from 'node:crypto'
import { inspect } from 'node:util'
import test from 'ava'
import fc from 'fast-check'
import { HmacKey } from '#src/signing/hmac-key.js'

test('a signature is the HMAC-SHA256 of the text in UTF-8, whatever its length', t => {
  const texts = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: 'grapheme', minLength: 800, maxLength: 2000 }),
  )
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), fc.array(texts, { minLength: 1, maxLength: 4 }), (bytes, signed) => {
      // A long text must leave nothing behind in the signature of the next one.
      const key = new HmacKey(bytes)
      for (const text of signed) t.is(key.sign(text), createHmac('sha256', bytes).update(text).digest('hex'))
    }),
  )
})

test('a key does not show what it is made of', t => {
  const shown = inspect(new HmacKey(Buffer.from('hunter2')), { depth: 9, showHidden: true })
  t.notRegex(shown, /hunter2|Buffer/)
})
