import { readFileSync } from 'node:fs'

/**
 * Reads a golden file for a test of plain functions; `{"$date": …}` becomes a Date. Stands apart from `golden.ts`, which
 * loads the whole package.
 */
export function goldenFile<T>(name: string): T {
  return JSON.parse(readFileSync(`__test__/golden/${name}.json`, 'utf8'), (_key, value) => {
    const date: unknown = typeof value === 'object' && value !== null ? value.$date : undefined
    return typeof date === 'string' ? new Date(date) : value
  })
}

/** Reads a file that is a list of cases. An empty one would let every test pass, so it fails. */
export function goldenCases<T>(name: string): T[] {
  const cases = goldenFile<T[]>(name)
  if (!Array.isArray(cases) || cases.length === 0) throw new Error(`no cases in golden/${name}.json`)
  return cases
}
