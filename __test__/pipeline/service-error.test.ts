import { inspect } from 'node:util'
import test from 'ava'
import fc from 'fast-check'
import { ServiceError } from '#src/errors.js'
import { type ErrorAnswer, parseServiceError, serverTimeOf } from '#src/pipeline/service-error.js'
import { StandardRetryer } from '#src/retry/standard-retryer.js'
import { goldenCases } from '../helpers/golden-cases.js'

interface Case {
  name: string
  operation: string
  status: number
  headers: Record<string, string>
  body: string
  expected: Record<string, unknown>
  retryable: boolean
}

function parse(body: string | Uint8Array, changes: Partial<ErrorAnswer> = {}): ServiceError {
  const url = 'https://b.oss-cn-hangzhou.aliyuncs.com/k?x-oss-signature=s3cret'
  return parseServiceError({ statusCode: 400, headers: {}, method: 'GET', url, body, ...changes })
}

const cases = goldenCases<Case>('errors')
const retryer = new StandardRetryer()

test('the recorded cases are there', t => {
  t.is(cases.length, 29)
})

for (const { name, operation, status, headers, body, expected, retryable } of cases) {
  test(name, t => {
    const method = operation === 'headObject' ? 'HEAD' : 'GET'
    for (const sent of [body, Buffer.from(body)]) {
      const error = parse(sent, { statusCode: status, headers, method })
      t.true(error instanceof ServiceError)
      for (const [field, value] of Object.entries(expected)) {
        const actual = field === 'errorFields' ? error.details : Reflect.get(error, field)
        if (typeof value === 'object' && value !== null && '$any' in value)
          t.true(typeof actual === 'string' && actual !== '')
        else t.deepEqual(actual, value, field)
      }
      t.is(error.retryable, retryable)
      t.is(retryer.isRetryable(error), retryable)
      t.is(error.hostId, error.details.HostId)
    }
  })
}

test('the target has no query, where signatures are', t => {
  const error = parse('')
  t.is(error.requestTarget, 'GET https://b.oss-cn-hangzhou.aliyuncs.com/k')
  t.notRegex(JSON.stringify(error), /s3cret/)
  t.is(parse('', { url: 'http://h/a#b?c' }).requestTarget, 'GET http://h/a')
})

/** What may not be found in an error, and a document that the service answers a wrong signature with. */
const told = ['TOKEN-5e0f', '54 4f 4b 45', 'SIGNATURE-77', 'AAAABBBBCCCCDDDDEEEEFFFF']
const mismatch = `<?xml version="1.0"?><Error><Code>SignatureDoesNotMatch</Code><Message>does not match</Message>
  <RequestId>id</RequestId><OSSAccessKeyId>ak</OSSAccessKeyId><SignatureProvided>SIGNATURE-77</SignatureProvided>
  <StringToSign>GET\n\nx-oss-security-token:TOKEN-5e0f\n/b/k?signature=SIGNATURE-77</StringToSign>
  <StringToSignBytes>47 45 54 54 4f 4b 45</StringToSignBytes>
  <CanonicalRequest>GET\n&#x54;OKEN-5e0f TOKEN-5e0f</CanonicalRequest><EC>0002-00000040</EC>
  <Other>Authorization: OSS ak:AAAABBBBCCCCDDDDEEEEFFFF=, x-oss-signature=SIGNATURE-77&amp;x=y</Other></Error>`

function everythingOf(error: ServiceError): string {
  const header = Buffer.from(error.headers['x-oss-err'] ?? '', 'base64').toString()
  const views = [JSON.stringify(error), inspect(error, { depth: 9, showHidden: true }), error.message, error.stack]
  return [...views, header].join('\n')
}

test('what the service repeats of a signed request is in no view of the error', t => {
  const json = JSON.stringify({ Error: { Code: 'SignatureDoesNotMatch', StringToSign: 'a\\"TOKEN-5e0f', EC: 'ec' } })
  const encoded = Buffer.from(mismatch).toString('base64')
  const forms: [string, Record<string, string>][] = [
    [mismatch, {}],
    ['', { 'x-oss-err': encoded }],
    [mismatch.replace('</Other>', ''), {}],
    [mismatch.slice(0, mismatch.indexOf('TOKEN-5e0f') + 20), {}],
    [json, { 'content-type': 'application/json' }],
  ]
  for (const [body, headers] of forms) {
    const error = parse(body, { statusCode: 403, headers })
    const seen = everythingOf(error)
    for (const secret of told) t.false(seen.includes(secret), `${secret} in ${seen}`)
    t.is(error.headers['content-type'], headers['content-type'] as string)
  }
  const { code, requestId, ec, details } = parse(mismatch, { statusCode: 403 })
  t.deepEqual([code, requestId, ec], ['SignatureDoesNotMatch', 'id', '0002-00000040'])
  t.is(details.StringToSign, '[redacted]')
  t.is(details.OSSAccessKeyId, 'ak', 'an id is no secret, and says whose request it was')
})

