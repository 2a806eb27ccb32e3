// `node bench/encryption.mjs`: what encryption costs a client, against the same transfer without it in the same run.
//
// Uploads go to the sink. It keeps no bytes, and sealed segments must verify, so downloads come from the local server, in a process
// of its own. Only the client's CPU time is counted.
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { makeKeys } from './lib/keys.mjs'
import { content, prepare, startSink } from './lib/prepare.mjs'
import { runOnce } from './lib/rounds.mjs'
import { median, medianRatio } from './lib/statistics.mjs'
import { bytesOf, sizeOf, table } from './lib/table.mjs'

const bench = dirname(fileURLToPath(import.meta.url))
const GIB = 1024 ** 3

const { values: given } = parseArgs({
  options: {
    size: { type: 'string', default: '512MiB' },
    part: { type: 'string', default: '8MiB' },
    parallel: { type: 'string', default: '1,2' },
    rounds: { type: 'string', default: '5' },
    'no-build': { type: 'boolean', default: false },
  },
})
const size = bytesOf('size', given.size)
const part = bytesOf('part', given.part)
const engines = { addon: { FERROSS_NATIVE: 'require' }, fallback: { FERROSS_NATIVE: 'off' } }
const formats = { plain: '', ctr: '-encrypted', sealed: '-sealed' }
const clients = Object.entries(engines).flatMap(([engine, env]) =>
  Object.entries(formats).map(([format, suffix]) => ({ name: `${format}, ${engine}`, engine, format, suffix, env })),
)

/** The local server, in another process. It ends when this one closes it. */
async function startServer(folder) {
  const options = ['--port', '0', '--dir', folder, '--region', 'cn-hangzhou']
  const account = ['--access-key-id', 'id', '--access-key-secret', 'secret']
  const program = join(bench, '..', 'dist', 'cli', 'main.js')
  const child = spawn(process.execPath, [program, 'serve', ...options, ...account], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  for await (const line of createInterface({ input: child.stdout }))
    return { endpoint: line.replace('listening on ', '').trim(), close: () => child.kill() }
  throw new Error('the local server did not start')
}

/** Puts one object of each format where the downloads find it. */
async function store(endpoint, folder) {
  const { open } = await import('./clients/ferross.mjs')
  const client = await open({ endpoint, part, parallel: 2, keys: folder })
  await client.makeBucket()
  const methods = { plain: 'upload', ctr: 'uploadEncrypted', sealed: 'uploadSealed' }
  for (const [format, method] of Object.entries(methods)) await client[method](format, join(folder, 'source'))
  await client.close()
}

async function measure(direction, parallel, { endpoint, folder, program }) {
  const results = new Map(clients.map(({ name }) => [name, []]))
  for (let round = 0; round < Number(given.rounds); round++) {
    const turn = round % clients.length
    for (const { name, format, suffix, env } of [...clients.slice(turn), ...clients.slice(0, turn)]) {
      const file = join(folder, direction === 'upload' ? 'source' : 'target')
      if (direction === 'download') rmSync(file, { force: true })
      const key = direction === 'upload' ? `up/${format}` : format
      const job = { workload: direction + suffix, endpoint, key, file, part, parallel, keys: folder }
      const result = await runOnce({ client: 'ferross', env }, job)
      if (result.failed || result.skipped) throw new Error(`${name}: ${result.failed ?? result.skipped}`)
      if (direction === 'download') content(program, 'compare', file, size)
      results.get(name).push(result)
    }
    console.error(`bench: ${direction}, ${parallel} at a time: round ${round + 1} of ${given.rounds}`)
  }
  return results
}

function show(title, results) {
  const costs = name => results.get(name).map(({ user, system, bytes }) => ((user + system) * GIB) / bytes)
  const rows = clients.map(({ name, engine }) => {
    const own = costs(name)
    const rate = median(results.get(name).map(({ bytes, seconds }) => bytes / seconds / 1024 ** 2))
    const spread = `${Math.min(...own).toFixed(2)}–${Math.max(...own).toFixed(2)}`
    return [
      name,
      median(own).toFixed(2),
      spread,
      medianRatio(own, costs(`plain, ${engine}`)).toFixed(2),
      rate.toFixed(0),
    ]
  })
  console.log(`\n### ${title}\n`)
  console.log(table(['format, engine', 'CPU s/GiB', 'range', '÷ plain', 'MiB/s'], rows))
}

const { sink: program } = prepare(bench, { wanted: new Set(), build: !given['no-build'] })
const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'ferross-bench-'))
const sink = await startSink(program, folder)
const server = await startServer(join(folder, 'server'))
try {
  makeKeys(folder)
  content(program, 'make', join(folder, 'source'), size)
  await store(server.endpoint, folder)
  const { version } = JSON.parse(readFileSync(join(bench, '..', 'package.json'), 'utf8'))
  console.log(`ferross ${version}, Node.js ${process.versions.node}; file ${sizeOf(size)}, parts of ${sizeOf(part)}`)
  for (const parallel of given.parallel.split(',').map(Number)) {
    for (const [direction, endpoint] of Object.entries({ upload: sink.http, download: server.endpoint })) {
      const title = `${direction}, ${parallel} part${parallel === 1 ? '' : 's'} at a time`
      show(title, await measure(direction, parallel, { endpoint, folder, program }))
    }
  }
} finally {
  sink.close()
  server.close()
  rmSync(folder, { recursive: true, force: true })
}
