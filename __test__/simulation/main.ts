// The long form of the simulation: `npm run test:simulation -- --seed N --runs N`.
import { readRunOptions } from '../helpers/command-line.js'
import { runSeeds } from './run-seeds.js'

const { seed, runs } = readRunOptions(1000)
console.log(`seed ${seed}, ${runs} simulations`)
const started = performance.now()
const totals: Record<string, number> = {
  runs: 0,
  events: 0,
  deaths: 0,
  powerLosses: 0,
  aborts: 0,
  changes: 0,
  tampered: 0,
  faults: 0,
}
const kinds = new Map<string, number>()
const failures = await runSeeds(seed, runs, report => {
  kinds.set(report.kind, (kinds.get(report.kind) ?? 0) + 1)
  for (const name of Object.keys(totals)) {
    const value = report[name as keyof typeof report]
    totals[name] = (totals[name] as number) + (typeof value === 'number' ? value : sum(report.faults))
  }
})
for (const { seed: failed, error } of failures.slice(0, 10)) {
  console.error(`npm run test:simulation -- --seed ${failed} --runs 1 repeats this:`)
  console.error(error)
}
console.log([...kinds].map(([kind, count]) => `${count} ${kind}`).join(', '))
console.log(
  Object.entries(totals)
    .map(([name, count]) => `${count} ${name}`)
    .join(', '),
)
const seconds = ((performance.now() - started) / 1000).toFixed(1)
console.log(`${runs} seeds from ${seed} in ${seconds} s, ${failures.length} failed`)
process.exitCode = failures.length === 0 ? 0 : 1

function sum(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((total, count) => total + count, 0)
}
