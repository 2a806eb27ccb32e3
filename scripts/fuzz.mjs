// Builds the fuzz targets of the Rust half and runs them one after another: `node scripts/fuzz.mjs [seconds] [targets…]`. Takes any
// recent Rust, stable included, and no cargo-fuzz. Fails with the first input that breaks a promise, and says where it lies.
import { spawnSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const fuzz = fileURLToPath(new URL('../fuzz/', import.meta.url))
const known = readdirSync(join(fuzz, 'fuzz_targets')).map(name => name.replace('.rs', ''))
const [seconds = '60', ...chosen] = process.argv.slice(2)
const targets = chosen.length > 0 ? chosen : known

function leave(message) {
  console.error(`fuzz: ${message}`)
  process.exit(1)
}

if (!/^\d+$/.test(seconds)) leave(`the first argument is a number of seconds, not ${seconds}`)
for (const target of targets) if (!known.includes(target)) leave(`no target ${target}; there are ${known.join(', ')}`)

/** Gives `keys` something to start from, in each form that it reads: noise never becomes a key. */
function writeKeys() {
  const folder = join(fuzz, 'corpus', 'keys')
  mkdirSync(folder, { recursive: true })
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 1024 })
  // The first byte is the form as native/fuzzing.rs counts them, the second the padding.
  const forms = [
    [1, publicKey, 'spki'],
    [2, publicKey, 'pkcs1'],
    [3, privateKey, 'pkcs8'],
    [4, privateKey, 'pkcs1'],
  ]
  for (const [form, key, type] of forms)
    for (const padding of [0, 1]) {
      const write = (kind, content) =>
        writeFileSync(
          join(folder, `seed-${kind}-${form}-${padding}`),
          Buffer.concat([Buffer.from([kind, padding]), Buffer.from(content)]),
        )
      write(form, key.export({ type, format: 'der' }))
      write(0, key.export({ type, format: 'pem' }))
    }
}

const host = /^host: (.*)$/m.exec(spawnSync('rustc', ['-vV'], { encoding: 'utf8' }).stdout ?? '')?.[1]
if (!host) leave('there is no Rust toolchain')
const { status } = spawnSync('cargo', ['build', '--release', '--locked', '--target', host], {
  cwd: fuzz,
  stdio: 'inherit',
  env: {
    ...process.env,
    // Sanitizer and coverage are unstable options; this lets a stable compiler have them.
    RUSTC_BOOTSTRAP: '1',
    RUSTFLAGS: [
      '--cfg fuzzing -Zsanitizer=address -Cdebug-assertions -Clink-dead-code -Cpasses=sancov-module',
      ...['level=4', 'inline-8bit-counters', 'pc-table', 'trace-compares'].map(
        option => `-Cllvm-args=-sanitizer-coverage-${option}`,
      ),
    ].join(' '),
  },
})
if (status !== 0) leave('the targets do not compile')

for (const target of targets) {
  if (target === 'keys') writeKeys()
  const corpus = join(fuzz, 'corpus', target)
  const artifacts = join(fuzz, 'artifacts', target)
  for (const folder of [corpus, artifacts]) mkdirSync(folder, { recursive: true })
  const run = spawnSync(
    join(fuzz, 'target', host, 'release', target),
    [corpus, `-max_total_time=${seconds}`, `-artifact_prefix=${artifacts}/`, '-print_final_stats=1'],
    { encoding: 'utf8', maxBuffer: 1 << 28 },
  )
  if (run.status !== 0) {
    process.stderr.write(run.stderr ?? '')
    leave(`${target} failed; the input is in ${artifacts}`)
  }
  console.log(`fuzz: ${target}: ${/number_of_executed_units: (\d+)/.exec(run.stderr)?.[1]} inputs, no failure`)
}
