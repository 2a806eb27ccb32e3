import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { type HttpClient, type HttpRequest, UndiciHttpClient } from 'ferross'
import { putObject } from '#src/operations/index.js'
import { withFolder, withServer } from '../helpers/with-server.js'

const partSize = 100 * 1024

/** Fields that say where the object goes or what is in it, and those that never reach the wire. */
const notProperties = new Set(['bucket', 'key', 'body', 'contentLength', 'contentMd5', 'progressFn'])

/** A value for each field that needs more than a word. */
const special: Record<string, unknown> = {
  metadata: { a: 'x', 'b-c': 'é' },
  trafficLimit: 8_192_000,
  forbidOverwrite: true,
  tagging: 'a=1',
  acl: 'private',
  storageClass: 'IA',
  requestPayer: 'requester',
  serverSideEncryption: 'AES256',
  objectWormMode: 'GOVERNANCE',
  objectWormRetainUntilDate: '2030-01-01T00:00:00.000Z',
  objectWormLegalHold: 'ON',
}

/** Keeps the heads of requests and lets them pass. */
class Recorder implements HttpClient {
  readonly seen: HttpRequest[] = []
  readonly #inner = new UndiciHttpClient()

  send(request: HttpRequest) {
    this.seen.push(request)
    return this.#inner.send(request)
  }

  close() {
    return this.#inner.close()
  }
}

test('every field of PutObject reaches the service, in one request and in parts', async t => {
  const recorder = new Recorder()
  t.teardown(() => recorder.close())
  const { client } = await withServer(t, { httpClient: recorder })
  const bucket = 'examplebucket'
  await client.putBucket({ bucket })
  const path = join(withFolder(t), 'source.bin')
  writeFileSync(path, Buffer.alloc(2 * partSize))
  const fields = putObject.request.map(([name]) => name).filter(name => !notProperties.has(name))
  t.true(fields.length >= 20)
  const callback = ['callback', 'callbackVar']
  recorder.seen.length = 0

  for (const name of fields) {
    const value = special[name] ?? `value-of-${name}`
    const key = `${name}.bin`
    // What the service thinks of single values does not matter here, only what it was told.
    await client.putObject({ bucket, key, [name]: value, body: '' } as never, { retryMaxAttempts: 1 }).catch(() => {})
    const wire = headersOf(recorder)
    recorder.seen.length = 0
    await client.putObject({ bucket, key, body: '' })
    for (const header of headersOf(recorder)) wire.delete(header)
    t.true(wire.size >= 1, name)

    recorder.seen.length = 0
    const request = { bucket, key: `one-${key}`, [name]: value }
    await client
      .uploader()
      .uploadFile(request as never, path)
      .catch(() => {})
    for (const header of wire) t.true(headersOf(recorder).has(header), `${name} in one request`)

    recorder.seen.length = 0
    // A callback and an ACL go with the last request: an upload must get there.
    await client
      .uploader({ partSize })
      .uploadFile({ ...request, key: `parts-${key}` } as never, path)
      .catch(() => {})
    const sent = headersOf(recorder)
    for (const header of wire) t.true(sent.has(header), `${name} in parts`)
    if (callback.includes(name)) {
      const initiate = recorder.seen.find(({ url }) => url.includes('?uploads') || url.includes('&uploads'))
      for (const header of wire) t.false(header.split(':')[0]! in (initiate?.headers ?? {}), `${name} is for the end`)
    }
    recorder.seen.length = 0
  }
})

/** What differs from request to request, or with the body. */
const volatile = new Set(['authorization', 'date', 'x-oss-date', 'content-length', 'content-md5'])

function headersOf(recorder: Recorder): Set<string> {
  const lines = recorder.seen.flatMap(({ headers }) => Object.entries(headers))
  return new Set(lines.filter(([name]) => !volatile.has(name)).map(([name, value]) => `${name}: ${value}`))
}

test('length and digest of the whole, given from JavaScript, do not reach the parts', async t => {
  const { client } = await withServer(t)
  const bucket = 'examplebucket'
  await client.putBucket({ bucket })
  const request = { bucket, key: 'a', contentLength: 5, contentMd5: 'AAAA' }
  await client.uploader({ partSize }).uploadFrom(request as never, Buffer.alloc(2 * partSize))
  await client.uploader({ partSize }).uploadFrom(request as never, Buffer.alloc(2))
  t.is((await client.headObject({ bucket, key: 'a' })).contentLength, 2)
})
