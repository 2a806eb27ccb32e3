import { DeserializationError } from '../errors.js'
import type { ObjectBody } from '../pipeline/object-body.js'
import { parseXml, type XmlElement, XmlSyntaxError } from '../xml/parse.js'
import { decodeText, readRows, readShape } from './document.js'
import type { Operation, OperationData, OperationResult } from './operation.js'
import { type Plan, type PlannedRow, planOf } from './plan.js'

/** An answer as the interpreter needs it: head, and the body as text or stream. */
export interface Answer {
  readonly statusCode: number
  /** Names in lower case. */
  readonly headers: Record<string, string>
  /** Whole body, empty for streaming operations. */
  readonly text: string
  /** Body of streaming operations. */
  readonly stream?: ObjectBody
  /** Whether the request asked for a callback, whose answer replaces the operation's document. */
  readonly callback: boolean
  /** Values of local rows, which the pipeline found elsewhere. */
  readonly local?: Readonly<Record<string, unknown>>
}

/** Turns an answer into the operation's result by its table. @throws DeserializationError */
export function decodeResponse<Res>(operation: Operation<unknown, Res>, answer: Answer): Res {
  const result: Record<string, unknown> = {
    statusCode: answer.statusCode,
    requestId: answer.headers['x-oss-request-id'] ?? '',
    headers: answer.headers,
  } satisfies OperationResult
  const plan = planOf(operation)
  const callback = answer.callback && plan.callback
  let json: Record<string, unknown> | undefined
  const readJson = () => (json ??= parseJson(answer.text))
  for (const row of plan.received) {
    const value = readOther(row, answer, callback, readJson)
    if (value !== undefined) result[row.name] = value
  }
  if (!callback && answer.text !== '') readDocument(operation, plan, answer.text, result)
  return result as Res
}

function readOther(
  { name, field, wire }: PlannedRow,
  answer: Answer,
  callback: boolean,
  json: () => Record<string, unknown>,
): unknown {
  switch (field.place) {
    case 'header': {
      const raw = answer.headers[wire]
      return raw === undefined ? undefined : decodeText(field, raw, name)
    }
    case 'headers':
      return readPrefixed(answer.headers, wire)
    case 'stream':
      return answer.stream
    case 'text':
      return answer.text
    case 'callback':
      return callback ? answer.text : undefined
    case 'local':
      return answer.local?.[name]
    case 'member': {
      const value = json()[wire]
      return value === undefined || value === null ? undefined : decodeText(field, String(value), name)
    }
    default:
      return undefined
  }
}

function readPrefixed(headers: Record<string, string>, prefix: string): Record<string, string> | undefined {
  const names = Object.keys(headers).filter(name => name.startsWith(prefix))
  if (names.length === 0) return undefined
  const found: Record<string, string> = Object.create(null)
  for (const name of names) found[name.slice(prefix.length)] = headers[name] as string
  return { ...found }
}

function parseJson(source: string): Record<string, unknown> {
  if (source.trim() === '') return {}
  try {
    const value: unknown = JSON.parse(source)
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>
  } catch (cause) {
    throw new DeserializationError('the answer is not JSON', { cause })
  }
  throw new DeserializationError('the answer is not a JSON object')
}

function readDocument(
  operation: OperationData,
  { document: whole, elements }: Plan,
  source: string,
  result: Record<string, unknown>,
): void {
  if (!whole && !elements) return
  let parsed: { name: string; root: XmlElement }
  try {
    parsed = parseXml(source)
  } catch (cause) {
    if (!(cause instanceof XmlSyntaxError)) throw cause
    throw new DeserializationError(`the answer is not a readable XML document: ${cause.message}`, { cause })
  }
  const expected = whole ? whole.wire : operation.root
  if (expected !== undefined && parsed.name !== expected) {
    throw new DeserializationError(`the answer's root element is <${parsed.name}>, expected <${expected}>`)
  }
  const urlDecode = parsed.root.child('EncodingType')?.text === 'url'
  if (whole) result[whole.name] = readShape(whole.field.shape as never, parsed.root, urlDecode)
  else readRows(operation.response, parsed.root, urlDecode, result)
}
