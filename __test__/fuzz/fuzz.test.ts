import test from 'ava'
import { type FuzzReport, runTargets } from './run-targets.js'

test('no parser crashes, hangs or believes what it should not, whatever it is given', async t => {
  t.timeout(120_000)
  const reports: FuzzReport[] = []
  // Always the same inputs here; `npm run test:fuzz` draws others, and as many as one likes.
  await runTargets({ seed: 20_261_127, runs: 150 }, report => reports.push(report))
  for (const { name, failure } of reports) t.is(failure, undefined, name)
  t.true(reports.length > 20)
})
