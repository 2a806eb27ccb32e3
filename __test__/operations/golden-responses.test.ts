import { Readable } from 'node:stream'
import test from 'ava'
import { Client, InconsistentError } from 'ferross'
import type { ObjectBody } from '#src/pipeline/object-body.js'
import { call, golden, goldenClient, goldenNames, RecordingClient, revive } from '../helpers/golden.js'

interface Case {
  name: string
  status: number
  headers: Record<string, string>
  body: string | { $base64: string }
  request?: unknown
  result?: Record<string, unknown>
  error?: string
}

interface RequestCase {
  name: string
  request: unknown
}

/**
 * Cases whose expected result is a fault of the reference: it finds nothing below a root with a default namespace. Names are
 * read without their namespace here, so the entry is found.
 */
const corrected: Readonly<Record<string, object>> = {
  'listObjects sample-2': { contents: [{ lastModified: new Date('2012-02-24T08:43:07.000Z') }] },
}

for (const method of goldenNames('responses/oss')) {
  if (!(method in Client.prototype)) continue
  test(`${method} reads answers as they are meant`, async t => {
    const cases = golden<Case[]>(`responses/oss/${method}.json`)
    const smallest = golden<RequestCase[]>(`requests/oss/${method}.json`).find(entry => entry.name === 'minimal')
    t.true(cases.length > 0)
    for (const entry of cases) {
      const body = typeof entry.body === 'string' ? entry.body : Buffer.from(entry.body.$base64, 'base64')
      const transport = new RecordingClient({ status: entry.status, headers: entry.headers, body })
      const client = goldenClient(transport, { retryMaxAttempts: 1 })
      const calling = () => call(client, method, revive(entry.request ?? smallest?.request))
      if (entry.error === 'crc-inconsistent') {
        await t.throwsAsync(calling, { instanceOf: InconsistentError }, entry.name)
        continue
      }
      const { headers, ...result } = await calling().catch(error => {
        throw new Error(`${method} ${entry.name}: ${error.stack}`)
      })
      t.is(typeof headers, 'object')
      const expected = { ...(revive(entry.result) as object), ...corrected[`${method} ${entry.name}`] } as Record<
        string,
        unknown
      >
      if (result.body instanceof Readable) await compareBody(t.is, entry.name, expected, result)
      t.deepEqual(plain(result), expected, entry.name)
    }
    t.log(`${cases.length} cases`)
  })
}

async function compareBody(
  is: (actual: string, expected: string, message: string) => unknown,
  name: string,
  expected: Record<string, unknown>,
  result: Record<string, unknown>,
): Promise<void> {
  const wanted = Buffer.isBuffer(expected.body) ? expected.body : Buffer.from(String(expected.body), 'utf8')
  const actual = await (result.body as ObjectBody).bytes()
  is(actual.toString('base64'), wanted.toString('base64'), `${name}: body`)
  delete expected.body
  delete result.body
}

/** Absent and undefined are the same to a caller. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null || value instanceof Date) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, inner]) => inner !== undefined)
      .map(([key, inner]) => [key, plain(inner)]),
  )
}
