import { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import type { InputSerialization } from '../../operations/index.js'
import { Failure, invalidArgument } from '../failure.js'
import type { CsvForm } from './csv-rows.js'
import type { Path } from './query.js'

/** The lines that are looked at, counted from 0, both ends included. */
export interface LineRange {
  readonly first: number
  readonly last: number
}

/** Decodes a base64 parameter. @throws Failure InvalidSqlParameter */
export function decodeBase64(name: string, value: string): string {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(value.replace(/\s/g, ''))) {
    throw new Failure('InvalidSqlParameter', { message: `${name} is not base64.` })
  }
  return Buffer.from(value, 'base64').toString('utf8')
}

function mark(name: string, encoded: string | undefined, fallback: string, most: number): string {
  if (encoded === undefined) return fallback
  const text = decodeBase64(name, encoded)
  if (text.length >= 1 && text.length <= most) return text
  throw new Failure('InvalidSqlParameter', { message: `${name} must have 1 to ${most} characters.` })
}

/** How the CSV object is written. @throws Failure InvalidSqlParameter */
export function csvForm(csv: InputSerialization['csv'] = {}): CsvForm {
  return {
    recordDelimiter: mark('RecordDelimiter', csv.recordDelimiter, '\n', 2),
    fieldDelimiter: mark('FieldDelimiter', csv.fieldDelimiter, ',', 1),
    quote: mark('QuoteCharacter', csv.quoteCharacter, '"', 1),
    // A request that names no comment character has none.
    comment: csv.commentCharacter ? mark('CommentCharacter', csv.commentCharacter, '#', 1) : undefined,
  }
}

/** The part of the object that is asked for. The server makes one split of every object. @throws Failure InvalidSqlParameter */
export function lineRange(range: string | undefined): LineRange | undefined {
  if (range === undefined || range === '') return undefined
  const match = /^(line|split)-range=(\d+)-(\d*)$/.exec(range)
  if (match === null) throw new Failure('InvalidSqlParameter', { message: 'The Range is not valid.' })
  const [, unit, start, end] = match as unknown as [string, string, string, string]
  const first = Number(start)
  const last = end === '' ? Number.POSITIVE_INFINITY : Number(end)
  if (first > last) throw new Failure('InvalidSqlParameter', { message: 'The Range is not valid.' })
  if (unit === 'line') return { first, last }
  return first === 0 ? { first: 0, last: Number.POSITIVE_INFINITY } : { first: Number.POSITIVE_INFINITY, last: 0 }
}

/** The object's bytes, decompressed if need be. @throws Failure InvalidArgument */
export function decompressed(source: AsyncIterable<Buffer>, compression: string | undefined): AsyncIterable<Buffer> {
  if (compression === undefined || compression === 'None') return source
  if (compression === 'GZIP') return Readable.from(source).compose(createGunzip()) as AsyncIterable<Buffer>
  throw invalidArgument('CompressionType', compression, 'The CompressionType is not valid.')
}

/** The largest document that is read whole, and the longest line of JSON. */
const maxDocumentBytes = 64 * 1024 * 1024

/** The values of a JSON object: one, or one a line. @throws Failure InvalidJsonData */
export async function* readJson(source: AsyncIterable<Buffer>, type: string | undefined): AsyncGenerator<unknown> {
  const decoder = new TextDecoder('utf-8')
  let held = ''
  for await (const chunk of source) {
    held += decoder.decode(chunk, { stream: true })
    if (type !== 'DOCUMENT') {
      const lines = held.split('\n')
      held = lines.pop() as string
      for (const line of lines) if (line.trim() !== '') yield parse(line)
    }
    if (held.length > maxDocumentBytes) throw new Failure('InvalidJsonData', { message: 'The JSON is too large.' })
  }
  held += decoder.decode()
  if (held.trim() !== '') yield parse(held)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new Failure('InvalidJsonData', { message: `This is not JSON: ${text.slice(0, 80)}` })
  }
}

/** What a path leads to; each `*` leads to everything in a list. */
export function follow(value: unknown, path: Path): unknown[] {
  const [step, ...rest] = path
  if (step === undefined) return [value]
  if (step === '*') return Array.isArray(value) ? value.flatMap(each => follow(each, rest)) : []
  if (typeof value !== 'object' || value === null) return []
  if (typeof step === 'number') return Array.isArray(value) && step < value.length ? follow(value[step], rest) : []
  return Object.hasOwn(value, step) ? follow((value as Record<string, unknown>)[step], rest) : []
}
