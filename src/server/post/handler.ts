import { escapeXml, xmlDocument, xmlElement } from '../../xml/write.js'
import { checkKey } from '../addressing.js'
import { checkAnonymous } from '../auth/anonymous.js'
import { answerWithCallback } from '../callback/answer.js'
import { readFormCallback } from '../callback/wish.js'
import { Failure } from '../failure.js'
import type { Call, Reply } from '../handler.js'
import { normalVersion } from '../handlers/object-put.js'
import { checkOverwrite, putVersion, quoted, versionHeader } from '../objects.js'
import { refusesPublic } from '../public-access.js'
import type { StoredContent } from '../storage/content-store.js'
import type { ObjectVersion } from '../storage/records.js'
import { encryptionHeaders, readTemplate } from '../template.js'
import { limited, readForm, readRest } from './form.js'
import { boundaryOf, MultipartError, MultipartReader } from './multipart-reader.js'
import { type PostPolicy, readPolicy } from './policy.js'
import { verifyForm } from './verify.js'

/** Stores the file of a form. The form signs itself, so nothing has been verified when it gets here. */
export async function postObjectHandler(call: Call): Promise<Reply> {
  try {
    return await post(call)
  } catch (error) {
    if (error instanceof MultipartError) throw new Failure('MalformedPOSTRequest')
    throw error
  }
}

async function post(outer: Call): Promise<Reply> {
  const { headers } = outer.incoming
  if (headers['content-length'] === undefined && headers['transfer-encoding'] === undefined) {
    throw new Failure('MissingContentLength')
  }
  const reader = new MultipartReader(outer.body(), boundaryOf(headers['content-type']))
  const { fields, file } = await readForm(reader)
  const key = keyOf(fields, file.fileName)
  const policy = authorize(outer, fields, key)
  const call = formCall(outer, fields, key, file.contentType)
  const callback = readFormCallback(fields)
  const template = readTemplate(call)
  checkOverwrite(call)
  const version = normalVersion(call, template, await receive(call, reader, policy))
  await putVersion(call, version)
  return answerWithCallback(call, callback, version, replyOf(call, fields, version))
}

function keyOf(fields: ReadonlyMap<string, string>, fileName = ''): string {
  const template = fields.get('key')
  if (template === undefined || template === '') {
    throw new Failure('InvalidArgument', {
      message: "Bucket POST must contain a field named 'key'.",
      details: { ArgumentName: 'key', ArgumentValue: '' },
    })
  }
  // Some browsers send the whole path of the file.
  const name = fileName.slice(Math.max(fileName.lastIndexOf('/'), fileName.lastIndexOf('\\')) + 1)
  const key = template.replace(/\$\{filename\}/g, () => name)
  checkKey(key)
  return key
}

/** Verifies who sent the form and that it is what was signed. */
function authorize(call: Call, fields: ReadonlyMap<string, string>, key: string): PostPolicy | undefined {
  const { settings, now, bucket } = call
  const { credentials, region } = settings
  const { accessKeyId } = verifyForm(fields, { credentials, region, now })
  if (accessKeyId === undefined) {
    checkAnonymous(settings.anonymous, 'PostObject', bucket, undefined, refusesPublic(call.store, bucket))
    return undefined
  }
  const policy = readPolicy(fields.get('policy') as string, now)
  policy.check(new Map([...fields, ['bucket', bucket.name], ['key', key]]))
  return policy
}

const contentFields = ['cache-control', 'content-disposition', 'content-encoding', 'content-language', 'expires']

/** The request as if the form's fields had come as headers, which is what they mean. */
function formCall(outer: Call, fields: ReadonlyMap<string, string>, key: string, fileType: string | undefined): Call {
  const headers: Record<string, string> = Object.create(null)
  for (const [name, value] of fields) {
    const taken = contentFields.includes(name) || (name.startsWith('x-oss-') && name !== 'x-oss-callback')
    if (!taken) continue
    if (/[\u0000-\u0008\u000a-\u001f\u007f]/.test(value)) {
      throw new Failure('InvalidArgument', { details: { ArgumentName: name } })
    }
    // Header values are kept byte for byte; those of a form are UTF-8.
    headers[name] = Buffer.from(value, 'utf8').toString('latin1')
  }
  const contentType = fields.get('x-oss-content-type') ?? fields.get('content-type') ?? fileType
  if (contentType !== undefined) headers['content-type'] = contentType
  return {
    ...outer,
    bucket: outer.bucket,
    key,
    address: { bucket: outer.bucket.name, key },
    incoming: { ...outer.incoming, headers },
  }
}

async function receive(call: Call, reader: MultipartReader, policy: PostPolicy | undefined): Promise<StoredContent> {
  const { min, max } = policy?.length ?? { min: 0, max: 5 * 1024 ** 3 }
  const content = await call.store.content.write(limited(reader.content(), max))
  try {
    await readRest(reader)
    if (content.size < min) {
      throw new Failure('EntityTooSmall', { ec: '0006-00000000', details: { MinSizeAllowed: String(min) } })
    }
    return content
  } catch (error) {
    await call.store.content.release(content.segments)
    throw error
  }
}

function replyOf(call: Call, fields: ReadonlyMap<string, string>, version: ObjectVersion): Reply {
  const { bucket, key } = call
  const etag = quoted(version.etag)
  const location = `http://${call.incoming.host}${call.incoming.path.replace(/\/?$/, '/')}${key.split('/').map(encodeURIComponent).join('/')}`
  const headers = {
    etag,
    location,
    'content-md5': version.md5 as string,
    'x-oss-hash-crc64ecma': version.crc64 as string,
    ...encryptionHeaders(version.encryption),
    ...versionHeader(bucket, version),
  }
  const target = redirectOf(fields.get('success_action_redirect'))
  if (target !== undefined) {
    for (const [name, value] of Object.entries({ bucket: bucket.name, key, etag })) target.searchParams.set(name, value)
    return { status: 303, headers: { ...headers, location: target.href } }
  }
  const status = fields.get('success_action_status')
  if (status === '200') return { status: 200, headers }
  if (status !== '201') return { status: 204, headers }
  const elements = { Bucket: bucket.name, ETag: etag, Key: key, Location: location }
  const content = Object.entries(elements).map(([name, value]) => xmlElement(name, escapeXml(value)))
  const body = xmlDocument(xmlElement('PostResponse', content.join('')))
  return { status: 201, headers, text: { body, contentType: 'application/xml' } }
}

/** A page to go on to. What is no web address counts as not given, as with the service. */
function redirectOf(source: string | undefined): URL | undefined {
  if (source === undefined || !/^https?:\/\//i.test(source)) return undefined
  return URL.canParse(source) ? new URL(source) : undefined
}
