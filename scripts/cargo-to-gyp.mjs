// Called by binding.gyp: builds the addon with cargo and copies it to where gyp expects the product.
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

const target = resolve(process.argv[2])
const root = resolve(import.meta.dirname ?? dirname(new URL(import.meta.url).pathname), '..')
const { status, stdout } = spawnSync(
  'cargo',
  ['build', '--release', '--locked', '--message-format=json-render-diagnostics'],
  {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 1 << 28,
  },
)
if (status !== 0) process.exit(status ?? 1)
const library = stdout
  .split('\n')
  .filter(line => line.startsWith('{'))
  .map(line => JSON.parse(line))
  .filter(message => message.reason === 'compiler-artifact' && message.target.kind.includes('cdylib'))
  .flatMap(message => message.filenames)
  .find(name => /\.(so|dylib|dll)$/.test(name))
if (library === undefined) throw new Error('cargo made no dynamic library')
mkdirSync(dirname(target), { recursive: true })
copyFileSync(library, target)
