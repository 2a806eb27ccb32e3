import { bool, int, type Open, oneOf, text } from '../binding/codec.js'
import { document, element, local, query, receivedBody, required } from '../binding/field.js'
import { selectMetaBody } from '../binding/hooks.js'
import { type OperationResult, operation } from '../binding/operation.js'
import { shape } from '../binding/shape.js'
import type { ObjectBody } from '../pipeline/object-body.js'
import { type ObjectRequest, objectRequest } from './shared.js'

/** Input of {@link selectObject}. */
export interface SelectObjectRequest extends ObjectRequest {
  /** `csv/select` for a CSV object, `json/select` for a JSON object. */
  process: string
  /** The query, and how input and output are written. */
  selectRequest: SelectRequest
}

/** Result of {@link selectObject}. */
export interface SelectObjectResult extends OperationResult {
  /**
   * The rows. Read it or destroy it. It breaks off, maybe some rows before the fault: with a {@link ServiceError} when
   * the query fails on the way, an {@link InconsistentError} when a checksum is wrong, a {@link ResponseError} when the
   * answer is cut short.
   */
  body?: ObjectBody
}

/** What to do with rows that do not fit the query. */
export interface SelectRequestOptions {
  /** Whether rows with missing columns are passed over; otherwise the columns count as null. @default false */
  skipPartialDataRecord?: boolean
  /**
   * How many rows may be passed over, for missing columns or values of another type, before the query fails.
   * @default 0
   */
  maxSkippedRecordsAllowed?: number
}

const selectRequestOptionsShape = shape<SelectRequestOptions>({
  skipPartialDataRecord: element('SkipPartialDataRecord', bool),
  maxSkippedRecordsAllowed: element('MaxSkippedRecordsAllowed', int),
})

/** Compression of the object that is queried. */
export type SelectCompression = Open<'None' | 'GZIP'>

const selectCompression = oneOf('None', 'GZIP')

/**
 * What the first line of a CSV object is: data (`None`), column names that are passed over (`Ignore`), or column names
 * that the query may use (`Use`).
 */
export type CsvHeaderInfo = Open<'None' | 'Ignore' | 'Use'>

const csvHeaderInfo = oneOf('None', 'Ignore', 'Use')

/** Form of a CSV object. */
export interface CsvInput {
  /** End of a line in base64: one or two characters. @default 'Cg==', a line feed */
  recordDelimiter?: string
  /** Mark between columns in base64: one character. @default 'LA==', a comma */
  fieldDelimiter?: string
  /** Quotation mark in base64: one character. @default 'Ig==', a double quote */
  quoteCharacter?: string
  /** Character that begins a comment line, in base64. Without it, there are no comments. */
  commentCharacter?: string
  /**
   * Part that is queried, both ends included: `line-range=10-20`, or `split-range=10-20`. Needs {@link
   * createSelectObjectMeta} first. Without it, the whole object.
   */
  range?: string
  /** Whether line ends may stand within quotation marks. `false` permits `range`, which is faster. @default true */
  allowQuotedRecordDelimiter?: boolean
  /** What the first line is. @default 'None' */
  fileHeaderInfo?: CsvHeaderInfo
}

const csvInputShape = shape<CsvInput>({
  recordDelimiter: element('RecordDelimiter', text),
  fieldDelimiter: element('FieldDelimiter', text),
  quoteCharacter: element('QuoteCharacter', text),
  commentCharacter: element('CommentCharacter', text),
  range: element('Range', text),
  allowQuotedRecordDelimiter: element('AllowQuotedRecordDelimiter', bool),
  fileHeaderInfo: element('FileHeaderInfo', csvHeaderInfo),
})

/** Layout of a JSON object: one value, or one value a line. */
export type JsonDocumentType = Open<'DOCUMENT' | 'LINES'>

const jsonDocumentType = oneOf('DOCUMENT', 'LINES')

/** Form of a JSON object. */
export interface JsonInput {
  /** Whether numbers become strings and so keep all their digits; the query can still `cast` them. @default false */
  parseJsonNumberAsString?: boolean
  /** Layout of the object. Required for a JSON object. */
  type?: JsonDocumentType
  /**
   * Part that is queried, both ends included: `line-range=10-20`, or `split-range=10-20`. Only for `LINES`; needs
   * {@link createSelectObjectMeta} first. Without it, the whole object.
   */
  range?: string
}

