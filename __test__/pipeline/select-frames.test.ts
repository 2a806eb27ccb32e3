import { Readable } from 'node:stream'
import { crc32 } from 'node:zlib'
import test from 'ava'
import fc from 'fast-check'
import { DeserializationError, InconsistentError, OssError, ResponseError, ServiceError } from 'ferross'
import { framedBody, readEndFrame, SelectFrameDecoder } from '#src/pipeline/select-frames.js'
import { goldenClient, RecordingClient } from '../helpers/golden.js'

const types = { data: 0x800001, continuous: 0x800004, end: 0x800005, csvMetaEnd: 0x800006, jsonMetaEnd: 0x800007 }

function frame(type: number, payload: Buffer, headerChecksum?: number): Buffer {
  const header = Buffer.alloc(12)
  header.writeUInt32BE(type + 0x1000000, 0)
  header.writeUInt32BE(payload.length, 4)
  header.writeUInt32BE(headerChecksum ?? crc32(header.subarray(0, 8)), 8)
  return Buffer.concat([header, payload, number(crc32(payload), 4)])
}

function number(value: number, length: 4 | 8): Buffer {
  const bytes = Buffer.alloc(length)
  if (length === 4) bytes.writeUInt32BE(value)
  else bytes.writeBigUInt64BE(BigInt(value))
  return bytes
}

const data = (rows: string | Uint8Array) => frame(types.data, Buffer.concat([number(1, 8), Buffer.from(rows)]))
const continuous = () => frame(types.continuous, number(7, 8))
const end = (status = 206, message = '') =>
  frame(types.end, Buffer.concat([number(9, 8), number(30, 8), number(status, 4), Buffer.from(message)]))

const answer = {
  requestTarget: 'POST https://examplebucket.oss-cn-hangzhou.aliyuncs.com/a.csv',
  headers: { 'x-oss-request-id': '5C3D9175B6FC201293AD4A01' },
  checksums: true,
}

function decode(chunks: Buffer[], checksums = true): { text: string; scanned: number | undefined } {
  const decoder = new SelectFrameDecoder(checksums)
  const pieces = chunks.flatMap(chunk => decoder.push(chunk))
  return { text: Buffer.concat(pieces).toString('latin1'), scanned: decoder.finish().values.totalScannedBytes }
}

