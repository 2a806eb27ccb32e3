import { escapeXml, xmlDocument, xmlElement } from '../xml/write.js'
import type { Codec } from './codec.js'
import { encodeText } from './document.js'
import type { Field } from './field.js'
import type { OperationData } from './operation.js'

type Rows = readonly (readonly [name: string, field: Field<unknown>])[]

/** How {@link encodeResponse} writes an answer. */
export interface AnswerStyle {
  /** Percent-encodes keys, prefixes and markers, as `encoding-type=url` asks for. @default false */
  readonly urlEncode?: boolean
  /** Root element where the operation does not insist on one. */
  readonly root?: string
}

/** An answer made from a result: the counterpart of what `decodeResponse` reads. */
export interface EncodedAnswer {
  /** Names in lower case. */
  readonly headers: Record<string, string>
  /** The document, when the operation answers with one. */
  readonly document: string | undefined
}

/** Turns a result value into headers and document by the operation's table. Absent fields are left out. */
export function encodeResponse(
  operation: OperationData,
  result: Readonly<Record<string, unknown>>,
  style: AnswerStyle = {},
): EncodedAnswer {
  const headers: Record<string, string> = {}
  for (const [name, field] of operation.response) {
    const value = result[name]
    if (value === undefined) continue
    if (field.place === 'header') headers[field.wire.toLowerCase()] = encodeText(field, value, name)
    else if (field.place === 'headers') {
      for (const [suffix, item] of Object.entries(value as Record<string, string>)) {
        headers[(field.wire + suffix).toLowerCase()] = item
      }
    }
  }
  return { headers, document: encodeDocument(operation, result, style) }
}

function encodeDocument(
  operation: OperationData,
  result: Readonly<Record<string, unknown>>,
  style: AnswerStyle,
): string | undefined {
  const urlEncode = style.urlEncode ?? false
  const members = operation.response.filter(([, field]) => field.place === 'member')
  if (members.length > 0) return encodeMembers(members, result)
  const whole = operation.response.find(([, field]) => field.place === 'document')
  if (whole !== undefined) {
    const [name, field] = whole
    const value = result[name]
    if (value === undefined) return undefined
    return xmlDocument(xmlElement(field.wire, writeRows(field.shape?.fields ?? [], value as object, urlEncode)))
  }
  const rows = operation.response.filter(([, field]) => field.place === 'element' || field.place === 'elements')
  const root = operation.root ?? style.root
  if (rows.length === 0 || root === undefined) return undefined
  return xmlDocument(xmlElement(root, writeRows(rows, result, urlEncode)))
}

function encodeMembers(rows: Rows, result: Readonly<Record<string, unknown>>): string {
  const json: Record<string, unknown> = {}
  for (const [name, field] of rows) if (result[name] !== undefined) json[field.wire] = result[name]
  return JSON.stringify(json)
}

function writeRows(rows: Rows, holder: object, urlEncode: boolean): string {
  let content = ''
  for (const [name, field] of rows) {
    const value: unknown = Reflect.get(holder, name)
    if (value !== undefined && value !== null) content += writeRow(name, field, value, urlEncode)
  }
  return content
}

function writeRow(name: string, field: Field<unknown>, value: unknown, urlEncode: boolean): string {
  const path = field.wire.split('/')
  const own = path.pop() as string
  const one = (item: unknown): string => {
    const content = field.shape
      ? writeRows(field.shape.fields, item as object, urlEncode)
      : escapeXml(listed(field, encodeText(field, item, name), urlEncode))
    return own === '.' ? content : xmlElement(own, content)
  }
  let written = field.place === 'elements' ? (value as unknown[]).map(one).join('') : one(value)
  for (const wrapper of path.reverse()) written = xmlElement(wrapper, written)
  return written
}

function listed(field: Field<unknown>, value: string, urlEncode: boolean): string {
  return urlEncode && (field.codec as Codec<unknown> | undefined)?.urlEncodable ? percentEncode(value) : value
}

/** Percent-encodes all but `A-Z a-z 0-9 _ . - ~`, a `/` too, as the service does in listings. */
function percentEncode(value: string): string {
  return encodeURIComponent(value).replace(/[!'()*]/g, mark => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`)
}
