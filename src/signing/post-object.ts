import { ObjectNameInvalidError, ParamInvalidError, ParamRequiredError } from '../errors.js'
import { type PostCondition, type PostSigning, signPolicy } from './post-policy.js'

/** A value of which only the beginning is given. */
export interface PostPrefix {
  /** What the value must begin with. */
  readonly prefix: string
}

/**
 * What a form may upload. Every field given here becomes a field of the form and a condition of its policy: whoever has the
 * form can neither change nor leave out any of them.
 * The service does not mind further fields: give here whatever must not be the sender's choice, such as `acl`.
 */
export interface PresignPostRequest {
  /** Name of the bucket. */
  bucket: string
  /**
   * Key of the object. `${filename}` in it stands for the name of the file that the sender chose; then only what comes before
   * is enforced. `{ prefix }` leaves the rest of the key to the sender: the form has `prefix${filename}`, which a page may
   * replace by another key with that prefix.
   */
  key: string | PostPrefix
  /** Smallest and largest size of the file in bytes, ends included. Without it, up to 5 GB. */
  contentLengthRange?: readonly [min: number, max: number]
  /**
   * MIME type: exactly this one, one of a list, or one that begins with `prefix`, such as `image/`. In the last two cases the
   * sender adds the field `Content-Type` before the file.
   */
  contentType?: string | readonly string[] | PostPrefix
  /** How caches may keep the object. */
  cacheControl?: string
  /** How a browser presents the object. */
  contentDisposition?: string
  /** Encoding of the file's bytes, such as `gzip`. */
  contentEncoding?: string
  /** HTTP date after which caches ask again. */
  expires?: string
  /** User metadata: values by name, the names without `x-oss-meta-`. */
  metadata?: Readonly<Record<string, string>>
  /** Who may read and write the object. */
  acl?: 'default' | 'private' | 'public-read' | 'public-read-write' | (string & {})
  /** Storage class. Without it, the bucket's. */
  storageClass?: 'Standard' | 'IA' | 'Archive' | 'ColdArchive' | 'DeepColdArchive' | (string & {})
  /** Whether an existing object makes the upload fail with `FileAlreadyExists` (409). @default false */
  forbidOverwrite?: boolean
  /** Encryption at rest by the service. */
  serverSideEncryption?: 'AES256' | 'KMS' | 'SM4' | (string & {})
  /** Id of the key in KMS. */
  serverSideEncryptionKeyId?: string
  /** Bandwidth in bit/s, 819,200 to 838,860,800. */
  trafficLimit?: number
  /** Status of a success. With 201 the answer has an XML document, otherwise it is empty. @default 204 */
  successActionStatus?: 200 | 201 | 204
  /** URL to which a browser is sent after a success, with bucket, key and etag in its query. */
  successActionRedirect?: string
  /** Callback after the upload, as `callback()` gives it. */
  callback?: string
  /** Variables of the callback, as `callback()` gives them; each becomes a field of the form. */
  callbackVar?: string
  /** Any other fields of the form, by their names on the wire. */
  fields?: Readonly<Record<string, string>>
  /** Conditions on fields that the sender fills in, added to those that follow from this request. */
  conditions?: readonly PostCondition[]
}

/** What the service replaces by the name of the file that was chosen. */
const filename = '$' + '{filename}'
/** Longest field beside the file that the service takes, in bytes. */
const longestField = 4096

/** Names on the wire of the fields that are plain text. */
const wireNames = {
  cacheControl: 'Cache-Control',
  contentDisposition: 'Content-Disposition',
  contentEncoding: 'Content-Encoding',
  expires: 'Expires',
  acl: 'x-oss-object-acl',
  storageClass: 'x-oss-storage-class',
  forbidOverwrite: 'x-oss-forbid-overwrite',
  serverSideEncryption: 'x-oss-server-side-encryption',
  serverSideEncryptionKeyId: 'x-oss-server-side-encryption-key-id',
  trafficLimit: 'x-oss-traffic-limit',
  successActionStatus: 'success_action_status',
  successActionRedirect: 'success_action_redirect',
  callback: 'callback',
} as const

