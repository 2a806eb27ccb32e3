// Prints docs/operations.md from the built package: `node scripts/docs.mjs` writes it, `--check` fails when it is out of date.
// The names come from the descriptors, links and first sentences from their doc comments in the declarations.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const page = join(root, 'docs', 'operations.md')

/** Exported operations with their comments, by file. */
function declarations() {
  const folder = join(root, 'dist', 'operations')
  const found = new Map()
  for (const file of readdirSync(folder).sort()) {
    if (!file.endsWith('.d.ts')) continue
    const source = readFileSync(join(folder, file), 'utf8')
    for (const [, comment, method] of source.matchAll(
      /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*export declare const (\w+): import\(/g,
    )) {
      found.set(method, { family: file.replace('.d.ts', ''), ...readComment(comment) })
    }
  }
  return found
}

function readComment(comment) {
  const text = comment
    .replace(/^\s*\* ?/gm, ' ')
    .replace(/\s+/g, ' ')
    .trim()
  const link = /@see (https:\S+)/.exec(text)?.[1]
  const [sentence] = /^.*?[^.]\.(?= |$)/.exec(text.replace(/ @(?:see|throws|default)\b.*$/, '')) ?? ['']
  return { link, summary: sentence.replace(/\{@link (\w+)\}/g, '`$1`').replaceAll('|', '\\|') }
}

/** The version in which each method came is known only to the page itself: what is new there is new in this version. */
function knownVersions() {
  const known = new Map()
  if (!existsSync(page)) return known
  for (const [, method, since] of readFileSync(page, 'utf8').matchAll(/^\| [^|]*\| `(\w+)` \|.*\| (\S+) \|$/gm)) {
    known.set(method, since)
  }
  return known
}

/** The page as it should be. */
export async function operationsPage() {
  const operations = await import(pathToFileURL(join(root, 'dist', 'operations', 'index.js')))
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const comments = declarations()
  const since = knownVersions()
  const families = new Map()
  for (const [method, { name }] of Object.entries(operations)) {
    const { family, link, summary } = comments.get(method) ?? {}
    if (family === undefined) throw new Error(`${method} has no doc comment`)
    const reference = link === undefined ? name : `[${name}](${link})`
    const row = `| ${reference} | \`${method}\` | ${summary} | ${since.get(method) ?? version} |`
    families.set(family, [...(families.get(family) ?? []), [method, row]])
  }
  const sections = [...families].sort().map(([family, rows]) => {
    const table = rows.sort().map(([, row]) => row)
    return [
      `## ${family}`,
      '',
      '| Operation | Method | What it does | Since |',
      '| --- | --- | --- | --- |',
      ...table,
      '',
    ].join('\n')
  })
  return [
    '# Operations',
    '',
    `The ${Object.keys(operations).length} operations of the REST API and the methods of \`Client\` that send them. Names of operations link to the`,
    "service's reference. Every method takes a request and, as a second argument, options of the call; a request without required",
    'fields may be left out. This page is written by `node scripts/docs.mjs`.',
    '',
    ...sections,
  ].join('\n')
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const text = await operationsPage()
  if (!process.argv.includes('--check')) writeFileSync(page, text)
  else if (!existsSync(page) || readFileSync(page, 'utf8') !== text) {
    console.error('docs/operations.md is out of date: run node scripts/docs.mjs')
    process.exit(1)
  }
}
