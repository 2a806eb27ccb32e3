import assert from 'node:assert/strict'
import { type Agent, request as send } from 'node:http'
import fc from 'fast-check'
import type { LocalServer } from 'ferross/server'
import type { OperationData } from '#src/binding/operation.js'
import { decodeRequest, RequestMismatch } from '#src/binding/serve-decode.js'
import * as registry from '#src/operations/index.js'
import { addressOf, checkBucketName, checkKey } from '#src/server/addressing.js'
import { authenticate } from '#src/server/auth/authenticate.js'
import { callbackBody } from '#src/server/callback/body.js'
import { imageInfo } from '#src/server/callback/image-info.js'
import { readCallback, readFormCallback } from '#src/server/callback/wish.js'
import { Failure } from '#src/server/failure.js'
import { checkPolicy, isPublic } from '#src/server/policy-document.js'
import { readForm, readRest } from '#src/server/post/form.js'
import { boundaryOf, MultipartError, MultipartReader } from '#src/server/post/multipart-reader.js'
import { readPolicy } from '#src/server/post/policy.js'
import { readRange } from '#src/server/ranges.js'
import { readCsv } from '#src/server/select/csv-rows.js'
import { readJson } from '#src/server/select/input.js'
import { parseSql } from '#src/server/select/sql.js'
import { readTagging } from '#src/server/tags.js'
import { checkPrototypes, cut, givesOrRejects, givesOrThrows, mutated, mutatedBytes, textLike } from './mutate.js'
import type { FuzzTarget } from './target.js'

const operations = registry as unknown as Readonly<Record<string, OperationData>>

const base64 = (text: string) => Buffer.from(text).toString('base64')

// What looks like templates here are variables of the service.
// biome-ignore-start lint/suspicious/noTemplateCurlyInString: see above
const callback = JSON.stringify({
  callbackUrl: '127.0.0.1:1;http://localhost/x',
  callbackHost: 'h',
  callbackBody: 'bucket=${bucket}&size=${size}&mine=${x:mine}',
  callbackBodyType: 'application/json',
})
const oddCallback = '{"callbackUrl":{"toString":1},"callbackBody":{"valueOf":2,"toString":3},"x:a":["b"]}'

const policy = JSON.stringify({
  expiration: '2126-01-01T00:00:00.000Z',
  conditions: [
    { bucket: 'examplebucket' },
    ['content-length-range', 1, 1000],
    ['starts-with', '$key', 'a'],
    ['in', '$content-type', ['image/jpg', 'image/png']],
  ],
})

const bucketPolicy = JSON.stringify({
  Version: '1',
  Statement: [{ Effect: 'Allow', Action: ['oss:GetObject'], Principal: ['*'], Resource: ['acs:oss:*:*:b/*'] }],
})

const form = Buffer.from(
  [
    ...['--edge', 'Content-Disposition: form-data; name="key"', '', 'a/${filename}'],
    ...['--edge', 'Content-Disposition: form-data; name="x:var"', '', 'value'],
    ...[
      '--edge',
      'Content-Disposition: form-data; name="file"; filename="b.txt"',
      'Content-Type: text/plain',
      '',
      'content',
    ],
    ...['--edge--', ''],
  ].join('\r\n'),
)

// biome-ignore-end lint/suspicious/noTemplateCurlyInString: see above

/** Documents that operations take, by operation. */
const documents: readonly (readonly [operation: string, text: string])[] = [
  [
    'completeMultipartUpload',
    '<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>"a"</ETag></Part></CompleteMultipartUpload>',
  ],
  [
    'deleteMultipleObjects',
    '<Delete><Quiet>true</Quiet><Object><Key>a</Key><VersionId>v</VersionId></Object></Delete>',
  ],
  ['putBucketTags', '<Tagging><TagSet><Tag><Key>k</Key><Value>v</Value></Tag></TagSet></Tagging>'],
  [
    'putBucketCors',
    '<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod><MaxAgeSeconds>5</MaxAgeSeconds></CORSRule></CORSConfiguration>',
  ],
  [
    'putBucketLifecycle',
    '<LifecycleConfiguration><Rule><ID>r</ID><Prefix>a</Prefix><Status>Enabled</Status><Expiration><Days>3</Days></Expiration></Rule></LifecycleConfiguration>',
  ],
]

const authorizations = [
  'OSS4-HMAC-SHA256 Credential=id/20261127/cn-hangzhou/oss/aliyun_v4_request, AdditionalHeaders=host, Signature=abc',
  'OSS id:c2lnbmF0dXJl',
]

const sql =
  "select s.a, _1, _2 from ossobject s where (a = 'x''y' and b > 3.5) or not c like 'a%_b' and d is null limit 10"

