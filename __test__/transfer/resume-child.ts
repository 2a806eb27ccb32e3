// A process that moves one file or object and ends itself, without warning, at the n-th thing that happens.
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import {
  Client,
  EncryptionClient,
  type HttpClient,
  type HttpRequest,
  StaticCredentialsProvider,
  UndiciHttpClient,
} from 'ferross'
import { main } from '../encryption/support.js'

/** What the parent wants, as JSON in the first argument. */
export interface ChildTask {
  direction: 'up' | 'down' | 'copy' | 'encrypted up' | 'encrypted down'
  endpoint: string
  region: string
  accessKeyId: string
  accessKeySecret: string
  bucket: string
  key: string
  /** The local file; for a copy the folder of the journal. */
  path: string
  /** What is copied, for a copy. */
  sourceKey?: string
  partSize: number
  /** The process kills itself at this event, counted from 1. */
  killAt: number
}

const task = JSON.parse(process.argv[2] as string) as ChildTask
let events = 0

function event(): void {
  if (++events !== task.killAt) return
  process.kill(process.pid, 'SIGKILL')
  // The signal arrives at once; nothing may happen until then.
  for (;;);
}

/** Counts requests, their pieces and their answers. */
class CountingHttpClient implements HttpClient {
  readonly #inner = new UndiciHttpClient()

  async send(request: HttpRequest) {
    event()
    const { body } = request
    const answer = await this.#inner.send(body instanceof Uint8Array ? { ...request, body: pieces(body) } : request)
    event()
    return answer
  }
}

async function* pieces(body: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < body.length; at += 50_000) {
    yield body.subarray(at, at + 50_000)
    event()
  }
}

for (const name of ['rename', 'rm'] as const) {
  const original = fs.promises[name] as (...args: unknown[]) => Promise<void>
  Object.assign(fs.promises, {
    [name]: async (...args: unknown[]) => {
      event()
      await original(...args)
      event()
    },
  })
}
syncBuiltinESMExports()

const probe = await fs.promises.open(process.execPath, 'r')
const handle = Object.getPrototypeOf(probe) as Record<'appendFile' | 'writeFile', (text: string) => Promise<void>>
await probe.close()
for (const name of ['appendFile', 'writeFile'] as const) {
  const original = handle[name]
  handle[name] = async function (text: string) {
    event()
    // Half of what was to be written, when this is where it ends.
    if (events + 1 === task.killAt) await original.call(this, text.slice(0, text.length / 2))
    event()
    await original.call(this, text)
    event()
  }
}

const client = new Client({
  endpoint: task.endpoint,
  region: task.region,
  credentialsProvider: new StaticCredentialsProvider(task.accessKeyId, task.accessKeySecret),
  httpClient: new CountingHttpClient(),
})
const { bucket, key, path, partSize, sourceKey = '' } = task
const options = { partSize, parallelNum: 2, enableCheckpoint: true, onProgress: event }
const encrypting = new EncryptionClient(client, main)
if (task.direction === 'copy') {
  const own = { ...options, checkpointDir: path, multipartCopyThreshold: partSize, disableShallowCopy: true }
  await client.copier(own).copy({ bucket, key, sourceKey })
} else if (task.direction === 'up') await client.uploader(options).uploadFile({ bucket, key }, path)
else if (task.direction === 'down') await client.downloader(options).downloadFile({ bucket, key }, path)
else if (task.direction === 'encrypted up') await encrypting.uploader(options).uploadFile({ bucket, key }, path)
else await encrypting.downloader(options).downloadFile({ bucket, key }, path)
process.exit(0)
