import type { OperationData } from '../binding/operation.js'
import { configurationNamesV1 } from '../signing/v1.js'
import type { Address } from './addressing.js'
import type { Incoming } from './incoming.js'

/** An operation and the name of its method. */
export interface Route {
  /** `putObject` for the operation `PutObject`. */
  readonly method: string
  readonly operation: OperationData
}

interface Candidate extends Route {
  /** Query names that tell this operation from others, with the value they must have unless it is empty. */
  readonly fixed: readonly (readonly [name: string, value: string])[]
  /** Query parameters without which it cannot be this operation. */
  readonly needed: readonly string[]
  readonly copies: boolean
  /** Headers and parameters it cannot do without. Where operations share their fixed names, these tell them apart. */
  readonly required: readonly (readonly [place: 'query' | 'headers', name: string])[]
  /** Values that only this operation has, where names alone do not tell. */
  readonly values: readonly (readonly [name: string, value: RegExp])[]
  readonly optional: readonly string[]
  readonly consumed: ReadonlySet<string>
}

/** The operations on processing share one parameter; its value says which one is meant. */
const tellingValues: Readonly<Record<string, readonly (readonly [name: string, value: RegExp])[]>> = {
  SelectObject: [['x-oss-process', /^(?:csv|json)\/select/]],
  CreateSelectObjectMeta: [['x-oss-process', /^(?:csv|json)\/meta/]],
  ProcessObject: [['x-oss-process', /^$/]],
  AsyncProcessObject: [['x-oss-async-process', /^$/]],
}

/** Sent along by clients whether or not it matters, so it tells nothing. */
const meaningless = new Set(['encoding-type'])

/** Finds the operation a request is, by what the descriptors say is always sent. */
export class Router {
  readonly #candidates = new Map<string, Candidate[]>()
  /** Query names that ask for something particular; whoever ignored one would do the wrong thing. */
  readonly #telling = new Set<string>([
    ...configurationNamesV1,
    'uploadId',
    'partNumber',
    'qosInfo',
    'live',
    'vod',
    'asyncFetch',
  ])

  constructor(operations: Readonly<Record<string, OperationData>>) {
    for (const [method, operation] of Object.entries(operations)) {
      const candidate = describe(method, operation)
      for (const level of levelsOf(operation)) {
        this.#candidates.set(level, [...(this.#candidates.get(level) ?? []), candidate])
      }
      for (const [name, value] of candidate.fixed) if (value === '') this.#telling.add(name)
    }
    // Processing is asked for by GET as well, where it is a parameter like any other.
    this.#telling.delete('x-oss-process')
  }

  /** The operation that fits best; `undefined` when the request asks for something no operation does. */
  match(incoming: Incoming, address: Address): Route | undefined {
    const subject = address.key !== undefined ? 'key' : address.bucket !== undefined ? 'bucket' : 'service'
    let best: Candidate | undefined
    let bestScore = Number.NEGATIVE_INFINITY
    for (const candidate of this.#candidates.get(`${incoming.method} ${subject}`) ?? []) {
      const score = rate(candidate, incoming)
      if (score !== undefined && score > bestScore) {
        best = candidate
        bestScore = score
      }
    }
    if (best === undefined) return undefined
    const found = best
    const ignored = Object.keys(incoming.query).some(name => this.#telling.has(name) && !found.consumed.has(name))
    return ignored ? undefined : found
  }
}

/** Where an operation may be asked for: on a key, a bucket or the service; on two of them when its bucket is optional. */
function levelsOf({ method, request }: OperationData): string[] {
  const has = (place: string) => request.find(([, field]) => field.place === place)?.[1]
  if (has('key') !== undefined) return [`${method} key`]
  const bucket = has('bucket')
  if (bucket === undefined) return [`${method} service`]
  return bucket.required ? [`${method} bucket`] : [`${method} bucket`, `${method} service`]
}

function describe(method: string, operation: OperationData): Candidate {
  const rows = operation.request.map(([, field]) => field)
  const queryRows = rows.filter(field => field.place === 'query')
  const fixed = Object.entries(operation.query).filter(([name]) => !meaningless.has(name))
  const values = tellingValues[operation.name] ?? []
  return {
    method,
    operation,
    fixed,
    needed: fixed.length > 0 ? [] : queryRows.filter(field => field.required).map(field => field.wire),
    copies: operation.request.some(([name, field]) => name === 'sourceKey' && field.place === 'local'),
    required: rows.flatMap((field): [place: 'query' | 'headers', name: string][] => {
      if (!field.required) return []
      if (field.place === 'query') return [['query', field.wire]]
      return field.place === 'header' ? [['headers', field.wire.toLowerCase()]] : []
    }),
    values,
    optional: queryRows.filter(field => !field.required).map(field => field.wire),
    consumed: new Set([
      ...Object.keys(operation.query),
      ...queryRows.map(field => field.wire),
      ...values.map(([name]) => name),
    ]),
  }
}

/** How well a request fits, `undefined` for not at all. Of equals, the operation with the fewest parameters of its own is meant. */
function rate(candidate: Candidate, incoming: Incoming): number | undefined {
  const { query, headers } = incoming
  for (const [name, value] of candidate.fixed) {
    if (!(name in query) || (value !== '' && query[name] !== value)) return undefined
  }
  for (const [name, value] of candidate.values)
    if (!(name in query) || !value.test(query[name] as string)) return undefined
  if (candidate.needed.length > 0 && !candidate.needed.some(name => name in query)) return undefined
  if (candidate.copies && headers['x-oss-copy-source'] === undefined) return undefined
  const present = candidate.required.filter(([place, name]) => name in incoming[place]).length
  const known = candidate.optional.filter(name => name in query).length
  return (
    candidate.fixed.length +
    candidate.values.length +
    (candidate.copies ? 1 : 0) +
    // One that is missing speaks against the operation, though it may have been forgotten.
    (5 * present - candidate.required.length) / 4 +
    known / 8 -
    candidate.optional.length / 1000
  )
}
