import { createHash } from 'node:crypto'
import test, { type ExecutionContext } from 'ava'
import { Client, type ClientOptions, OssError } from 'ferross'
import {
  call,
  errorClasses,
  golden,
  goldenClient,
  goldenNames,
  type Recorded,
  RecordingClient,
  revive,
  splitUrl,
  xmlTree,
} from '../helpers/golden.js'

interface Case {
  name: string
  config?: ClientOptions
  request: unknown
  error?: string
  field?: string
  http?: {
    method: string
    scheme: string
    host: string
    path: string
    query: [string, string][]
    headers: Record<string, string>
    body: null | { xml?: string; json?: unknown; text?: string; base64?: string }
  }
}

const notCompared = /^(authorization|date|x-oss-date|user-agent|connection|host)$/

for (const method of goldenNames('requests/oss')) {
  if (!(method in Client.prototype)) continue
  test(`${method} puts on the wire what the reference does`, async t => {
    const cases = golden<Case[]>(`requests/oss/${method}.json`)
    t.true(cases.length > 0)
    for (const entry of cases) {
      const transport = new RecordingClient()
      const calling = () => call(goldenClient(transport, entry.config), method, revive(entry.request))
      if (entry.error !== undefined) {
        const error = await t.throwsAsync(calling, { instanceOf: errorClasses[entry.error] as never }, entry.name)
        if (entry.field !== undefined) t.is(Reflect.get(error as object, 'field'), entry.field, entry.name)
        t.is(transport.requests.length, 0, `${entry.name}: nothing is sent`)
      } else {
        // The canned answer has no document, which some operations rightly refuse; the request is what matters here.
        await calling().catch(error => t.true(error instanceof OssError, `${entry.name}: ${error.stack}`))
        compare(t, entry, transport.requests[0] as Recorded)
      }
    }
    t.log(`${cases.length} cases`)
  })
}

function compare(t: ExecutionContext, { name, http }: Case, sent: Recorded): void {
  t.truthy(sent, `${name}: a request was sent`)
  if (http === undefined) throw new Error(`${name} expects nothing`)
  const { scheme, host, path, query } = splitUrl(sent.url)
  const expectedQuery = [...http.query].sort(([a, x], [b, y]) => (a === b ? (x < y ? -1 : 1) : a < b ? -1 : 1))
  t.deepEqual(
    { method: sent.method, scheme, host, path, query },
    { method: http.method, scheme: http.scheme, host: http.host, path: http.path, query: expectedQuery },
    name,
  )

  const headers = Object.fromEntries(
    Object.entries(sent.headers).filter(
      ([key]) => !notCompared.test(key) && (!key.startsWith('accept') || key in http.headers),
    ),
  )
  const body = sent.body ?? Buffer.alloc(0)
  const expected = Object.fromEntries(
    Object.entries(http.headers).map(([key, value]) => {
      if (value !== '$body') return [key, value]
      return [key, key === 'content-md5' ? createHash('md5').update(body).digest('base64') : String(body.length)]
    }),
  )
  t.deepEqual(headers, expected, name)
  compareBody(t, name, http.body, sent.body)
}

function compareBody(
  t: ExecutionContext,
  name: string,
  expected: NonNullable<Case['http']>['body'],
  body: Buffer | null,
): void {
  if (expected === null) t.true(body === null || body.length === 0, `${name}: no body`)
  else if (expected.xml !== undefined) t.deepEqual(xmlTree(String(body)), xmlTree(expected.xml), name)
  else if (expected.json !== undefined) t.deepEqual(JSON.parse(String(body)), expected.json, name)
  else if (expected.text !== undefined) t.is(String(body), expected.text, name)
  else t.is(body?.toString('base64'), expected.base64, name)
}
