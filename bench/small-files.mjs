// Wall time and CPU of a folder of small files: `node bench/small-files.mjs [--files=2000] [--size=4096] [--rounds=3]`, after
// `npm run build`. The embedded server runs in a process of its own. What is uploaded is downloaded again and compared.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const { values } = parseArgs({
  options: {
    files: { type: 'string', default: '2000' },
    size: { type: 'string', default: '4096' },
    rounds: { type: 'string', default: '3' },
  },
})
const bucket = 'examplebucket'

async function timed(work) {
  const [cpu, start] = [process.cpuUsage(), performance.now()]
  const summary = await work()
  const { user, system } = process.cpuUsage(cpu)
  return { seconds: (performance.now() - start) / 1000, cpu: (user + system) / 1e6, summary }
}

async function measure() {
  const [files, size] = [Number(values.files), Number(values.size)]
  const server = fork(fileURLToPath(new URL('lib/local-server.mjs', import.meta.url)))
  const [{ endpoint, region, credentials }] = await once(server, 'message')
  const { Client, StaticCredentialsProvider } = await import('../dist/index.js')
  const { accessKeyId, accessKeySecret } = credentials
  const credentialsProvider = new StaticCredentialsProvider(accessKeyId, accessKeySecret)
  const client = new Client({ endpoint, region, credentialsProvider })
  const folder = mkdtempSync(join(tmpdir(), 'ferross-small-'))
  try {
    await client.putBucket({ bucket })
    const name = index => join(`${index % 20}`, `${index}.bin`)
    for (let index = 0; index < files; index++) {
      mkdirSync(join(folder, 'up', `${index % 20}`), { recursive: true })
      writeFileSync(join(folder, 'up', name(index)), Buffer.alloc(size, index))
    }
    console.log(`${files} files of ${size} bytes, node ${process.version}\n\n           wall s  CPU s  files/s`)
    for (let round = 0; round < Number(values.rounds); round++) {
      report('upload', await timed(() => client.uploadDirectory({ bucket, prefix: 'up' }, join(folder, 'up'))))
      const down = join(folder, `down${round}`)
      report('download', await timed(() => client.downloadDirectory({ bucket, prefix: 'up' }, down)))
      const unsynced = { downloader: { fsync: false } }
      const request = { bucket, prefix: 'up' }
      report('no fsync', await timed(() => client.downloadDirectory(request, `${down}-unsynced`, unsynced)))
      for (let index = 0; index < files; index += 97)
        if (!readFileSync(join(down, name(index))).equals(Buffer.alloc(size, index))) throw new Error(name(index))
    }
  } finally {
    await client.close()
    rmSync(folder, { recursive: true })
    server.disconnect()
  }

  function report(what, { seconds, cpu, summary }) {
    if (summary.transferred !== files) throw new Error(`${summary.transferred} of ${files} files`)
    const columns = [seconds.toFixed(2), cpu.toFixed(2), (files / seconds).toFixed(0)]
    console.log(what.padEnd(9), columns.map(text => text.padStart(7)).join(''))
  }
}

await measure()
