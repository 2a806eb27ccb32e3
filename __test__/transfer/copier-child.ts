// A process that copies one object in parts and ends itself, without warning, once so many bytes have been acknowledged.
import { Client, StaticCredentialsProvider } from 'ferross'
import type { CopyRequest } from '#src/transfer/copy-source.js'

/** What the parent wants, as JSON in the first argument. */
export interface CopyTask {
  endpoint: string
  region: string
  accessKeyId: string
  accessKeySecret: string
  request: CopyRequest
  partSize: number
  checkpointDir: string
  killAfterBytes: number
}

const task = JSON.parse(process.argv[2] as string) as CopyTask
const { endpoint, region, accessKeyId, accessKeySecret, request, partSize, checkpointDir, killAfterBytes } = task
const client = new Client({
  endpoint,
  region,
  credentialsProvider: new StaticCredentialsProvider(accessKeyId, accessKeySecret),
})
const options = { partSize, parallelNum: 2, multipartCopyThreshold: partSize, enableCheckpoint: true, checkpointDir }
await client.copier(options).copy(request, {
  onProgress: (_increment, transferred) => {
    if (transferred < killAfterBytes) return
    process.kill(process.pid, 'SIGKILL')
    // The signal arrives at once; nothing may happen until then.
    for (;;);
  },
})
