import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import { type SelectRequest, ServiceError } from 'ferross'
import { Failure } from '#src/server/failure.js'
import { readCsv, writeCsv } from '#src/server/select/csv-rows.js'
import { parseSql } from '#src/server/select/sql.js'
import { withServer } from '../helpers/with-server.js'

const bucket = 'bucket'
const key = 'data'

const encode = (text: string) => Buffer.from(text).toString('base64')

const people = [
  'name,city,age,note',
  'Ada,London,36,"first, of all"',
  'Bo,Bergen,7,"says ""hi"""',
  'Cy,London,52,',
  '# a comment',
  'Di,Lima,19,"two\nlines"',
].join('\n')

async function withObject(t: ExecutionContext, body: string | Uint8Array) {
  const { client, server } = await withServer(t)
  await client.putBucket({ bucket })
  await client.putObject({ bucket, key, body })
  const run = async (process: string, sql: string, more: SelectRequest = {}) => {
    const selectRequest = { expression: encode(sql), ...more }
    const { body: rows } = await client.selectObject({ bucket, key, process, selectRequest })
    return (await rows?.text()) ?? ''
  }
  const csv = (sql: string, form: object = {}, more: SelectRequest = {}) => {
    const input = { fileHeaderInfo: 'Use', commentCharacter: encode('#'), ...form }
    return run('csv/select', sql, { inputSerialization: { csv: input }, ...more })
  }
  const failure = async (call: Promise<unknown>) =>
    (await t.throwsAsync<ServiceError>(call, { instanceOf: ServiceError })).code
  return { client, server, run, csv, failure }
}

test('columns, conditions and limits of a CSV object', async t => {
  const { csv } = await withObject(t, people)
  t.is(await csv('select name, age from ossobject'), 'Ada,36\nBo,7\nCy,52\nDi,19\n')
  t.is(
    await csv("SELECT * FROM ossobject WHERE age > 30 AND city = 'London' LIMIT 1"),
    'Ada,London,36,"first, of all"\n',
  )
  t.is(await csv("select s.note from ossobject as s where s.name like '_o'"), '"says ""hi"""\n')
  t.is(await csv("select name from ossobject where note like '%lines'"), 'Di\n')
  t.is(await csv("select count(*) from ossobject where city = 'London' or age < 10"), '3\n')
  t.is(await csv('select name from ossobject where not (age between 10 and 40)'), 'Bo\nCy\n')
  t.is(await csv("select name from ossobject where city in ('Lima', 'Bergen') and note is not null"), 'Bo\nDi\n')
  t.is(await csv('select _1, _3 from ossobject where cast(_3 as int) = 19'), 'Di,19\n')
  t.is(await csv('select name from ossobject limit 0'), '')
})

test('the first line of a CSV object is data, passed over, or names', async t => {
  const { csv, failure } = await withObject(t, 'a,b\n1,2\n')
  t.is(await csv('select _2 from ossobject', { fileHeaderInfo: 'None' }), 'b\n2\n')
  t.is(await csv('select _2 from ossobject', { fileHeaderInfo: 'Ignore' }), '2\n')
  t.is(await csv('select b from ossobject', { fileHeaderInfo: 'Use' }), '2\n')
  t.is(await failure(csv('select b from ossobject', { fileHeaderInfo: 'Ignore' })), 'InvalidSqlParameter')
  t.is(await csv('select b from ossobject', {}, { outputSerialization: { outputHeader: true } }), 'b\n2\n')
  t.is(await csv('select b from ossobject', {}, { outputSerialization: { keepAllColumns: true } }), ',2\n')
})

test('delimiters are those of the request, for input and output', async t => {
  const { csv } = await withObject(t, "x;y\r\n1;'a;b'\r\n")
  const input = { recordDelimiter: encode('\r\n'), fieldDelimiter: encode(';'), quoteCharacter: encode("'") }
  const output = { recordDelimiter: encode('|'), fieldDelimiter: encode('\t') }
  t.is(await csv('select * from ossobject', input, { outputSerialization: { csv: output } }), '1\ta;b|')
})

