import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import {
  EncryptionClient,
  type HttpClient,
  type HttpRequest,
  type HttpResponse,
  nativeStatus,
  SourceChangedError,
  UndiciHttpClient,
} from 'ferross'
import { isWireBody, type WireBody } from '#src/native/wire.js'
import { main } from '../encryption/support.js'
import { withFolder, withServer } from '../helpers/with-server.js'

const bucket = 'examplebucket'
const target = { bucket, key: 'target' }
const partSize = 300_000
const size = 3 * partSize

/** Passes requests on, and has something done when the bytes of one are on their way. */
class Meddler implements HttpClient {
  readonly #inner = new UndiciHttpClient()
  /** Called before a request is sent. */
  before: (request: HttpRequest) => void = () => {}
  /** Called whenever some bytes of a request have left. */
  during: () => void = () => {}

  constructor(t: ExecutionContext) {
    t.teardown(() => this.#inner.close())
  }

  send(request: HttpRequest): Promise<HttpResponse> {
    this.before(request)
    const { body } = request
    if (body === undefined || body instanceof Uint8Array) return this.#inner.send(request)
    return this.#inner.send({ ...request, body: this.#watched(body) })
  }

  #watched(body: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> | WireBody {
    const during = () => this.during()
    const pieces = (async function* () {
      for await (const piece of body) {
        yield piece
        during()
      }
    })()
    if (!isWireBody(body)) return pieces
    return {
      [Symbol.asyncIterator]: () => pieces,
      sendOver: async (...args) => {
        const progress = await body.sendOver(...args)
        during()
        return progress
      },
    }
  }
}

async function setUp(t: ExecutionContext) {
  const meddler = new Meddler(t)
  const { client, server } = await withServer(t, { httpClient: meddler })
  await client.putBucket({ bucket })
  const folder = withFolder(t)
  const path = join(folder, 'file')
  const content = randomBytes(size)
  writeFileSync(path, content)
  return { client, server, meddler, folder, path, content, encrypting: new EncryptionClient(client, main) }
}

test('a file that changes while it is sent in one request is not stored', async t => {
  const { client, meddler, path } = await setUp(t)
  let changed = false
  meddler.during = () => {
    if (!changed) writeFileSync(path, randomBytes(size + 1))
    changed = true
  }
  await t.throwsAsync(client.uploader({ partSize: size }).uploadFile(target, path), { instanceOf: SourceChangedError })
  t.true(changed)
  t.false(await client.isObjectExist(target))
})

test('an encrypted part that was cut off goes up again as it was', async t => {
  const { server, encrypting, folder, path, content } = await setUp(t)
  const fault = server.faults.add({ operation: 'UploadPart', partNumber: 2, cutRequestAfterBytes: 100_000 })
  await encrypting.uploader({ partSize }).uploadFile(target, path)
  t.is(fault.applied, 1)
  await encrypting.downloader({ partSize }).downloadFile(target, join(folder, 'copy'))
  t.true(readFileSync(join(folder, 'copy')).equals(content))
})

test('an encrypted part that was cut off is not encrypted again over other bytes', async t => {
  const { client, server, meddler, encrypting, path } = await setUp(t)
  server.faults.add({ operation: 'UploadPart', partNumber: 2, cutRequestAfterBytes: 100_000 })
  let attempts = 0
  let again = 0
  meddler.before = ({ url }) => {
    if (!url.includes('partNumber=2')) return
    if (++attempts !== 2) return
    writeFileSync(path, randomBytes(size))
    meddler.during = () => {
      again++
    }
  }
  const sending = encrypting.uploader({ partSize, parallelNum: 1 }).uploadFile(target, path)
  const error = await t.throwsAsync(sending, { instanceOf: SourceChangedError })
  if (nativeStatus().loaded) {
    t.regex(error?.message ?? '', /since its upload began/)
    t.is(attempts, 2)
    t.is(again, 0, 'nothing of the changed part leaves')
  }
  t.false(await client.isObjectExist(target))
})
