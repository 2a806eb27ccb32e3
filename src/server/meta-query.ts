import type { MetaQueryFile } from '../operations/bucket-meta-query-file.js'
import type { MetaQueryAggregation } from '../operations/index.js'
import { invalidArgument } from './failure.js'

/** An object as queries see it: the fields that are answered, by their names on the wire. */
export interface Candidate {
  readonly file: MetaQueryFile
  readonly values: Readonly<Record<string, string | number | undefined>>
}

type Test = (values: Candidate['values']) => boolean

const numeric = new Set(['Size', 'OSSTaggingCount'])

/** Fields that can be asked for. The service knows many more, of media it has looked into. */
export const queryFields: ReadonlySet<string> = new Set([
  ...['Filename', 'Size', 'FileModifiedTime', 'ETag', 'OSSObjectType', 'OSSStorageClass', 'ObjectACL', 'OSSCRC64'],
  ...['ContentType', 'OSSTaggingCount', 'ServerSideEncryption'],
])

function checkField(field: unknown): string {
  if (typeof field === 'string' && queryFields.has(field)) return field
  throw invalidArgument('Field', String(field), `The local server has no field ${String(field)}.`)
}

/** Reads the JSON of a condition. An empty one fits everything. @throws Failure InvalidArgument */
export function readCondition(source: string | undefined): Test {
  if (source === undefined || source.trim() === '') return () => true
  let parsed: unknown
  try {
    parsed = JSON.parse(source)
  } catch {
    throw invalidArgument('Query', source, 'The query is not JSON.')
  }
  return compile(parsed, 0)
}

function compile(condition: unknown, depth: number): Test {
  if (typeof condition !== 'object' || condition === null || depth > 16) {
    throw invalidArgument('Query', '', 'A condition must be a JSON object, nested 16 times at most.')
  }
  const { Operation: operation, Field: field, Value: value, SubQueries: inner } = condition as Record<string, unknown>
  if (operation === 'and' || operation === 'or' || operation === 'not') {
    if (!Array.isArray(inner) || inner.length === 0) throw invalidArgument('SubQueries', '', 'There are no SubQueries.')
    const tests = inner.map(each => compile(each, depth + 1))
    if (operation === 'and') return values => tests.every(test => test(values))
    if (operation === 'or') return values => tests.some(test => test(values))
    return values => !tests.some(test => test(values))
  }
  const name = checkField(field)
  const wanted = numeric.has(name) ? Number(value) : String(value)
  return comparison(String(operation), name, wanted)
}

function comparison(operation: string, name: string, wanted: string | number): Test {
  const order = (values: Candidate['values']) => compare(values[name], wanted)
  switch (operation) {
    case 'eq':
      return values => order(values) === 0
    case 'gt':
      return values => (order(values) ?? 0) > 0
    case 'gte':
      return values => (order(values) ?? -1) >= 0
    case 'lt':
      return values => (order(values) ?? 0) < 0
    case 'lte':
      return values => (order(values) ?? 1) <= 0
    case 'prefix':
      return values => String(values[name] ?? '').startsWith(String(wanted))
    case 'exist':
      return values => values[name] !== undefined
    default:
      throw invalidArgument('Operation', operation, `The local server has no operation ${operation}.`)
  }
}

function compare(value: string | number | undefined, wanted: string | number | undefined): number | undefined {
  if (value === undefined || wanted === undefined) return undefined
  return value < wanted ? -1 : value > wanted ? 1 : 0
}

/** Sorts by a field, then by key. @throws Failure InvalidArgument */
export function sortCandidates(found: Candidate[], sort: string | undefined, order: string | undefined): Candidate[] {
  const name = sort === undefined ? 'Filename' : checkField(sort)
  // Sorting by key, which is what happens without a field, begins with the first.
  const sign = order === 'asc' || (order === undefined && sort === undefined) ? 1 : -1
  return found.sort((a, b) => {
    const byField = compare(a.values[name], b.values[name]) ?? 0
    return byField !== 0 ? byField * sign : (compare(a.values.Filename, b.values.Filename) ?? 0)
  })
}

/** Computes one figure. @throws Failure InvalidArgument */
export function aggregate(found: readonly Candidate[], wanted: MetaQueryAggregation): MetaQueryAggregation {
  const field = checkField(wanted.field)
  const { operation } = wanted
  const values = found.map(each => each.values[field]).filter(value => value !== undefined)
  const base = { field, ...(operation === undefined ? {} : { operation }) }
  if (operation === 'count') return { ...base, value: values.length }
  if (operation === 'distinct') return { ...base, value: new Set(values).size }
  if (operation === 'group') {
    const counts = new Map<string, number>()
    for (const value of values) counts.set(String(value), (counts.get(String(value)) ?? 0) + 1)
    return { ...base, groups: { groups: [...counts].map(([value, count]) => ({ value, count })) } }
  }
  if (!numeric.has(field)) throw invalidArgument('Field', field, 'This figure needs a field with numbers.')
  const numbers = values.map(Number)
  const sum = numbers.reduce((total, each) => total + each, 0)
  switch (operation) {
    case 'sum':
      return { ...base, value: sum }
    case 'min':
      return { ...base, value: numbers.reduce((least, each) => Math.min(least, each), numbers[0] ?? 0) }
    case 'max':
      return { ...base, value: numbers.reduce((most, each) => Math.max(most, each), numbers[0] ?? 0) }
    case 'average':
      return { ...base, value: numbers.length === 0 ? 0 : sum / numbers.length }
    default:
      throw invalidArgument('Operation', operation ?? '', 'The aggregation is not known.')
  }
}