test('rows of JSON lines are found by paths', async t => {
  const lines = [
    { id: 1, who: { name: 'Ada', tags: ['x', 'y'] }, ok: true },
    { id: 2, who: { name: 'Bo' }, ok: false },
    { id: 3.5, who: { name: 'Cy', tags: ['z'] } },
  ]
  const { run } = await withObject(t, lines.map(line => `${JSON.stringify(line)}\n`).join(''))
  const json = (sql: string, more: SelectRequest = {}) =>
    run('json/select', sql, { inputSerialization: { json: { type: 'LINES' } }, ...more })
  t.is(await json('select s.who.name from ossobject s where s.id >= 2'), '{"name":"Bo"}\n{"name":"Cy"}\n')
  t.is(await json('select * from ossobject s where s.ok = true'), `${JSON.stringify(lines[0])}\n`)
  t.is(await json("select s.id from ossobject s where s.who.tags[0] = 'z'"), '{"id":3.5}\n')
  t.is(await json('select count(*) from ossobject s where s.who.tags is null'), '{"_1":1}\n')
  t.is(await json('select s.id, s.ok from ossobject s limit 1'), '{"id":1,"ok":true}\n')
  const skip = { options: { skipPartialDataRecord: true, maxSkippedRecordsAllowed: 1 } }
  t.is(await json('select s.ok from ossobject s', skip), '{"ok":true}\n{"ok":false}\n')
})

test('a JSON document has rows inside', async t => {
  const { run } = await withObject(t, JSON.stringify({ people: [{ n: 1 }, { n: 2 }] }))
  const sql = 'select s.n from ossobject.people[*] s where s.n > 1'
  t.is(await run('json/select', sql, { inputSerialization: { json: { type: 'DOCUMENT' } } }), '{"n":2}\n')
})

test('the answer is in frames with checksums, or raw', async t => {
  const body = Array.from({ length: 40_000 }, (_, index) => `${index},some text\n`).join('')
  const { csv, client } = await withObject(t, body)
  const form = { fileHeaderInfo: 'None' }
  const framed = await csv('select * from ossobject', form, { outputSerialization: { enablePayloadCrc: true } })
  t.is(framed, body)
  t.is(await csv('select * from ossobject', form, { outputSerialization: { outputRawData: true } }), body)
  const answer = await client.selectObject({
    bucket,
    key,
    process: 'csv/select',
    selectRequest: { expression: encode('select * from ossobject') },
  })
  t.is(answer.statusCode, 206)
  t.is(answer.headers['x-oss-select-output-raw'], 'false')
  answer.body?.destroy()
})

test('compressed objects are read', async t => {
  const { run } = await withObject(t, gzipSync('a,b\n1,2\n'))
  const input = { compressionType: 'GZIP', csv: { fileHeaderInfo: 'Ignore' } }
  t.is(await run('csv/select', 'select _1 from ossobject', { inputSerialization: input }), '1\n')
})

test('an object is counted, which permits ranges', async t => {
  const { client, csv, failure } = await withObject(t, 'a,b\n1,2\n3,4\n')
  const range = { fileHeaderInfo: 'None', range: 'line-range=1-1' }
  t.is(await failure(csv('select _1 from ossobject', range)), 'SelectCsvMetaUnavailable')
  const meta = await client.createSelectObjectMeta({
    bucket,
    key,
    process: 'csv/meta',
    selectMetaRequest: { inputSerialization: { csv: {} } },
  })
  t.like(meta, { rowsCount: 3, colsCount: 2, splitsCount: 1, totalScannedBytes: 12 })
  t.is(await csv('select _1 from ossobject', range), '1\n')
  await client.putObject({ bucket, key, body: '{"a":1}\n{"a":2}\n' })
  const json = await client.createSelectObjectMeta({
    bucket,
    key,
    process: 'json/meta',
    selectMetaRequest: { inputSerialization: { json: { type: 'LINES' } } },
  })
  t.like(json, { rowsCount: 2, colsCount: 0 })
})

