import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import test from 'ava'
import { withServer } from './helpers/with-server.js'

const docs = readdirSync('docs')
  .filter(name => name.endsWith('.md'))
  .map(name => `docs/${name}`)
const pages = ['README.md', 'README-CN.md', ...docs]
const folder = resolve('build/readme')

interface Snippet {
  name: string
  source: string
  run: boolean
  expected: string[]
}

/** The programs of a page, with the lines they promise to print. */
function snippets(page: string): Snippet[] {
  const fences = [...readFileSync(page, 'utf8').matchAll(/^```ts( no-run)?\n([\s\S]*?)^```$/gm)]
  return fences.map(([, noRun, source = ''], index) => ({
    name: `${page.replace('.md', '').replace('/', '-').toLowerCase()}-${index + 1}`,
    source,
    run: noRun === undefined,
    expected: [...source.matchAll(/\/\/ => (.*)$/gm)].map(match => match[1] as string),
  }))
}

const all = pages.flatMap(snippets)

async function execute(command: string, args: string[], options: object): Promise<{ code: number; output: string }> {
  const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', chunk => (output += chunk))
  const [code] = await once(child, 'close')
  return { code, output }
}

// The real service is replaced by the local server, everything else is as it stands in the page.
function redirected(source: string): string {
  return source.replaceAll("region: 'cn-hangzhou',", "region: 'cn-hangzhou', endpoint: process.env['TEST_ENDPOINT']!,")
}

test.before(async t => {
  t.timeout(300_000)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  for (const { name, source } of all) writeFileSync(join(folder, `${name}.ts`), redirected(source))
  const settings = {
    extends: '../../tsconfig.json',
    compilerOptions: {
      rootDir: '.',
      outDir: 'out',
      incremental: false,
      declaration: false,
      declarationMap: false,
      target: 'es2022',
      moduleDetection: 'force',
      // A page may end where the reader goes on.
      noUnusedLocals: false,
    },
    include: ['*.ts'],
  }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(settings))
  const { code, output } = await execute(process.execPath, ['node_modules/typescript/bin/tsc', '-p', folder], {})
  t.is(code, 0, `the programs in the pages must compile:\n${output}`)
})

test('the English and the Chinese page have the same programs', t => {
  const programs = pages.map(page => snippets(page).map(({ source }) => source.replace(/\/\/(?! =>).*$/gm, '//')))
  t.deepEqual(programs[0], programs[1])
  t.true(all.some(({ expected }) => expected.length > 0))
})

for (const { name, run, expected } of all) {
  if (!run) continue
  test(`program ${name} does what it says`, async t => {
    t.timeout(300_000)
    const { server, client } = await withServer(t)
    await client.putBucket({ bucket: 'examplebucket' })
    const cwd = mkdtempSync(join(folder, 'run-'))
    writeFileSync(join(cwd, 'backup.tar'), Buffer.alloc(3 * 1024 * 1024 + 17, name))
    const env = {
      ...process.env,
      TEST_ENDPOINT: server.endpoint,
      OSS_ACCESS_KEY_ID: server.credentials.accessKeyId,
      OSS_ACCESS_KEY_SECRET: server.credentials.accessKeySecret,
    }
    const { code, output } = await execute(process.execPath, [join(folder, 'out', `${name}.js`)], { cwd, env })
    t.is(code, 0, output)
    const lines = output.trimEnd().split('\n')
    for (const line of expected)
      t.true(lines.includes(line), `expected the line ${JSON.stringify(line)} in:\n${output}`)
  })
}
