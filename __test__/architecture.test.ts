import { readdirSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'
import test from 'ava'
import { operation } from '#src/binding/operation.js'
import * as operations from '#src/operations/index.js'

/** An `import … from` or `export … from` of a source file. */
interface Import {
  /** File, relative to `src`. */
  file: string
  /** Folder of the file, or the file itself at the top. */
  from: string
  /** Folder of what is imported, or a package. */
  to: string
  /** File of what is imported; absent for packages. */
  target?: string
  /** Whether only types are taken, so that nothing is loaded. */
  typeOnly: boolean
}

const top = (path: string) => (path.includes('/') ? (path.split('/')[0] as string) : path)

function importsOf(file: string): Import[] {
  const source = readFileSync(`src/${file}`, 'utf8')
  const statements = source.matchAll(/^(?:import|export)\s+(type\s+)?([^'";]*?)\s*from\s+'([^']+)'/gms)
  return [...statements].map(([, type, names = '', path = '']) => {
    const listed = names.startsWith('{')
      ? names
          .slice(1, -1)
          .split(',')
          .filter(name => name.trim() !== '')
      : []
    const typeOnly = type !== undefined || (listed.length > 0 && listed.every(name => /^\s*type\s/.test(name)))
    if (!path.startsWith('.')) return { file, from: top(file), to: path, typeOnly }
    const target = posix.join(posix.dirname(file), path).replace(/\.js$/, '.ts')
    return { file, from: top(file), to: top(target), target, typeOnly }
  })
}

const files = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .map(name => name.replaceAll('\\', '/'))
  .filter(name => name.endsWith('.ts'))
const imports = files.flatMap(importsOf)
const inner = imports.filter(({ target, from, to }) => target !== undefined && from !== to)

/** What each folder may load, from the bottom up. All may use `errors.ts`, which uses nothing, and `internal`. */
const below: Record<string, readonly string[]> = {
  'errors.ts': [],
  internal: [],
  observability: [],
  native: [],
  xml: [],
  http: ['native'],
  credentials: ['http', 'observability'],
  retry: [],
  processing: [],
  signing: [],
  // Apart from one question, whether a value can be a body, binding knows of no transport.
  binding: ['signing', 'xml', 'pipeline'],
  operations: ['binding'],
  pipeline: ['binding', 'signing', 'credentials', 'retry', 'http', 'xml', 'native', 'observability'],
  transfer: ['operations', 'binding', 'pipeline', 'retry', 'native', 'observability'],
  files: ['transfer', 'operations', 'pipeline', 'native'],
  client: [
    ...['files', 'transfer', 'operations', 'binding', 'pipeline', 'signing', 'credentials', 'retry', 'http'],
    'observability',
  ],
  encryption: [
    'client',
    'files',
    'transfer',
    'operations',
    'binding',
    'pipeline',
    'signing',
    'native',
    'observability',
  ],
  server: ['operations', 'binding', 'signing', 'xml', 'native'],
  otel: ['observability'],
}
const common = ['errors.ts', 'internal']
const clients = ['vectors', 'tables', 'dataprocess', 'agentic']
const clientMayUse = ['client', 'operations', 'binding', 'pipeline', 'signing', 'credentials', 'retry', 'http', 'xml']
for (const name of clients) below[name] = clientMayUse
below.cli = [...Object.keys(below)]

/** Types that may be named upwards: they say what a value is and load nothing. */
const named: Readonly<Record<string, readonly string[]>> = {
  operations: ['pipeline'],
  signing: ['credentials'],
  server: ['credentials'],
  transfer: ['client', 'http'],
  files: ['client'],
}

test('imports point downwards', t => {
  const wrong = inner.filter(({ from, to, typeOnly }) => {
    if (from === 'index.ts') return false
    if (common.includes(to)) return from === 'errors.ts'
    if (below[from] === undefined) return true
    return !below[from].includes(to) && !(typeOnly && named[from]?.includes(to))
  })
  t.deepEqual(
    wrong.map(({ file, target }) => `${file} -> ${target}`),
    [],
  )
})

test('what this test allows is what the code needs', t => {
  const needed = new Set(inner.map(({ from, to }) => `${from} -> ${to}`))
  const folders = new Set(files.map(top))
  const unused = Object.entries(below)
    .filter(([from]) => folders.has(from) && !['cli', 'encryption', ...clients].includes(from))
    .flatMap(([from, list]) => list.map(to => `${from} -> ${to}`))
    .filter(edge => !needed.has(edge))
  t.deepEqual(unused, [])
})

test('no file imports itself by way of others', t => {
  const edges = new Map<string, string[]>()
  for (const { file, target, typeOnly } of imports) {
    if (target !== undefined && !typeOnly) edges.set(file, [...(edges.get(file) ?? []), target])
  }
  const done = new Set<string>()
  const visit = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) t.fail([...path.slice(path.indexOf(file)), file].join(' -> '))
    else if (!done.has(file)) for (const next of edges.get(file) ?? []) visit(next, [...path, file])
    done.add(file)
  }
  for (const file of files) visit(file, [])
  t.pass()
})

test('index.ts is for users only', t => {
  t.deepEqual(
    imports.filter(({ target }) => target === 'index.ts'),
    [],
  )
})

/** The folders whose files load a package. */
function usersOf(name: RegExp): string[] {
  return [
    ...new Set(
      imports
        .filter(({ to, target, typeOnly }) => target === undefined && !typeOnly && name.test(to))
        .map(({ from }) => from),
    ),
  ]
}

test('each dependency is known to one folder, and there are no others', t => {
  t.deepEqual(usersOf(/^undici(\/|$)/), ['http'])
  t.deepEqual(usersOf(/^fast-xml-parser$/), ['xml'])
  t.deepEqual(usersOf(/^(?!node:|undici(\/|$)|fast-xml-parser$)/), [])
})

test('only native/ loads the addon, and native/ knows nothing of OSS', t => {
  const loaders = files.filter(name => /createRequire|process\.dlopen/.test(readFileSync(`src/${name}`, 'utf8')))
  t.deepEqual(
    loaders.filter(name => !name.startsWith('native/') && !name.startsWith('internal/')),
    [],
  )
  const known = new Set(inner.filter(({ from }) => from === 'native').map(({ to }) => to))
  t.deepEqual([...known].sort(), ['errors.ts', 'internal'])
})

test('files of operations export operations and types, no other values', async t => {
  const shape = Object.keys(operation({ name: 'A', method: 'GET', request: {}, response: {} })).sort()
  for (const [name, value] of Object.entries(operations)) t.deepEqual(Object.keys(value).sort(), shape, name)
  const exported = new Set(Object.keys(operations))
  for (const file of files.filter(name => name.startsWith('operations/'))) {
    if (/\/(index|shared)\.ts$/.test(file)) continue
    const module: object = await import(`#src/${file.replace('.ts', '.js')}`)
    const others = Object.keys(module).filter(name => !exported.has(name))
    // A part of a family that was split off gives its shapes to the family, and is not in the index.
    if (others.length < Object.keys(module).length || others.length === 0) t.deepEqual(others, [], file)
    else
      t.notRegex(
        readFileSync('src/operations/index.ts', 'utf8'),
        new RegExp(`export \\* from './${file.split('/')[1]?.replace('.ts', '.js')}'`),
      )
  }
})
