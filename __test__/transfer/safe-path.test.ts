import { posix, win32 } from 'node:path'
import test from 'ava'
import fc from 'fast-check'
import { keyToPath, type NameRules, pathToKey } from 'ferross'

const rules: NameRules[] = ['posix', 'windows', 'portable']
const piece = fc.oneof(
  fc.constantFrom(
    '..',
    '.',
    '/',
    '//',
    '\\',
    'C:',
    'a',
    'nul',
    'CON',
    '.txt',
    ' ',
    '\0',
    '\u0001',
    '\n',
    '😀',
    '\ud800',
    '~',
    '~1',
  ),
  fc.string({ maxLength: 4 }),
)
const anyKey = fc.array(piece, { maxLength: 8 }).map(pieces => pieces.join(''))

test('no key leaves the folder, on any system', t => {
  fc.assert(
    fc.property(anyKey, fc.constantFrom(...rules), (key, rule) => {
      const place = keyToPath(key, rule)
      if ('refused' in place) return true
      const native = rule === 'windows' ? [win32] : rule === 'posix' ? [posix] : [posix, win32]
      return native.every(({ resolve, join, sep }) => {
        const root = resolve('/root/folder')
        const path = join(root, ...place.segments)
        return path === [root, ...place.segments].join(sep) && resolve(path) === path && path.startsWith(root + sep)
      })
    }),
    { numRuns: 20_000 },
  )
  t.pass()
})

test('path to key is the inverse of key to path', t => {
  fc.assert(
    fc.property(anyKey, fc.constantFrom(...rules), (key, rule) => {
      const place = keyToPath(key, rule)
      return 'refused' in place || pathToKey(place.segments, place.directory) === key
    }),
    { numRuns: 20_000 },
  )
  t.pass()
})

const refusedEverywhere = [
  '',
  '/',
  '/a',
  'a//b',
  '//',
  '..',
  '../a',
  'a/../b',
  'a/..',
  './a',
  'a/.',
  'a/./b',
  'a\0b',
  '\ud800',
  `${'é'.repeat(128)}`,
  `a/${'x'.repeat(256)}`,
]

for (const key of refusedEverywhere) {
  test(`${JSON.stringify(key.slice(0, 20))} has no place below a folder`, t => {
    for (const rule of ['posix', 'portable'] as const) t.true('refused' in keyToPath(key, rule))
    if (!key.startsWith('é')) t.true('refused' in keyToPath(key, 'windows'))
  })
}

const refusedOnWindows = [
  'a\\b',
  '..\\a',
  'C:a',
  'C:/a',
  'c:',
  'a:stream',
  '\\\\server\\share',
  'a\u0001',
  'tab\t',
  'a?',
  'a*b',
  '"',
  '<',
  '>',
  '|',
  'a.',
  'a ',
  'a./b',
  '...',
  'nul',
  'NUL.txt',
  'Com1',
  'lpt9.tar.gz',
  'com¹',
  'aux /x',
  'x/con',
  'CONIN$',
]

for (const key of refusedOnWindows) {
  test(`${JSON.stringify(key)} has a place on POSIX systems only`, t => {
    t.true('refused' in keyToPath(key, 'windows'))
    t.true('refused' in keyToPath(key, 'portable'))
    t.deepEqual(keyToPath(key, 'posix'), { segments: key.split('/'), directory: false })
  })
}

for (const key of [
  'a',
  '.hidden',
  'a/.b/..c',
  'a b',
  'console',
  'com10',
  'nul1',
  '😀/ü',
  'a..b',
  '-rf',
  '~',
  '%2e%2e',
]) {
  test(`${JSON.stringify(key)} has a place on every system`, t => {
    for (const rule of rules) t.deepEqual(keyToPath(key, rule), { segments: key.split('/'), directory: false })
  })
}

test('a key that ends in a slash is a folder', t => {
  t.deepEqual(keyToPath('a/b/'), { segments: ['a', 'b'], directory: true })
  t.is(pathToKey(['a', 'b'], true), 'a/b/')
})
