import test from 'ava'
import type { Flow } from '#src/http/received-body.js'
import { ReceivedResponse } from '#src/http/received-response.js'

/** A connection that remembers what was asked of it. */
class Connection implements Flow {
  readonly calls: string[] = []
  pause(): void {
    this.calls.push('pause')
  }
  resume(): void {
    this.calls.push('resume')
  }
  abort(reason: Error): void {
    this.calls.push(`abort: ${reason.message}`)
  }
}

function respond(...chunks: string[]): { response: ReceivedResponse; connection: Connection } {
  const connection = new Connection()
  const response = new ReceivedResponse(200, { etag: '"1"' }, connection)
  for (const chunk of chunks) {
    const bytes = Buffer.from(chunk)
    response.accept(bytes)
    // The transport reuses its memory as soon as the call is over.
    bytes.fill(0)
  }
  return { response, connection }
}

async function read(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of body) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

test('a small body that has arrived can be taken whole', t => {
  const { response } = respond('hello')
  t.is(response.takeWhole(), undefined)
  response.finish()
  t.is(response.takeWhole()?.toString(), 'hello')
})

test('a response without a body gives no bytes', async t => {
  const { response } = respond()
  response.finish()
  t.is(response.takeWhole()?.length, 0)
  t.is(await read(response.body), '')
})

test('bodies that arrive one after the other keep their own bytes', t => {
  const bodies = Array.from({ length: 50 }, (_, i) => {
    const text = String(i).repeat(1000)
    const { response } = respond(text)
    response.finish()
    return [response.takeWhole()?.toString(), text] as const
  })
  for (const [taken, sent] of bodies) t.is(taken, sent)
})

test('the stream gives what arrived before it was asked for, and what came after', async t => {
  const { response } = respond('one ')
  const all = read(response.body)
  response.accept(Buffer.from('two'))
  response.finish()
  t.is(await all, 'one two')
  t.is(response.takeWhole(), undefined)
})

test('a body in several pieces, or a long one, is a stream', async t => {
  for (const chunks of [['one ', 'two'], ['x'.repeat(100_000)]]) {
    const { response } = respond(...chunks)
    response.finish()
    t.is(response.takeWhole(), undefined)
    t.is(await read(response.body), chunks.join(''))
  }
})

test('a body that breaks off before anybody looks at it fails whoever reads it', async t => {
  const { response, connection } = respond('half')
  response.fail(new Error('reset'))
  t.is(response.takeWhole(), undefined)
  await t.throwsAsync(read(response.body), { message: 'reset' })
  t.deepEqual(connection.calls, ['abort: reset'])
})

test('a copy of a response has its body', async t => {
  const { response } = respond('hello')
  response.finish()
  const copy = { ...response, statusCode: 206 }
  t.is(copy.headers.etag, '"1"')
  t.is(await read(copy.body), 'hello')
  t.is(copy.body, response.body)
})
