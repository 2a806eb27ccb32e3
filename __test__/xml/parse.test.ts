import test from 'ava'
import { parseXml } from '#src/xml/parse.js'

const textOf = (source: string) => parseXml(source).root.text

test('text beside children or verbatim sections can be read', t => {
  t.is(textOf('<a>t<b/></a>'), 't')
  t.is(textOf('<a>t<b/>u</a>'), 'tu')
  t.is(textOf('<a>\n  <b>x</b>\n</a>').trim(), '')
  t.is(textOf('<a>x<![CDATA[&amp;]]></a>'), 'x&amp;')
})
