import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import test from 'ava'
import * as ferross from 'ferross'

const page = readFileSync('docs/credentials.md', 'utf8')

test('the programs of the page compile', async t => {
  t.timeout(300_000)
  const folder = resolve('build/credentials-page')
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const programs = [...page.matchAll(/^```ts( no-run)?\n([\s\S]*?)^```$/gm)]
  t.true(programs.length >= 5)
  for (const [index, [, , source]] of programs.entries()) writeFileSync(join(folder, `${index}.ts`), source)
  const compilerOptions = {
    rootDir: '.',
    noEmit: true,
    incremental: false,
    target: 'es2022',
    moduleDetection: 'force',
    noUnusedLocals: false,
  }
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ extends: '../../tsconfig.json', compilerOptions, include: ['*.ts'] }),
  )
  const child = spawn(process.execPath, ['node_modules/typescript/bin/tsc', '-p', folder], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', chunk => (output += chunk))
  const [code] = await once(child, 'close')
  t.is(code, 0, output)
})

test('the table of the page has every provider of the package, and no other', t => {
  const exported = Object.keys(ferross).filter(name => /CredentialsProvider(Chain)?$/.test(name))
  const listed = [...page.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name)
  t.deepEqual([...listed, 'RefreshingCredentialsProvider'].sort(), exported.sort())
})
