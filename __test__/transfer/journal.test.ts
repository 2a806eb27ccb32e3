import { mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import fc from 'fast-check'
import { CheckpointError } from 'ferross'
import { Journal, readJournal, withJournalPath } from '#src/transfer/journal.js'
import { type JournalRecord, journalLine, parseJournal } from '#src/transfer/journal-format.js'
import { withFolder } from '../helpers/with-server.js'

const header = { ferross: 'upload', uploadId: 'u' }

function bytesOf(head: JournalRecord, records: readonly JournalRecord[]): Buffer {
  const first = journalLine(head)
  return Buffer.from(first.line + records.map(record => journalLine(record, first.crc64).line).join(''))
}

const someRecords = fc.array(
  fc.record({ part: fc.integer({ min: 1, max: 10_000 }), etag: fc.string({ unit: 'binary' }), crc64: fc.string() }),
  { maxLength: 20 },
)

/** JSON has no `-0` and the like: what a journal gives back is what JSON makes of a record. */
const asJson = (value: unknown) => JSON.parse(JSON.stringify(value))

test('what was written is read', t => {
  fc.assert(
    fc.property(someRecords, records => {
      t.deepEqual(parseJournal(bytesOf(header, records)), { header, records: asJson(records) })
    }),
  )
})

test('a journal cut anywhere gives a beginning of what was written, and never an error', t => {
  fc.assert(
    fc.property(someRecords, fc.nat(), (records, cut) => {
      const bytes = bytesOf(header, records)
      const found = parseJournal(bytes.subarray(0, cut % (bytes.length + 1)))
      if (found === undefined) return
      t.deepEqual(found.header, header)
      t.deepEqual(found.records, asJson(records.slice(0, found.records.length)))
    }),
  )
})

test('a journal changed anywhere gives nothing that was not written', t => {
  const change = fc.record({ at: fc.nat(), bit: fc.integer({ min: 0, max: 7 }) })
  fc.assert(
    fc.property(someRecords, fc.array(change, { minLength: 1, maxLength: 3 }), (records, changes) => {
      const bytes = bytesOf(header, records)
      for (const { at, bit } of changes) bytes[at % bytes.length]! ^= 1 << bit
      const found = parseJournal(bytes)
      if (found === undefined) return
      t.deepEqual(found.header, header)
      t.deepEqual(found.records, asJson(records.slice(0, found.records.length)))
    }),
    { numRuns: 500 },
  )
})

test('bytes that are no journal are none', t => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 500 }), bytes => parseJournal(bytes) === undefined))
  t.is(parseJournal(Buffer.from('')), undefined)
  t.is(parseJournal(Buffer.from('[]\n')), undefined)
  t.is(parseJournal(Buffer.from(journalLine([] as never).line)), undefined, 'a list is no record')
})

test('a record of another journal does not fit', t => {
  const foreign = journalLine({ part: 1 }, journalLine({ ...header, uploadId: 'other' }).crc64).line
  const found = parseJournal(Buffer.concat([bytesOf(header, [{ part: 2 }]), Buffer.from(foreign)]))
  t.deepEqual(found?.records, [{ part: 2 }])
})

test('a journal grows by records, survives a torn tail, and is removed without a trace', async t => {
  const folder = withFolder(t)
  const path = join(folder, 'deep', 'er', 'journal')
  const journal = await Journal.create(path, header, [{ part: 1 }])
  await Promise.all([2, 3, 4].map(part => journal.append({ part })))
  await journal.close()
  const read = await readJournal(path)
  t.deepEqual(
    read?.records.map(record => record.part),
    [1, 2, 3, 4],
  )
  truncateSync(path, readFileSync(path).length - 3)
  t.is((await readJournal(path))?.records.length, 3)
  const again = await Journal.create(path, header, read?.records)
  await again.remove()
  t.deepEqual(readdirSync(join(folder, 'deep', 'er')), [])
  t.is(await readJournal(path), undefined)
})

test('a journal that cannot be written is a CheckpointError with the reason', async t => {
  const folder = withFolder(t)
  writeFileSync(join(folder, 'file'), '')
  const error = await t.throwsAsync(Journal.create(join(folder, 'file', 'journal'), header), {
    instanceOf: CheckpointError,
  })
  t.regex(error?.message ?? '', /ENOTDIR|EEXIST/)
  mkdirSync(join(folder, 'folder', 'journal'), { recursive: true })
  await t.throwsAsync(Journal.create(join(folder, 'folder', 'journal'), header), { instanceOf: CheckpointError })
  t.deepEqual(readdirSync(join(folder, 'folder')), ['journal'], 'nothing is left beside')
  t.is(await readJournal(join(folder, 'folder', 'journal')), undefined, 'what cannot be read is no journal')
})

test('two transfers of a process do not share a journal', async t => {
  let end = () => {}
  const first = withJournalPath('x', () => new Promise<void>(resolve => (end = resolve)))
  await t.throwsAsync(
    withJournalPath('x', async () => {}),
    { instanceOf: CheckpointError },
  )
  end()
  await first
  await t.notThrowsAsync(withJournalPath('x', async () => {}))
})
