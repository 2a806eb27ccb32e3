import test from 'ava'
import fc from 'fast-check'
import { XMLParser } from 'fast-xml-parser'
import { parseXml, XmlSyntaxError } from '#src/xml/parse.js'
import { parsePlain } from '#src/xml/plain.js'

/** The parser for everything, set up as in `parse.ts`. */
const full = new XMLParser({
  ignoreAttributes: true,
  ignoreDeclaration: true,
  ignorePiTags: true,
  removeNSPrefix: true,
  parseTagValue: false,
  trimValues: false,
  processEntities: false,
  cdataPropName: '#cdata',
  isArray: () => true,
  maxNestedTags: 100,
})

function fully(source: string): unknown {
  try {
    return full.parse(source, true)
  } catch {
    return 'refused'
  }
}

const name = fc.constantFrom('A', 'Key', 'B-c', 'D_1', 'Contents', 'Size')
const text = fc.oneof(
  fc.constantFrom(
    '',
    ' ',
    '\n  ',
    'x',
    '&amp;',
    '&lt;a&gt;',
    '&#65;',
    '&#x41;',
    ']]>',
    '"',
    '>',
    '/',
    '😀é',
    'long enough to be cut',
  ),
  fc.string({ maxLength: 5 }).map(value => value.replace(/[<&\r]/g, '')),
)
const element = fc.letrec<{ element: string }>(tie => ({
  element: fc
    .tuple(name, fc.array(fc.oneof(text, tie('element')), { maxLength: 4 }), fc.boolean())
    .map(([own, inner, short]) => (short && inner.length === 0 ? `<${own}/>` : `<${own}>${inner.join('')}</${own}>`)),
})).element
const start = fc.constantFrom('', '<?xml version="1.0" encoding="UTF-8"?>', '<?xml version="1.0"?>\n', '\n ')
/** What makes a document another one, or none. */
const noise = fc.constantFrom(
  ...[
    '<',
    '>',
    '&',
    '/',
    '</',
    '<B',
    '<B>',
    '</A>',
    '<!--x-->',
    '<![CDATA[x]]>',
    '<?x y?>',
    '<!DOCTYPE a>',
    '\r',
    '\0',
  ],
  ...[
    '&no;',
    '&#;',
    ' a="b"',
    '<a>x</a>',
    '<constructor/>',
    '<__proto__>x</__proto__>',
    '<n:A>x</n:A>',
    '<#text>',
    '="',
  ],
)

test('a plain document is read as the other parser reads it', t => {
  fc.assert(
    fc.property(start, element, fc.constantFrom('', '\n'), (before, content, after) => {
      const source = before + content + after
      const parsed = parsePlain(source)
      t.not(parsed, undefined, source)
      t.deepEqual(parsed, fully(source), source)
    }),
    { numRuns: 2000 },
  )
})

test('whatever else it gets it reads alike, or leaves it', t => {
  fc.assert(
    fc.property(
      start,
      element,
      fc.array(fc.tuple(fc.nat(), fc.nat(3), noise), { maxLength: 3 }),
      (before, content, changes) => {
        let source = before + content
        for (const [place, length, replacement] of changes) {
          const at = place % (source.length + 1)
          source = source.slice(0, at) + replacement + source.slice(at + length)
        }
        const parsed = parsePlain(source)
        if (parsed !== undefined) t.deepEqual(parsed, fully(source), source)
      },
    ),
    { numRuns: 5000 },
  )
})

test('a listing is plain, with a namespace too, and what is not is still understood or refused', t => {
  const listing =
    '<?xml version="1.0" encoding="UTF-8"?>\n<R xmlns="http://doc.example.com/2013"><C><Key>a&amp;b</Key></C><C/></R>'
  t.deepEqual(parsePlain(listing), { R: [{ C: [{ Key: ['a&amp;b'] }, ''] }] })
  t.is(parseXml(listing).root.child('C')?.child('Key')?.text, 'a&b')
  const rich = '<R a="1"><!-- x --><C b="2"><![CDATA[<>]]></C></R>'
  t.is(parsePlain(rich), undefined)
  t.is(parseXml(rich).root.child('C')?.text, '<>')
  for (const wrong of [
    '<R><C></R></C>',
    '<R>',
    '<R>&x;&</R>',
    '',
    '<R>x</R>x',
    `${'<R>'.repeat(200)}${'</R>'.repeat(200)}`,
  ])
    t.throws(() => parseXml(wrong), { instanceOf: XmlSyntaxError }, wrong)
})
