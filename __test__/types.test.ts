import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import test from 'ava'

// `types.test-d.ts` is compiled, never run. A statement under `// @ts-expect-error` must not compile: the compiler complains
// where it does. So that a line which fails for another reason than the one meant is noticed, each such comment names the
// compiler's message, and the errors are compared with a second run that has the comments taken out.

const source = readFileSync('__test__/types.test-d.ts', 'utf8')
const folder = resolve('build/types')

async function compile(name: string, text: string): Promise<{ code: number; output: string }> {
  const project = join(folder, name)
  mkdirSync(project, { recursive: true })
  writeFileSync(join(project, 'snippets.ts'), text.replaceAll('#src/', '../../../dist/'))
  const settings = {
    extends: '../../../tsconfig.json',
    compilerOptions: {
      rootDir: '../../..',
      noEmit: true,
      incremental: false,
      declaration: false,
      declarationMap: false,
      noUnusedLocals: false,
      pretty: false,
    },
    include: ['snippets.ts'],
  }
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify(settings))
  const child = spawn(process.execPath, ['node_modules/typescript/bin/tsc', '-p', project], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', chunk => (output += chunk))
  const [code] = await once(child, 'close')
  return { code, output }
}

test.before(() => {
  rmSync(folder, { recursive: true, force: true })
})

test('what must compile compiles, and what must not does not', async t => {
  t.timeout(300_000)
  const { code, output } = await compile('whole', source)
  t.is(code, 0, output)
})

test('what must not compile fails for the reason that is given', async t => {
  t.timeout(300_000)
  const lines = source.split('\n')
  const expected = new Map<number, string>()
  lines.forEach((line, index) => {
    const reason = /\/\/ @ts-expect-error (.+)$/.exec(line)?.[1]
    if (reason !== undefined) expected.set(index + 2, reason)
  })
  t.true(expected.size > 20)
  t.is(expected.size, [...source.matchAll(/@ts-expect-error/g)].length, 'every comment gives a reason')
  const { output } = await compile('bare', source.replaceAll('@ts-expect-error', 'expected:'))
  const errors = new Map<number, string>()
  let current = 0
  for (const line of output.split('\n')) {
    current = Number(/snippets\.ts\((\d+),/.exec(line)?.[1] ?? current)
    if (current > 0) errors.set(current, `${errors.get(current) ?? ''}${line}\n`)
  }
  t.deepEqual(
    [...errors.keys()].sort((a, b) => a - b),
    [...expected.keys()],
  )
  for (const [line, reason] of expected)
    t.true(errors.get(line)?.includes(reason), `line ${line}: ${reason}\n${errors.get(line)}`)
})
