import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import {
  DeserializationError,
  OssError,
  ParamInvalidError,
  ParamRequiredError,
  ResponseError,
  ServiceError,
} from 'ferross'
import { decodeResponse } from '#src/binding/decode-response.js'
import type { Operation } from '#src/binding/operation.js'
import { parseEndpoint, resolveEndpoint } from '#src/client/endpoint.js'
import { parseCredentials } from '#src/credentials/document.js'
import { parseIni } from '#src/credentials/ini.js'
import { findProfile } from '#src/credentials/profile-file.js'
import { splitCommand } from '#src/credentials/split-command.js'
import { moveToBlock, moveToSegments, parseContentRange, parseRange } from '#src/encryption/range.js'
import * as registry from '#src/operations/index.js'
import { SelectFrameDecoder } from '#src/pipeline/select-frames.js'
import { parseServiceError } from '#src/pipeline/service-error.js'
import { dataFrame, endFrame } from '#src/server/select/frames.js'
import { resolveRange } from '#src/transfer/download-range.js'
import { journalLine, parseJournal } from '#src/transfer/journal-format.js'
import { decodeCursor, encodeCursor } from '#src/transfer/list-cursor.js'
import { keyToPath, type NameRules } from '#src/transfer/safe-path.js'
import { parseXml, type XmlElement, XmlSyntaxError } from '#src/xml/parse.js'
import { checkPrototypes, cut, givesOrThrows, mutated, mutatedBytes, textLike } from './mutate.js'
import type { FuzzTarget } from './target.js'

const operations = registry as unknown as Readonly<Record<string, Operation<unknown, object> | undefined>>

const golden = '__test__/golden/responses/oss'

/** Answers of the service, with the operation that each belongs to. */
function* goldenAnswers(): Generator<{ operation: Operation<unknown, object>; body: string }> {
  for (const file of readdirSync(golden)) {
    const operation = operations[file.replace('.json', '')]
    if (operation === undefined || operation.streams) continue
    const cases = JSON.parse(readFileSync(`${golden}/${file}`, 'utf8')) as { body?: string }[]
    for (const { body } of cases) if (typeof body === 'string' && body.startsWith('<')) yield { operation, body }
  }
}

const answers = [...goldenAnswers()]

function walk(element: XmlElement, depth = 0): number {
  let count = element.text.length
  for (const name of element.names()) {
    for (const child of element.children(name)) count += walk(child, depth + 1)
  }
  return count
}

const errorXml =
  '<?xml version="1.0" encoding="UTF-8"?><Error><Code>NoSuchKey</Code><Message>The key &amp; more</Message>' +
  '<RequestId>5C3D9175B6FC201293AD4A01</RequestId><HostId>h</HostId><EC>0026-00000001</EC></Error>'
const errorJson = '{"Error":{"Code":"NoSuchKey","Message":"no","RequestId":"5C3D","HostId":"h","EC":"0026-00000001"}}'

const header = journalLine({ ferross: 'upload', uploadId: 'u', path: '/a', size: 7 })
const records = [1, 2, 3].map(part => ({ part, etag: `"${part}"`, crc64: String(part * 7) }))
const journal = Buffer.from(header.line + records.map(record => journalLine(record, header.crc64).line).join(''))

const frames = Buffer.concat([
  dataFrame(3, Buffer.from('a,b\n1,2\n'), true),
  dataFrame(9, Buffer.from('3,4\n'), true),
  endFrame(12, 206, '', true),
])

const ini =
  '[default]\nenable = true\ntype = access_key\naccess_key_id = ID\naccess_key_secret = S3CR3T\n[other]\ntype=sts\n'
const cli = JSON.stringify({
  current: 'a',
  profiles: [
    { name: 'a', mode: 'ChainableRamRoleArn', source_profile: 'b', ram_role_arn: 'acs:ram::1:role/x' },
    { name: 'b', mode: 'AK', access_key_id: 'ID', access_key_secret: 'S3CR3T' },
  ],
})
const credentials = JSON.stringify({
  Code: 'Success',
  AccessKeyId: 'ID',
  AccessKeySecret: 'S3CR3T',
  SecurityToken: 'TOKEN',
  Expiration: '2026-11-27T00:00:00Z',
})

