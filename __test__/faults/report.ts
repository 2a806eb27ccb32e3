import { every } from './connection-faults.js'
import type { Outcome, Scenario } from './scenario.js'
import type { OperationName } from './tested-operations.js'

/** What came of the runs of one scenario. */
export interface ScenarioReport {
  readonly scenario: Scenario
  readonly runs: number
  /** Outcomes that were seen, by operation. */
  readonly outcomes: ReadonlyMap<OperationName, ReadonlySet<Outcome>>
}

/** A group of scenarios as a table in Markdown. */
export function table(title: string, reports: readonly ScenarioReport[]): string {
  const rows = reports.map(({ scenario, runs, outcomes }) => {
    const { fault, operations, checks, run } = scenario
    const met = run ? '(see the fault)' : namesOf(operations)
    return `| ${fault} | ${met} | ${seen(outcomes)} | ${checks ?? ''} | ${runs} |`
  })
  return [
    `### ${title}`,
    '',
    '| Fault | Operations | What the user sees | Checked besides | Runs |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
    '',
  ].join('\n')
}

function namesOf(operations: readonly OperationName[]): string {
  const all = every.every(name => operations.includes(name))
  const others = all ? operations.filter(name => !every.includes(name)) : operations
  return [...(all ? ['all'] : []), ...others.map(name => `\`${name}\``)].join(', ')
}

/** Outcomes with the operations that have them, the most common one without. */
function seen(outcomes: ScenarioReport['outcomes']): string {
  const byOutcome = new Map<string, OperationName[]>()
  for (const [name, those] of outcomes) {
    const text = [...those].sort().map(readable).join(' or ')
    byOutcome.set(text, [...(byOutcome.get(text) ?? []), name])
  }
  const [most, ...others] = [...byOutcome].sort(([, a], [, b]) => b.length - a.length)
  const exceptions = others.map(([text, names]) => `${names.map(name => `\`${name}\``).join(', ')}: ${text}`)
  return [most?.[0] ?? '', ...exceptions].join('; ')
}

/** Class and code, as somebody reads them who catches the error. */
function readable(outcome: Outcome): string {
  const [, name, code, hint = ''] = /^(\w+Error) (\w+)(, retryable)?$/.exec(outcome) ?? []
  if (name === undefined || code === undefined) return outcome
  return `\`${name}\`, \`${code}\`${hint}`
}