const jsonInputShape = shape<JsonInput>({
  parseJsonNumberAsString: element('ParseJsonNumberAsString', bool),
  type: element('Type', jsonDocumentType),
  range: element('Range', text),
})

/** How the object is written. Give the part for its format. */
export interface InputSerialization {
  /** Compression of the object. {@link createSelectObjectMeta} takes only `None`. @default 'None' */
  compressionType?: SelectCompression
  /** Form of a CSV object. */
  csv?: CsvInput
  /** Form of a JSON object. */
  json?: JsonInput
}

const inputSerializationShape = shape<InputSerialization>({
  compressionType: element('CompressionType', selectCompression),
  csv: element('CSV', csvInputShape),
  json: element('JSON', jsonInputShape),
})

/** Form of the rows of a CSV object. */
export interface CsvOutput {
  /** End of a row in base64: one or two characters. @default 'Cg==', a line feed */
  recordDelimiter?: string
  /** Mark between columns in base64: one character. @default 'LA==', a comma */
  fieldDelimiter?: string
  /** Quotation mark in base64: one character. @default 'Ig==', a double quote */
  quoteCharacter?: string
}

const csvOutputShape = shape<CsvOutput>({
  recordDelimiter: element('RecordDelimiter', text),
  fieldDelimiter: element('FieldDelimiter', text),
  quoteCharacter: element('QuoteCharacter', text),
})

/** Form of the rows of a JSON object. */
export interface JsonOutput {
  /** End of a row in base64: one or two characters. @default 'Cg==', a line feed */
  recordDelimiter?: string
}

const jsonOutputShape = shape<JsonOutput>({ recordDelimiter: element('RecordDelimiter', text) })

/** How the answer is written. Give the part for the format of the input. */
export interface OutputSerialization {
  /**
   * Whether each row has all columns of the input, those that the query does not name being empty. Only for CSV.
   * @default false
   */
  keepAllColumns?: boolean
  /** Whether the column names come first. Only for CSV. @default false */
  outputHeader?: boolean
  /**
   * Whether the answer is plain data instead of frames. Plain data cannot report a failure on the way and may time out
   * while there are no rows. Without it, the service chooses.
   */
  outputRawData?: boolean
  /** Whether the frames have a CRC-32, which is compared then. Not together with `outputRawData`. @default false */
  enablePayloadCrc?: boolean
  /** Form of the rows of a CSV object. */
  csv?: CsvOutput
  /** Form of the rows of a JSON object. */
  json?: JsonOutput
}

const outputSerializationShape = shape<OutputSerialization>({
  keepAllColumns: element('KeepAllColumns', bool),
  outputHeader: element('OutputHeader', bool),
  outputRawData: element('OutputRawData', bool),
  enablePayloadCrc: element('EnablePayloadCrc', bool),
  csv: element('CSV', csvOutputShape),
  json: element('JSON', jsonOutputShape),
})

/**
 * A query. Expression, delimiters and quotation marks are sent as they are given: encode them to base64 first, as with
 * `Buffer.from('select * from ossobject').toString('base64')`.
 */
export interface SelectRequest {
  /** What to do with rows that do not fit. Without it, the first one fails the query. */
  options?: SelectRequestOptions
  /** The SQL statement in base64: at most 16 KB, with `ossobject` as the table. */
  expression?: string
  /** How the object is written. Without it, the defaults of its parts. */
  inputSerialization?: InputSerialization
  /** How the answer is written. Without it, the defaults of its parts. */
  outputSerialization?: OutputSerialization
}

const selectRequestShape = shape<SelectRequest>({
  options: element('Options', selectRequestOptionsShape),
  expression: element('Expression', text),
  inputSerialization: element('InputSerialization', inputSerializationShape),
  outputSerialization: element('OutputSerialization', outputSerializationShape),
})

