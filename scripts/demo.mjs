// The main job on real bytes: a large file goes up in parts, comes back in parts, and must be the same.
//
//   npm run demo -- [--size 1GiB] [--part-size 8MiB] [--parallel 4]
//   npm run demo -- --endpoint E --region R --bucket B     with OSS_ACCESS_KEY_ID and OSS_ACCESS_KEY_SECRET set
import { spawn } from 'node:child_process'
import { createHash, randomBytes, randomFillSync } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdtemp, open, rm, statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { Client, Crc64, EnvironmentCredentialsProvider, nativeStatus, StaticCredentialsProvider } from 'ferross'

const units = { b: 1, kib: 1024, mib: 1024 ** 2, gib: 1024 ** 3 }

function bytesOf(name, text) {
  const match = /^(\d+(?:\.\d+)?)\s*(b|kib|mib|gib)?$/i.exec(text)
  const bytes = match && Math.round(Number(match[1]) * units[(match[2] ?? 'b').toLowerCase()])
  if (!match || bytes < 1) throw new Error(`--${name}: expected a size such as 64MiB or 1GiB`)
  return bytes
}

function shown(bytes) {
  const unit = ['GiB', 'MiB', 'KiB'].find(name => bytes >= units[name.toLowerCase()]) ?? 'B'
  return `${(bytes / units[unit.toLowerCase()]).toFixed(unit === 'B' ? 0 : 2)} ${unit}`
}

async function makeFile(path, size) {
  const sha = createHash('sha256')
  const crc = new Crc64()
  const block = Buffer.allocUnsafe(8 * units.mib)
  const file = await open(path, 'wx')
  for (let left = size; left > 0; left -= block.length) {
    const piece = block.subarray(0, Math.min(left, block.length))
    randomFillSync(piece)
    sha.update(piece)
    crc.update(piece)
    await file.write(piece)
  }
  await file.close()
  return { sha256: sha.digest('hex'), crc64: crc.digest().toString() }
}

async function sha256(path) {
  const sha = createHash('sha256')
  for await (const chunk of createReadStream(path, { highWaterMark: units.mib })) sha.update(chunk)
  return sha.digest('hex')
}

