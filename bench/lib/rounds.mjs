import { spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { commandOf, trusting } from './peers.mjs'
import { content } from './prepare.mjs'

const bench = dirname(dirname(fileURLToPath(import.meta.url)))

/**
 * One workload in rounds, the clients in turn, another one first in each round. Begins no further round after the deadline.
 *
 * @returns the results of each client by its name; a client that fails is left out, with a message
 */
export async function inRounds({ workload, scheme, size, parallel, chosen, rounds, label, deadline }, context) {
  const results = new Map(chosen.map(peer => [peer.name, []]))
  let usable = [...chosen]
  for (let round = 0; round < rounds && usable.length > 0; round++) {
    if (round > 0 && Date.now() > deadline) break
    const turn = round % usable.length
    for (const peer of [...usable.slice(turn), ...usable.slice(0, turn)]) {
      const job = jobOf({ workload, scheme, parallel, size, peer }, context)
      const result = await attempt(peer, job, size, context.sink)
      if (result.failed || result.skipped) {
        console.error(`bench: ${label}: leaving out ${peer.name}: it ${result.skipped ?? `failed: ${result.failed}`}`)
        usable = usable.filter(other => other !== peer)
        results.delete(peer.name)
      } else results.get(peer.name).push(result)
    }
    console.error(`bench: ${label}: round ${round + 1} of ${rounds}`)
  }
  rmSync(join(context.folder, 'target'), { recursive: true, force: true })
  return results
}

/** What a client is told. */
function jobOf({ workload, scheme, parallel, size, peer }, { folder, sink, settings }) {
  const common = {
    workload,
    endpoint: sink[scheme],
    part: settings.part,
    length: 4096,
    keys: folder,
    ...(scheme === 'https' && { ca: sink.ca }),
  }
  const target = join(folder, 'target')
  const source = join(folder, 'source')
  switch (workload) {
    case 'put':
    case 'get':
      return { ...common, key: peer.name, parallel: 32, operations: settings.operations }
    case 'folder-up':
      return { ...common, key: 'folder', file: join(folder, 'files'), parallel: 16, operations: settings.files }
    case 'folder-down':
      return { ...common, key: 'folder', file: target, parallel: 16, operations: settings.files }
    case 'download':
      return { ...common, key: `content/size-${size}`, file: target, parallel }
    case 'download-encrypted':
      return { ...common, key: `sealed/${peer.name}`, file: target, parallel }
    case 'upload-encrypted':
      return { ...common, key: `sealed/${peer.name}`, file: source, parallel }
    default:
      return { ...common, key: `up/${peer.name}`, file: source, parallel }
  }
}

async function attempt(peer, job, size, sink) {
  rmSync(join(job.keys, 'target'), { recursive: true, force: true })
  const result = await runOnce(peer, job)
  if (result.failed || result.skipped) return result
  try {
    await verify(sink, job, peer, size)
    return result
  } catch (error) {
    return { failed: error.message }
  }
}

/** Runs a client once. */
export function runOnce(peer, job) {
  const [program, ...args] = commandOf(peer, bench)
  const pairs = Object.entries(job).map(([name, value]) => `${name}=${value}`)
  const env = { ...process.env, NODE_NO_WARNINGS: '1', ...trusting(job.ca), ...peer.env }
  return new Promise(resolve => {
    const child = spawn(program, [...args, ...pairs], { env, stdio: ['ignore', 'pipe', 'pipe'] })
    const text = { stdout: '', stderr: '' }
    for (const stream of ['stdout', 'stderr'])
      child[stream].setEncoding('utf8').on('data', piece => {
        text[stream] += piece
      })
    child.on('error', error => resolve({ failed: error.message }))
    child.on('close', code => {
      try {
        if (code !== 0) throw new Error(text.stderr.match(/^.*Error.*$/m)?.[0] ?? text.stderr.trim().split('\n').at(-1))
        resolve(JSON.parse(text.stdout.trim().split('\n').at(-1)))
      } catch (error) {
        resolve({ failed: `${error.message || `exit code ${code}`}`.slice(0, 200) })
      }
    })
  })
}

/** What arrived must be what was sent. Bodies that stand for a file without being one are only counted. */
async function verify(sink, job, peer, size) {
  if (job.workload === 'download') return content(sink.program, 'compare', job.file, size)
  if (job.workload !== 'upload') return
  const { headers } = await fetch(`${sink.http}/bench/${job.key}`, { method: 'HEAD' })
  const sum = headers.get('x-sink-received-crc64')
  const whole = headers.get('content-length') === String(size)
  const right = !sendsTheFile(peer) || sum === headers.get('x-oss-hash-crc64ecma')
  if (!whole || !right) throw new Error('the object that arrived is not the file')
}

function sendsTheFile(peer) {
  return peer.client !== 'undici' && peer.client !== 'node-http'
}
