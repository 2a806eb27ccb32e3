// Builds the addon with AddressSanitizer and runs its tests with it, in a copy of the package under build/asan. Finds reads and
// writes out of bounds and memory used after it was freed. Says in one line where that cannot be done. Arguments are test files
// instead of all tests of the addon.
import { spawnSync } from 'node:child_process'
import { copyFileSync, cpSync, existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const copy = join(root, 'build', 'asan')
const files = process.argv.slice(2)

function run(command, args, options = {}) {
  return spawnSync(command, args, { cwd: root, encoding: 'utf8', maxBuffer: 1 << 28, ...options })
}

function leave(reason, code = 0) {
  console.log(`asan: ${reason}`)
  process.exit(code)
}

/** The addon with checks in it, as a dynamic library. */
function buildAddon(host) {
  const { status, stderr } = run('cargo', ['build', '--locked', '--target', host, '--target-dir', 'target/asan'], {
    env: {
      ...process.env,
      // The sanitizer is an unstable option; this lets a stable compiler have it. With a --target, build scripts and macros
      // are left without.
      RUSTC_BOOTSTRAP: '1',
      RUSTFLAGS: '-Zsanitizer=address',
      CARGO_PROFILE_DEV_OPT_LEVEL: '1',
    },
  })
  if (status === 0) return join(root, 'target', 'asan', host, 'debug', 'libferross.so')
  if (/sanitizer is not supported|rt\.asan|unknown unstable option/.test(stderr))
    leave('not run: this toolchain has no sanitizer')
  process.stderr.write(stderr)
  leave('the addon does not compile', 1)
}

/** The built package with the other addon in it. The modules find the addon beside themselves. */
function copyPackage(library) {
  rmSync(copy, { recursive: true, force: true })
  mkdirSync(join(copy, 'build'), { recursive: true })
  for (const path of ['package.json', 'dist', '__test__', join('build', 'test'), join('native', 'reference')]) {
    cpSync(join(root, path), join(copy, path), { recursive: true })
  }
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
  const { platform, arch } = process
  copyFileSync(library, join(copy, `ferross.${platform}-${arch}-gnu.node`))
}

const host = /^host: (.*)$/m.exec(run('rustc', ['-vV']).stdout ?? '')?.[1]
if (!host?.endsWith('-linux-gnu')) leave('not run: it takes Rust on Linux with glibc')
// The compiler links the runtime into programs, not into libraries: Node.js gets it from the C compiler's.
const runtime = run('cc', ['-print-file-name=libasan.so']).stdout?.trim() ?? ''
if (!existsSync(runtime)) leave("not run: the C compiler's libasan is not installed")
if (!existsSync(join(root, 'dist'))) leave('there is no dist; `npm run build` makes it', 1)

const typescript = join('node_modules', 'typescript', 'bin', 'tsc')
if (run(process.execPath, [typescript, '-p', '__test__/tsconfig.json'], { stdio: 'inherit' }).status !== 0)
  leave('the tests do not compile', 1)
copyPackage(buildAddon(host))
const ava = join('node_modules', 'ava', 'entrypoints', 'cli.mjs')
const { status } = run(process.execPath, [ava, ...(files.length > 0 ? files : ['__test__/native/**/*.test.ts'])], {
  cwd: copy,
  stdio: 'inherit',
  env: {
    ...process.env,
    FERROSS_NATIVE: 'require',
    LD_PRELOAD: runtime,
    // Node.js itself leaves memory to the end of the process.
    ASAN_OPTIONS: 'detect_leaks=0:abort_on_error=0:exitcode=99',
  },
})
leave(status === 0 ? 'the tests pass with AddressSanitizer' : `failed with exit code ${status}`, status === 0 ? 0 : 1)
