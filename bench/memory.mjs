// Peak memory of uploading a stream of unknown length: `node bench/memory.mjs [--gib=10] [--limit=64]`, after `npm run build`.
// The stream gives fresh chunks of 64 KiB, as sockets and pipes do; a server in a process of its own throws the bytes away.
import { execFile, fork } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { fileURLToPath } from 'node:url'
import { parseArgs, promisify } from 'node:util'

const MiB = 1024 ** 2
const GiB = 1024 ** 3
const self = fileURLToPath(import.meta.url)
const { values, positionals } = parseArgs({
  options: { gib: { type: 'string', default: '10' }, limit: { type: 'string', default: '64' } },
  allowPositionals: true,
})

/** Speaks as much of OSS as a multipart upload needs. */
async function serve() {
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      const { searchParams } = new URL(request.url, 'http://localhost')
      if (searchParams.has('uploads'))
        response.end('<InitiateMultipartUploadResult><UploadId>1</UploadId></InitiateMultipartUploadResult>')
      else if (request.method === 'POST')
        response.end('<CompleteMultipartUploadResult><ETag>"1"</ETag></CompleteMultipartUploadResult>')
      else response.setHeader('etag', '"1"').end()
    })
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  process.send(server.address().port)
  process.on('disconnect', () => process.exit())
}

async function* chunks(length) {
  for (let sent = 0; sent < length; sent += 65_536) yield Buffer.alloc(Math.min(65_536, length - sent), sent >> 16)
}

/** Uploads, and says what the process needed at most. */
async function upload(port, length) {
  const { Client, nativeStatus, StaticCredentialsProvider } = await import('../dist/index.js')
  const client = new Client({
    endpoint: `http://127.0.0.1:${port}`,
    region: 'cn-hangzhou',
    credentialsProvider: new StaticCredentialsProvider('id', 'secret'),
    memoryLimit: Number(values.limit) * MiB,
  })
  const target = { bucket: 'examplebucket', key: 'stream' }
  // Code, and the buffers of connections, are not what is measured.
  await client.uploader().uploadFrom(target, chunks(16 * MiB))
  const before = process.memoryUsage.rss()
  const marks = []
  let next = GiB
  const onProgress = (_increment, transferred) => {
    if (transferred < next) return
    next += GiB
    marks.push(Math.round((process.memoryUsage.rss() - before) / MiB))
    if (process.env.DEBUG) console.error(transferred / GiB, process.memoryUsage())
  }
  const { user, system } = process.cpuUsage()
  await client.uploader().uploadFrom(target, chunks(length), { onProgress })
  const cpu = process.cpuUsage({ user, system })
  await client.close()
  const most = process.resourceUsage().maxRSS * 1024
  const seconds = (cpu.user + cpu.system) / 1e6
  process.stdout.write(
    JSON.stringify({ before, growth: most - before, most, marks, seconds, native: nativeStatus().loaded }),
  )
}

async function measure() {
  const server = fork(self, ['serve'])
  const [port] = await once(server, 'message')
  const lengths = [1, 2, Number(values.gib)].filter((gib, index, all) => all.indexOf(gib) === index)
  console.log(`memoryLimit ${values.limit} MiB, node ${process.version}\n`)
  console.log('stream      before  peak growth  growth at each GiB')
  for (const gib of lengths) {
    const arguments_ = [self, 'upload', String(port), String(gib * GiB), `--limit=${values.limit}`]
    const { stdout, stderr } = await promisify(execFile)(process.execPath, arguments_)
    if (stderr) console.error(stderr)
    const { before, growth, marks, seconds } = JSON.parse(stdout)
    const columns = [
      `${gib} GiB`.padEnd(8),
      mib(before),
      mib(growth),
      `  ${marks.join(' ')}  (${seconds.toFixed(1)} s of CPU)`,
    ]
    console.log(columns.join(' '))
  }
  server.disconnect()
}

function mib(bytes) {
  return `${(bytes / MiB).toFixed(0)} MiB`.padStart(9)
}

if (positionals[0] === 'serve') await serve()
else if (positionals[0] === 'upload') await upload(Number(positionals[1]), Number(positionals[2]))
else await measure()
