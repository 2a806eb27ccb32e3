// Entry of `npm run build`, `npm test` (and its long forms) and `npm run demo`: puts in place whatever a fresh clone lacks, then does the job.
// Uses nothing but Node, because at first nothing else is there.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const [task, ...rest] = process.argv.slice(2)

function run(command, args, options = {}) {
  const shell = process.platform === 'win32'
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit', shell, ...options })
  if (error || status !== 0) {
    console.error(`ferross: ${command} ${args.join(' ')} failed${error ? `: ${error.message}` : ''}`)
    process.exit(status || 1)
  }
}

function modified(path) {
  return existsSync(path) ? statSync(path).mtimeMs : 0
}

function newest(folder) {
  if (!existsSync(folder)) return 0
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile() && !entry.parentPath.includes('golden'))
    .reduce((latest, entry) => Math.max(latest, modified(join(entry.parentPath, entry.name))), 0)
}

function installPackages() {
  const installed = modified(join(root, 'node_modules', '.package-lock.json'))
  if (installed !== 0 && installed >= modified(join(root, 'package-lock.json'))) return
  console.log('ferross: installing packages')
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error']
  const shell = process.platform === 'win32'
  // npm ci insists on lock entries for the binaries of every platform; a registry mirror that carries only some of them
  // makes a lock file without the others, and npm install takes what there is.
  const { status } = spawnSync('npm', ['ci', ...quiet], { cwd: root, stdio: 'ignore', shell })
  if (status !== 0) run('npm', ['install', ...quiet])
}

function compile(project, sources, stampName) {
  const stamp = join(root, 'build', stampName)
  const changed = Math.max(
    newest(join(root, sources)),
    modified(join(root, 'tsconfig.json')),
    modified(join(root, 'package-lock.json')),
  )
  if (modified(stamp) > changed && existsSync(join(root, 'dist'))) return
  console.log(`ferross: compiling ${sources}`)
  run(process.execPath, [join('node_modules', 'typescript', 'bin', 'tsc'), '-p', project])
  mkdirSync(dirname(stamp), { recursive: true })
  writeFileSync(stamp, '')
}

async function build() {
  installPackages()
  const { buildNative } = await import(pathToFileURL(join(root, 'scripts', 'build-native.mjs')))
  const native = await buildNative()
  if (native.state !== 'fresh') console.log(`ferross: ${native.message}`)
  compile('tsconfig.json', 'src', '.src-stamp')
}

async function sayEngine() {
  const { nativeStatus } = await import(pathToFileURL(join(root, 'dist', 'index.js')))
  const status = nativeStatus()
  console.log(
    status.loaded ? 'ferross: using the Rust addon' : `ferross: using the TypeScript fallback (${status.reason})`,
  )
}

function ava(args) {
  return new Promise(resolve => {
    const child = spawn(process.execPath, [join('node_modules', 'ava', 'entrypoints', 'cli.mjs'), ...args], {
      cwd: root,
      stdio: ['inherit', 'pipe', 'inherit'],
    })
    let output = ''
    child.stdout.on('data', chunk => {
      output += chunk
      process.stdout.write(chunk)
    })
    child.on('close', code => resolve({ code, output }))
  })
}

/** Leaves the counts for whoever runs the tests as one step of several. */
function writeSummary(output) {
  const plain = output.replace(/\u001b\[[0-9;]*m/g, '')
  const count = kind => Number([...plain.matchAll(new RegExp(`(\\d+) tests? ${kind}`, 'g'))].at(-1)?.[1] ?? 0)
  const hooks = [...plain.matchAll(/(\d+) (?:hooks? failed|uncaught exceptions?|unhandled rejections?)/g)]
  const broken = hooks.reduce((sum, [, number]) => sum + Number(number), 0)
  // The closing lines name the passed ones only where nothing failed.
  const passed = count('passed') || [...plain.matchAll(/^\s+✔ /gm)].length
  const summary = { passed, failed: count('failed') + broken, skipped: count('skipped') }
  writeFileSync(join(root, 'build', 'test-summary.json'), `${JSON.stringify(summary)}\n`)
}

switch (task) {
  case 'build':
    await build()
    break
  case 'test': {
    await build()
    compile('__test__/tsconfig.json', '__test__', '.test-stamp')
    await sayEngine()
    const { code, output } = await ava(rest)
    writeSummary(output)
    process.exit(code ?? 1)
    break
  }
  case 'faults':
  case 'simulation':
  case 'fuzz':
    await build()
    compile('__test__/tsconfig.json', '__test__', '.test-stamp')
    await sayEngine()
    run(process.execPath, [join('build', 'test', task, 'main.js'), ...rest])
    break
  case 'demo':
    await build()
    await sayEngine()
    run(process.execPath, [join('scripts', 'demo.mjs'), ...rest])
    break
  default:
    console.error(`ferross: no such task: ${task}; use build, test, faults, simulation, fuzz or demo`)
    console.error(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).description)
    process.exit(2)
}