test('mistakes are told: at once, or in the last frame', async t => {
  const { csv, run, failure } = await withObject(t, `a\n${'1\n'.repeat(50_000)}"open`)
  t.is(await failure(csv('selec a from ossobject')), 'SqlSyntaxError')
  t.is(await failure(csv('select max(a) from ossobject')), 'NotImplemented')
  t.is(await failure(csv('select a from ossobject order by a')), 'NotImplemented')
  t.is(await failure(csv('select nothing from ossobject')), 'InvalidSqlParameter')
  t.is(await failure(run('csv/select', 'x', { expression: '%%%' })), 'InvalidSqlParameter')
  t.is(
    await failure(run('json/select', 'select * from ossobject', { inputSerialization: { json: { type: 'LINES' } } })),
    'InvalidJsonData',
  )
  t.is(await failure(csv('select a from ossobject')), 'InvalidCsvLine')
})

test('a query whose answer is lost or given up lets go of the object', async t => {
  const { client, server } = await withObject(t, 'a,b\n'.repeat(1_000_000))
  const selectRequest = { expression: encode('select * from ossobject') }
  const request = { bucket, key, process: 'csv/select', selectRequest }
  server.faults.add({ operation: 'SelectObject', afterEffect: true, code: 'InternalError' })
  server.faults.add({ operation: 'SelectObject', afterEffect: true, dropConnection: true, nth: 2 })
  const given = await client.selectObject(request)
  given.body?.destroy()
  await client.deleteObject({ bucket, key })
  t.true(server.requests.count('SelectObject') >= 2)
  const { directory } = server
  const files = async () =>
    (await readdir(join(directory, 'content'), { recursive: true, withFileTypes: true })).filter(each => each.isFile())
  // The server notices that nobody reads with its next write, not at once.
  while ((await files()).length > 0) await setImmediate()
  t.pass()
})

test('whatever is written as CSV reads back, however it is cut', async t => {
  const form = { recordDelimiter: '\n', fieldDelimiter: ',', quote: '"', comment: undefined }
  const field = fc
    .array(fc.constantFrom('a', ',', '"', '\n', ' ', 'ü', '👍'), { maxLength: 6 })
    .map(parts => parts.join(''))
  const rows = fc.array(fc.array(field, { minLength: 2, maxLength: 4 }), { maxLength: 6 })
  await fc.assert(
    fc.asyncProperty(rows, fc.integer({ min: 1, max: 9 }), async (lines, step) => {
      const bytes = Buffer.from(lines.map(line => writeCsv(line, form)).join(''))
      const source = (async function* () {
        for (let at = 0; at < bytes.length; at += step) yield bytes.subarray(at, at + step)
      })()
      const read: string[][] = []
      for await (const line of readCsv(source, form)) read.push(line)
      t.deepEqual(read, lines)
    }),
    { numRuns: 200 },
  )
})

test('no text makes the SQL parser do anything but parse or refuse', t => {
  const word = fc.constantFrom(
    'select',
    'from',
    'ossobject',
    'where',
    'and',
    '(',
    ')',
    "'a'",
    '1',
    '*',
    ',',
    'like',
    'a',
    '=',
    'limit',
    'not',
    'in',
    '[',
    '.',
  )
  fc.assert(
    fc.property(fc.array(word, { maxLength: 14 }), words => {
      try {
        parseSql(`select a from ossobject where ${words.join(' ')}`)
      } catch (error) {
        if (!(error instanceof Failure)) throw error
      }
    }),
    { numRuns: 500 },
  )
  t.throws(() => parseSql(`select a from ossobject where ${'('.repeat(10_000)}`), { instanceOf: Failure })
})
