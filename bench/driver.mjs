// One client, one job, one process: `node bench/driver.mjs NAME workload=upload endpoint=… …`. Prints the result as a line of JSON.
//
// A client is a file in clients/ that exports `open(job)`. What it returns has `crc` (whether bytes are checked by CRC-64 without
// being asked), `version`, and those of these methods that it can do: upload(key, file), download(key, file), put(key, bytes),
// get(key) => length, putFile(key, file), getFile(key, file), uploadFolder(prefix, folder), downloadFolder(prefix, folder),
// uploadEncrypted(key, file), downloadEncrypted(key, file), the same with Sealed, close().
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'

/** Milliseconds between two looks at the event loop; rare enough to cost next to nothing. */
const LOOK = 2

const [name, ...pairs] = process.argv.slice(2)
const job = Object.fromEntries(pairs.map(pair => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]))
for (const number of ['part', 'parallel', 'operations', 'length']) job[number] = Number(job[number] ?? 0)

/** Runs `work` for 0 … count-1, `parallel` at a time. */
async function each(count, parallel, work) {
  let next = 0
  const lane = async () => {
    while (next < count) await work(next++)
  }
  await Promise.all(Array.from({ length: Math.min(parallel, count) }, lane))
}

async function transfer(method, client) {
  await client[method](job.key, job.file)
  return { bytes: statSync(job.file).size }
}

async function small(client, count) {
  const bytes = Buffer.alloc(job.length, 7)
  await each(count, job.parallel, async i => {
    if (job.workload === 'put') return client.put(`${job.key}/${i % 64}`, bytes)
    const length = await client.get(`${job.key}/size-${job.length}`)
    if (length !== job.length) throw new Error(`got ${length} bytes instead of ${job.length}`)
  })
  return { operations: count, bytes: count * job.length }
}

async function uploadFolder(client) {
  const files = readdirSync(job.file)
  if (client.uploadFolder) await client.uploadFolder(`${job.key}/`, job.file)
  else await each(files.length, job.parallel, i => client.putFile(`${job.key}/${files[i]}`, join(job.file, files[i])))
  return { operations: files.length, bytes: files.length * job.length }
}

async function downloadFolder(client) {
  mkdirSync(job.file, { recursive: true })
  const count = job.operations
  const name = i => `file-${String(i).padStart(6, '0')}`
  if (client.downloadFolder) await client.downloadFolder(`${job.key}/`, job.file)
  else await each(count, job.parallel, i => client.getFile(`${job.key}/${name(i)}`, join(job.file, name(i))))
  const found = readdirSync(job.file).length
  if (found !== count) throw new Error(`${found} files instead of ${count}`)
  return { operations: count, bytes: count * job.length }
}

const workloads = {
  upload: ['upload', client => transfer('upload', client)],
  download: ['download', client => transfer('download', client)],
  'upload-encrypted': ['uploadEncrypted', client => transfer('uploadEncrypted', client)],
  'download-encrypted': ['downloadEncrypted', client => transfer('downloadEncrypted', client)],
  'upload-sealed': ['uploadSealed', client => transfer('uploadSealed', client)],
  'download-sealed': ['downloadSealed', client => transfer('downloadSealed', client)],
  put: ['put', client => small(client, job.operations), client => small(client, Math.ceil(job.operations / 10))],
  get: ['get', client => small(client, job.operations), client => small(client, Math.ceil(job.operations / 10))],
  'folder-up': ['putFile', uploadFolder],
  'folder-down': ['getFile', downloadFolder],
}

function peakMemory() {
  // The kernel's own figure for a process counts what its parent held when it was started.
  const status = existsSync('/proc/self/status') ? readFileSync('/proc/self/status', 'latin1') : ''
  const [, kibibytes] = /VmHWM:\s+(\d+)/.exec(status) ?? []
  return 1024 * (kibibytes === undefined ? process.resourceUsage().maxRSS : Number(kibibytes))
}

const { open } = await import(new URL(`./clients/${name}.mjs`, import.meta.url))
const client = await open(job)
const [method, run, warm] = workloads[job.workload]
if (typeof client?.[method] !== 'function') {
  console.log(JSON.stringify({ skipped: client?.reason ?? 'has no such method' }))
  process.exit(0)
}
// Single requests are measured in their steady state, transfers as a user meets them: compiled on the way.
await warm?.(client)

const loop = monitorEventLoopDelay({ resolution: LOOK })
loop.enable()
const before = process.cpuUsage()
const started = performance.now()
const done = await run(client)
const seconds = (performance.now() - started) / 1000
const { user, system } = process.cpuUsage(before)
loop.disable()
const result = {
  user: user / 1e6,
  system: system / 1e6,
  seconds,
  ...done,
  peak: peakMemory(),
  // What the histogram counts is the time between two looks.
  loop: loop.count > 0 ? Math.max(0, loop.percentile(99) / 1e6 - LOOK) : undefined,
  crc: client.crc ? 'on' : 'off',
  version: client.version,
}
await client.close?.()
process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0))