/** What the local server is sent by others. */
export const serverTargets: readonly FuzzTarget[] = [
  {
    name: 'server: ranges',
    property: fc.property(
      textLike('bytes=0-499', 'bytes=-5', 'bytes=7-'),
      fc.constantFrom(undefined, 'standard'),
      fc.nat(),
      (text, behavior, size) => {
        const range = givesOrThrows(() => readRange(text, behavior, size), Failure)
        if (range) assert.ok(range.start >= 0 && range.start < range.end && range.end <= size, JSON.stringify(range))
      },
    ),
  },
  {
    name: 'server: callbacks',
    property: fc.property(
      fc.oneof(mutated(callback, oddCallback).map(base64), textLike(base64(callback))),
      fc.oneof(fc.json(), mutated('{"x:mine":"1"}')),
      (text, variables) => {
        const incoming = {
          method: 'PUT',
          path: '/b/k',
          query: {},
          headers: { 'x-oss-callback': text, 'x-oss-callback-var': base64(variables) },
          host: 'h',
        }
        const wish = givesOrThrows(() => readCallback(incoming), Failure)
        if (wish) assert.equal(typeof callbackBody(wish, { bucket: 'b', size: 1 }), 'string')
        givesOrThrows(
          () =>
            readFormCallback(
              new Map([
                ['callback', text],
                ['x:a', variables],
              ]),
            ),
          Failure,
        )
        checkPrototypes()
      },
    ),
  },
  {
    name: 'server: policies of forms',
    property: fc.property(fc.oneof(mutated(policy), fc.json()), text => {
      const found = givesOrThrows(() => readPolicy(base64(text), Date.UTC(2026, 10, 27)), Failure)
      if (found)
        givesOrThrows(
          () =>
            found.check(
              new Map([
                ['key', 'a'],
                ['content-type', 'image/png'],
              ]),
            ),
          Failure,
        )
      checkPrototypes()
    }),
  },
  {
    name: 'server: policies of buckets',
    property: fc.property(fc.oneof(textLike(bucketPolicy), fc.json()), text => {
      const found = givesOrThrows(() => checkPolicy(text), Failure)
      if (found) assert.equal(typeof isPublic(found), 'boolean')
    }),
  },
  {
    name: 'server: forms',
    property: fc.asyncProperty(mutatedBytes(form), fc.array(fc.nat(), { maxLength: 8 }), async (bytes, places) => {
      const read = async (pieces: readonly Buffer[]) => {
        const reader = new MultipartReader(
          (async function* () {
            yield* pieces
          })(),
          'edge',
        )
        const { fields } = await readForm(reader)
        const content: Buffer[] = []
        for await (const piece of reader.content()) content.push(Buffer.from(piece))
        await readRest(reader)
        return [...fields, Buffer.concat(content).toString('latin1')]
      }
      const whole = await givesOrRejects(() => read([bytes]), Failure, MultipartError)
      const pieces = await givesOrRejects(() => read(cut(bytes, places)), Failure, MultipartError)
      assert.deepEqual(pieces, whole, 'where it is cut makes no difference')
    }),
  },
  {
    name: 'server: boundaries of forms',
    property: fc.property(
      textLike('multipart/form-data; boundary=edge', 'multipart/form-data; charset=x; boundary="a b"'),
      text => {
        givesOrThrows(() => boundaryOf(text), MultipartError)
      },
    ),
  },
  {
    name: 'server: documents of requests',
    property: fc.property(
      fc.constantFrom(...documents).chain(([name, text]) => fc.tuple(fc.constant(name), textLike(text))),
      ([name, document]) => {
        const operation = operations[name] as OperationData
        givesOrThrows(
          () => decodeRequest(operation, { bucket: 'b', key: 'k', query: { uploadId: 'u' }, headers: {}, document }),
          RequestMismatch,
          Failure,
        )
        checkPrototypes()
      },
    ),
  },
  {
    name: 'server: signatures',
    property: fc.property(
      textLike(...authorizations),
      fc.dictionary(
        fc.constantFrom(
          'x-oss-signature-version',
          'x-oss-credential',
          'x-oss-date',
          'x-oss-expires',
          'x-oss-signature',
          'OSSAccessKeyId',
          'Expires',
          'Signature',
          'x-oss-additional-headers',
        ),
        textLike('OSS4-HMAC-SHA256', 'id/20261127/cn-hangzhou/oss/aliyun_v4_request', '20261127T000000Z', '60'),
      ),
      fc.boolean(),
      (authorization, parameters, inHeader) => {
        // What was percent-encoded UTF-8 has no halves of characters.
        const wellFormed = (text: string) => Buffer.from(text).toString()
        const query = Object.fromEntries(Object.entries(parameters).map(([name, text]) => [name, wellFormed(text)]))
        const headers = {
          'x-oss-date': query['x-oss-date'] ?? '20261127T000000Z',
          date: 'x',
          ...(inHeader && { authorization }),
        }
        const incoming = { method: 'GET', path: '/b/k', query, headers, host: 'h' }
        const verifier = {
          credentials: [{ accessKeyId: 'id', accessKeySecret: 'secret' }],
          region: 'cn-hangzhou',
          now: Date.UTC(2026, 10, 27),
        }
        const identity = givesOrThrows(() => authenticate(incoming, { bucket: 'b', key: 'k' }, verifier, []), Failure)
        assert.equal(identity?.accessKeyId, undefined, 'nobody gets in without the secret')
      },
    ),
  },
  {
    name: 'server: SQL',
    property: fc.property(textLike(sql), text => void givesOrThrows(() => parseSql(text), Failure)),
  },
  {
    name: 'server: CSV and JSON to select from',
    property: fc.asyncProperty(
      mutatedBytes(Buffer.from('a,b\n"x ""y""",2\n#c\n'), Buffer.from('{"a":[1,{"b":null}]}\n{"a":2}\n')),
      fc.array(fc.nat(), { maxLength: 5 }),
      async (bytes, places) => {
        const source = () =>
          (async function* () {
            yield* cut(bytes, places)
          })()
        const form = { recordDelimiter: '\n', fieldDelimiter: ',', quote: '"', comment: '#' }
        await givesOrRejects(async () => {
          for await (const row of readCsv(source(), form)) assert.ok(Array.isArray(row))
        }, Failure)
        for (const type of ['LINES', 'DOCUMENT'])
          await givesOrRejects(async () => {
            for await (const _row of readJson(source(), type));
          }, Failure)
      },
    ),
  },
  {
    name: 'server: tags, addresses, images',
    property: fc.property(
      textLike('a=b&c=d', 'bucket.oss-cn-hangzhou.aliyuncs.com', '/bucket/key%20x'),
      fc.uint8Array({ maxLength: 60 }),
      (text, bytes) => {
        givesOrThrows(() => readTagging(text), Failure)
        const address = givesOrThrows(() => addressOf(text, `/${text}`, () => true), Failure)
        if (address?.bucket !== undefined) givesOrThrows(() => checkBucketName(address.bucket as string), Failure)
        if (address?.key !== undefined) givesOrThrows(() => checkKey(address.key as string), Failure)
        for (const begin of [[0xff, 0xd8, 0xff, 0xc0], [0x89, 0x50, 0x4e, 0x47], []])
          imageInfo(Buffer.from([...begin, ...bytes]))
      },
    ),
  },
]