/**
 * Runs an SQL query over one CSV or JSON object and gives the rows that it finds. The object must be UTF-8. An answer
 * in frames is taken apart on the way: `body` is plain data either way. What is wrong from the start is a {@link
 * ServiceError}: `SqlSyntaxError` and other `Sql…` codes, `InvalidSqlParameter` for an expression that is not base64,
 * `SelectCsvMetaUnavailable` for a `range` before {@link createSelectObjectMeta}, `NoSuchKey` (404), `AccessDenied`
 * (403). What the service notices later, such as `InvalidCsvLine`, is the error of `body`, of the same class.
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/selectobject
 */
export const selectObject = operation<SelectObjectRequest, SelectObjectResult>({
  name: 'SelectObject',
  method: 'POST',
  headers: { 'content-type': 'application/xml' },
  contentMd5: true,
  frames: {
    take: 'data',
    checksums: ({ selectRequest }) => selectRequest.outputSerialization?.enablePayloadCrc === true,
  },
  request: {
    ...objectRequest,
    process: required(query('x-oss-process', text)),
    selectRequest: required(document('SelectRequest', selectRequestShape)),
  },
  response: { body: receivedBody },
})

/** Input of {@link createSelectObjectMeta}. */
export interface CreateSelectObjectMetaRequest extends ObjectRequest {
  /** `csv/meta` for a CSV object, `json/meta` for a JSON object. */
  process: string
  /** Form of the object, as a request for CSV or for JSON. */
  selectMetaRequest: CsvMetaRequest | JsonMetaRequest
}

/** Result of {@link createSelectObjectMeta}. */
export interface CreateSelectObjectMetaResult extends OperationResult {
  /**
   * Position in the object where the scan ended. Not filled in: {@link CreateSelectObjectMetaResult.totalScannedBytes}
   * says how far it came.
   */
  offset?: number
  /** Bytes that were scanned. */
  totalScannedBytes?: number
  /** Number of splits, which `split-range` counts. */
  splitsCount?: number
  /** Number of rows. */
  rowsCount?: number
  /** Number of columns. 0 for JSON. */
  colsCount?: number
}

/** Request to count a CSV object. */
export interface CsvMetaRequest {
  /**
   * Says that this is the request for CSV. Needed only where nothing else does: without it, the one part that
   * `inputSerialization` has decides, else `process`.
   */
  $type?: 'CSVMetaRequest'
  /** How the object is written. Without it, the defaults of CSV. */
  inputSerialization?: InputSerialization
  /** Whether the object is counted again although the figures exist. @default false */
  overwriteIfExists?: boolean
}

/** Request to count a JSON object of lines. */
export interface JsonMetaRequest {
  /**
   * Says that this is the request for JSON. Needed only where nothing else does: without it, the one part that
   * `inputSerialization` has decides, else `process`.
   */
  $type?: 'JSONMetaRequest'
  /** How the object is written. */
  inputSerialization?: InputSerialization
  /** Whether the object is counted again although the figures exist. @default false */
  overwriteIfExists?: boolean
}

const metaRequestShape = shape<Omit<CsvMetaRequest, '$type'>>({
  inputSerialization: element('InputSerialization', inputSerializationShape),
  overwriteIfExists: element('OverwriteIfExists', bool),
})

/**
 * Counts the rows and columns of a CSV object or a JSON object of lines, and notes where they begin, for queries with a
 * `range`. Needs write permission; a large object takes minutes. When the figures exist they are answered at once.
 * Fails with `InvalidCsvLine`, `InvalidJsonData` and the like (400) for an object that is not of the format,
 * `NoSuchKey` (404), `AccessDenied` (403).
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/selectobject
 */
export const createSelectObjectMeta = operation<CreateSelectObjectMetaRequest, CreateSelectObjectMetaResult>({
  name: 'CreateSelectObjectMeta',
  method: 'POST',
  headers: { 'content-type': 'application/xml' },
  contentMd5: true,
  frames: { take: 'end' },
  encode: selectMetaBody(metaRequestShape),
  request: {
    ...objectRequest,
    process: required(query('x-oss-process', text)),
    selectMetaRequest: required(local<CsvMetaRequest | JsonMetaRequest>()),
  },
  response: {
    offset: local<number>(),
    totalScannedBytes: local<number>(),
    splitsCount: local<number>(),
    rowsCount: local<number>(),
    colsCount: local<number>(),
  },
})