/** Cuts bytes at the given places. */
function cut(bytes: Buffer, places: number[]): Buffer[] {
  const at = [0, ...places.map(place => place % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]
  return at.slice(1).map((to, index) => bytes.subarray(at[index], to))
}

function bodyOf(...chunks: Buffer[]) {
  return framedBody(Readable.from(chunks), answer, { operation: 'SelectObject' })
}

const someFrames = fc.array(
  fc.oneof(
    fc.uint8Array({ maxLength: 40 }).map(rows => ({ rows, bytes: data(rows) })),
    fc.constant({ rows: new Uint8Array(), bytes: continuous() }),
  ),
  { maxLength: 8 },
)

test('the data of all frames comes out joined, whatever lies between', t => {
  const bytes = Buffer.concat([data('a,b\n'), continuous(), data(''), data('1,2\n'), end()])
  t.deepEqual(decode([bytes]), { text: 'a,b\n1,2\n', scanned: 30 })
})

test('frames may be split anywhere', t => {
  fc.assert(
    fc.property(someFrames, fc.array(fc.nat(), { maxLength: 20 }), (frames, places) => {
      const bytes = Buffer.concat([...frames.map(({ bytes }) => bytes), end()])
      const expected = Buffer.concat(frames.map(({ rows }) => rows)).toString('latin1')
      t.is(decode(cut(bytes, places)).text, expected)
    }),
  )
  const bytes = Buffer.concat([data('a,b\n'), continuous(), end()])
  t.is(decode(Array.from(bytes, (_, index) => bytes.subarray(index, index + 1))).text, 'a,b\n')
})

test('an answer that is cut short is a ResponseError, wherever the cut is', t => {
  fc.assert(
    fc.property(someFrames, fc.nat(), (frames, place) => {
      const bytes = Buffer.concat([...frames.map(({ bytes }) => bytes), end(206, 'x')])
      t.throws(() => decode([bytes.subarray(0, place % bytes.length)]), { instanceOf: ResponseError })
    }),
  )
})

test('a changed byte is noticed when there are checksums', t => {
  fc.assert(
    fc.property(someFrames, fc.nat(), fc.integer({ min: 1, max: 255 }), (frames, place, change) => {
      const bytes = Buffer.concat([...frames.map(({ bytes }) => bytes), end()])
      const at = place % bytes.length
      bytes[at] = bytes[at] ^ change
      t.throws(() => decode([bytes]), { instanceOf: OssError })
    }),
  )
})

test('bytes of any kind give data or a typed error, with and without checksums', t => {
  const starts = [Buffer.alloc(0), Buffer.from([1, 0x80, 0, 1, 0, 0, 0]), Buffer.from([1, 0x80, 0, 5, 0, 0, 0])]
  fc.assert(
    fc.property(
      fc.constantFrom(...starts),
      fc.uint8Array({ maxLength: 200 }),
      fc.boolean(),
      (start, bytes, checksums) => {
        try {
          decode([Buffer.concat([start, bytes])], checksums)
        } catch (error) {
          t.true(error instanceof OssError, String(error))
        }
      },
    ),
  )
})

test('a wrong checksum of a payload is an InconsistentError, and passes when none was asked for', t => {
  const bytes = Buffer.concat([data('a,b\n'), end()])
  bytes.writeUInt32BE(1, 12 + 12)
  const error = t.throws(() => decode([bytes]), { instanceOf: InconsistentError })
  t.is(error?.serverCrc, '1')
  t.is(decode([bytes], false).text, 'a,b\n')
})

test('a header without a checksum passes, one with a wrong checksum does not', t => {
  const payload = Buffer.concat([number(1, 8), Buffer.from('a')])
  t.is(decode([Buffer.concat([frame(types.data, payload, 0), end()])]).text, 'a')
  t.throws(() => decode([frame(types.data, payload, 5)]), { instanceOf: InconsistentError })
})

test('unknown versions, types and lengths are refused at once', t => {
  const header = (bytes: number[]) => () => decode([Buffer.from([...bytes, 0, 0, 0, 0])])
  const expected = (message: RegExp) => ({ instanceOf: DeserializationError, message })
  t.throws(header([2, 0x80, 0, 1, 0, 0, 0, 9]), expected(/version 2, expected 1/))
  t.throws(header([1, 0x80, 0, 2, 0, 0, 0, 9]), expected(/unknown type 0x800002/))
  t.throws(header([1, 0x80, 0, 1, 0, 0, 0, 7]), expected(/payload of 7 bytes/))
  t.throws(header([1, 0x80, 0, 1, 0xff, 0, 0, 0]), expected(/payload of 4278190080 bytes/))
  t.throws(header([1, 0x80, 0, 5, 0, 0x20, 0, 0]), expected(/payload of 2097152 bytes/))
  t.throws(header([1, 0x80, 0, 6, 0, 0, 0, 35]), expected(/payload of 35 bytes/))
})

test('nothing may follow the last frame', t => {
  t.throws(() => decode([end(), continuous()]), { instanceOf: DeserializationError, message: /after its last frame/ })
})

test('a failure in the last frame is a ServiceError of the body', async t => {
  const body = bodyOf(data('a,b\n'), end(400, 'InvalidCsvLine,Other.Line 7 has no end.'))
  const expected = { instanceOf: ServiceError, code: 'InvalidCsvLine', message: 'Line 7 has no end.' }
  const error = await t.throwsAsync(body.text(), expected)
  t.is(error.statusCode, 400)
  t.is(error.requestId, '5C3D9175B6FC201293AD4A01')
  t.is(error.operation, 'SelectObject')
  t.is(error.requestTarget, answer.requestTarget)
  t.deepEqual(error.details, { Codes: 'InvalidCsvLine,Other' })
})

test('a failure without words still has a code', async t => {
  await t.throwsAsync(bodyOf(end(500)).bytes(), { instanceOf: ServiceError, code: 'BadErrorResponse' })
})

test('a body that is cut short or damaged fails, one that nobody reads does nothing', async t => {
  await t.throwsAsync(bodyOf(data('a')).bytes(), { instanceOf: ResponseError })
  await t.throwsAsync(bodyOf(Buffer.from('<html>no frames</html>')).bytes(), { instanceOf: DeserializationError })
  const ignored = bodyOf(Buffer.from('<html>no frames</html>'))
  await new Promise(resolve => setImmediate(resolve))
  t.false(ignored.destroyed)
  ignored.destroy()
})

test('a reader that is slow holds the source back', async t => {
  let given = 0
  const source = new Readable({
    highWaterMark: 1024,
    read() {
      given++
      this.push(given === 1000 ? end() : given > 1000 ? null : data(Buffer.alloc(64 * 1024, given)))
    },
  })
  const body = framedBody(source, answer, { operation: 'SelectObject' })
  const reader = body[Symbol.asyncIterator]()
  await reader.next()
  await new Promise(resolve => setImmediate(resolve))
  t.true(given < 50, `${given} frames were read ahead`)
  await reader.return?.()
  t.true(source.destroyed)
})

test('the figures of an object come from the last frame', t => {
  const figures = [number(7, 8), number(8, 8), number(200, 4), number(3, 4), number(9, 8)]
  const csv = frame(types.csvMetaEnd, Buffer.concat([...figures, number(4, 4)]))
  const json = frame(types.jsonMetaEnd, Buffer.concat(figures))
  const expected = { totalScannedBytes: 8, splitsCount: 3, rowsCount: 9 }
  t.deepEqual(readEndFrame(Buffer.concat([continuous(), csv]), answer), { ...expected, colsCount: 4 })
  t.deepEqual(readEndFrame(json, answer), { ...expected, colsCount: 0 })
  t.throws(() => readEndFrame(end(200), answer), { instanceOf: DeserializationError, message: /no figures/ })
  t.throws(() => readEndFrame(end(400, 'InvalidJsonData.x'), answer), {
    instanceOf: ServiceError,
    code: 'InvalidJsonData',
  })
})

test('the request decides whether checksums are compared', async t => {
  const bytes = Buffer.concat([data('a'), end()])
  bytes.writeUInt32BE(1, 12 + 9)
  const client = goldenClient(new RecordingClient({ status: 206, body: bytes }))
  const select = async (enablePayloadCrc: boolean) => {
    const selectRequest = { outputSerialization: { enablePayloadCrc } }
    const { body } = await client.selectObject({
      bucket: 'examplebucket',
      key: 'a.csv',
      process: 'csv/select',
      selectRequest,
    })
    return body?.text()
  }
  t.is(await select(false), 'a')
  const error = await t.throwsAsync(select(true), { instanceOf: InconsistentError })
  t.is(error.operation, 'SelectObject')
})

test('a request for figures names the format that it describes', async t => {
  const transport = new RecordingClient()
  const client = goldenClient(transport, { retryMaxAttempts: 1 })
  const root = async (
    process: string,
    selectMetaRequest: Parameters<typeof client.createSelectObjectMeta>[0]['selectMetaRequest'],
  ) => {
    const request = { bucket: 'examplebucket', key: 'a', process, selectMetaRequest }
    await t.throwsAsync(client.createSelectObjectMeta(request), { instanceOf: DeserializationError })
    return /<(\w+)[/>]/.exec(String(transport.requests.at(-1)?.body))?.[1]
  }
  t.is(await root('csv/meta', {}), 'CsvMetaRequest')
  t.is(await root('json/meta', {}), 'JsonMetaRequest')
  t.is(await root('csv/meta', { inputSerialization: { json: { type: 'LINES' } } }), 'JsonMetaRequest')
  t.is(await root('json/meta', { inputSerialization: { csv: {}, json: {} } }), 'JsonMetaRequest')
  t.is(await root('json/meta', { $type: 'CSVMetaRequest' }), 'CsvMetaRequest')
})
