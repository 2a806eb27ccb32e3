import test from 'ava'
import { contentTypeOf, defaultContentType } from '#src/internal/content-type.js'
import { mimeTypes } from '#src/internal/mime-types.js'
import { goldenCases } from '../helpers/golden-cases.js'

const cases = goldenCases<{ key: string; contentType: string }>('content-types')

test('the recorded cases are there', t => {
  t.is(cases.length, 25)
})

for (const { key, contentType } of cases) {
  test(`${JSON.stringify(key)} is ${contentType}`, t => {
    t.is(contentTypeOf(key), contentType)
  })
}

test('formats newer than the recorded table are known', t => {
  t.is(contentTypeOf('a.webp'), 'image/webp')
  t.is(contentTypeOf('a.tar.gz'), 'application/gzip')
  t.is(contentTypeOf('README.md'), 'text/markdown')
  t.is(contentTypeOf('f.WOFF2'), 'font/woff2')
})

test('odd names have no extension', t => {
  for (const key of ['', '.', '..', 'a.', '..txt', 'dir/.txt', 'a/', 'a.txt/', 'a.constructor', 'a.__proto__']) {
    t.is(contentTypeOf(key), defaultContentType, key)
  }
})

test('the table names each extension once, and only well-formed types', t => {
  const extensions = Object.values(mimeTypes).flatMap(list => list.split(' '))
  t.is(new Set(extensions).size, extensions.length)
  for (const extension of extensions) t.regex(extension, /^[a-z0-9]+$/)
  for (const type of Object.keys(mimeTypes))
    t.regex(type, /^(?:application|audio|font|image|message|model|text|video)\/[\w.+-]+$/)
})
