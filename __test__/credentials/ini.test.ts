import test from 'ava'
import fc from 'fast-check'
import { parseIni } from '#src/credentials/ini.js'

const asObject = (text: string) =>
  Object.fromEntries([...parseIni(text)].map(([name, section]) => [name, Object.fromEntries(section)]))

test('sections, entries, comments and quotes are read as in files of the tools', t => {
  const text = `\ufeff; first
top = 1
[default]\r
type = access_key   # kind
access_key_id=AK
  access_key_secret = "a # b ; c" ; quoted
path = C:\\keys
hash = a#b;c
empty =
none = # only a comment
not an entry
= no name

[ other ]  # more
a = 'x = y'
half = "open
after = "x" y
[default]
type = sts
`
  t.deepEqual(asObject(text), {
    '': { top: '1' },
    default: {
      type: 'sts',
      access_key_id: 'AK',
      access_key_secret: 'a # b ; c',
      path: 'C:\\keys',
      hash: 'a#b;c',
      empty: '',
      none: '',
    },
    other: { a: 'x = y', half: '"open', after: '"x" y' },
  })
})

test('names that mean something to objects are only names', t => {
  const sections = parseIni('[__proto__]\npolluted = yes\n[constructor]\nprototype = 1')
  t.is(sections.get('__proto__')?.get('polluted'), 'yes')
  t.is(({} as { polluted?: string }).polluted, undefined)
})

const name = fc.stringMatching(/^[A-Za-z_][\w.-]{0,20}$/)
const value = fc.string({ unit: 'grapheme', maxLength: 40 }).map(text => text.replace(/[\r\n"]/g, ''))

test('what is written with quotes is read back, whatever it is', t => {
  const file = fc.dictionary(name, fc.dictionary(name, value, { noNullPrototype: true }), { noNullPrototype: true })
  fc.assert(
    fc.property(file, fc.constantFrom('\n', '\r\n'), (sections, end) => {
      const lines = Object.entries(sections).flatMap(([title, entries]) => [
        `[${title}]`,
        ...Object.entries(entries).map(([key, text]) => `${key} = "${text}"`),
      ])
      const read = parseIni(lines.join(end))
      for (const [title, entries] of Object.entries(sections)) {
        t.deepEqual([...(read.get(title) ?? [])], Object.entries(entries))
      }
    }),
    { numRuns: 1_000 },
  )
})

test('unquoted values without signs of comments are read back, too', t => {
  const bare = fc.stringMatching(/^[A-Za-z0-9+/=_.:#;-]{1,60}$/).filter(text => !/^[#;"']/.test(text))
  fc.assert(
    fc.property(name, bare, (key, text) => {
      t.is(parseIni(`[a]\n  ${key}=${text}  # c`).get('a')?.get(key), text)
    }),
    { numRuns: 1_000 },
  )
})

test('any text at all is read without an error, and nothing is made up', t => {
  const line = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string(),
    fc.constantFrom('[', ']', '=', '"', '[a', 'a=', '"='),
  )
  fc.assert(
    fc.property(fc.array(line), lines => {
      const text = lines.join('\n')
      for (const [title, entries] of parseIni(text)) {
        t.true(text.includes(title))
        for (const [key, found] of entries) t.true(text.includes(key) && text.includes(found))
      }
    }),
    { numRuns: 2_000 },
  )
})