test('cutting secrets out takes no longer for a hostile document', t => {
  const size = 200_000
  for (const piece of ['<StringToSign', '<StringToSign>', '"StringToSign":"\\', 'signature ', 'security-token ']) {
    t.true(parse(piece.repeat(Math.ceil(size / piece.length))) instanceof ServiceError)
  }
})

test('the time of the document wins over the header when clocks are compared', t => {
  const date = 'Sun, 17 Dec 2023 03:30:09 GMT'
  const document = '<Error><Code>RequestTimeTooSkewed</Code><ServerTime>2023-12-17T04:00:00.000Z</ServerTime></Error>'
  const both = parse(document, { headers: { date } })
  t.is(serverTimeOf(both)?.toISOString(), '2023-12-17T04:00:00.000Z')
  t.is(both.timestamp?.toISOString(), '2023-12-17T03:30:09.000Z')
  t.is(serverTimeOf(parse('<Error/>', { headers: { date } }))?.toISOString(), '2023-12-17T03:30:09.000Z')
  t.is(parse(document).timestamp?.toISOString(), '2023-12-17T04:00:00.000Z')
  t.is(serverTimeOf(parse('', { headers: { date: 'soon' } })), undefined)
  t.is(parse('').timestamp, undefined)
})

test('a document in x-oss-err counts only when there is no body', t => {
  const headers = { 'x-oss-err': Buffer.from('<Error><Code>FromHeader</Code></Error>').toString('base64') }
  t.is(parse('', { headers }).code, 'FromHeader')
  t.is(parse('', { headers: { ...headers, 'content-type': 'application/json' } }).code, 'FromHeader')
  t.is(parse('<Error><Code>FromBody</Code></Error>', { headers }).code, 'FromBody')
  t.is(parse('', { headers: { 'x-oss-err': '%%%' } }).code, 'BadErrorResponse')
})

test('the message says why an answer could not be read', t => {
  t.regex(parse('').message, /no body/)
  t.regex(parse('<html/>').message, /<html>/)
  t.regex(parse('plain').message, /XML/)
  t.regex(parse('<!DOCTYPE x><Error><Code>Entity</Code>').message, /XML/)
  t.regex(parse('x', { headers: { 'content-type': 'application/json; charset=utf-8' } }).message, /JSON/)
})

test('a damaged JSON document gives up what is whole', t => {
  const error = parse('{"Error":{"Code":"A","Message":"say \\"b\\" 中","Re', {
    headers: { 'content-type': 'application/json' },
  })
  t.is(error.code, 'A')
  t.is(error.message, 'say "b" 中')
})

test('members that are not text are shown as JSON', t => {
  const body = JSON.stringify({ Error: { Code: 'A', Count: 3, List: [1], None: null } })
  const error = parse(body, { headers: { 'content-type': 'application/json' } })
  t.deepEqual(error.details, { Code: 'A', Count: '3', List: '[1]' })
})

test('only the beginning of a long body is kept', t => {
  t.is(parse('x'.repeat(100_000)).snapshot.length, 4096)
})

test('no body whatever makes it throw', t => {
  const headers = fc.record(
    {
      'content-type': fc.constantFrom('application/json', 'application/xml'),
      'x-oss-err': fc.string(),
      'x-oss-error-type': fc.string(),
    },
    { requiredKeys: [] },
  )
  const fragments = fc.constantFrom(
    '<Error>',
    '</Error>',
    '<Code>',
    '</Code>',
    '&#x1;',
    '{"Error":',
    '"Code":"',
    '}',
    ']]>',
    '<![CDATA[',
    'é',
  )
  const body = fc.oneof(
    fc.string(),
    fc.array(fragments).map(parts => parts.join('')),
    fc.uint8Array(),
  )
  fc.assert(
    fc.property(body, headers, (sent, given) => {
      t.true(parse(sent, { headers: given as Record<string, string> }) instanceof ServiceError)
    }),
    { numRuns: 1000 },
  )
})
