import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import test from 'ava'
import { withServer } from '../helpers/with-server.js'
import type { MemoryTask } from './memory-child.js'

const MiB = 1024 ** 2
const child = fileURLToPath(new URL('./memory-child.js', import.meta.url))

test('a long stream needs no more memory than the limit, and a little for the runtime', async t => {
  t.timeout(120_000)
  const { server, client } = await withServer(t)
  await client.putBucket({ bucket: 'examplebucket' })
  const { endpoint, region, credentials } = server
  const { accessKeyId, accessKeySecret } = credentials
  const address = { endpoint, region, accessKeyId, accessKeySecret, bucket: 'examplebucket' }
  const task: MemoryTask = { ...address, length: 256 * MiB, memoryLimit: 24 * MiB, parallelNum: 3 }
  const { stdout } = await promisify(execFile)(process.execPath, [child, JSON.stringify(task)])
  const { growth } = JSON.parse(stdout) as { growth: number }
  t.log(`${(growth / MiB).toFixed(1)} MiB`)
  t.is((await client.headObject({ bucket: 'examplebucket', key: 'stream' })).contentLength, task.length)
  t.true(growth < task.memoryLimit + 64 * MiB, `${growth / MiB} MiB`)
})
