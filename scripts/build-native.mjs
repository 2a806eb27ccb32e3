// Builds the Rust addon for this machine, when there is a Rust toolchain and the addon is missing or older than its sources.
// Says in one line what it did. The package works without the addon, so only a failed compilation is an error.

import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = fileURLToPath(new URL('../', import.meta.url))
const stamp = join(root, 'build', 'native.sha256')

/**
 * Builds the addon if that is needed and possible. Does not throw.
 *
 * @param {{ force?: boolean, verbose?: boolean }} [options] `force` builds even if nothing changed; `verbose` shows cargo's
 * output while it works instead of only when it fails
 * @returns {{ state: 'built' | 'fresh' | 'skipped' | 'failed', message: string }} `skipped` when a toolchain or the crates
 * are missing, `failed` when the sources do not compile
 */
export function buildNative({ force = false, verbose = false } = {}) {
  const fingerprint = hashSources()
  if (!force && isFresh(fingerprint)) return { state: 'fresh', message: 'The native addon is up to date.' }

  if (run('cargo', ['--version']).status !== 0) return skipped('cargo is not installed')
  const cli = findCli()
  if (!cli) return skipped('@napi-rs/cli is not installed')
  if (
    run('cargo', ['fetch', '--locked']).status !== 0 &&
    run('cargo', ['fetch', '--locked', '--offline']).status !== 0
  ) {
    return skipped('the crates cannot be fetched')
  }

  const started = performance.now()
  const built = run(process.execPath, [cli, 'build', '--platform', '--release', '--no-js', '--', '--locked'], verbose)
  if (built.status !== 0) {
    const output = verbose ? '' : `${built.stdout}${built.stderr}`
    // Rust calls the system's C compiler to link, and ring to compile; a missing tool is no mistake in the sources.
    if (/linker `.*` not found|failed to find tool/.test(output)) return skipped('there is no C compiler')
    if (output) process.stderr.write(output)
    return { state: 'failed', message: 'The native addon does not compile. The TypeScript fallback will be used.' }
  }
  mkdirSync(dirname(stamp), { recursive: true })
  writeFileSync(stamp, fingerprint)
  const seconds = ((performance.now() - started) / 1000).toFixed(0)
  return { state: 'built', message: `Built the native addon in ${seconds} s.` }
}

function skipped(reason) {
  const addon = addonName() === undefined ? 'The TypeScript fallback' : 'The old addon'
  return { state: 'skipped', message: `The native addon was not built: ${reason}. ${addon} will be used.` }
}

/** One hash over everything the addon is made of. */
function hashSources() {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}\n`)
  const names = readdirSync(join(root, 'native'), { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile() && entry.name.endsWith('.rs'))
    .map(entry => join(entry.parentPath ?? entry.path, entry.name))
    .sort()
  for (const path of [...names, ...['Cargo.toml', 'Cargo.lock', 'build.rs'].map(name => join(root, name))]) {
    if (existsSync(path)) hash.update(readFileSync(path)).update('\0')
  }
  return hash.digest('hex')
}

function isFresh(fingerprint) {
  return addonName() !== undefined && existsSync(stamp) && readFileSync(stamp, 'utf8') === fingerprint
}

/** The addon of this machine in the root, if there is one. */
function addonName() {
  return readdirSync(root).find(name => name.startsWith(`ferross.${process.platform}-${process.arch}`))
}

function findCli() {
  try {
    return join(dirname(createRequire(import.meta.url).resolve('@napi-rs/cli/package.json')), 'dist', 'cli.js')
  } catch {
    return undefined
  }
}

function run(command, args, visible = false) {
  return spawnSync(command, args, { cwd: root, encoding: 'utf8', stdio: visible ? 'inherit' : 'pipe' })
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { state, message } = buildNative({
    force: process.argv.includes('--force'),
    verbose: process.argv.includes('--verbose'),
  })
  console.log(message)
  if (state === 'failed') process.exitCode = 1
}
