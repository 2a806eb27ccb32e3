import assert from 'node:assert/strict'
import { asksForBytes, every, reading, receiving, sendsBytes, writing } from './connection-faults.js'
import type { RawAnswer } from './fault-proxy.js'
import { type Scenario, strike } from './scenario.js'
import type { OperationName } from './tested-operations.js'
import type { World } from './world.js'

const broken = 'RequestError RequestError, retryable'
const unusable = 'ResponseError ResponseError, retryable'
const damaged = 'InconsistentError Inconsistent, retryable'
const damagedForGood = 'InconsistentError Inconsistent'
const unreadable = 'DeserializationError Deserialization'

function withHeader(answer: RawAnswer, name: string, value: string): RawAnswer {
  const others = answer.headers.filter(([other]) => other.toLowerCase() !== name)
  return { ...answer, headers: [...others, [name, value]] }
}

function withBody(answer: RawAnswer, body: Buffer | string): RawAnswer {
  const bytes = Buffer.from(body)
  return { ...withHeader(answer, 'content-length', String(bytes.length)), body: bytes }
}

function withoutCrc(answer: RawAnswer): RawAnswer {
  return { ...answer, headers: answer.headers.filter(([name]) => name.toLowerCase() !== 'x-oss-hash-crc64ecma') }
}

/** One byte of the body becomes another. */
function withFlippedByte(answer: RawAnswer, at: number): RawAnswer {
  const body = Buffer.from(answer.body)
  body.writeUInt8(body.readUInt8(at) ^ 0xff, at)
  return { ...answer, body }
}

const inBody = (world: World) => (length: number, headLength: number) => world.random.between(headLength, length)

/** Documents that are no listing, whoever put them there. */
const brokenDocuments: Readonly<Record<string, (xml: string, world: World) => string>> = {
  'that is cut off': (xml, { random }) => xml.slice(0, random.between(1, xml.lastIndexOf('<'))),
  'with an element that never ends': xml => xml.replace('</Contents>', ''),
  'that is a login page': () =>
    '<!DOCTYPE html><html><head><title>Sign in</title></head><body><p>Welcome<br></body></html>',
  'with entities that multiply': xml =>
    xml
      .replace(/^(<\?.*?\?>)?/, '$1<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>')
      .replace('source', '&b;'),
}

/** Documents that can be read, but say nothing. */
const emptyDocuments: Readonly<Record<string, string>> = {
  'that is empty': '',
  'of another operation': '<CompleteMultipartUploadResult><Key>k</Key></CompleteMultipartUploadResult>',
}

