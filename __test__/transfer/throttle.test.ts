import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import test, { type ExecutionContext } from 'ava'
import { type Client, type HttpClient, type HttpRequest, UndiciHttpClient } from 'ferross'
import { withFolder, withServer } from '../helpers/with-server.js'

const partSize = 100 * 1024
const parts = 40
const wanted = 12
const bucket = 'examplebucket'
const target = { bucket, key: 'target' }

/** Sees how many exchanges are under way when the parts after the first ones begin. */
class Onlooker implements HttpClient {
  readonly #inner = new UndiciHttpClient({ maxConnections: 40 })
  readonly #seen = new Set<string>()
  /** Exchanges that have not failed, with the body of the answer once it is there. */
  readonly #exchanges = new Set<{ body?: Readable }>()
  #count = 0
  /** The most at a time when one of the first four began that had to wait for a slot. */
  most = 0
  /** How many must be under way at a time, the first one left out, before any of them goes on; 0 once they were. */
  together = 0

  constructor(t: ExecutionContext) {
    t.teardown(() => this.#inner.close())
  }

  reset(): void {
    this.#seen.clear()
    this.most = 0
  }

  /** Exchanges under way. A body says that it is closed a moment after its part has made room for another one. */
  get #underWay(): number {
    for (const exchange of this.#exchanges) if (exchange.body?.destroyed) this.#exchanges.delete(exchange)
    return this.#exchanges.size
  }

  async send(request: HttpRequest) {
    const { pathname, searchParams } = new URL(request.url)
    const name = [request.method, pathname, searchParams.get('partNumber'), request.headers.range].join(' ')
    // Not what begins or ends a transfer, nor listings.
    if (request.method === 'POST' || request.method === 'HEAD' || pathname.endsWith(`${bucket}/`))
      return this.#inner.send(request)
    const exchange: { body?: Readable } = {}
    this.#exchanges.add(exchange)
    const late = this.#seen.size >= wanted && this.#seen.size < wanted + 4
    if (late && !this.#seen.has(name)) this.most = Math.max(this.most, this.#underWay)
    this.#seen.add(name)
    try {
      while (this.#seen.size > 1 && this.#underWay < this.together) await new Promise(resolve => setImmediate(resolve))
      if (this.#seen.size > 1) this.together = 0
      // Exchanges of different length, so that they do not all end in one turn.
      for (let turn = (this.#count++ % 5) * 3; turn >= 0; turn--) await new Promise(resolve => setImmediate(resolve))
      const answer = await this.#inner.send(request)
      exchange.body = answer.body
      return answer
    } catch (error) {
      this.#exchanges.delete(exchange)
      throw error
    }
  }
}

interface Place {
  readonly client: Client
  readonly content: Buffer
  readonly folder: string
  readonly round: number
}

const options = { partSize, parallelNum: wanted }
const transfers: Record<string, [operation: string, run: (place: Place) => Promise<unknown>]> = {
  'an upload of a file': [
    'UploadPart',
    ({ client, folder }) => client.uploader(options).uploadFile(target, join(folder, 'file')),
  ],
  'an upload of a stream': [
    'UploadPart',
    ({ client, content }) => client.uploader(options).uploadFrom(target, Readable.from([content])),
  ],
  'a download to a file': [
    'GetObject',
    ({ client, folder }) => client.downloader(options).downloadFile({ bucket, key: 'source' }, join(folder, 'copy')),
  ],
  'a download to a stream': [
    'GetObject',
    ({ client }) => client.downloader(options).downloadTo({ bucket, key: 'source' }, new WritableStream()),
  ],
  'a copy': [
    'UploadPartCopy',
    ({ client }) =>
      client
        .copier({ ...options, multipartCopyThreshold: partSize, disableShallowCopy: true })
        .copy({ ...target, sourceKey: 'source' }),
  ],
  'an upload of a folder': [
    'PutObject',
    ({ client, folder }) =>
      client.uploadDirectory({ bucket, prefix: 'up' }, join(folder, 'many'), { parallelFiles: wanted }),
  ],
  'a download of a folder': [
    'GetObject',
    ({ client, folder }) =>
      client.downloadDirectory({ bucket, prefix: 'many' }, join(folder, 'down'), { parallelFiles: wanted }),
  ],
  'a sync between buckets': [
    'CopyObject',
    ({ client, round }) =>
      client.sync(
        { from: { bucket, prefix: 'many' }, to: { bucket, prefix: `across${round}` } },
        { parallelFiles: wanted },
      ),
  ],
}

for (const [name, [operation, run]] of Object.entries(transfers)) {
  test(`${name} does less at a time while the service gets too many requests, and still arrives`, async t => {
    const onlooker = new Onlooker(t)
    const { server, client } = await withServer(t, { httpClient: onlooker, retryMaxAttempts: 30 })
    await client.putBucket({ bucket })
    const content = randomBytes(parts * partSize)
    const folder = withFolder(t)
    writeFileSync(join(folder, 'file'), content)
    mkdirSync(join(folder, 'many'))
    for (let index = 0; index < parts; index++) writeFileSync(join(folder, 'many', `${index}`), `${index}`)
    await client.putObject({ bucket, key: 'source', body: content })
    await client.uploadDirectory({ bucket, prefix: 'many' }, join(folder, 'many'))

    onlooker.reset()
    // Undisturbed, as many are under way as may be: with fewer, this would never end. A stream that is written in order may not
    // need so many.
    if (name !== 'a download to a stream') onlooker.together = wanted - 1
    await run({ client, content, folder, round: 1 })
    t.is(onlooker.together, 0)

    onlooker.reset()
    const headers = { 'x-oss-qos-delay-time': '3' }
    const fault = server.faults.add({
      operation,
      status: 503,
      code: 'ServiceUnavailable',
      headers,
      count: wanted,
    })
    await run({ client, content, folder, round: 2 })
    t.is(fault.applied, wanted)
    t.true(onlooker.most <= wanted - 3, `${onlooker.most} while throttled`)

    if (operation === 'UploadPart' || operation === 'UploadPartCopy')
      t.true((await (await client.getObject(target)).body!.bytes()).equals(content))
    if (name === 'a download to a file') t.true(readFileSync(join(folder, 'copy')).equals(content))
    if (name === 'a download of a folder') t.is(readFileSync(join(folder, 'down', '7'), 'utf8'), '7')
    if (name === 'a sync between buckets') t.true(await client.isObjectExist({ bucket, key: 'across2/7' }))
  })
}
