import test from 'ava'
import { runSeeds } from './run-seeds.js'
import type { SimulationReport } from './simulate.js'

/** Always the same here; `npm run test:simulation` draws others and runs as many as one likes. */
const seed = 7

test.serial('transfers survive faults, deaths, losses of power, aborts and changes in any order', async t => {
  t.timeout(120_000)
  const reports: SimulationReport[] = []
  const failures = await runSeeds(seed, 200, report => reports.push(report))
  for (const { seed: failed, error } of failures) {
    t.log(`npm run test:simulation -- --seed ${failed} --runs 1 repeats this:`, error)
  }
  t.is(failures.length, 0)
  const sum = (count: (report: SimulationReport) => number) => reports.reduce((total, each) => total + count(each), 0)
  t.true(sum(({ deaths }) => deaths) > 50, 'processes died')
  t.true(sum(({ powerLosses }) => powerLosses) > 20, 'power was lost')
  t.true(sum(({ tampered }) => tampered) > 5, 'journals were damaged')
  t.true(sum(({ faults }) => [...faults.values()].reduce((all, one) => all + one, 0)) > 50, 'faults took place')
})

test.serial('a seed always gives the same run', async t => {
  const runs: SimulationReport[][] = [[], []]
  for (const reports of runs) await runSeeds(4711, 20, report => reports.push(report))
  t.deepEqual(runs[0], runs[1])
})