/** What is wrong with answers. */
export const answerFaults: readonly Scenario[] = [
  {
    fault: 'body cut short, connection ended, once',
    operations: receiving,
    outcome: 'succeeds',
    exceptions: { getObject: broken },
    arrange: (world, operation) =>
      strike(world, operation, () => ({ cutAt: inBody(world) }), {
        when: asksForBytes,
        times: 1,
        among: among(operation),
      }),
  },
  {
    fault: 'body cut short, connection ended, every time',
    operations: receiving,
    outcome: [broken, unusable],
    arrange: (world, operation) =>
      // Less than what counts as progress, or the transfer would go on and on, and rightly so.
      strike(world, operation, () => ({ cutAt: (_length, head) => head + world.random.between(0, 1000) }), {
        when: asksForBytes,
      }),
  },
  {
    fault: 'body longer than its Content-Length, once',
    operations: receiving,
    outcome: 'succeeds',
    checks: 'the surplus reaches nobody, and no later answer',
    arrange: (world, operation) =>
      changeOnce(world, operation, answer => ({
        ...answer,
        body: Buffer.concat([answer.body, world.random.bytes(500)]),
      })),
  },
  {
    fault: 'Content-Length too small, once',
    operations: receiving,
    outcome: 'succeeds',
    exceptions: { getObject: damaged },
    arrange: (world, operation) =>
      changeOnce(world, operation, answer =>
        withHeader(answer, 'content-length', String(world.random.between(0, answer.body.length))),
      ),
  },
  {
    fault: 'Content-Length too large, once',
    operations: receiving,
    outcome: 'succeeds',
    exceptions: { getObject: broken },
    arrange: (world, operation) =>
      changeOnce(world, operation, answer => withHeader(answer, 'content-length', String(answer.body.length + 700))),
  },
  {
    fault: 'two Content-Lengths that differ, every time',
    operations: ['headObject', 'getObject', 'downloadFile'],
    outcome: broken,
    arrange: (world, operation) =>
      strike(world, operation, () => ({
        change: answer => ({ ...answer, headers: [...answer.headers, ['Content-Length', '1']] }),
      })),
  },
  {
    fault: 'something that is not HTTP, once',
    operations: every,
    outcome: 'succeeds',
    arrange: (world, operation) =>
      strike(world, operation, () => ({ raw: world.random.bytes(world.random.between(1, 300)) }), { times: 1 }),
  },
  {
    fault: 'something that is not HTTP, every time',
    operations: every,
    outcome: broken,
    arrange: (world, operation) => strike(world, operation, () => ({ raw: '220 mail.example.com ESMTP\r\n' })),
  },
  {
    fault: 'a byte of the object changed on the way to the client, once',
    operations: ['getObject', 'getObjectToFile'],
    outcome: 'succeeds',
    exceptions: { getObject: damaged },
    arrange: (world, operation) =>
      strike(
        world,
        operation,
        () => ({ change: answer => withFlippedByte(answer, world.random.between(0, answer.body.length)) }),
        { when: asksForBytes, times: 1, among: 1 },
      ),
  },
  {
    fault: 'a byte of a part changed on the way to the client, once',
    operations: ['downloadFile', 'downloadTo'],
    outcome: damagedForGood,
    checks: 'the service states no CRC-64 of a range, so the damage shows at the end, and no file appears',
    arrange: (world, operation) =>
      changeOnce(world, operation, answer => withFlippedByte(answer, world.random.between(0, answer.body.length))),
  },
  {
    fault: 'a byte changed on the way to the service, once',
    operations: ['putObject', 'uploadFile', 'uploadFrom'],
    outcome: 'succeeds',
    checks: 'the part is sent again',
    arrange: (world, operation) => {
      const fault = world.server.faults.add({
        operation: operation === 'putObject' ? 'PutObject' : 'UploadPart',
        nth: operation === 'putObject' ? 1 : world.random.between(1, 5),
        corruptRequestByte: world.random.between(0, 1000),
      })
      return () => assert.equal(fault.applied, 1)
    },
  },
  {
    fault: 'wrong CRC-64 in the answer to an upload, every time',
    operations: ['putObject', 'uploadFile', 'uploadFrom'],
    outcome: damaged,
    arrange: (world, operation) =>
      strike(world, operation, () => ({ change: answer => withHeader(answer, 'x-oss-hash-crc64ecma', '42') }), {
        when: sendsBytes,
      }),
  },
  {
    fault: 'wrong CRC-64 of the completed object',
    operations: ['uploadFile', 'uploadFrom', 'copy'],
    outcome: damagedForGood,
    arrange: world => {
      const fault = world.server.faults.add({ operation: 'CompleteMultipartUpload', wrongCrc: true })
      return () => assert.equal(fault.applied, 1)
    },
  },
  {
    fault: 'no CRC-64 at all',
    operations: [...reading, ...writing],
    outcome: 'succeeds',
    arrange: (world, operation) => strike(world, operation, () => ({ change: withoutCrc })),
  },
  {
    fault: 'wrong Content-Range, once',
    operations: ['downloadFile', 'downloadTo'],
    outcome: 'succeeds',
    checks: 'no byte of it is used',
    arrange: (world, operation) =>
      changeOnce(world, operation, answer => withHeader(answer, 'content-range', `bytes 1-2/${world.content.length}`)),
  },
  {
    fault: 'the whole object in place of a range, every time',
    operations: ['downloadFile', 'downloadTo'],
    outcome: unusable,
    arrange: (world, operation) =>
      strike(
        world,
        operation,
        () => ({ change: answer => ({ ...withBody(answer, world.content), status: 'HTTP/1.1 200 OK' }) }),
        { when: asksForBytes },
      ),
  },
  ...Object.entries(brokenDocuments).map(
    ([what, change]): Scenario => ({
      fault: `a document ${what}`,
      operations: ['listObjectsV2', 'syncDown'],
      outcome: unreadable,
      checks: 'a sync deletes nothing',
      arrange: (world, operation) =>
        strike(world, operation, () => ({
          change: answer => withBody(answer, change(answer.body.toString(), world)),
        })),
    }),
  ),
  ...Object.entries(emptyDocuments).map(
    ([what, document]): Scenario => ({
      fault: `a document ${what}`,
      operations: ['syncDown'],
      outcome: unusable,
      checks: 'a sync deletes nothing; a single `listObjectsV2` gives a page without entries',
      arrange: (world, operation) => strike(world, operation, () => ({ change: answer => withBody(answer, document) })),
    }),
  ),
  {
    fault: 'an error document that cannot be read',
    operations: every,
    outcome: 'ServiceError BadErrorResponse',
    arrange: (world, operation) =>
      strike(world, operation, () => ({
        change: answer => ({
          ...withBody(answer, world.random.pick(['<Error><Code>NoSuch', '{"a":', '', '<html><p>418</html>'])),
          status: "HTTP/1.1 418 I'm a teapot",
        }),
      })),
  },
  {
    fault: 'status 500, once',
    operations: every,
    outcome: 'succeeds',
    arrange: (world, operation) =>
      strike(world, operation, () => ({ raw: 'HTTP/1.1 500 no\r\ncontent-length: 0\r\nconnection: close\r\n\r\n' }), {
        times: 1,
      }),
  },
  {
    fault: 'status 500 after the operation was performed, once',
    operations: every,
    outcome: 'succeeds',
    arrange: (world, operation) => strike(world, operation, () => status(500, 'InternalError'), { times: 1 }),
  },
  {
    fault: 'status 503, every time',
    operations: every,
    outcome: ['ServiceError ServiceUnavailable, retryable', 'ServiceError BadErrorResponse, retryable'],
    checks: 'a HEAD request has no document that could tell the code',
    partsMayStay: true,
    arrange: (world, operation) => strike(world, operation, () => status(503, 'ServiceUnavailable')),
  },
  {
    fault: 'redirects in a circle, not followed',
    operations: every,
    outcome: 'ServiceError BadErrorResponse',
    arrange: (world, operation) => strike(world, operation, () => ({ raw: redirect(world) })),
  },
  {
    fault: 'redirect to what is no address, followed',
    operations: reading,
    outcome: 'ServiceError BadErrorResponse',
    arrange: (world, operation) => {
      world.configure({ enabledRedirect: true })
      const location = world.random.pick(['http://[', 'ftp://127.0.0.1/', 'javascript:0', 'http://127.0.0.1:99999/'])
      return strike(world, operation, () => ({
        raw: `HTTP/1.1 302 Found\r\nlocation: ${location}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`,
      }))
    },
  },
  {
    fault: 'redirects in a circle, followed',
    operations: reading,
    outcome: 'ServiceError BadErrorResponse',
    checks: 'it ends after five',
    arrange: (world, operation) => {
      world.configure({ enabledRedirect: true })
      const check = strike(world, operation, () => ({ raw: redirect(world) }))
      return () => {
        check()
        assert.equal(world.proxy.struck, 6)
      }
    },
  },
]

/** Changes one of the answers that have bytes of the object. */
function changeOnce(world: World, operation: OperationName, change: (answer: RawAnswer) => RawAnswer) {
  return strike(world, operation, () => ({ change }), { when: asksForBytes, times: 1, among: among(operation) })
}

function among(operation: OperationName): number {
  return operation === 'downloadFile' || operation === 'downloadTo' ? 4 : 1
}

function status(code: number, name: string) {
  const change = (answer: RawAnswer) => ({
    ...withBody(answer, `<Error><Code>${name}</Code><Message>no</Message></Error>`),
    status: `HTTP/1.1 ${code} ${name}`,
  })
  return { change }
}

function redirect({ proxy }: World): string {
  return `HTTP/1.1 302 Found\r\nlocation: ${proxy.endpoint}/examplebucket/source\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`
}
