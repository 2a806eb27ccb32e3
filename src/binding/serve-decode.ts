import { DeserializationError } from '../errors.js'
import { parseXml, XmlSyntaxError } from '../xml/parse.js'
import { readShape } from './document.js'
import type { Field } from './field.js'
import type { Operation } from './operation.js'
import type { Shape } from './shape.js'

/** A request as it arrived: the counterpart of what `encodeRequest` makes. */
export interface ReceivedRequest {
  readonly bucket: string | undefined
  readonly key: string | undefined
  /** Query parameters, decoded. */
  readonly query: Readonly<Record<string, string>>
  /** Headers, names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** The body of operations that take a document. */
  readonly document: string | undefined
}

/** Why a request does not fit its operation's table. */
export class RequestMismatch extends Error {
  /** `missing` parameter, `invalid` parameter, or a `document` that does not fit. */
  readonly kind: 'missing' | 'invalid' | 'document'
  /** Name on the wire. */
  readonly wire: string
  /** What came instead; empty for documents. */
  readonly value: string

  constructor(kind: RequestMismatch['kind'], wire: string, value = '', cause?: unknown) {
    super(`${kind} ${wire}`, { cause })
    this.name = 'RequestMismatch'
    this.kind = kind
    this.wire = wire
    this.value = value
  }
}

/**
 * Turns a request that arrived into the operation's request value by its table. What {@link encodeRequest} leaves to hooks
 * and streams is left out. @throws RequestMismatch
 */
export function decodeRequest<Req>(operation: Operation<Req, unknown>, received: ReceivedRequest): Req {
  const values: Record<string, unknown> = {}
  for (const [name, field] of operation.request) {
    const value = take(field, received)
    if (value !== undefined) values[name] = value
    else if (field.required && isOnWire(field))
      throw new RequestMismatch(field.place === 'document' ? 'document' : 'missing', field.wire)
  }
  return values as Req
}

function isOnWire(field: Field<unknown>): boolean {
  return ['bucket', 'key', 'header', 'query', 'document'].includes(field.place)
}

function take(field: Field<unknown>, received: ReceivedRequest): unknown {
  switch (field.place) {
    case 'bucket':
      return received.bucket
    case 'key':
      return received.key
    case 'header':
      return decodeValue(field, received.headers[field.wire.toLowerCase()])
    case 'headers':
      return collect(received.headers, field.wire.toLowerCase())
    case 'query':
      return decodeValue(field, received.query[field.wire])
    case 'document':
      return decodeDocument(field, received.document)
    default:
      return undefined
  }
}

function decodeValue(field: Field<unknown>, raw: string | undefined): unknown {
  if (raw === undefined) return undefined
  const value: unknown = field.codec?.decode(raw)
  if (value === undefined) throw new RequestMismatch('invalid', field.wire, raw)
  return value
}

function collect(headers: Readonly<Record<string, string>>, prefix: string): Record<string, string> | undefined {
  const found = Object.entries(headers).filter(([name]) => name.startsWith(prefix) && name.length > prefix.length)
  return found.length === 0
    ? undefined
    : Object.fromEntries(found.map(([name, value]) => [name.slice(prefix.length), value]))
}

function decodeDocument(field: Field<unknown>, source: string | undefined): unknown {
  if (source === undefined || source.trim() === '') return undefined
  try {
    const { name, root } = parseXml(source)
    if (name !== field.wire) throw new RequestMismatch('document', field.wire)
    const value = readShape(field.shape as Shape<never>, root, false)
    checkRequired(field.shape as Shape<never>, value)
    return value
  } catch (error) {
    if (error instanceof XmlSyntaxError || error instanceof DeserializationError) {
      throw new RequestMismatch('document', field.wire, '', error)
    }
    throw error
  }
}

function checkRequired(shape: Shape<never>, value: Record<string, unknown>): void {
  for (const [name, field] of shape.fields) {
    const inner = value[name]
    if (inner === undefined) {
      if (field.required) throw new RequestMismatch('document', field.wire)
      continue
    }
    if (field.shape === undefined) continue
    for (const item of Array.isArray(inner) ? inner : [inner]) checkRequired(field.shape, item)
  }
}
