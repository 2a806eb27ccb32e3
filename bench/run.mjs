// `npm run bench`: measures ferross beside other clients against one lean server, and prints a table. See docs/performance.md.
import { existsSync, mkdirSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { cpus, release, tmpdir, totalmem, type } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { makeKeys } from './lib/keys.mjs'
import { peers } from './lib/peers.mjs'
import { content, prepare, startSink } from './lib/prepare.mjs'
import { report, reportSeries, reportTargets } from './lib/report.mjs'
import { inRounds } from './lib/rounds.mjs'
import { bytesOf, sizeOf } from './lib/table.mjs'

const bench = dirname(fileURLToPath(import.meta.url))
const MIB = 1024 ** 2

const help = `usage: npm run bench -- [options]
  --quick            about a minute: the main workloads, small, few rounds
  --workload LIST    upload,download,upload-encrypted,download-encrypted,put,get,folder-up,folder-down,growth,concurrency
                     (default: all but the last two; "all" for everything)
  --scheme LIST      http,https (default both; single requests and folders go over http)
  --peers LIST       names, or "all" to add the Go and Python SDKs
  --rounds N         rounds, the clients taking turns in each (default 5)
  --size SIZE        of the file (default 2GiB)        --part SIZE     of a part (default 8MiB)
  --parallel N       parts at a time (default 4)       --operations N  single requests (default 20000)
  --files N          in the folder (default 10000)     --sizes LIST    for growth (default 256MiB,1GiB,2GiB,4GiB,8GiB)
  --dir DIR          where files are written (default: memory where the system has such a folder)
  --seconds N        begins no further round after so long
  --json FILE        writes every single measurement
  --no-build         uses what is built and installed`

const { values: given } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    workload: { type: 'string' },
    scheme: { type: 'string' },
    peers: { type: 'string' },
    rounds: { type: 'string' },
    size: { type: 'string' },
    part: { type: 'string', default: '8MiB' },
    parallel: { type: 'string', default: '4' },
    operations: { type: 'string' },
    files: { type: 'string' },
    sizes: { type: 'string', default: '256MiB,1GiB,2GiB,4GiB,8GiB' },
    dir: { type: 'string' },
    seconds: { type: 'string' },
    json: { type: 'string' },
    'no-build': { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

const transfers = ['upload', 'download', 'upload-encrypted', 'download-encrypted']
const usual = [...transfers, 'put', 'get', 'folder-up', 'folder-down']
const { quick } = given
const settings = {
  workloads: list(given.workload ?? (quick ? 'upload,download,put,get' : usual.join()), [
    ...usual,
    'growth',
    'concurrency',
  ]),
  schemes: list(given.scheme ?? (quick ? 'http' : 'http,https'), ['http', 'https']),
  rounds: Number(given.rounds ?? (quick ? 3 : 5)),
  size: bytesOf('size', given.size ?? (quick ? '256MiB' : '2GiB')),
  part: bytesOf('part', given.part),
  parallel: Number(given.parallel),
  operations: Number(given.operations ?? (quick ? 2000 : 20_000)),
  files: Number(given.files ?? (quick ? 500 : 10_000)),
  sizes: given.sizes.split(',').map(size => bytesOf('sizes', size)),
  seconds: Number(given.seconds ?? (quick ? 45 : Number.POSITIVE_INFINITY)),
}

function list(text, all) {
  const names = text === 'all' ? all : text.split(',')
  const wrong = names.find(name => !all.includes(name))
  if (wrong !== undefined) throw new Error(`there is no ${wrong}; choose from ${all.join(', ')}`)
  return names
}

function choosePeers() {
  const names = peers.map(peer => peer.name)
  if (given.peers === undefined) return peers.filter(peer => (quick ? peer.quick : !peer.all))
  const wanted = list(given.peers, names)
  return peers.filter(peer => wanted.includes(peer.name))
}

/** The folder for files: memory where there is some, so that disks play no part. */
function chooseFolder(needed) {
  const memory = '/dev/shm'
  const parent = given.dir ?? (existsSync(memory) && roomOf(memory) > needed ? memory : tmpdir())
  if (roomOf(parent) < needed) throw new Error(`needs ${sizeOf(needed)} below ${parent}; choose a smaller --size`)
  return mkdtempSync(join(parent, 'ferross-bench-'))
}

function roomOf(path) {
  const { bavail, bsize } = statfsSync(path)
  return bavail * bsize
}

function machine() {
  const [first] = cpus()
  return `${first?.model.trim()}, ${cpus().length} cores, ${sizeOf(totalmem())} memory, ${type()} ${release()}, Node.js ${process.versions.node}`
}

async function main() {
  if (given.help) return console.log(help)
  let chosen = choosePeers()
  const wanted = new Set(chosen.map(peer => peer.needs).filter(Boolean))
  const { sink: program, has } = prepare(bench, { wanted, build: !given['no-build'] })
  chosen = chosen.filter(peer => !peer.needs || has.has(peer.needs))
  const { workloads, schemes, size } = settings
  const largest = Math.max(size, ...(workloads.includes('growth') ? settings.sizes : []))
  const folder = chooseFolder(2.2 * largest + 256 * MIB)
  const stop = () => rmSync(folder, { recursive: true, force: true })
  process.on('SIGINT', () => {
    stop()
    process.exit(130)
  })
  const sink = { program, ...(await startSink(program, folder)) }
  const context = { folder, sink, settings }
  const all = new Map()
  try {
    makeKeys(folder)
    content(program, 'make', join(folder, 'source'), size)
    if (workloads.some(name => name.startsWith('folder'))) makeFolder(join(folder, 'files'))
    console.log(`${new Date().toISOString().slice(0, 10)}, ${machine()}`)
    console.log(
      `file ${sizeOf(size)}, parts of ${sizeOf(settings.part)}, ${settings.parallel} at a time; up to ${settings.rounds} rounds, clients in turn; files in ${folder.startsWith('/dev/shm') ? 'memory' : 'a folder on disk'}`,
    )
    const steps = workloads
      .filter(name => usual.includes(name))
      .flatMap(workload => (transfers.includes(workload) ? schemes : ['http']).map(scheme => ({ workload, scheme })))
    const started = Date.now()
    for (const [index, { workload, scheme }] of steps.entries()) {
      // Each gets its share of the time, so that the last ones are not left with nothing.
      const deadline = started + (1000 * settings.seconds * (index + 1)) / steps.length
      const able = chosen.filter(peer => can(peer, workload))
      const { rounds, parallel } = settings
      const label = `${workload}, ${scheme}`
      const results = await inRounds(
        { workload, scheme, size, parallel, chosen: able, rounds, label, deadline },
        context,
      )
      all.set(`${workload} ${scheme}`, results)
      report(label, results)
    }
    if (workloads.includes('growth')) await growth(chosen, context)
    if (workloads.includes('concurrency')) await concurrency(chosen, context)
    reportTargets(all)
    if (given.json) writeJson(all)
  } finally {
    sink.close()
    stop()
  }
}

/** Some cannot do some things, and it takes no failed attempt to know. */
function can(peer, workload) {
  if (workload.endsWith('encrypted')) return peer.client === 'ferross' || peer.program === 'go'
  if (workload.startsWith('folder')) return !peer.bound
  if (workload === 'put' || workload === 'get') return peer.program !== 'floor' && peer.client !== 'sockets'
  return true
}

async function growth(chosen, context) {
  const names = ['ferross', 'opendal', 'ali-oss', 'go-sdk']
  const few = chosen.filter(peer => names.includes(peer.name))
  for (const workload of ['upload', 'download']) {
    const series = []
    for (const size of settings.sizes) {
      content(context.sink.program, 'make', join(context.folder, 'source'), size)
      const { parallel, rounds } = settings
      const label = `${workload} of ${sizeOf(size)}`
      const results = await inRounds(
        { workload, scheme: 'http', size, parallel, chosen: few, rounds: Math.min(3, rounds), label },
        context,
      )
      series.push({ setting: sizeOf(size), results })
    }
    reportSeries(`${workload} by size`, 'size', series)
  }
  content(context.sink.program, 'make', join(context.folder, 'source'), settings.size)
}

async function concurrency(chosen, context) {
  const few = chosen.filter(peer => ['ferross', 'opendal', 'go-sdk', 'floor'].includes(peer.name))
  for (const workload of ['upload', 'download']) {
    const series = []
    for (const parallel of [1, 2, 4, 8, 16]) {
      const { size, rounds } = settings
      const label = `${workload}, ${parallel} at a time`
      const results = await inRounds(
        { workload, scheme: 'http', size, parallel, chosen: few, rounds: Math.min(3, rounds), label },
        context,
      )
      series.push({ setting: String(parallel), results })
    }
    reportSeries(`${workload} by parts at a time`, 'parts', series)
  }
}

function makeFolder(path) {
  mkdirSync(path)
  const bytes = Buffer.alloc(4096, 7)
  for (let i = 0; i < settings.files; i++) writeFileSync(join(path, `file-${String(i).padStart(6, '0')}`), bytes)
}

function writeJson(all) {
  const results = Object.fromEntries([...all].map(([name, runs]) => [name, Object.fromEntries(runs)]))
  writeFileSync(given.json, `${JSON.stringify({ date: new Date(), machine: machine(), settings, results }, null, 2)}\n`)
}

main().catch(error => {
  console.error(`bench: ${error.message}`)
  process.exitCode = 1
})
