// Runs everything a change must pass and counts it from the real results. Called by .ci/run.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const total = { passed: 0, failed: 0 }

function step(title, command, args, count) {
  console.log(`\n== ${title}: ${command} ${args.join(' ')}`)
  const shell = process.platform === 'win32'
  const result = spawnSync(command, args, {
    cwd: root,
    encoding: 'utf8',
    shell,
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 1 << 28,
  })
  process.stdout.write(result.stdout ?? '')
  const ok = result.status === 0
  const counted = count?.(result.stdout ?? '') ?? { passed: ok ? 1 : 0, failed: ok ? 0 : 1 }
  // A step that ends badly without naming a failure is a failure all the same, and so is one that counted nothing.
  if (!ok && counted.failed === 0) counted.failed = 1
  if (ok && counted.passed === 0) counted.failed += 1
  total.passed += counted.passed
  total.failed += counted.failed
  console.log(`== ${title}: ${counted.passed} passed, ${counted.failed} failed`)
}

function avaCount() {
  const path = join(root, 'build', 'test-summary.json')
  if (!existsSync(path)) return { passed: 0, failed: 1 }
  const { passed, failed } = JSON.parse(readFileSync(path, 'utf8'))
  return { passed, failed }
}

function cargoCount(output) {
  const results = [...output.matchAll(/test result: \w+\. (\d+) passed; (\d+) failed/g)]
  return results.reduce(
    (sum, [, passed, failed]) => ({ passed: sum.passed + Number(passed), failed: sum.failed + Number(failed) }),
    {
      passed: 0,
      failed: 0,
    },
  )
}

/** Runs a check whose data come from elsewhere. Where they cannot be had it is left out, with the reason; it does not fail. */
function audit(title, command, args, verdictOf) {
  console.log(`\n== ${title}: ${command} ${args.join(' ')}`)
  const shell = process.platform === 'win32'
  const result = spawnSync(command, args, { cwd: root, encoding: 'utf8', shell, timeout: 120_000, maxBuffer: 1 << 28 })
  const verdict = result.error ? { leftOut: result.error.message } : verdictOf(result)
  if (verdict.leftOut !== undefined) return console.log(`== ${title} left out: ${verdict.leftOut}`)
  if (!verdict.clean) console.log(verdict.findings)
  total[verdict.clean ? 'passed' : 'failed'] += 1
  console.log(`== ${title}: ${verdict.clean ? 'clean' : 'findings'}`)
}

/** `npm audit` also ends badly when the registry has no such service, or cannot be reached. */
function npmVerdict({ stdout }) {
  const report = parsed(stdout)
  const count = report?.metadata?.vulnerabilities?.total
  if (typeof count !== 'number') {
    const reason = report?.error?.summary || report?.message || 'the registry gives no advisories'
    return { leftOut: String(reason).split('\n')[0] }
  }
  return { clean: count === 0, findings: JSON.stringify(report.vulnerabilities, null, 2) }
}

/** `cargo deny` clones the database of advisories first. */
function denyVerdict({ status, stdout, stderr }) {
  if (status === 0) return { clean: true }
  if (/failed to (fetch|update|load|open).*(advisory|database|index)|unable to (fetch|clone)/i.test(stderr))
    return { leftOut: 'the advisories cannot be fetched' }
  return { clean: false, findings: stdout + stderr }
}

/** Runs something whose output is to be seen. It counts for nothing: what it measures depends on what else the machine does. */
function show(title, command, args) {
  console.log(`\n== ${title}: ${command} ${args.join(' ')}`)
  const shell = process.platform === 'win32'
  const { status } = spawnSync(command, args, {
    cwd: root,
    shell,
    stdio: ['ignore', 'inherit', 'inherit'],
    timeout: 300_000,
  })
  if (status !== 0) console.log(`== ${title}: did not come to its end, which is no failure`)
}

function parsed(text) {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

rmSync(join(root, 'build', 'test-summary.json'), { force: true })
step('tests', 'npm', ['test'], avaCount)
if (spawnSync('cargo', ['--version']).status === 0) {
  step('Rust format', 'cargo', ['fmt', '--check'])
  step('Rust lint', 'cargo', ['clippy', '--all-targets', '--', '-D', 'warnings'])
  step('Rust tests', 'cargo', ['test'], cargoCount)
} else {
  console.log('\n== Rust checks left out: there is no cargo')
}
audit('npm audit', 'npm', ['audit', '--json'], npmVerdict)
if (spawnSync('cargo', ['deny', '--version']).status === 0) {
  step('cargo deny', 'cargo', ['deny', '--offline', 'check', 'bans', 'licenses', 'sources'])
  audit('cargo deny advisories', 'cargo', ['deny', 'check', 'advisories'], denyVerdict)
} else {
  console.log('\n== cargo deny left out: it is not installed')
}
step('lint', 'npm', ['run', '--silent', 'lint'])
step('types', 'npm', ['run', '--silent', 'types'])
if (spawnSync('cargo', ['--version']).status === 0)
  show('benchmark, short form', 'npm', ['run', '--silent', 'bench', '--', '--quick'])

console.log('')
console.log(`${total.passed} passed, ${total.failed} failed`)
process.exit(total.failed === 0 ? 0 : 1)
