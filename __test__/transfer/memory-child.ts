// A process that uploads a stream of unknown length and says how much its memory grew at most.
import { Client, StaticCredentialsProvider } from 'ferross'

/** What the parent wants, as JSON in the first argument. */
export interface MemoryTask {
  endpoint: string
  region: string
  accessKeyId: string
  accessKeySecret: string
  bucket: string
  /** Bytes to send. */
  length: number
  memoryLimit: number
  parallelNum: number
}

const task = JSON.parse(process.argv[2] as string) as MemoryTask
const client = new Client({
  endpoint: task.endpoint,
  region: task.region,
  memoryLimit: task.memoryLimit,
  credentialsProvider: new StaticCredentialsProvider(task.accessKeyId, task.accessKeySecret),
})

/** Fresh chunks each time, as sockets and pipes give them. */
async function* chunks(length: number): AsyncGenerator<Uint8Array> {
  for (let sent = 0; sent < length; sent += 65_536) yield Buffer.alloc(Math.min(65_536, length - sent), sent >> 16)
}

const uploader = client.uploader({ parallelNum: task.parallelNum })
const target = { bucket: task.bucket, key: 'stream' }
// Code, buffers of the connections and the like are not what is measured.
await uploader.uploadFrom(target, chunks(1024 * 1024))
const before = process.memoryUsage.rss()
let most = before
let last = 0
const onProgress = (_increment: number, transferred: number) => {
  if (transferred - last < 1024 * 1024) return
  last = transferred
  most = Math.max(most, process.memoryUsage.rss())
}
const started = performance.now()
const result = await uploader.uploadFrom(target, chunks(task.length), { onProgress })
const seconds = (performance.now() - started) / 1000
process.stdout.write(JSON.stringify({ growth: most - before, before, seconds, hashCrc64: result.hashCrc64 }))
await client.close()
