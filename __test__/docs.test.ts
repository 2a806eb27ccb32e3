import { execFile } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import test from 'ava'
import * as ferross from 'ferross'

test('the page of operations is the one that the descriptors give', async t => {
  const run = promisify(execFile)
  await t.notThrowsAsync(run(process.execPath, ['scripts/docs.mjs', '--check']), 'run node scripts/docs.mjs')
})

/** Rows of the page of errors: class, code, fields. */
function documented(): Map<string, { code: string; fields: string[] }> {
  const rows = readFileSync('docs/errors.md', 'utf8').matchAll(/^\| `(\w+)` \| ([^|]*) \| ([^|]*)\| [^|]+ \|$/gm)
  return new Map(
    [...rows].map(([, name = '', code = '', fields = '']) => {
      return [
        name,
        {
          code: code.replaceAll('`', '').trim(),
          fields: [...fields.matchAll(/`(\w+)`/g)].map(([, field = '']) => field),
        },
      ]
    }),
  )
}

const classes = new Map(
  Object.entries(ferross as Record<string, unknown>).filter(
    ([, value]) =>
      typeof value === 'function' &&
      (value === ferross.OssError || Object.prototype.isPrototypeOf.call(ferross.OssError, value)),
  ),
)

test('the page of errors has every exported class, and no other', t => {
  t.deepEqual([...documented().keys()].sort(), [...classes.keys()].sort())
})

test('the page of errors has the code and the fields of each class', t => {
  const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith('errors.ts'))
  const source = files.map(name => readFileSync(`src/${name}`, 'utf8')).join('\n')
  const found = new Set<string>()
  for (const [, name = '', body = ''] of source.matchAll(/^export class (\w+) [^{]*\{\n([\s\S]*?)^\}$/gm)) {
    const row = documented().get(name)
    if (row === undefined) continue
    found.add(name)
    const fields = [...body.matchAll(/^ {2}(?:readonly )?(\w+)(?:\?)?(?:: | = )/gm)].map(([, field]) => field as string)
    t.deepEqual(row.fields.sort(), fields.sort(), name)
    const code = /super\(\s*'(\w+)'/.exec(body)?.[1]
    if (code !== undefined) t.is(row.code, code, name)
  }
  t.deepEqual([...found].sort(), [...classes.keys()].sort(), 'every class is where this test looks for it')
})

test('the settings of the reference name files that exist', t => {
  const settings = JSON.parse(readFileSync('typedoc.json', 'utf8'))
  const files: string[] = [...settings.entryPoints, ...settings.projectDocuments, settings.tsconfig, settings.readme]
  t.deepEqual(
    files.filter(name => !existsSync(name)),
    [],
  )
})

test('links between the pages lead somewhere', t => {
  for (const page of readdirSync('docs').filter(name => name.endsWith('.md'))) {
    for (const [, target = ''] of readFileSync(`docs/${page}`, 'utf8').matchAll(/\]\((?!https?:)([^)#]+)[^)]*\)/g)) {
      t.true(existsSync(`docs/${target}`), `${page}: ${target}`)
    }
  }
})
