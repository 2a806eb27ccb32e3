import { XMLParser } from 'fast-xml-parser'
import { type Parsed, parsePlain } from './plain.js'

const parser = new XMLParser({
  ignoreAttributes: true,
  ignoreDeclaration: true,
  ignorePiTags: true,
  removeNSPrefix: true,
  parseTagValue: false,
  trimValues: false,
  // Entities are resolved below, from the fixed set of XML: nothing a document declares is ever expanded.
  processEntities: false,
  cdataPropName: '#cdata',
  isArray: () => true,
  maxNestedTags: 100,
  transformTagName: name => (name === '__proto__' ? '#proto' : name),
})

/** Twice as long as a page of 1,000 of the longest keys. Parsing takes time for every character, in which nothing else happens. */
const longestDocument = 8 * 1024 * 1024

const named: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

function resolveEntities(value: string): string {
  if (!value.includes('&')) return value
  return value.replace(/&(?:#x([0-9a-fA-F]{1,6})|#(\d{1,7})|(amp|lt|gt|quot|apos));/g, (whole, hex, decimal, name) => {
    if (name !== undefined) return named[name] ?? whole
    const point = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16)
    return point <= 0x10ffff ? String.fromCodePoint(point) : whole
  })
}

/** An element of a parsed document. */
export class XmlElement {
  readonly #content: Parsed

  /** @internal */
  constructor(content: Parsed) {
    this.#content = content
  }

  /** Text directly inside the element, exactly as it was written, with entities resolved. */
  get text(): string {
    const content = this.#content
    if (typeof content === 'string') return resolveEntities(content)
    // The parser makes no list of text that stands beside children.
    const plain = [content['#text'] ?? []].flat().map(part => resolveEntities(String(part)))
    const verbatim = [content['#cdata'] ?? []]
      .flat()
      .map(part => (typeof part === 'string' ? part : String(part['#text'] ?? '')))
    return [...plain, ...verbatim].join('')
  }

  /** Whether there is neither text nor a child. */
  get empty(): boolean {
    return this.#content === ''
  }

  /** All children of a name, in order. */
  children(name: string): XmlElement[] {
    if (typeof this.#content === 'string' || !Object.hasOwn(this.#content, name)) return []
    return (this.#content[name] ?? []).map(child => new XmlElement(child))
  }

  /** The first child of a name. */
  child(name: string): XmlElement | undefined {
    if (typeof this.#content === 'string' || !Object.hasOwn(this.#content, name)) return undefined
    const first = this.#content[name]?.[0]
    return first === undefined ? undefined : new XmlElement(first)
  }

  /** Names of the children, each once. */
  names(): string[] {
    return typeof this.#content === 'string' ? [] : Object.keys(this.#content).filter(name => !name.startsWith('#'))
  }
}

/** Why a text is not a usable XML document. */
export class XmlSyntaxError extends Error {
  override readonly name = 'XmlSyntaxError'
}

/**
 * Parses a document and gives the name and content of its root.
 * Document type declarations are refused: OSS sends none, and they are how entity bombs are made.
 * @throws XmlSyntaxError
 */
export function parseXml(source: string): { name: string; root: XmlElement } {
  if (source.length > longestDocument) throw new XmlSyntaxError(`a document has at most ${longestDocument} characters`)
  if (/<!DOCTYPE/i.test(source)) throw new XmlSyntaxError('document type declarations are not accepted')
  let parsed: Record<string, Parsed[]>
  try {
    parsed = parsePlain(source) ?? parser.parse(source, true)
  } catch (error) {
    // It may quote the document.
    throw new XmlSyntaxError((error instanceof Error ? error.message : String(error)).slice(0, 200))
  }
  const name = Object.keys(parsed).find(key => !key.startsWith('#'))
  const content = name === undefined ? undefined : parsed[name]?.[0]
  if (name === undefined || content === undefined) throw new XmlSyntaxError('there is no root element')
  return { name, root: new XmlElement(content) }
}