/** Fields that the form has anyway, in lower case. */
const ownFields = new Set(
  `bucket key file policy signature ossaccesskeyid x-oss-signature x-oss-signature-version x-oss-credential x-oss-date
  x-oss-security-token content-type`.split(/\s+/),
)

/**
 * The fields of a signed form, in the order in which they are to be sent; the file comes last.
 * @throws ParamRequiredError, ParamInvalidError or ObjectNameInvalidError naming what is wrong
 */
export function postFields(request: PresignPostRequest, signing: PostSigning): Record<string, string> {
  const form = new Form()
  addKey(form, request.key)
  addContentType(form, request.contentType)
  addPlainFields(form, request)
  if (request.contentLengthRange !== undefined) form.conditions.push(sizeCondition(request.contentLengthRange))
  form.conditions.push(...checkedConditions(request.conditions))
  const fields = { ...form.fields, ...signPolicy(request.bucket, form.conditions, signing) }
  for (const [name, value] of Object.entries(fields)) {
    if (Buffer.byteLength(value) > longestField) throw new ParamInvalidError(name, `longer than ${longestField} bytes`)
  }
  return fields
}

/** Fields and the conditions that hold them in place. */
class Form {
  readonly fields: Record<string, string> = {}
  readonly conditions: PostCondition[] = []

  /** Adds a field that must stay as it is. `path` names it in errors. */
  add(name: string, value: unknown, path: string): void {
    this.fields[name] = checkText(value, path)
    this.conditions.push(['eq', variable(name), value as string])
  }
}

function addKey(form: Form, key: PresignPostRequest['key']): void {
  if (key === undefined || key === null) throw new ParamRequiredError('key')
  if (typeof key === 'object') {
    const prefix = checkText(key.prefix, 'key.prefix')
    form.fields.key = prefix + filename
    form.conditions.push(['starts-with', '$key', prefix])
    return
  }
  const text = checkText(key, 'key')
  const { length } = [...text]
  if (length < 1 || length > 1024) throw new ObjectNameInvalidError(length)
  const start = text.indexOf(filename)
  form.fields.key = text
  // The service compares the key after it has put the file's name in.
  form.conditions.push(start < 0 ? ['eq', '$key', text] : ['starts-with', '$key', text.slice(0, start)])
}

function addContentType(form: Form, type: PresignPostRequest['contentType']): void {
  if (type === undefined) return
  if (Array.isArray(type)) {
    if (type.length === 0) throw new ParamInvalidError('contentType', 'expected at least one type')
    const types = type.map((item, index) => checkText(item, `contentType[${index}]`))
    form.conditions.push(['in', '$content-type', types])
  } else if (typeof type === 'object' && type !== null) {
    const { prefix } = type as { prefix: string }
    form.conditions.push(['starts-with', '$content-type', checkText(prefix, 'contentType.prefix')])
  } else {
    form.add('Content-Type', type, 'contentType')
  }
}

function addPlainFields(form: Form, request: PresignPostRequest): void {
  checkChoices(request)
  for (const [name, wire] of Object.entries(wireNames)) {
    const value = request[name as keyof typeof wireNames]
    if (value !== undefined) form.add(wire, typeof value === 'string' ? value : String(value), name)
  }
  for (const [name, value] of Object.entries(callbackVariables(request.callbackVar))) form.add(name, value, name)
  for (const [name, value] of Object.entries(request.metadata ?? {})) {
    form.add(`x-oss-meta-${name.toLowerCase()}`, value, `metadata.${name}`)
  }
  const taken = new Set(Object.keys(form.fields).map(name => name.toLowerCase()))
  for (const [name, value] of Object.entries(request.fields ?? {})) {
    const lower = name.toLowerCase()
    if (!/^[!-~]+$/.test(name) || name.includes('"')) {
      throw new ParamInvalidError('fields', `${JSON.stringify(name)} is not a name for a form field`)
    }
    if (ownFields.has(lower) || taken.has(lower)) {
      throw new ParamInvalidError(`fields.${name}`, 'the form has this field already; use the parameter for it')
    }
    form.add(name, value, `fields.${name}`)
  }
}

