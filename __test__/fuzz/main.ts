// The long form of the fuzz tests: `npm run test:fuzz -- --seed N --runs N --only TEXT`.
import { readRunOptions } from '../helpers/command-line.js'
import { runTargets } from './run-targets.js'

const options = readRunOptions(10_000)
console.log(`seed ${options.seed}, ${options.runs} inputs for each parser`)
const started = performance.now()
let [inputs, failures] = [0, 0]
await runTargets(options, ({ name, runs, failure }) => {
  inputs += runs
  console.log(`${failure === undefined ? 'well' : 'FAILS'} ${String(runs).padStart(8)} ${name}`)
  if (failure === undefined) return
  failures++
  console.error(`--seed ${options.seed} --only "${name}" repeats this:\n${failure}`)
})
const seconds = ((performance.now() - started) / 1000).toFixed(1)
console.log(`${inputs} inputs in ${seconds} s with seed ${options.seed}, ${failures} parsers failed`)
process.exitCode = failures === 0 ? 0 : 1
