import { inspect } from 'node:util'
import test from 'ava'
import fc from 'fast-check'
import { ParamInvalidError, PresignExpirationError } from '#src/errors.js'
import type { SigningContext } from '#src/signing/signer.js'
import { cachedKeysV4, canonicalRequestV4, SignerV4, signatureV4, signingKeyV4, timestampV4 } from '#src/signing/v4.js'

const signer = new SignerV4()
const time = new Date('2023-12-16T16:20:57.987Z')

function context(changes: Partial<SigningContext> = {}): SigningContext {
  return {
    method: 'PUT',
    bucket: 'bucket',
    key: 'key',
    query: {},
    headers: {},
    credentials: { accessKeyId: 'ak', accessKeySecret: 'sk' },
    region: 'cn-hangzhou',
    product: 'oss',
    signingTime: time,
    subResource: [],
    additionalHeaders: [],
    ...changes,
  }
}

function authorization(changes: Partial<SigningContext>): string | undefined {
  const made = context(changes)
  signer.sign(made)
  return made.headers.authorization
}

const record = fc.dictionary(fc.string({ unit: 'binary', minLength: 1 }), fc.string({ unit: 'binary' }))

test('the order of query parameters and of headers does not matter', t => {
  const headers = fc.dictionary(fc.stringMatching(/^x-oss-[a-z]{1,9}$/), fc.string())
  fc.assert(
    fc.property(record, headers, (query, given) => {
      const reversed = <T>(of: Record<string, T>) => Object.fromEntries(Object.entries(of).reverse())
      const one = authorization({ query: { ...query }, headers: { ...given } })
      return one === authorization({ query: reversed(query), headers: reversed(given) })
    }),
  )
  t.pass()
})

test('a query is sorted by name, not by name and value', t => {
  const parts = { method: 'GET', path: '/', headers: {}, additionalHeaders: [] }
  t.is(canonicalRequestV4({ ...parts, query: { 'a-b': '2', a: '1', 'a!': '' } }).split('\n')[2], 'a=1&a%21&a-b=2')
})

test('another query, header, method, key or secret gives another signature', t => {
  const all = [
    authorization({}),
    authorization({ query: { a: '' } }),
    authorization({ query: { a: '1' } }),
    authorization({ headers: { 'x-oss-a': '' } }),
    authorization({ headers: { 'content-type': 'a/b' } }),
    authorization({ method: 'GET' }),
    authorization({ key: 'other' }),
    authorization({ bucket: 'other' }),
    authorization({ credentials: { accessKeyId: 'ak', accessKeySecret: 'other' } }),
    authorization({ product: 'other' }),
    authorization({ region: 'cn-beijing' }),
  ].map(value => value?.replace(/.*Signature=/, ''))
  t.is(new Set(all).size, all.length)
})

test('signing again replaces the earlier signature', t => {
  const made = context({ additionalHeaders: ['Range'], headers: { range: 'bytes=0-9' } })
  signer.sign(made)
  const first = { ...made.headers }
  signer.sign(made)
  t.deepEqual(made.headers, first)
  t.regex(first.authorization!, /,AdditionalHeaders=range,Signature=[0-9a-f]{64}$/)
  const query = context()
  signer.presign(query, new Date(time.getTime() + 60_000))
  const presigned = { ...query.query }
  signer.presign(query, new Date(time.getTime() + 60_000))
  t.not(presigned['x-oss-signature'], undefined)
  t.deepEqual(query.query, presigned)
})

test('an additional header that only the prototype of an object has is left out', t => {
  t.notRegex(authorization({ additionalHeaders: ['constructor', 'toString'] })!, /AdditionalHeaders/)
})

test('a URL lives for whole seconds and for seven days at most', t => {
  const made = context()
  signer.presign(made, new Date(time.getTime() + 604_800_999))
  t.is(made.query['x-oss-expires'], '604800')
  t.throws(() => signer.presign(context(), new Date(time.getTime() + 604_801_000)), {
    instanceOf: PresignExpirationError,
  })
})

test('a missing region is reported by name', t => {
  t.is(t.throws(() => signer.sign(context({ region: '' })), { instanceOf: ParamInvalidError }).field, 'region')
})

test('time is written in UTC without fraction', t => {
  t.is(timestampV4(time), '20231216T162057Z')
})

test('a key is derived once, a few are kept, and none shows a secret', t => {
  const scope = { date: '20240102', region: 'r', product: 'oss' }
  const key = signingKeyV4('hunter2', scope)
  t.is(signingKeyV4('hunter2', { ...scope }), key)
  t.not(signatureV4(signingKeyV4('other', scope), ''), signatureV4(key, ''))
  t.notRegex(inspect(key, { depth: 9, showHidden: true }), /hunter2/)
  for (let day = 10; day < 60; day++) signingKeyV4('hunter2', { ...scope, date: `202401${day}` })
  t.true(cachedKeysV4() <= 8)
  const again = signingKeyV4('hunter2', scope)
  t.not(again, key)
  t.is(signatureV4(again, 'x'), signatureV4(key, 'x'))
})

test('a key in use outlives the ones that are not', t => {
  const scope = { date: '20250101', region: 'r', product: 'oss' }
  const key = signingKeyV4('in use', scope)
  for (let other = 0; other < 20; other++) {
    signingKeyV4(`other ${other}`, scope)
    t.is(signingKeyV4('in use', scope), key)
  }
})
