import type { Field } from './field.js'
import type { OperationData } from './operation.js'

/** One row, with its name on the wire as it is used: that of a header in lower case. */
export interface PlannedRow {
  readonly name: string
  readonly field: Field<unknown>
  readonly wire: string
}

/** An operation's tables, sorted by what is done with their rows, so that no call has to look through all of them. */
export interface Plan {
  /** Names of fields that a request must have. */
  readonly required: readonly string[]
  /** Names of fields that may give the bucket. */
  readonly bucket: readonly string[]
  /** Names of fields that may give the key. */
  readonly key: readonly string[]
  /** Rows that become headers, query or body of a request. */
  readonly sent: readonly PlannedRow[]
  /** Rows of the result that are not read from an XML document. */
  readonly received: readonly PlannedRow[]
  /** Whether the answer of a callback may replace the operation's document. */
  readonly callback: boolean
  /** The row that is the whole XML document. */
  readonly document: PlannedRow | undefined
  /** Whether the result's own fields are elements of the XML document. */
  readonly elements: boolean
}

const plans = new WeakMap<OperationData, Plan>()

/** The plan of an operation, made at its first call. */
export function planOf(operation: OperationData): Plan {
  let plan = plans.get(operation)
  if (plan === undefined) {
    plan = makePlan(operation)
    plans.set(operation, plan)
  }
  return plan
}

function makePlan(operation: OperationData): Plan {
  const request = operation.request.map(plannedRow)
  const response = operation.response.map(plannedRow)
  const namesAt = (place: string) => request.filter(({ field }) => field.place === place).map(({ name }) => name)
  return {
    required: request.filter(({ field }) => field.required).map(({ name }) => name),
    bucket: namesAt('bucket'),
    key: namesAt('key'),
    sent: request.filter(({ field }) => !['bucket', 'key', 'local'].includes(field.place)),
    received: response.filter(({ field }) => !isXml(field)),
    callback: response.some(({ field }) => field.place === 'callback'),
    document: response.find(({ field }) => field.place === 'document'),
    elements: response.some(({ field }) => field.place === 'element' || field.place === 'elements'),
  }
}

function plannedRow([name, field]: readonly [name: string, field: Field<unknown>]): PlannedRow {
  const header = field.place === 'header' || field.place === 'headers'
  return { name, field, wire: header ? field.wire.toLowerCase() : field.wire }
}

function isXml({ place }: Field<unknown>): boolean {
  return place === 'document' || place === 'element' || place === 'elements'
}
