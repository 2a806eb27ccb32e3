import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import test from 'ava'
import { InconsistentError, RequestError } from '#src/errors.js'
import { crc64 } from '#src/native/checksum.js'
import { ObjectBody } from '#src/pipeline/object-body.js'

const bytes = Buffer.from('{"answer":42}')
const expectedCrc64 = crc64(bytes).toString()

/** A body of bytes that have arrived already, and one of bytes that are still to come: both must behave alike. */
const sources = { 'bytes that have arrived': () => bytes, 'a stream': () => Readable.from([bytes]) }

for (const [name, source] of Object.entries(sources)) {
  const make = (options = {}) => new ObjectBody(source(), { operation: 'GetObject', expectedCrc64, ...options })

  test(`a body of ${name} can be taken whole in every form`, async t => {
    t.deepEqual(await make().bytes(), bytes)
    t.is(await make().text(), bytes.toString())
    t.deepEqual(await make().json(), { answer: 42 })
    t.deepEqual(Buffer.from(await make().arrayBuffer()), bytes)
    t.is(await (await make().blob()).text(), bytes.toString())
  })

  test(`a body of ${name} can be read as a stream`, async t => {
    const chunks: Buffer[] = []
    for await (const chunk of make()) chunks.push(chunk)
    t.deepEqual(Buffer.concat(chunks), bytes)
    const folder = mkdtempSync(join(tmpdir(), 'ferross-body-'))
    t.teardown(() => rmSync(folder, { recursive: true }))
    const path = join(folder, 'file')
    await make().pipeToFile(path)
    t.deepEqual(readFileSync(path), bytes)
  })

  test(`a body of ${name} is counted once`, async t => {
    const counted: number[] = []
    await make({ onChunk: (length: number) => counted.push(length) }).bytes()
    for await (const _ of make({ onChunk: (length: number) => counted.push(length) }));
    t.deepEqual(counted, [bytes.length, bytes.length])
  })

  test(`a body of ${name} with a wrong checksum fails, however it is taken`, async t => {
    const wrong = { expectedCrc64: '1' }
    const error = await t.throwsAsync(make(wrong).bytes(), { instanceOf: InconsistentError })
    t.is(error?.operation, 'GetObject')
    await t.throwsAsync(make(wrong).pipeToFile(join(tmpdir(), 'never')), { instanceOf: InconsistentError })
  })

  test(`a body of ${name} that was destroyed has nothing to give`, async t => {
    const body = make()
    body.destroy()
    await t.throwsAsync(body.bytes())
    t.true(body.destroyed)
  })
}

test('bytes that have arrived are handed over once', async t => {
  const body = new ObjectBody(bytes, { operation: 'GetObject' })
  t.is(await body.bytes(), bytes)
  await t.throwsAsync(body.bytes(), { instanceOf: RequestError })
})

test('no bytes are a body too', async t => {
  const counted: number[] = []
  const empty = () => new ObjectBody(Buffer.alloc(0), { operation: 'GetObject', onChunk: n => counted.push(n) })
  t.is((await empty().bytes()).length, 0)
  t.is(await new Response(Readable.toWeb(empty()) as ReadableStream).text(), '')
  t.deepEqual(counted, [])
})
