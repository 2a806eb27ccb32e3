import test from 'ava'
import type { Credentials } from '#src/credentials/credentials.js'
import { encodeQuery } from '#src/signing/encode.js'
import type { SigningContext } from '#src/signing/signer.js'
import { SignerV1, stringToSignV1 } from '#src/signing/v1.js'
import {
  additionalHeadersV4,
  canonicalPathV4,
  canonicalRequestV4,
  SignerV4,
  signedHeadersV4,
  stringToSignV4,
} from '#src/signing/v4.js'
import { goldenCases } from '../helpers/golden-cases.js'

interface Case {
  name: string
  signer: 'v1' | 'v4' | 'vectors-v4' | 'tables-v4'
  authMethod: 'header' | 'query'
  region: string
  product: string
  accountId?: string
  bucket: string | null
  key: string | null
  request: { method: string; url: string; headers: Record<string, string> }
  credentials: Credentials
  signingTime: Date
  expirationTime?: Date
  additionalHeaders?: string[]
  subResource?: string[]
  expected: {
    canonicalRequest?: string
    stringToSign: string
    signedHeaders?: string[]
    authorization?: string
    url?: string
    addedHeaders: Record<string, string>
  }
}

/** What the special services sign instead of `/bucket/key`. */
function resourceOf({ signer, region, accountId, bucket, key }: Case): string | undefined {
  if (signer === 'vectors-v4') {
    return bucket === null
      ? `/acs:ossvector:${region}::/`
      : `/acs:ossvector:${region}:${accountId}:${bucket}/${key ?? ''}`
  }
  if (signer === 'tables-v4') return `/${bucket ?? `acs:osstables:${region}::bucket/`}/${decodeURIComponent(key ?? '')}`
  return undefined
}

function contextOf(given: Case): SigningContext {
  const resource = resourceOf(given)
  return {
    method: given.request.method,
    bucket: given.bucket ?? undefined,
    key: given.key ?? undefined,
    ...(resource !== undefined && { resource }),
    query: Object.fromEntries(new URL(given.request.url).searchParams),
    headers: Object.fromEntries(
      Object.entries(given.request.headers).map(([name, value]) => [name.toLowerCase(), value]),
    ),
    credentials: given.credentials,
    region: given.region,
    product: given.product,
    signingTime: given.signingTime,
    subResource: given.subResource ?? [],
    additionalHeaders: given.additionalHeaders ?? [],
  }
}

const without = <T>(record: Record<string, T>, ...names: string[]) =>
  Object.fromEntries(Object.entries(record).filter(([name]) => !names.includes(name)))

const cases = goldenCases<Case>('signing')

test('the recorded cases cover every signer, in headers and in the query', t => {
  t.is(cases.length, 60)
  t.is(new Set(cases.map(({ signer, authMethod }) => `${signer} ${authMethod}`)).size, 8)
})

for (const given of cases) {
  test(given.name, t => {
    const { expected } = given
    const v1 = given.signer === 'v1'
    const context = contextOf(given)
    const before = { ...context.headers }
    const signer = v1 ? new SignerV1() : new SignerV4()
    let signed: string[] | undefined
    if (given.authMethod === 'query') signed = signer.presign(context, given.expirationTime!)
    else signer.sign(context)

    const { authorization, ...headers } = context.headers
    t.deepEqual(headers, { ...before, ...expected.addedHeaders })
    t.is<string | undefined, string | undefined>(authorization, expected.authorization)
    if (expected.url !== undefined) {
      const [address] = given.request.url.split('?')
      t.is(expected.url.split('?')[0], address)
      t.deepEqual(
        encodeQuery(context.query, { bareEmpty: true }).split('&').sort(),
        expected.url.split('?')[1]!.split('&').sort(),
      )
    }

    // What a verifier computes from the finished request.
    if (v1) {
      const date = given.authMethod === 'query' ? context.query.Expires! : headers.date!
      t.is(stringToSignV1({ ...context, headers, date }), expected.stringToSign)
      return
    }
    const query = without(context.query, 'x-oss-signature')
    const additionalHeaders = additionalHeadersV4(headers, context.additionalHeaders)
    const covered = signedHeadersV4(headers, additionalHeaders)
    t.deepEqual(covered, expected.signedHeaders)
    t.deepEqual(signed ?? covered, covered)
    const canonical = canonicalRequestV4({
      method: context.method,
      path: canonicalPathV4(context),
      query,
      headers,
      additionalHeaders,
    })
    t.is(canonical, expected.canonicalRequest!)
    const scope = { date: '20231216', region: given.region, product: given.product }
    t.is(stringToSignV4('20231216T162057Z', scope, canonical), expected.stringToSign)
  })
}
