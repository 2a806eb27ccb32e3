import { parseArgs } from 'node:util'

/** What `npm run test:faults`, `test:simulation` and `test:fuzz` understand. */
export interface RunOptions {
  /** What everything that is left to chance follows from. */
  readonly seed: number
  /** How often each case is run. */
  readonly runs: number
  /** Runs only cases whose name contains this. */
  readonly only: string
  /** Writes the outcome where it is documented. */
  readonly write: boolean
}

/** Reads `--seed N`, `--runs N`, `--only TEXT` and `--write`; without a seed one is drawn. */
export function readRunOptions(defaultRuns: number, args = process.argv.slice(2)): RunOptions {
  const { values } = parseArgs({
    args,
    options: {
      seed: { type: 'string' },
      runs: { type: 'string' },
      only: { type: 'string' },
      write: { type: 'boolean' },
    },
  })
  return {
    seed: values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : count('seed', values.seed),
    runs: values.runs === undefined ? defaultRuns : count('runs', values.runs),
    only: values.only ?? '',
    write: values.write ?? false,
  }
}

function count(name: string, text: string): number {
  if (!/^\d{1,10}$/.test(text)) throw new Error(`--${name} takes a number, not ${text}`)
  return Number(text)
}
