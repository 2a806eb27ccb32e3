// How many kill -9 points transfers survive with identical bytes: `node bench/kills.mjs [--stride=1] [--match=copy]`, after
// `npm run build`. It is the test of the same name in the suite, which tries every ninth point, at every one: each thing that
// happens in the process (a request, a piece of a body, an answer, a write to the journal, a rename, a report of progress) is
// one, and between two halves of a journal's line is one more. The next run must end with the same bytes and leave nothing.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const { values } = parseArgs({
  options: { stride: { type: 'string', default: '1' }, match: { type: 'string', default: '' } },
})
const cwd = fileURLToPath(new URL('..', import.meta.url))
const run = (...args) =>
  spawnSync(process.execPath, args, {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, FERROSS_KILL_STRIDE: values.stride },
  })

const compiled = run('node_modules/typescript/bin/tsc', '-p', '__test__/tsconfig.json')
if (compiled.status !== 0) throw new Error(compiled.stdout)
const all = ['an upload', 'a download', 'a copy', 'an encrypted upload', 'an encrypted download']
const titles = all.filter(title => title.includes(values.match))
for (const title of titles) {
  const ava = [
    'node_modules/ava/entrypoints/cli.mjs',
    '__test__/transfer/resume-kill.test.ts',
    `--match=${title} survives*`,
  ]
  const { status, stdout, stderr } = run(...ava, '--timeout=30m')
  const found = stdout.match(/.*kill points.*/g)
  if (status !== 0 || !found) throw new Error(stdout + stderr)
  for (const line of found) console.log(`${title}: ${line.replace(/^\W*/, '')}`)
}
