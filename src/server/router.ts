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
  readonly bucket: boolean
  readonly key: boolean
  /** Query names that tell this operation from others, with the value they must have unless it is empty. */
  readonly fixed: readonly (readonly [name: string, value: string])[]
  /** Query parameters without which it cannot be this operation. */
  readonly needed: readonly string[]
  readonly copies: boolean
  readonly consumed: ReadonlySet<string>
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
      const level = levelOf(operation.method, candidate.bucket, candidate.key)
      this.#candidates.set(level, [...(this.#candidates.get(level) ?? []), candidate])
      for (const [name, value] of candidate.fixed) if (value === '') this.#telling.add(name)
    }
    // Processing is asked for by GET as well, where it is a parameter like any other.
    this.#telling.delete('x-oss-process')
  }

  /** The operation that fits best; `undefined` when the request asks for something no operation does. */
  match(incoming: Incoming, address: Address): Route | undefined {
    const level = levelOf(incoming.method, address.bucket !== undefined, address.key !== undefined)
    let best: Candidate | undefined
    let bestScore = -1
    for (const candidate of this.#candidates.get(level) ?? []) {
      const score = rate(candidate, incoming)
      if (score > bestScore) {
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

function levelOf(method: string, bucket: boolean, key: boolean): string {
  return `${method} ${key ? 'key' : bucket ? 'bucket' : 'service'}`
}

function describe(method: string, operation: OperationData): Candidate {
  const rows = operation.request.map(([, field]) => field)
  const queryRows = rows.filter(field => field.place === 'query')
  const fixed = Object.entries(operation.query).filter(([name]) => !meaningless.has(name))
  return {
    method,
    operation,
    bucket: rows.some(field => field.place === 'bucket'),
    key: rows.some(field => field.place === 'key'),
    fixed,
    needed: fixed.length > 0 ? [] : queryRows.filter(field => field.required).map(field => field.wire),
    copies: operation.request.some(([name, field]) => name === 'sourceKey' && field.place === 'local'),
    consumed: new Set([...Object.keys(operation.query), ...queryRows.map(field => field.wire)]),
  }
}

/** How well a request fits, -1 for not at all. */
function rate(candidate: Candidate, incoming: Incoming): number {
  const { query, headers } = incoming
  for (const [name, value] of candidate.fixed) {
    if (!(name in query) || (value !== '' && query[name] !== value)) return -1
  }
  const present = candidate.needed.filter(name => name in query).length
  if (candidate.needed.length > 0 && present === 0) return -1
  if (candidate.copies && headers['x-oss-copy-source'] === undefined) return -1
  return candidate.fixed.length + present + (candidate.copies ? 1 : 0)
}
