import { BucketNameInvalidError, ObjectNameInvalidError, ParamInvalidError, ParamRequiredError } from '../errors.js'
import { copyRecord } from '../internal/copy-record.js'
import { isToken } from '../internal/token.js'
import { isBody } from '../pipeline/body.js'
import { xmlDocument, xmlElement } from '../xml/write.js'
import { encodeText, writeShape } from './document.js'
import type { RequestDraft } from './draft.js'
import type { OperationData, OperationRequest } from './operation.js'
import { type PlannedRow, planOf } from './plan.js'

/**
 * Turns a request value into a draft by the operation's table. Fails before anything is sent: first for what is missing,
 * then for a bad bucket or key, then for values of the wrong type.
 */
export function encodeRequest<Req extends OperationRequest>(operation: OperationData, request: Req): RequestDraft {
  if (typeof request !== 'object' || request === null) {
    throw new ParamInvalidError('request', 'expected an object', { operation: operation.name })
  }
  const plan = planOf(operation)
  const values = request as Record<string, unknown>
  for (const name of plan.required) {
    if (values[name] === undefined || values[name] === null) throw new ParamRequiredError(name)
  }
  const draft: RequestDraft = {
    operation: operation.name,
    method: operation.method,
    bucket: given(values, plan.bucket),
    key: given(values, plan.key),
    query: copyRecord(operation.query),
    headers: copyRecord(operation.headers),
    body: undefined,
  }
  if (draft.bucket !== undefined) checkBucketName(draft.bucket)
  if (draft.key !== undefined) checkKey(draft.key)
  addExtras(draft, request.headers, request.parameters)
  for (const row of plan.sent) {
    const value = values[row.name]
    if (value !== undefined && value !== null) place(draft, row, value)
  }
  operation.encode?.(request as never, draft)
  checkHeaders(draft, operation)
  return draft
}

function given(values: Record<string, unknown>, names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = values[name]
    if (value === undefined || value === null) continue
    if (typeof value !== 'string') throw new ParamInvalidError(name, 'expected a string')
    return value
  }
  return undefined
}

/** Checks a bucket name against OSS's rules. @throws BucketNameInvalidError */
export function checkBucketName(name: string): void {
  if (!/^[a-z0-9](?:[a-z0-9-]{1,61})[a-z0-9]$/.test(name)) throw new BucketNameInvalidError(name)
}

/** Checks a key against OSS's rules; its length counts characters. @throws ObjectNameInvalidError */
export function checkKey(key: string): void {
  let length = key.length
  // Only a key with surrogate pairs can be shorter than it looks.
  if (length > 1024) length = [...key].length
  if (length < 1 || length > 1024) throw new ObjectNameInvalidError(length)
}

/** Headers that say how a message is framed or what becomes of the connection: with them one request could be taken for two. */
const ofConnection: ReadonlySet<string> = new Set(
  'connection keep-alive proxy-connection te trailer transfer-encoding upgrade'.split(' '),
)

/** Assigning to this name would change an object's prototype and send nothing. */
function refuseProto(field: string, name: string): void {
  if (name === '__proto__') throw new ParamInvalidError(field, 'this name cannot be sent')
}

/** Adds a caller's own headers and parameters; they replace what is there. */
export function addExtras(
  draft: RequestDraft,
  headers: Readonly<Record<string, string>> | undefined,
  parameters: Readonly<Record<string, string>> | undefined,
): void {
  if (headers === undefined && parameters === undefined) return
  for (const [name, value] of Object.entries(headers ?? {})) {
    if (typeof value !== 'string') throw new ParamInvalidError(`headers.${name}`, 'expected a string')
    if (ofConnection.has(name.toLowerCase()))
      throw new ParamInvalidError(`headers.${name}`, 'is about the connection, which is not the caller’s')
    refuseProto(`headers.${name}`, name)
    draft.headers[name.toLowerCase()] = value
  }
  for (const [name, value] of Object.entries(parameters ?? {})) {
    if (typeof value !== 'string') throw new ParamInvalidError(`parameters.${name}`, 'expected a string')
    refuseProto(`parameters.${name}`, name)
    draft.query[name] = value
  }
}

function place(draft: RequestDraft, { name, field, wire }: PlannedRow, value: unknown): void {
  switch (field.place) {
    case 'header':
      draft.headers[wire] = encodeText(field, value, name)
      break
    case 'headers':
      if (typeof value !== 'object') throw new ParamInvalidError(name, 'expected an object of strings')
      for (const [suffix, item] of Object.entries(value as object)) {
        if (typeof item !== 'string') throw new ParamInvalidError(`${name}.${suffix}`, 'expected a string')
        draft.headers[wire + suffix.toLowerCase()] = item
      }
      break
    case 'query':
      draft.query[wire] = encodeText(field, value, name)
      break
    case 'document':
      draft.body = xmlDocument(xmlElement(wire, writeShape(field.shape as never, value, name)))
      break
    case 'body':
      if (!isBody(value)) throw new ParamInvalidError(name, 'expected a string, bytes, a Blob, a stream or a FileBody')
      draft.body = value
      break
    default:
  }
}

/** Neither controls nor anything beyond Latin-1: nearly all values are of these characters, and need no closer look. */
const plain = /^[\t -~\u0080-\u00ff]*$/
const control = /[\u0000-\u0008\u000a-\u001f\u007f]/

function checkHeaders(draft: RequestDraft, operation: OperationData): void {
  const { headers } = draft
  for (const name in headers) {
    const value = headers[name] as string
    if (!isToken(name))
      throw new ParamInvalidError(
        fieldOf(operation, name),
        `header name ${JSON.stringify(name)} has characters HTTP forbids`,
      )
    if (plain.test(value)) continue
    if (control.test(value))
      throw new ParamInvalidError(
        fieldOf(operation, name),
        'line breaks, NUL and other controls cannot be sent in a header',
      )
    // User metadata travels as UTF-8; anything else beyond Latin-1 would be garbled.
    if (!name.startsWith('x-oss-meta-')) {
      throw new ParamInvalidError(fieldOf(operation, name), 'characters beyond Latin-1 cannot be sent in this header')
    }
  }
}

function fieldOf(operation: OperationData, headerName: string): string {
  for (const { name, field, wire } of planOf(operation).sent) {
    if (field.place === 'header' && wire === headerName) return name
    if (field.place === 'headers' && headerName.startsWith(wire)) return `${name}.${headerName.slice(wire.length)}`
  }
  return `headers.${headerName}`
}
