import test from 'ava'
import fc from 'fast-check'
import { ParamInvalidError } from '#src/errors.js'
import { encodePath, encodeQuery, encodeQueryPart } from '#src/signing/encode.js'

const text = fc.string({ unit: 'binary' })

test('a path keeps letters, digits, _ . - ~ and /', t => {
  const plain = 'AZaz09_.-~/'
  t.is(encodePath(plain), plain)
  t.is(encodePath("a b/!*'()+%&=?#:@,;$|\\"), 'a%20b/%21%2A%27%28%29%2B%25%26%3D%3F%23%3A%40%2C%3B%24%7C%5C')
  t.is(encodePath('中/é😀\n'), '%E4%B8%AD/%C3%A9%F0%9F%98%80%0A')
  t.is(encodePath('100%2F'), '100%252F')
  t.is(encodePath('a//b/../c/./'), 'a//b/../c/./')
  t.is(encodePath(''), '')
})

test('a part of a query encodes / too', t => {
  t.is(encodeQueryPart('AZaz09_.-~'), 'AZaz09_.-~')
  t.is(encodeQueryPart('a b/+'), 'a%20b%2F%2B')
})

test('half of a surrogate pair is refused, naming the parameter', t => {
  for (const half of ['\ud800', 'a\udc00b']) {
    const error = t.throws(() => encodePath(half), { instanceOf: ParamInvalidError })
    t.is(error.field, 'key')
    t.regex(error.message, /surrogate/)
    t.is(t.throws(() => encodeQuery({ prefix: half }), { instanceOf: ParamInvalidError }).field, 'parameters.prefix')
  }
})

test('a query keeps its order and writes empty values as name= or as the name alone', t => {
  const query = { 'b c': '1/2', acl: '', a: '' }
  t.is(encodeQuery(query), 'b%20c=1%2F2&acl=&a=')
  t.is(encodeQuery(query, { bareEmpty: true }), 'b%20c=1%2F2&acl&a')
  t.is(encodeQuery({}), '')
})

test('decoding gives back any text', t => {
  fc.assert(
    fc.property(text, value => {
      const path = encodePath(value)
      const part = encodeQueryPart(value)
      t.regex(path, /^(?:[A-Za-z0-9_.~/-]|%[0-9A-F]{2})*$/)
      t.regex(part, /^(?:[A-Za-z0-9_.~-]|%[0-9A-F]{2})*$/)
      return decodeURIComponent(path) === value && decodeURIComponent(part) === value
    }),
  )
})

test('a query read by the platform is the query that was written', t => {
  const query = fc.dictionary(text, text)
  fc.assert(
    fc.property(query, given => {
      const read = Object.fromEntries(new URLSearchParams(encodeQuery(given)))
      t.deepEqual(read, { ...given })
    }),
  )
})