/** The server has a process of its own, so that the CPU time measured here is the client's alone. */
async function startServer(directory) {
  const id = 'demo'
  const secret = randomBytes(16).toString('hex')
  const args = ['--dir', directory, '--access-key-id', id, '--access-key-secret', secret]
  const child = spawn(process.execPath, ['dist/cli/main.js', 'serve', '--port', '0', ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  for await (const line of createInterface({ input: child.stdout })) {
    const endpoint = /^listening on (.+)$/.exec(line)?.[1]
    if (endpoint)
      return { child, endpoint, region: 'cn-hangzhou', credentialsProvider: new StaticCredentialsProvider(id, secret) }
  }
  throw new Error('the local server did not start')
}

/** A bar on a terminal, a few lines elsewhere. */
function progressBar(label, total) {
  const start = performance.now()
  let next = 0
  return (_increment, transferred) => {
    const share = total === 0 ? 1 : transferred / total
    if (share < next && share < 1) return
    next = share + (process.stderr.isTTY ? 0.005 : 0.25)
    const rate = `${shown(transferred / ((performance.now() - start) / 1000))}/s`
    const filled = Math.round(share * 30)
    const bar = `${label.padEnd(9)} [${'#'.repeat(filled)}${'.'.repeat(30 - filled)}] ${(share * 100).toFixed(0).padStart(3)}%  ${rate}`
    process.stderr.write(process.stderr.isTTY ? `\r${bar.padEnd(72)}${share === 1 ? '\n' : ''}` : `${bar}\n`)
  }
}

async function measure(label, size, job) {
  let peak = 0
  const sample = () => {
    peak = Math.max(peak, process.memoryUsage.rss())
  }
  const timer = setInterval(sample, 20)
  const cpu = process.cpuUsage()
  const start = performance.now()
  const result = await job(progressBar(label, size))
  const seconds = (performance.now() - start) / 1000
  const { user, system } = process.cpuUsage(cpu)
  clearInterval(timer)
  sample()
  return {
    label,
    result,
    seconds,
    cpuPerGiB: (user + system) / 1e6 / (size / units.gib),
    throughput: size / seconds,
    peak,
  }
}

function table(rows) {
  const header = ['', 'throughput', 'client CPU s/GiB', 'peak memory', 'engine']
  const lines = [header, ...rows]
  const widths = header.map((_, column) => Math.max(...lines.map(line => line[column].length)))
  return lines
    .map(line =>
      line
        .map((cell, column) => cell.padEnd(widths[column]))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

async function main() {
  const { values } = parseArgs({
    options: {
      size: { type: 'string', default: '1GiB' },
      'part-size': { type: 'string', default: '8MiB' },
      parallel: { type: 'string', default: '4' },
      endpoint: { type: 'string' },
      bucket: { type: 'string' },
      region: { type: 'string' },
    },
  })
  const size = bytesOf('size', values.size)
  const transfer = { partSize: bytesOf('part-size', values['part-size']), parallelNum: Number(values.parallel) }
  const real = values.endpoint !== undefined || values.bucket !== undefined || values.region !== undefined
  if (real && (!values.bucket || !values.region))
    throw new Error('a real bucket needs --bucket and --region (and --endpoint if it is not the usual one)')

  const folder = await mkdtemp(join(tmpdir(), 'ferross-demo-'))
  const { bavail, bsize } = await statfs(folder)
  if (bavail * bsize < size * 3.1)
    throw new Error(`needs ${shown(size * 3.1)} free below ${tmpdir()}; choose a smaller --size`)
  let server
  const bucket = values.bucket ?? 'ferross-demo'
  const key = `ferross-demo/${randomBytes(6).toString('hex')}.bin`
  let client
  try {
    if (!real) server = await startServer(join(folder, 'server'))
    const {
      endpoint = values.endpoint,
      region = values.region,
      credentialsProvider = new EnvironmentCredentialsProvider(),
    } = server ?? {}
    client = new Client({ region, credentialsProvider, ...(endpoint !== undefined && { endpoint }) })
    if (server) await client.putBucket({ bucket })

    console.log(`making a file of ${shown(size)} of random bytes`)
    const source = join(folder, 'source.bin')
    const target = join(folder, 'target.bin')
    const expected = await makeFile(source, size)

    const up = await measure('upload', size, onProgress =>
      client.uploader({ ...transfer, onProgress }).uploadFile({ bucket, key }, source),
    )
    const down = await measure('download', size, onProgress =>
      client.downloader({ ...transfer, onProgress }).downloadFile({ bucket, key }, target),
    )

    const checks = [
      ['SHA-256', expected.sha256, await sha256(target)],
      ['CRC-64 up', expected.crc64, up.result.hashCrc64],
      ['CRC-64 down', expected.crc64, down.result.hashCrc64],
    ]
    console.log('')
    for (const [name, wanted, got] of checks)
      console.log(`${name.padEnd(12)} ${wanted === got ? 'equal' : 'DIFFERENT'}  ${got}`)
    const engine = nativeStatus().loaded ? 'addon' : 'fallback'
    console.log('')
    console.log(
      table(
        [up, down].map(({ label, throughput, cpuPerGiB, peak }) => [
          label,
          `${shown(throughput)}/s`,
          cpuPerGiB.toFixed(2),
          shown(peak),
          engine,
        ]),
      ),
    )
    if (checks.some(([, wanted, got]) => wanted !== got)) throw new Error('what came back is not what went up')
  } finally {
    await client?.deleteObject({ bucket, key }).catch(() => {})
    await client?.close()
    server?.child.kill()
    await rm(folder, { recursive: true, force: true })
  }
}

main().catch(error => {
  console.error(`demo: ${error.message}`)
  process.exitCode = 1
})
