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

rmSync(join(root, 'build', 'test-summary.json'), { force: true })
step('tests', 'npm', ['test'], avaCount)
if (spawnSync('cargo', ['--version']).status === 0) {
  step('Rust format', 'cargo', ['fmt', '--check'])
  step('Rust lint', 'cargo', ['clippy', '--all-targets', '--', '-D', 'warnings'])
  step('Rust tests', 'cargo', ['test'], cargoCount)
} else {
  console.log('\n== Rust checks left out: there is no cargo')
}
step('lint', 'npm', ['run', '--silent', 'lint'])
step('types', 'npm', ['run', '--silent', 'types'])

console.log('')
console.log(`${total.passed} passed, ${total.failed} failed`)
process.exit(total.failed === 0 ? 0 : 1)
