import test from 'ava'
import fc from 'fast-check'
import { Client, DeserializationError, OssError, ServiceError, StaticCredentialsProvider } from 'ferross'
import { parseXml, XmlSyntaxError } from '#src/xml/parse.js'
import { escapeXml, xmlDocument, xmlElement } from '#src/xml/write.js'
import { RecordingClient } from '../helpers/golden.js'
import { withServer } from '../server/helpers.js'

// Threat: a small document that takes much time or memory, or that reads what it should not.

const laughs = `<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol">${Array.from(
  { length: 9 },
  (_, i) => `<!ENTITY lol${i + 1} "${`&lol${i || ''};`.repeat(10)}">`,
).join('')}]>`
const external = '<!DOCTYPE x [<!ENTITY xxe SYSTEM "file:///etc/passwd">]>'
const parameter = '<!DOCTYPE x [<!ENTITY % p SYSTEM "http://127.0.0.1:1/x.dtd"> %p;]>'

/** Documents that must not be read, by what they try. */
const hostile: Record<string, (root: string, inside: string) => string> = {
  'a billion laughs': (root, inside) => `${laughs}<${root}>&lol9;${inside}</${root}>`,
  'an external entity': (root, inside) => `${external}<${root}>&xxe;${inside}</${root}>`,
  'a parameter entity': (root, inside) => `${parameter}<${root}>${inside}</${root}>`,
  'a declaration in lower case': (root, inside) => `<!doctype ${root}><${root}>${inside}</${root}>`,
  'a hundred thousand levels': (root, inside) =>
    `<${root}>${'<a>'.repeat(100_000)}${inside}${'</a>'.repeat(100_000)}</${root}>`,
  'levels that never end': (root, inside) => `<${root}>${inside}${'<a>'.repeat(100_000)}`,
  'more than eight million characters': (root, inside) =>
    `<${root}>${inside}<a>${'x'.repeat(8 * 1024 * 1024)}</a></${root}>`,
}

function clientOf(answer: { status: number; body: string }): Client {
  const credentialsProvider = new StaticCredentialsProvider('ak', 'sk')
  return new Client({
    region: 'cn-hangzhou',
    credentialsProvider,
    httpClient: new RecordingClient(answer),
    retryMaxAttempts: 1,
  })
}

for (const [name, make] of Object.entries(hostile)) {
  test(`${name} in an answer is an error`, async t => {
    const body = make('ListBucketResult', '<Contents><Key>k</Key></Contents>')
    const call = clientOf({ status: 200, body }).listObjectsV2({ bucket: 'bucket' })
    const error = await t.throwsAsync(call, { instanceOf: DeserializationError })
    t.true((error?.message.length ?? 0) < 500)
  })

  test(`${name} in an error leaves an error with its status, and reads nothing`, async t => {
    const body = make('Error', '<Code>NoSuchKey</Code>')
    const error = await t.throwsAsync(clientOf({ status: 404, body }).getBucketInfo({ bucket: 'bucket' }), {
      instanceOf: ServiceError,
    })
    t.is(error?.statusCode, 404)
    t.false(/root:|lollol/.test(`${error?.message} ${JSON.stringify(error?.details)}`))
    t.true((error?.snapshot.length ?? 0) <= 4096)
  })

  test(`${name} in a request is refused by the local server`, async t => {
    const tester = await withServer(t)
    const rule = '<CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule>'
    const body = make('CORSConfiguration', rule)
    const answer = await tester.send({
      method: 'PUT',
      bucket: 'bucket',
      query: { cors: '' },
      subResource: ['cors'],
      body,
    })
    t.is(answer.status, 400)
    t.is(answer.code, 'MalformedXML')
    const kept = await tester.send({ method: 'GET', bucket: 'bucket', query: { cors: '' }, subResource: ['cors'] })
    t.is(kept.code, 'NoSuchCORSConfiguration')
  })
}

test('no entity but those of XML is expanded, and each once', t => {
  const { root } = parseXml('<a>&amp;lt; &lol; &#60; &#x3c; &#x110000; &#0; &amp;amp;</a>')
  t.is(root.text, '&lt; &lol; < < &#x110000; \0 &amp;')
})

test('any document gives a value or a typed error, and changes no prototype', t => {
  const name = fc.constantFrom(
    'a',
    'Code',
    '__proto__',
    'constructor',
    'prototype',
    'toString',
    '#text',
    '#cdata',
    'x:y',
  )
  const part = fc.oneof(
    name.map(tag => `<${tag}>`),
    name.map(tag => `</${tag}>`),
    name.map(tag => `<${tag} a="b"/>`),
    fc.constantFrom('<![CDATA[', ']]>', '<!--', '-->', '<?', '?>', '&', '&amp;', '&x;', '<', '>', '<!DOCTYPE', '\0'),
    fc.string({ maxLength: 5 }),
  )
  fc.assert(
    fc.property(fc.array(part, { maxLength: 20 }), parts => {
      try {
        const { root } = parseXml(parts.join(''))
        for (const child of root.names()) root.children(child).map(({ text }) => text)
        return root.text.length >= 0
      } catch (error) {
        return error instanceof XmlSyntaxError
      }
    }),
    { numRuns: 5000 },
  )
  t.deepEqual(Object.keys(Object.prototype), [])
})

test('values cannot leave their element when a document is written', t => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string(), fc.constantFrom('</Key><Key>x', ']]>', '<!--', '&lt;', '"\'', '<?x?>')),
      value => {
        const { name, root } = parseXml(xmlDocument(xmlElement('Root', xmlElement('Key', escapeXml(value)))))
        return (
          name === 'Root' &&
          root.names().join() === 'Key' &&
          root.children('Key').length === 1 &&
          root.child('Key')?.text === value
        )
      },
    ),
    { numRuns: 1000 },
  )
  t.pass()
})

test('answers that are larger than any document are given up', async t => {
  const body = `<ListBucketResult>${'<Contents/>'.repeat(800_000)}</ListBucketResult>`
  const call = clientOf({ status: 200, body }).listObjectsV2({ bucket: 'bucket' })
  t.true((await t.throwsAsync(call)) instanceof OssError)
})
