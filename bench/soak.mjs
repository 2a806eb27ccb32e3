// `node bench/soak.mjs`: memory and handles of a process that sends very many small requests. Against the benchmarks' own sink.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import * as ferross from '../dist/index.js'
import { prepare, startSink } from './lib/prepare.mjs'

const { values: given } = parseArgs({
  options: {
    requests: { type: 'string', default: '1000000' },
    parallel: { type: 'string', default: '16' },
    'no-build': { type: 'boolean', default: false },
  },
})
const [requests, parallel] = [Number(given.requests), Number(given.parallel)]
const steps = 10
const bucket = 'bench'
const keys = 100
/** One call in so many is aborted as soon as it has begun. */
const abortEvery = 1000

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc')

const bench = dirname(fileURLToPath(import.meta.url))
const { sink: program } = prepare(bench, { wanted: new Set(), build: !given['no-build'] })
const folder = mkdtempSync(join(tmpdir(), 'ferross-soak-'))
const sink = await startSink(program, folder)
const before = handles()
const client = new ferross.Client({
  endpoint: sink.http,
  region: 'cn-hangzhou',
  credentialsProvider: new ferross.StaticCredentialsProvider('id', 'secret'),
  maxConnections: parallel,
})
const body = Buffer.alloc(1024, 'x')
let aborted = 0
// Whoever has no more time gets the figures so far.
let stopped = false
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    stopped = true
  })
}

/** Four in ten are written, four are read, two are looked at. */
async function call(index) {
  const request = { bucket, key: `key-${index % keys}` }
  const stop = index % abortEvery === abortEvery - 1 ? new AbortController() : undefined
  const options = stop && { signal: stop.signal }
  const kind = index % 10
  const work =
    kind < 4
      ? client.putObject({ ...request, body }, options)
      : kind < 8
        ? client.getObject(request, options).then(answer => answer.body.bytes())
        : client.headObject(request, options)
  if (stop) setImmediate(() => stop.abort())
  await work.catch(error => {
    // Who stops this may have stopped the sink as well.
    if (stopped) return
    if (!stop?.signal.aborted) throw error
    aborted++
  })
}

for (let key = 0; key < keys; key++) await client.putObject({ bucket, key: `key-${key}`, body })
console.log(`ferross ${ferross.version} on Node.js ${process.versions.node}, ${parallel} calls at a time`)
console.log('| Requests | RSS MiB | heap MiB after collection | external MiB | connections | s |')
console.log('| ---: | ---: | ---: | ---: | ---: | ---: |')
report(0, 0)
const started = performance.now()
let next = 0
for (let step = 1; step <= steps && !stopped; step++) {
  const end = Math.floor((requests * step) / steps)
  const worker = async () => {
    while (next < end && !stopped) await call(next++)
  }
  await Promise.all(Array.from({ length: parallel }, worker))
  report(next, performance.now() - started)
}
await client.close()
await new Promise(resolve => setImmediate(resolve))
const after = handles()
console.log(
  `aborted on purpose: ${aborted}; open files before ${before.files}, after closing the client ${after.files}`,
)
console.log(`handles before: ${before.kinds}; after: ${after.kinds}`)
sink.close()
rmSync(folder, { recursive: true, force: true })

function report(count, milliseconds) {
  const { rss } = process.memoryUsage()
  collect()
  const { heapUsed, external } = process.memoryUsage()
  const sockets = process.getActiveResourcesInfo().filter(kind => kind === 'TCPSocketWrap').length
  const sizes = [rss, heapUsed, external].map(bytes => (bytes / 1024 ** 2).toFixed(1))
  console.log(`| ${count} | ${sizes.join(' | ')} | ${sockets} | ${(milliseconds / 1000).toFixed(1)} |`)
}

/** What the process holds open: files and sockets by number, and what keeps it alive by kind. */
function handles() {
  const kinds = process.getActiveResourcesInfo().filter(kind => !/^(?:Immediate|FSReq)/.test(kind))
  let files = 'unknown'
  try {
    files = readdirSync('/proc/self/fd').length
  } catch {
    // Not on this system.
  }
  return { files, kinds: kinds.sort().join(', ') || 'none' }
}
