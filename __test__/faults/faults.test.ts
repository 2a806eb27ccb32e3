import { readFileSync } from 'node:fs'
import test from 'ava'
import { mixSeed, Random } from '../helpers/random.js'
import { runCase, type Scenario } from './scenario.js'
import { scenarioGroups } from './scenarios.js'
import type { OperationName } from './tested-operations.js'

/** Always the same here; `npm run test:faults` draws another one and runs every case. */
const seed = 20_261_127

const scenarios = Object.values(scenarioGroups).flat()

/** One operation of each scenario. */
function some({ fault, operations }: Scenario): OperationName {
  return new Random(mixSeed(seed, fault)).pick(operations)
}

// One after another: a run looks at what the process holds open.
for (const scenario of scenarios) {
  const name = some(scenario)
  test.serial(`${name}, ${scenario.fault}: a known outcome, and nothing is lost, leaked or hung`, async t => {
    t.timeout(120_000)
    const outcome = await runCase(scenario, name, mixSeed(seed, scenario.fault, name))
    t.log(outcome)
    t.pass()
  })
}

test('every fault is in the documentation, with what it leads to', t => {
  const page = readFileSync('docs/faults.md', 'utf8')
  t.deepEqual(
    scenarios.filter(({ fault }) => !page.includes(`| ${fault} |`)).map(({ fault }) => fault),
    [],
  )
  t.is(new Set(scenarios.map(({ fault }) => fault)).size, scenarios.length, 'names are used once')
})
