import { spawn, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const say = message => console.error(`bench: ${message}`)

function succeeds(command, args, options = {}) {
  const { status, error, stderr } = spawnSync(command, args, { encoding: 'utf8', stdio: 'pipe', ...options })
  return { ok: !error && status === 0, reason: error?.message ?? stderr?.trim().split('\n').at(-1) ?? '' }
}

/**
 * Builds and installs what is missing. What cannot be had is said once and left out; only the sink is indispensable.
 *
 * @returns {{ sink: string, has: Set<string> }} the sink's program, and the needs that are met
 */
export function prepare(bench, { wanted, build }) {
  const root = join(bench, '..')
  const cache = join(bench, '.cache')
  const has = new Set()
  const sink = join(cache, 'target', 'release', 'sink')
  if (build) {
    if (!succeeds(process.execPath, [join('scripts', 'run.mjs'), 'build'], { cwd: root }).ok)
      say('ferross does not build; measuring what is in dist/')
    buildRust(bench, join(cache, 'target'))
  }
  if (!existsSync(sink)) throw new Error('the sink is not there: it takes a Rust toolchain (cargo) to build it')
  const steps = { packages: installPackages, go: buildGo, python: installPython }
  for (const [need, step] of Object.entries(steps)) {
    if (!wanted.has(need)) continue
    const reason = step(bench, cache, build)
    if (reason === undefined) has.add(need)
    else say(`without ${need}: ${reason}`)
  }
  return { sink, has }
}

function buildRust(bench, target) {
  say('building the sink and the floor')
  const env = { ...process.env, CARGO_TARGET_DIR: target }
  // The lock file also names what the addon is made of; when that has changed, cargo may bring it up to date.
  if (succeeds('cargo', ['build', '--release', '--locked'], { cwd: bench, env }).ok) return
  const { ok, reason } = succeeds('cargo', ['build', '--release'], { cwd: bench, env })
  if (!ok) say(`cargo failed: ${reason}`)
}

function installPackages(bench, _cache, build) {
  const installed = join(bench, 'node_modules', '.package-lock.json')
  if (existsSync(installed)) return undefined
  if (!build) return 'npm packages of bench/ are not installed'
  say('installing the other clients')
  const shell = process.platform === 'win32'
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error']
  if (succeeds('npm', ['ci', ...quiet], { cwd: bench, shell }).ok) return undefined
  const { ok, reason } = succeeds('npm', ['install', '--no-save', ...quiet], { cwd: bench, shell })
  return ok ? undefined : reason
}

function buildGo(bench, cache, build) {
  const program = join(cache, 'go-client')
  if (build) {
    say('building the Go client')
    const { ok, reason } = succeeds('go', ['build', '-o', program, '.'], { cwd: join(bench, 'go') })
    if (!ok) return reason
  }
  return existsSync(program) ? undefined : 'it is not built'
}

function installPython(bench, cache, build) {
  const python = join(cache, 'python', 'bin', 'python')
  const works = () => succeeds(python, ['-c', 'import alibabacloud_oss_v2']).ok
  if (works()) return undefined
  if (!build) return 'it is not installed'
  say('installing the Python client')
  const venv = succeeds('python3', ['-m', 'venv', join(cache, 'python')])
  if (!venv.ok) return venv.reason
  const { ok, reason } = succeeds(python, [
    '-m',
    'pip',
    'install',
    '-q',
    '-r',
    join(bench, 'python', 'requirements.txt'),
  ])
  return ok && works() ? undefined : reason
}

/** Starts the sink. It ends when this process does. */
export async function startSink(program, folder) {
  const child = spawn(program, ['serve', folder], { stdio: ['pipe', 'pipe', 'inherit'] })
  for await (const line of createInterface({ input: child.stdout }))
    return { ...JSON.parse(line), close: () => child.stdin.end() }
  throw new Error('the sink did not start')
}

/** Makes a file with the content that the sink serves, or compares one with it. */
export function content(program, task, file, size) {
  const { ok, reason } = succeeds(program, [task, file, String(size)])
  if (!ok) throw new Error(`${file}: ${reason}`)
}
