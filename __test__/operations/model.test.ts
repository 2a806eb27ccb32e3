import test from 'ava'
import { Client } from 'ferross'
import type { Codec } from '#src/binding/codec.js'
import type { Field, Place } from '#src/binding/field.js'
import type { OperationData } from '#src/binding/operation.js'
import * as operations from '#src/operations/index.js'
import { goldenFile } from '../helpers/golden-cases.js'

// The model says what the service's API is: methods, and for each field its place, its name on the wire, its type and whether
// it is required. The descriptors have to say the same.

/** Place, name on the wire, type, required. */
type ModelField = readonly [place: string, wire: string | null, type: string, required: boolean]
type ModelFields = Readonly<Record<string, ModelField>>
interface ModelMethod {
  operation: string
  family: string
  request: ModelFields
  result: ModelFields
}
type Rows = readonly (readonly [name: string, field: Field<unknown>])[]

const model = goldenFile<Record<string, ModelMethod>>('model')
/** Structures by `family#Name`. */
const structs = goldenFile<Record<string, ModelFields>>('model-structs')
const registry = operations as unknown as Readonly<Record<string, OperationData>>

/** Where a field may be bound, by its place in the model. */
const places: Readonly<Record<string, readonly Place[]>> = {
  host: ['bucket'],
  path: ['key'],
  header: ['header', 'headers'],
  query: ['query'],
  body: ['document', 'body', 'local'],
  nop: ['local', 'callback'],
  xml: ['element', 'elements'],
  json: ['member'],
  'output-header': ['header', 'headers'],
  'output-body': ['document', 'stream', 'text', 'callback', 'element', 'elements'],
}

/** What a codec of the model's type is called in messages, and how it writes a moment. */
const scalars: Readonly<Record<string, string>> = {
  string: 'a string',
  int: 'an integer',
  float: 'a finite number',
  boolean: 'a boolean',
  'datetime(iso)': '2024-01-13T03:30:09Z',
  'datetime(iso-date)': '2024-01-13T00:00:00.000Z',
  'datetime(http)': 'Sat, 13 Jan 2024 03:30:09 GMT',
}

function described(codec: Codec<never> | undefined): string | undefined {
  if (codec?.expects !== 'a valid Date') return codec?.expects
  return (codec as unknown as Codec<Date>).encode(new Date('2024-01-13T03:30:09Z'))
}

/** All differences between a list of fields in the model and the rows of a table. */
function* differences(path: string, fields: ModelFields, rows: Rows, open: readonly string[]): Generator<string> {
  const bound = new Map(rows)
  if (bound.size !== rows.length) yield `${path}: a field is bound twice`
  for (const name of bound.keys()) if (!(name in fields)) yield `${path}.${name}: not in the model`
  for (const [name, field] of Object.entries(fields)) {
    const row = bound.get(name)
    if (row === undefined) yield `${path}.${name}: not bound`
    else yield* fieldDifferences(`${path}.${name}`, field, row, open)
  }
}

function* fieldDifferences(
  path: string,
  field: ModelField,
  row: Field<unknown>,
  open: readonly string[],
): Generator<string> {
  const [place, wire, type, required] = field
  if (!places[place]?.includes(row.place)) yield `${path}: bound as ${row.place}, the model says ${place}`
  if (row.required !== required) yield `${path}: required is ${row.required}, the model says ${required}`
  if (['bucket', 'key', 'local', 'body', 'stream', 'text', 'callback'].includes(row.place)) return
  if (row.wire !== wire) yield `${path}: wire name ${row.wire}, the model says ${wire}`
  const item = /^list<(.*)>$/.exec(type)?.[1]
  if ((row.place === 'elements') !== (item !== undefined)) yield `${path}: ${row.place}, the model says ${type}`
  const struct = structs[item ?? type]
  if (struct !== undefined) {
    if (row.shape === undefined) yield `${path}: no structure`
    // A structure may hold itself.
    else if (!open.includes(item ?? type)) yield* differences(path, struct, row.shape.fields, [...open, item ?? type])
  } else if (row.place !== 'headers') {
    const expected = scalars[item ?? type]
    if (described(row.codec) !== expected) yield `${path}: codec of ${described(row.codec)}, the model says ${type}`
  }
}

test('the operations are those of the model, each described once', t => {
  t.deepEqual(Object.keys(registry).sort(), Object.keys(model).sort())
  const names = Object.values(registry).map(({ name }) => name)
  t.is(new Set(names).size, names.length)
  for (const [method, { operation }] of Object.entries(model)) t.is(registry[method]?.name, operation)
})

test('every operation is a method of the client', t => {
  for (const method of Object.keys(model)) t.is(typeof Client.prototype[method as 'putObject'], 'function', method)
})

test('every field of every request and result is bound as the model says', t => {
  const found: string[] = []
  let fields = 0
  for (const [method, { request, result }] of Object.entries(model)) {
    const described = registry[method]
    if (described === undefined) continue
    found.push(...differences(`${method}.request`, request, described.request, []))
    found.push(...differences(`${method}.result`, result, described.response, []))
    fields += described.request.length + described.response.length
  }
  t.deepEqual(found, [])
  t.log(`${Object.keys(model).length} operations, ${fields} fields, ${Object.keys(structs).length} structures`)
})
