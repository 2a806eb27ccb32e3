import { DeserializationError, ParamInvalidError, ParamRequiredError } from '../errors.js'
import type { XmlElement } from '../xml/parse.js'
import { escapeXml, xmlElement } from '../xml/write.js'
import type { Codec } from './codec.js'
import type { Field } from './field.js'
import type { Shape } from './shape.js'

type Row = readonly [name: string, field: Field<unknown>]

/** Turns a value into text with the field's codec, or says which field is wrong. */
export function encodeText(field: Field<unknown>, value: unknown, path: string): string {
  const codec = field.codec as unknown as Codec<unknown>
  const encoded = codec.encode(value)
  if (encoded === undefined) throw new ParamInvalidError(path, `expected ${codec.expects}`)
  return encoded
}

/** Turns text into a value with the field's codec, or says which field is wrong. */
export function decodeText(field: Field<unknown>, raw: string, path: string): unknown {
  const codec = field.codec as unknown as Codec<unknown>
  const value = codec.decode(raw)
  if (value === undefined) {
    throw new DeserializationError(
      `${path} of the answer is ${JSON.stringify(raw.slice(0, 80))}, expected ${codec.expects}`,
    )
  }
  return value
}

/** Writes a structure's elements, in the order of its rows. `path` names it in errors. */
export function writeShape(shape: Shape<never>, value: unknown, path: string): string {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ParamInvalidError(path, 'expected an object')
  }
  let content = ''
  for (const [name, field] of shape.fields) {
    const inner: unknown = Reflect.get(value, name)
    const innerPath = path === '' ? name : `${path}.${name}`
    if (inner === undefined || inner === null) {
      if (field.required) throw new ParamRequiredError(innerPath)
      continue
    }
    content += writeField(field, inner, innerPath)
  }
  return content
}

/** Writes one field of a structure: an element, or one for each item. */
export function writeField(field: Field<unknown>, value: unknown, path: string): string {
  const names = field.wire.split('/')
  const own = names.at(-1) as string
  const one = (item: unknown, itemPath: string): string => {
    const content = field.shape ? writeShape(field.shape, item, itemPath) : escapeXml(encodeText(field, item, itemPath))
    return own === '.' ? content : xmlElement(own, content)
  }
  let written: string
  if (field.place === 'elements') {
    if (!Array.isArray(value)) throw new ParamInvalidError(path, 'expected an array')
    written = value.map((item, index) => one(item, `${path}[${index}]`)).join('')
  } else {
    written = one(value, path)
  }
  for (const wrapper of names.slice(0, -1).reverse()) written = xmlElement(wrapper, written)
  return written
}

/** Percent-decodes names of a listing; `+` stays `+`, and so does a `%` that starts no escape. */
export function decodeListed(value: string): string {
  if (!value.includes('%')) return value
  return value.replace(/(?:%[0-9a-fA-F]{2})+/g, escapes => {
    const bytes = Buffer.from(escapes.replaceAll('%', ''), 'hex')
    return bytes.toString('utf8')
  })
}

/** Reads a structure from an element. An empty or missing element is an absent field, an empty structure an empty object. */
export function readShape(shape: Shape<never>, parent: XmlElement, urlDecode: boolean): Record<string, unknown> {
  const result: Record<string, unknown> = {}
  readRows(shape.fields, parent, urlDecode, result)
  return result
}

/** Reads the XML rows among `rows` from the children of `parent` into `result`. */
export function readRows(
  rows: readonly Row[],
  parent: XmlElement,
  urlDecode: boolean,
  result: Record<string, unknown>,
): void {
  for (const [name, field] of rows) {
    if (field.place !== 'element' && field.place !== 'elements') continue
    const value = readField(name, field, parent, urlDecode)
    if (value !== undefined) result[name] = value
  }
}

function readField(name: string, field: Field<unknown>, parent: XmlElement, urlDecode: boolean): unknown {
  const { wire } = field
  // A listing has ten thousand fields, and hardly one of them in a wrapper.
  if (field.place === 'element' && !wire.includes('/')) {
    const found = wire === '.' ? parent : parent.child(wire)
    return found === undefined ? undefined : readValue(name, field, found, urlDecode)
  }
  const path = wire.split('/')
  const own = path.pop() as string
  let holder: XmlElement | undefined = parent
  for (const wrapper of path) holder = holder?.child(wrapper)
  if (holder === undefined) return undefined
  if (field.place === 'elements') {
    const items = holder
      .children(own)
      .map(item => readValue(name, field, item, urlDecode))
      .filter(item => item !== undefined)
    return items.length === 0 ? undefined : items
  }
  const found = own === '.' ? holder : holder.child(own)
  return found === undefined ? undefined : readValue(name, field, found, urlDecode)
}

function readValue(name: string, field: Field<unknown>, from: XmlElement, urlDecode: boolean): unknown {
  if (field.shape) return readShape(field.shape, from, urlDecode)
  const raw = from.text
  if (raw === '') return undefined
  const codec = field.codec as Codec<unknown> | undefined
  return decodeText(field, urlDecode && codec?.urlEncodable ? decodeListed(raw) : raw, name)
}
