import { mkdirSync, writeFileSync } from 'node:fs'
import { realpath } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import test from 'ava'
import fc from 'fast-check'
import { ParamInvalidError } from 'ferross'
import { TargetFolder } from '#src/transfer/directory-target.js'
import { walk } from '#src/transfer/directory-walk.js'
import { globToRegExp, KeyFilter } from '#src/transfer/key-filter.js'
import { compareKeys } from '#src/transfer/list-order.js'
import { withFolder } from '../helpers/with-server.js'

const signal = new AbortController().signal

async function keysOf(root: string, sorted: boolean, window?: number): Promise<string[]> {
  const keys: string[] = []
  const options = { symlinks: 'skip', filter: new KeyFilter({}), signal, sorted, ...(window && { window }) } as const
  for await (const entry of walk(root, options)) if (entry.kind === 'file') keys.push(entry.key)
  return keys
}

test('a sorted walk has the order of a listing, however few names it may hold', async t => {
  const name = fc
    .array(fc.constantFrom('a', 'b', '.', '-', '0', '😀', '\ue000', 'é'), { minLength: 1, maxLength: 3 })
    .map(parts => `x${parts.join('')}`)
  const path = fc.array(name, { minLength: 1, maxLength: 3 })
  await fc.assert(
    fc.asyncProperty(fc.array(path, { maxLength: 25 }), fc.integer({ min: 1, max: 4 }), async (paths, window) => {
      const root = withFolder(t)
      for (const segments of paths) {
        try {
          mkdirSync(join(root, ...segments.slice(0, -1)), { recursive: true })
          writeFileSync(join(root, ...segments), '', { flag: 'wx' })
        } catch {
          // One path needs a folder where another has a file: the walk sees what is there.
        }
      }
      const keys = await keysOf(root, true, window)
      t.deepEqual(keys, [...keys].sort(compareKeys))
      t.deepEqual([...keys].sort(), (await keysOf(root, false)).sort())
    }),
    { numRuns: 40 },
  )
})

for (const [pattern, fits, fitsNot] of [
  ['*.log', ['a.log', 'b/c.log', '.log'], ['a.logs', 'a.log/b']],
  ['/*.log', ['a.log'], ['b/a.log']],
  ['a/*', ['a/b'], ['a/b/c', 'x/a/b']],
  ['a/**', ['a/b', 'a/b/c'], ['a', 'ab/c']],
  ['**/b', ['b', 'a/b', 'a/x/b'], ['ab', 'b/a']],
  ['a/**/b', ['a/b', 'a/x/b', 'a/x/y/b'], ['a/xb', 'ab']],
  ['?.[a-c]', ['x.a', '😀.c'], ['x.d', 'xy.a', '/.a']],
  ['[!a]b', ['xb'], ['ab', '/b']],
  ['*.{jpg,png}', ['a.jpg', 'b/c.png'], ['a.gif', 'a.{jpg,png}']],
  ['a\\*b', ['a*b'], ['axb']],
  ['a.b(c)+$^|', ['a.b(c)+$^|'], ['aXb(c)+$^|']],
] as const) {
  test(`the pattern ${pattern} fits what it says`, t => {
    for (const name of fits) t.regex(name, globToRegExp(pattern))
    for (const name of fitsNot) t.notRegex(name, globToRegExp(pattern))
  })
}

test('a folder is passed over only when nothing below it can take part', t => {
  const filter = new KeyFilter({ exclude: ['a/**', '*.log', 'b/*', '**/.git/**'] })
  t.true(filter.prunes('a/'))
  t.true(filter.prunes('x/.git/'))
  t.false(filter.prunes('b/'))
  t.false(filter.prunes('x.log/'))
  t.false(filter.takes('a/'), 'the object that stands for a folder goes with what is in it')
  t.true(new KeyFilter({ include: ['a/*'], exclude: ['a/b'] }).takes('a/c'))
})

test('names that a system takes for the same are refused, the first one stays', async t => {
  const folder = await realpath(withFolder(t))
  // Stands for a disk without regard to case: names resolve to the spelling that came first.
  const spelled = new Map<string, string>()
  const resolve = async (path: string): Promise<string> => {
    if (path === folder) return path
    const own = join(await resolve(dirname(path)), basename(path))
    return spelled.get(own.toLowerCase()) ?? own
  }
  const target = await TargetFolder.open(folder, resolve)
  const write = (path: string) => {
    spelled.set(path.toLowerCase(), path)
    writeFileSync(path, '')
    return Promise.resolve(path)
  }
  t.is(await target.writeFile(['Sub', 'File'], write), join(folder, 'Sub/File'))
  writeFileSync(join(folder, 'Sub/FILE'), '')
  await t.throwsAsync(target.writeFile(['Sub', 'FILE'], write), {
    instanceOf: ParamInvalidError,
    message: /for one name/,
  })
  spelled.set(join(folder, 'sub').toLowerCase(), join(folder, 'Sub'))
  await t.throwsAsync(target.writeFile(['SUB', 'other'], write), {
    instanceOf: ParamInvalidError,
    message: /for one name/,
  })
})
