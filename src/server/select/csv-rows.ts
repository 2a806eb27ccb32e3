import { Failure } from '../failure.js'

/** How a CSV text is written. */
export interface CsvForm {
  readonly recordDelimiter: string
  readonly fieldDelimiter: string
  readonly quote: string
  /** Begins a line that is passed over. */
  readonly comment: string | undefined
}

/** A line is not believed to be longer than this: something is wrong with its delimiters. */
const maxLineLength = 1024 * 1024

/** Takes a CSV text apart, line by line, as it comes in. @throws Failure InvalidCsvLine */
export async function* readCsv(source: AsyncIterable<Buffer>, form: CsvForm): AsyncGenerator<string[]> {
  const decoder = new TextDecoder('utf-8')
  let held = ''
  for await (const chunk of source) {
    held += decoder.decode(chunk, { stream: true })
    // The end of what is there may be half of a delimiter, or of a doubled quotation mark.
    const { rows, rest } = takeRows(held, form, false)
    yield* rows
    held = rest
    if (held.length > maxLineLength) throw new Failure('InvalidCsvLine', { message: 'A line is too long.' })
  }
  held += decoder.decode()
  yield* takeRows(held, form, true).rows
}

/** The whole lines of a text, and what is left of it. */
function takeRows(text: string, form: CsvForm, atEnd: boolean): { rows: string[][]; rest: string } {
  const rows: string[][] = []
  let start = 0
  while (start < text.length) {
    const line = takeLine(text, start, form, atEnd)
    if (line === undefined) break
    if (line.fields !== undefined) rows.push(line.fields)
    start = line.end
  }
  return { rows, rest: text.slice(start) }
}

/** One line from a place on; `undefined` while its end is not there. Comments and the like have no fields. */
function takeLine(
  text: string,
  start: number,
  form: CsvForm,
  atEnd: boolean,
): { fields: string[] | undefined; end: number } | undefined {
  const { recordDelimiter, fieldDelimiter, quote, comment } = form
  if (comment !== undefined && text.startsWith(comment, start)) {
    const end = text.indexOf(recordDelimiter, start)
    if (end < 0) return atEnd ? { fields: undefined, end: text.length } : undefined
    return { fields: undefined, end: end + recordDelimiter.length }
  }
  const fields: string[] = []
  let field = ''
  let quoted = false
  let at = start
  while (at < text.length) {
    if (quoted) {
      const end = text.indexOf(quote, at)
      if (end < 0) break
      // Whether the mark is doubled shows only with the next character.
      if (end + quote.length >= text.length && !atEnd) return undefined
      field += text.slice(at, end)
      at = end + quote.length
      if (text.startsWith(quote, at)) {
        field += quote
        at += quote.length
      } else {
        quoted = false
      }
    } else if (text.startsWith(recordDelimiter, at)) {
      return { fields: [...fields, withoutReturn(field, recordDelimiter)], end: at + recordDelimiter.length }
    } else if (text.startsWith(fieldDelimiter, at)) {
      fields.push(field)
      field = ''
      at += fieldDelimiter.length
    } else if (field === '' && text.startsWith(quote, at)) {
      quoted = true
      at += quote.length
    } else {
      field += text[at]
      at++
    }
  }
  if (!atEnd) return undefined
  if (quoted) throw new Failure('InvalidCsvLine', { message: 'A quotation mark is not closed.' })
  return { fields: [...fields, withoutReturn(field, recordDelimiter)], end: text.length }
}

/** Lines that end as on Windows are read with the usual delimiter too. */
function withoutReturn(field: string, recordDelimiter: string): string {
  return recordDelimiter === '\n' && field.endsWith('\r') ? field.slice(0, -1) : field
}

/** Writes one line. Fields get quotation marks where they need them. */
export function writeCsv(fields: readonly string[], form: Omit<CsvForm, 'comment'>): string {
  const { recordDelimiter, fieldDelimiter, quote } = form
  const special = [recordDelimiter, fieldDelimiter, quote]
  const written = fields.map(field =>
    special.some(each => field.includes(each)) ? quote + field.replaceAll(quote, quote + quote) + quote : field,
  )
  return written.join(fieldDelimiter) + recordDelimiter
}