/** What the client reads, and did not write itself. */
export const clientTargets: readonly FuzzTarget[] = [
  {
    name: 'XML documents',
    property: fc.property(textLike(...answers.slice(0, 40).map(({ body }) => body)), text => {
      const parsed = givesOrThrows(() => parseXml(text), XmlSyntaxError)
      if (parsed) assert.ok(walk(parsed.root) <= text.length, 'nothing grows')
      checkPrototypes()
    }),
  },
  {
    name: 'answers of every operation',
    property: fc.property(
      fc.constantFrom(...answers).chain(({ operation, body }) => fc.tuple(fc.constant(operation), mutated(body))),
      ([operation, text]) => {
        const answer = { statusCode: 200, headers: { 'x-oss-request-id': 'r' }, text, callback: false }
        const result = givesOrThrows(() => decodeResponse(operation, answer), DeserializationError)
        if (result) assert.equal(Object.getPrototypeOf(result), Object.prototype)
        checkPrototypes()
      },
    ),
  },
  {
    name: 'headers of answers',
    property: fc.property(
      fc.constantFrom('headObject', 'putObject', 'getObject', 'appendObject', 'getObjectMeta'),
      fc.dictionary(
        fc.constantFrom(
          'content-length',
          'last-modified',
          'etag',
          'x-oss-next-append-position',
          'x-oss-meta-a',
          'x-oss-restore',
          'expires',
          'x-oss-hash-crc64ecma',
          'content-md5',
          'x-oss-tagging-count',
          'age',
          'x-oss-meta-__proto__',
        ),
        textLike('12', 'Fri, 24 Feb 2012 06:07:48 GMT', '"5B3C1A2E"', 'ongoing-request="true"'),
      ),
      (name, headers) => {
        const operation = operations[name] as Operation<unknown, object>
        givesOrThrows(
          () => decodeResponse(operation, { statusCode: 200, headers, text: '', callback: false }),
          DeserializationError,
        )
        checkPrototypes()
      },
    ),
  },
  {
    name: 'errors of the service',
    property: fc.property(
      fc.oneof(mutatedBytes(Buffer.from(errorXml), Buffer.from(errorJson)), fc.uint8Array({ maxLength: 200 })),
      fc.dictionary(
        fc.constantFrom('content-type', 'x-oss-err', 'x-oss-ec', 'date', 'x-oss-request-id', 'x-oss-error-code'),
        textLike('application/json', 'application/xml', Buffer.from(errorXml).toString('base64')),
      ),
      fc.integer({ min: 300, max: 599 }),
      (body, headers, statusCode) => {
        const error = parseServiceError({
          statusCode,
          headers,
          body,
          method: 'GET',
          url: 'http://h/k?Signature=secret',
        })
        assert.ok(error instanceof ServiceError && typeof error.code === 'string')
        assert.ok(typeof error.message === 'string' && !error.requestTarget.includes('secret'))
        checkPrototypes()
      },
    ),
  },
  {
    name: 'ranges',
    property: fc.property(textLike('bytes=0-499', 'bytes=500-', 'bytes=-500'), fc.nat(), (text, size) => {
      const range = givesOrThrows(() => resolveRange(text, size), ParamInvalidError)
      if (range)
        assert.ok(range.offset >= 0 && range.length >= 0 && range.offset + range.length <= size, JSON.stringify(range))
      const wanted = parseRange(text)
      if (wanted === undefined) return
      for (const moved of [moveToBlock(wanted), moveToSegments(wanted, 65_536)]) {
        assert.match(moved.rangeHeader, /^bytes=(?:\d|-|e|\+|Infinity|\.)+$/)
      }
    }),
  },
  {
    name: 'Content-Range',
    property: fc.property(textLike('bytes 0-499/1234', 'bytes 0-499/*', 'bytes */10'), text => {
      givesOrThrows(() => parseContentRange(text), ResponseError)
    }),
  },
  {
    name: 'journals of transfers',
    property: fc.property(fc.oneof(mutatedBytes(journal), fc.uint8Array({ maxLength: 300 })), bytes => {
      const found = parseJournal(bytes)
      if (found === undefined) return
      assert.equal(found.header.uploadId, 'u', 'only what was written is read')
      // Lines may be missing at the end, or be others that were written; none can be made up.
      for (const record of found.records) assert.ok(records.some(({ part }) => part === record.part))
    }),
  },
  {
    name: 'frames of SelectObject',
    property: fc.property(mutatedBytes(frames), fc.array(fc.nat(), { maxLength: 10 }), (bytes, places) => {
      const decode = (chunks: readonly Buffer[]) => {
        try {
          const decoder = new SelectFrameDecoder(true)
          const pieces = chunks.flatMap(chunk => decoder.push(chunk).map(piece => Buffer.from(piece)))
          decoder.finish()
          return Buffer.concat(pieces).toString('latin1')
        } catch (error) {
          if (!(error instanceof OssError)) throw error
          return error.code
        }
      }
      const whole = decode([bytes])
      assert.equal(decode(cut(bytes, places)), whole, 'where it is cut makes no difference')
    }),
  },
  {
    name: 'endpoints',
    property: fc.property(
      textLike('oss-cn-hangzhou.aliyuncs.com', 'https://1.2.3.4:8080', 'http://[::1]:80/', 'user@host'),
      text => {
        const parsed = givesOrThrows(() => parseEndpoint(text), ParamInvalidError)
        const resolved = givesOrThrows(
          () => resolveEndpoint({ endpoint: text, region: 'cn-hangzhou' }),
          ParamInvalidError,
          ParamRequiredError,
        )
        for (const host of [parsed?.host, resolved?.host]) {
          if (host !== undefined) assert.doesNotMatch(host, /[\s/@?#\\]/, host)
        }
      },
    ),
  },
  {
    name: 'profiles and INI files',
    property: fc.property(
      textLike(ini, cli),
      fc.constantFrom<string | undefined>(undefined, 'default', 'a', 'b', 'other', '__proto__'),
      (text, name) => {
        parseIni(text)
        try {
          findProfile(text, name)
        } catch (error) {
          assert.equal((error as Error).constructor, Error)
          assert.ok(!(error as Error).message.includes('S3CR3T'), 'errors keep secrets')
        }
        checkPrototypes()
      },
    ),
  },
  {
    name: 'documents with credentials',
    property: fc.property(textLike(credentials), text => {
      try {
        const found = parseCredentials(text, 'the answer')
        assert.ok(found.accessKeyId !== '' && found.accessKeySecret !== '')
      } catch (error) {
        assert.equal((error as Error).constructor, Error)
        assert.ok(!(error as Error).message.includes('S3CR3T'), 'errors keep secrets')
      }
    }),
  },
  {
    name: 'command lines',
    property: fc.property(
      textLike('get-credentials --profile "my own" \'x y\' a\\ b'),
      fc.constantFrom<NodeJS.Platform>('linux', 'win32'),
      (text, platform) => {
        const words = givesOrThrows(() => splitCommand(text, platform), Error)
        for (const word of words ?? []) assert.equal(typeof word, 'string')
      },
    ),
  },
  {
    name: 'cursors of listings',
    property: fc.property(
      fc.oneof(
        textLike(encodeCursor([{ after: 'a', until: 'b' }])),
        fc.json().map(text => Buffer.from(text).toString('base64url')),
      ),
      text => {
        for (const { after } of givesOrThrows(() => decodeCursor(text), ParamInvalidError) ?? [])
          assert.equal(typeof after, 'string')
      },
    ),
  },
  {
    name: 'keys as paths',
    property: fc.property(
      textLike('a/b/c.txt', '../x', 'a//b', 'CON', 'a\\b'),
      fc.constantFrom<NameRules>('posix', 'windows', 'portable'),
      (key, rules) => {
        const found = keyToPath(key, rules)
        for (const segment of 'segments' in found ? found.segments : []) {
          assert.ok(
            segment !== '' && segment !== '.' && segment !== '..' && !segment.includes('/') && !segment.includes('\0'),
          )
          if (rules !== 'posix') assert.doesNotMatch(segment, /[\\:]/)
        }
      },
    ),
  },
]
