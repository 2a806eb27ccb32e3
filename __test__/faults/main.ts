// The long form of the fault suite: `npm run test:faults -- --seed N --runs N --only TEXT --write`.
import { readFileSync, writeFileSync } from 'node:fs'
import { readRunOptions } from '../helpers/command-line.js'
import { mixSeed } from '../helpers/random.js'
import { replaceSection } from '../helpers/section.js'
import { type ScenarioReport, table } from './report.js'
import { type Outcome, runCase } from './scenario.js'
import { scenarioGroups } from './scenarios.js'
import type { OperationName } from './tested-operations.js'

const { seed, runs, only, write } = readRunOptions(3)
console.log(`seed ${seed}, ${runs} runs of each case`)
const started = performance.now()
const tables: string[] = []
let [cases, failures] = [0, 0]
for (const [title, scenarios] of Object.entries(scenarioGroups)) {
  const reports: ScenarioReport[] = []
  for (const scenario of scenarios.filter(({ fault }) => fault.includes(only))) {
    const outcomes = new Map<OperationName, Set<Outcome>>()
    let done = 0
    for (const name of scenario.operations) {
      for (let run = 0; run < runs; run++) {
        cases++
        try {
          const outcome = await runCase(scenario, name, mixSeed(seed, scenario.fault, name, run))
          outcomes.set(name, (outcomes.get(name) ?? new Set()).add(outcome))
          done++
        } catch (error) {
          failures++
          console.error(`${name}, ${scenario.fault}, run ${run}: --seed ${seed} --only "${scenario.fault}" repeats it`)
          console.error(error)
        }
      }
    }
    reports.push({ scenario, runs: done, outcomes })
  }
  if (reports.length > 0) tables.push(table(title, reports))
}
console.log(tables.join('\n'))
const seconds = Math.round((performance.now() - started) / 1000)
const summary = `${cases} runs in ${seconds} s with seed ${seed}, ${failures} failed`
console.log(summary)
if (write && failures === 0) {
  const page = new URL('../../../docs/faults.md', import.meta.url)
  const text = [`${summary}.`, '', ...tables].join('\n').trimEnd()
  writeFileSync(page, replaceSection(readFileSync(page, 'utf8'), 'faults', text))
}
process.exitCode = failures === 0 ? 0 : 1
