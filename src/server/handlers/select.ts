import { readShape } from '../../binding/document.js'
import type { Field } from '../../binding/field.js'
import type { Shape } from '../../binding/shape.js'
import { DeserializationError } from '../../errors.js'
import { type InputSerialization, selectObject } from '../../operations/index.js'
import { parseXml, XmlSyntaxError } from '../../xml/parse.js'
import { Failure, invalidArgument } from '../failure.js'
import type { Call, Handlers } from '../handler.js'
import { checkReadable, type ObjectView, viewOf } from '../object-view.js'
import { editVersion, findVersion } from '../objects.js'
import { receiveDocument } from '../receive.js'
import { readCsv } from '../select/csv-rows.js'
import { metaEndFrame, type SelectFigures } from '../select/frames.js'
import { csvForm, decodeBase64, decompressed, readJson } from '../select/input.js'
import { framedRows, rawRows } from '../select/output.js'
import { selectCsv, selectionOf, selectJson } from '../select/run.js'
import { parseSql } from '../select/sql.js'
import { given } from '../settings/setting.js'

const maxExpressionBytes = 16 * 1024

function open(call: Call): ObjectView {
  const view = viewOf(call.bucket, findVersion(call.bucket, call.key, undefined))
  checkReadable(call.bucket, view.version, call.key, call.now)
  return view
}

/** The object's bytes, which stay referenced until they are read. Counts what has been read. */
async function* contentOf(call: Call, view: ObjectView, read: (length: number) => void): AsyncGenerator<Buffer> {
  const { content } = call.store
  content.retain(view.segments)
  try {
    for await (const chunk of content.read(view.segments)) {
      read(chunk.length)
      yield chunk
    }
  } finally {
    await content.release(view.segments)
  }
}

/** Queries over single objects. */
export const selectHandlers: Handlers = {
  selectObject: async (call, request) => {
    const kind = request.process.startsWith('json/') ? 'json' : 'csv'
    const { selectRequest } = request
    const expression = decodeBase64('Expression', given(selectRequest.expression))
    if (Buffer.byteLength(expression) > maxExpressionBytes) {
      throw new Failure('InvalidSqlParameter', { message: 'The expression is longer than 16 KB.' })
    }
    const view = open(call)
    const selection = selectionOf(selectRequest, parseSql(expression))
    if (selection.range !== undefined && view.version.selectFigures === undefined) {
      throw new Failure('SelectCsvMetaUnavailable')
    }
    const { outputRawData: raw = false, enablePayloadCrc: checksums = false } = selection.output
    if (raw && checksums) throw invalidArgument('EnablePayloadCrc', 'true', 'Raw output has no checksums.')
    let scanned = 0
    const source = contentOf(call, view, length => {
      scanned += length
    })
    const rows = kind === 'csv' ? selectCsv(source, selection) : selectJson(source, selection)
    // The first row is looked for before the answer begins, so that most mistakes are answered with an error proper.
    const first = await rows.next()
    const all = (async function* () {
      if (first.done !== true) yield first.value
      yield* rows
    })()
    return {
      status: 206,
      headers: { 'x-oss-select-output-raw': String(raw), 'content-type': 'application/octet-stream' },
      stream: {
        chunks: raw ? rawRows(all) : framedRows(all, () => scanned, checksums),
        close: async () => void (await rows.return(undefined)),
      },
    }
  },

  createSelectObjectMeta: async (call, request) => {
    const kind = request.process.startsWith('json/') ? 'json' : 'csv'
    const { input, overwrite } = readMetaRequest(await receiveDocument(call))
    if ((input.compressionType ?? 'None') !== 'None') {
      throw invalidArgument('CompressionType', input.compressionType ?? '', 'Only uncompressed objects can be scanned.')
    }
    const view = open(call)
    let figures = overwrite ? undefined : view.version.selectFigures
    if (figures === undefined) {
      const found = await scan(call, view, kind, input)
      figures = found
      await editVersion(call, undefined, before => ({ ...before, selectFigures: found }))
    }
    const body = metaEndFrame(kind, figures)
    return { bytes: { body, contentType: 'application/octet-stream' } }
  },
}

/** The shape of `InputSerialization`, which is the same in both requests. */
function inputShape(): Shape<never> {
  const rows = selectObject.request.find(([, field]) => field.place === 'document')?.[1].shape?.fields ?? []
  const [, field] = rows.find(([name]) => name === 'inputSerialization') as readonly [string, Field<unknown>]
  return field.shape as Shape<never>
}

function readMetaRequest(source: string): { input: InputSerialization; overwrite: boolean } {
  try {
    const { name, root } = parseXml(source)
    if (name !== 'CsvMetaRequest' && name !== 'JsonMetaRequest') throw new Failure('MalformedXML')
    const inner = root.child('InputSerialization')
    const input = inner === undefined ? {} : (readShape(inputShape(), inner, false) as InputSerialization)
    return { input, overwrite: root.child('OverwriteIfExists')?.text.trim().toLowerCase() === 'true' }
  } catch (error) {
    if (error instanceof XmlSyntaxError || error instanceof DeserializationError) throw new Failure('MalformedXML')
    throw error
  }
}

async function scan(
  call: Call,
  view: ObjectView,
  kind: 'csv' | 'json',
  input: InputSerialization,
): Promise<SelectFigures> {
  let scanned = 0
  let rows = 0
  let columns = 0
  const content = contentOf(call, view, length => {
    scanned += length
  })
  const source = decompressed(content, input.compressionType)
  if (kind === 'json') for await (const _value of readJson(source, input.json?.type)) rows++
  else {
    for await (const fields of readCsv(source, csvForm(input.csv))) {
      columns ||= fields.length
      rows++
    }
  }
  return { scanned, splits: rows === 0 ? 0 : 1, rows, columns }
}
