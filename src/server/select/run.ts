import type { InputSerialization, OutputSerialization, SelectRequest } from '../../operations/index.js'
import { Failure, invalidArgument } from '../failure.js'
import { readCsv, writeCsv } from './csv-rows.js'
import { meets, pathsOf } from './evaluate.js'
import { csvForm, decodeBase64, decompressed, follow, type LineRange, lineRange, readJson } from './input.js'
import type { Path, Query } from './query.js'

/** A query with all that it takes to run it over one object. */
export interface Selection {
  readonly query: Query
  readonly input: InputSerialization
  readonly output: OutputSerialization
  readonly skipPartial: boolean
  readonly maxSkipped: number
  readonly range: LineRange | undefined
}

/** Makes a selection of a request. @throws Failure what is wrong with it */
export function selectionOf(request: SelectRequest, query: Query): Selection {
  const { inputSerialization: input = {}, outputSerialization: output = {}, options = {} } = request
  return {
    query,
    input,
    output,
    skipPartial: options.skipPartialDataRecord === true,
    maxSkipped: options.maxSkippedRecordsAllowed ?? 0,
    range: lineRange(input.csv?.range ?? input.json?.range),
  }
}

/** Runs a query over a CSV object and gives rows as text. @throws Failure InvalidCsvLine and others */
export async function* selectCsv(source: AsyncIterable<Buffer>, selection: Selection): AsyncGenerator<string> {
  const { query, input, output } = selection
  const out = { ...csvForm(output.csv), comment: undefined }
  const header = input.csv?.fileHeaderInfo ?? 'None'
  if (!['None', 'Ignore', 'Use'].includes(header)) throw invalidArgument('FileHeaderInfo', header, 'It is not valid.')
  let names: string[] | undefined
  let needed: number[] | undefined
  let columns: number[] | undefined
  const counter = new RowCounter(selection)
  for await (const fields of readCsv(decompressed(source, input.compressionType), csvForm(input.csv))) {
    if (header !== 'None' && names === undefined) {
      names = fields
      if (output.outputHeader === true) yield writeCsv(pick(fields, columnsOf(query, fields)), out)
      continue
    }
    const indexOf = (path: Path) => columnIndex(path, header === 'Use' ? names : undefined)
    columns ??= columnsOf(query, header === 'Use' ? names : undefined)
    needed ??= [...(columns ?? []), ...pathsOf(query.where).map(indexOf)]
    if (!counter.inRange()) continue
    if (needed.some(index => index >= fields.length) && counter.skips()) continue
    if (query.where !== undefined && !meets(query.where, { get: path => fields[indexOf(path)] })) continue
    if (!counter.take()) break
    if (query.columns === 'count') continue
    const kept = columns
    yield writeCsv(
      output.keepAllColumns === true && kept !== undefined
        ? fields.map((field, index) => (kept.includes(index) ? field : ''))
        : pick(fields, columns),
      out,
    )
  }
  if (query.columns === 'count') yield writeCsv([String(counter.taken)], out)
}

/** Places of the wanted columns; `undefined` for all. */
function columnsOf(query: Query, names: readonly string[] | undefined): number[] | undefined {
  return typeof query.columns === 'string' ? undefined : query.columns.map(path => columnIndex(path, names))
}

/** Place of a column: by its name when there are names, else `_1`, `_2` and so on. @throws Failure InvalidSqlParameter */
function columnIndex(path: Path, names: readonly string[] | undefined): number {
  const name = String(path[0])
  const named = names?.findIndex(each => each.trim().toLowerCase() === name.toLowerCase()) ?? -1
  if (named >= 0 && path.length === 1) return named
  const place = /^_([1-9]\d{0,4})$/.exec(name)
  if (place !== null && path.length === 1) return Number(place[1]) - 1
  throw new Failure('InvalidSqlParameter', { message: `There is no column ${path.join('.')}.` })
}

function pick(fields: readonly string[], columns: readonly number[] | undefined): readonly string[] {
  return columns === undefined ? fields : columns.map(index => fields[index] ?? '')
}

/** Runs a query over a JSON object and gives rows as text, one object each. @throws Failure InvalidJsonData and others */
export async function* selectJson(source: AsyncIterable<Buffer>, selection: Selection): AsyncGenerator<string> {
  const { query, input, output } = selection
  const type = input.json?.type?.toUpperCase()
  if (type !== 'LINES' && type !== 'DOCUMENT')
    throw invalidArgument('Type', type ?? '', 'Type must be LINES or DOCUMENT.')
  const end = output.json?.recordDelimiter
  const delimiter = end === undefined ? '\n' : decodeBase64('RecordDelimiter', end)
  const counter = new RowCounter(selection)
  const paths = typeof query.columns === 'string' ? [] : query.columns
  // A line is one value, so a first `[*]` means the lines themselves there.
  const from = type === 'LINES' && query.from[0] === '*' ? query.from.slice(1) : query.from
  values: for await (const whole of readJson(decompressed(source, input.compressionType), type)) {
    if (!counter.inRange()) continue
    for (const value of follow(whole, from)) {
      const get = (path: Path) => follow(value, path)[0]
      if (paths.some(path => get(path) === undefined) && counter.skips()) continue
      if (query.where !== undefined && !meets(query.where, { get })) continue
      if (!counter.take()) break values
      if (query.columns === 'count') continue
      yield JSON.stringify(paths.length === 0 ? value : rowOf(paths, get)) + delimiter
    }
  }
  if (query.columns === 'count') yield JSON.stringify({ _1: counter.taken }) + delimiter
}

function rowOf(paths: readonly Path[], get: (path: Path) => unknown): Record<string, unknown> {
  const row: Record<string, unknown> = {}
  for (const path of paths) {
    const name = path.findLast(step => typeof step === 'string' && step !== '*') ?? '_1'
    const value = get(path)
    if (value !== undefined) row[String(name)] = value
  }
  return row
}

/** Counts rows against range, limit and the number that may be passed over. */
class RowCounter {
  taken = 0
  #line = -1
  #skipped = 0
  readonly #selection: Selection

  constructor(selection: Selection) {
    this.#selection = selection
  }

  /** Whether the next line is in the part that is looked at. */
  inRange(): boolean {
    this.#line++
    const { range } = this.#selection
    return range === undefined || (this.#line >= range.first && this.#line <= range.last)
  }

  /** Whether a row with missing columns is passed over; otherwise they count as null. @throws Failure InvalidCsvLine */
  skips(): boolean {
    if (!this.#selection.skipPartial) return false
    this.#skipped++
    if (this.#skipped > this.#selection.maxSkipped) {
      throw new Failure('InvalidCsvLine', { message: 'More rows lack columns than may be passed over.' })
    }
    return true
  }

  /** Takes a row; `false` when there are enough. */
  take(): boolean {
    if (this.taken >= this.#selection.query.limit) return false
    this.taken++
    return true
  }
}
