import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'

const folder = '__test__/security'
const page = readFileSync('SECURITY.md', 'utf8')

test('the threat model names the tests of each threat, and all of them', t => {
  const named = [...page.matchAll(/`((?:\.\.\/)?[\w-]+(?:\/[\w-]*)*(?:\.test\.ts)?)`/g)]
    .map(([, name = '']) => name)
    .filter(name => name.endsWith('.test.ts') || name.startsWith('../'))
  for (const name of named) t.true(existsSync(join(folder, name)), name)
  const files = readdirSync(folder).filter(name => name.endsWith('.test.ts') && name !== 'document.test.ts')
  t.deepEqual(
    files.filter(name => !named.includes(name)),
    [],
  )
})

test('links of the threat model lead somewhere', t => {
  for (const [, target = '', anchor = ''] of page.matchAll(/\]\(([^)#]+)#?([^)]*)\)/g)) {
    const headings = [...readFileSync(target, 'utf8').matchAll(/^#+ (.+)$/gm)].map(([, text = '']) =>
      text
        .toLowerCase()
        .replace(/[^\w\- ]/g, '')
        .replaceAll(' ', '-'),
    )
    t.true(anchor === '' || headings.includes(anchor), `${target}#${anchor}`)
  }
})