function checkChoices({ forbidOverwrite, trafficLimit, successActionStatus, ...rest }: PresignPostRequest): void {
  if (forbidOverwrite !== undefined && typeof forbidOverwrite !== 'boolean') {
    throw new ParamInvalidError('forbidOverwrite', 'expected a boolean')
  }
  if (trafficLimit !== undefined && !Number.isSafeInteger(trafficLimit)) {
    throw new ParamInvalidError('trafficLimit', 'expected an integer, bit/s')
  }
  if (successActionStatus !== undefined && ![200, 201, 204].includes(successActionStatus)) {
    throw new ParamInvalidError('successActionStatus', 'expected 200, 201 or 204')
  }
  const redirect = rest.successActionRedirect
  if (redirect !== undefined && !(URL.canParse(redirect) && /^https?:/i.test(redirect))) {
    throw new ParamInvalidError('successActionRedirect', 'expected an http or https URL')
  }
}

/** In forms each variable of a callback is a field of its own. */
function callbackVariables(encoded: string | undefined): Record<string, string> {
  if (encoded === undefined) return {}
  let variables: unknown
  try {
    variables = JSON.parse(Buffer.from(encoded, 'base64').toString('utf8'))
  } catch {}
  if (typeof variables !== 'object' || variables === null || !Object.keys(variables).every(name => /^x:./.test(name))) {
    throw new ParamInvalidError('callbackVar', 'expected base64 of a JSON object whose names begin with x:')
  }
  return variables as Record<string, string>
}

function sizeCondition(range: readonly [number, number]): PostCondition {
  const [min = -1, max = -1] = Array.isArray(range) ? range : []
  if (!Number.isSafeInteger(min) || !Number.isSafeInteger(max) || min < 0 || max < min) {
    throw new ParamInvalidError('contentLengthRange', 'expected [min, max], whole bytes, min not above max')
  }
  return ['content-length-range', min, max]
}

function checkedConditions(conditions: readonly PostCondition[] = []): readonly PostCondition[] {
  if (!Array.isArray(conditions)) throw new ParamInvalidError('conditions', 'expected an array')
  conditions.forEach((condition: PostCondition, index) => {
    const path = `conditions[${index}]`
    if (!Array.isArray(condition)) {
      const values = typeof condition === 'object' && condition !== null ? Object.values(condition) : []
      if (values.length !== 1) throw new ParamInvalidError(path, 'expected an object with one field, or an array')
      checkText(values[0], path)
      return
    }
    const [kind, name, value] = condition as readonly [string, unknown, unknown]
    if (kind === 'content-length-range') {
      sizeCondition([name, value] as [number, number])
      return
    }
    if (!['eq', 'starts-with', 'in', 'not-in'].includes(kind)) {
      throw new ParamInvalidError(path, 'expected eq, starts-with, in, not-in or content-length-range')
    }
    if (typeof name !== 'string' || !/^\$./.test(name))
      throw new ParamInvalidError(path, 'expected a field such as $key')
    const values = kind === 'in' || kind === 'not-in' ? value : [value]
    if (!Array.isArray(values)) throw new ParamInvalidError(path, 'expected an array of texts')
    for (const item of values) checkText(item, path)
  })
  return conditions
}

function variable(name: string): `$${string}` {
  return `$${name.toLowerCase()}`
}

/** Form data turns every kind of line break into CR LF, so a signed value with one would never match. */
function checkText(value: unknown, path: string): string {
  if (typeof value !== 'string') throw new ParamInvalidError(path, 'expected a string')
  if (/[\u0000\r\n]/.test(value))
    throw new ParamInvalidError(path, 'line breaks and NUL cannot be sent in a form field')
  return value
}