const subresources = [
  'acl',
  'cors',
  'tagging',
  'uploads',
  'uploadId=x',
  'partNumber=1&uploadId=x',
  'list-type=2&max-keys=3',
  'versions',
  'policy',
  'lifecycle',
  'x-oss-process=image/resize',
  'append&position=0',
  'delete',
  'restore',
  'symlink',
  'objectMeta',
  'location',
  'stat',
  'website',
  'comp=select',
  'encryption',
  'versioning',
  'logging',
  'referer',
  'inventory',
  'worm',
  'metaQuery',
  'callback=e30=',
]
const headerNames = [
  'content-md5',
  'x-oss-copy-source',
  'range',
  'x-oss-meta-a',
  'x-oss-acl',
  'x-oss-tagging',
  'x-oss-storage-class',
  'if-modified-since',
  'x-oss-callback',
  'x-oss-forbid-overwrite',
  'x-oss-server-side-encryption',
  'origin',
  'x-oss-traffic-limit',
  'content-encoding',
  'expires',
]

/** Whole requests to a server that lets everybody in: whatever is sent, it answers, and never with its own failure. */
export function liveTarget(server: LocalServer, agent: Agent): FuzzTarget {
  const parts = fc.record({
    method: fc.constantFrom('GET', 'PUT', 'POST', 'DELETE', 'HEAD', 'OPTIONS'),
    path: fc.oneof(
      fc.constantFrom('/examplebucket/k', '/examplebucket', '/examplebucket/', '/'),
      mutated('examplebucket/some/key').map(path => `/${path}`),
    ),
    query: fc.oneof(mutated(...subresources), fc.constantFrom(...subresources)),
    headers: fc.dictionary(
      fc.constantFrom(...headerNames),
      textLike('/examplebucket/k', 'bytes=0-3', 'a=b', 'true', base64(callback)),
      { maxKeys: 3 },
    ),
    body: fc.oneof(textLike(...documents.map(([, text]) => text)), fc.constant('')),
  })
  return {
    name: 'server: whole requests',
    cost: 4,
    property: fc.asyncProperty(parts, async ({ method, path, query, headers, body }) => {
      const target = encodeURI(Buffer.from(`${path}?${query}`).toString()).replace(/[#\s]/g, '')
      const sent: Record<string, string> = { 'content-length': String(Buffer.byteLength(body)) }
      for (const [name, value] of Object.entries(headers)) sent[name] = value.replace(/[^\t\x20-\x7e\x80-\xff]/g, '')
      const status = await new Promise<number>((resolve, reject) => {
        const asked = send(
          { port: server.port, host: '127.0.0.1', method, path: target, headers: sent, agent },
          answer => {
            answer
              .resume()
              .on('end', () => resolve(answer.statusCode ?? 0))
              .on('error', reject)
          },
        )
        asked.on('error', reject).end(body)
      })
      assert.ok(status >= 200 && status !== 500 && status < 600, `${method} ${target} gave ${status}`)
    }),
  }
}
