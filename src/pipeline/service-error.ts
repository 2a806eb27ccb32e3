import { ServiceError } from '../errors.js'
import { isRetryableAnswer } from '../retry/standard-retryer.js'
import { parseXml, type XmlElement } from '../xml/parse.js'

/** An answer outside 2xx, and the request it belongs to. */
export interface ErrorAnswer {
  readonly statusCode: number
  /** Names in lower case. */
  readonly headers: Record<string, string>
  /** The whole body, or the beginning of a large one. Empty for HEAD. */
  readonly body: Uint8Array | string
  /** Method of the request. */
  readonly method: string
  /** URL of the request. What follows `?` may be a signature and never gets into the error. */
  readonly url: string
}

/** Code of an error whose answer could not be read. */
const unreadable = 'BadErrorResponse'
const snapshotLength = 4096

/** What a body says. `details` is empty unless it is a sound document. */
interface Findings {
  readonly code: string
  readonly message: string
  readonly details: Record<string, string>
}

/**
 * Makes the error out of an answer. Understands the XML document of the body, the base64 document in `x-oss-err` where there
 * is no body, and both JSON forms; picks code and message out of a damaged one. Never throws: where nothing can be read the
 * code is `BadErrorResponse` and the message says why.
 */
export function parseServiceError(answer: ErrorAnswer): ServiceError {
  const { statusCode, headers } = answer
  const { text: original, source } = bodyOf(answer)
  const text = withoutSecrets(original)
  const { code, message, details } = isJson(headers) && source === 'body' ? readJson(text, headers) : readXml(text)
  const timestamp = dateOf(headers.date) ?? dateOf(details.ServerTime)
  return new ServiceError(
    {
      statusCode,
      code,
      message,
      requestId: details.RequestId ?? headers['x-oss-request-id'] ?? '',
      ec: details.EC ?? headers['x-oss-ec'] ?? '',
      ...(details.HostId !== undefined && { hostId: details.HostId }),
      ...(timestamp !== undefined && { timestamp }),
      requestTarget: `${answer.method} ${answer.url.replace(/[?#].*$/s, '')}`,
      headers: withoutSecretsInHeaders(headers),
      snapshot: text.slice(0, snapshotLength),
      details,
    },
    { retryable: isRetryableAnswer(statusCode, code) },
  )
}

/**
 * A signature mismatch is answered with what was signed (security token and all), as text and as hex, and with the signature
 * that came: whoever reads that in a log can learn the token, or send the request again.
 */
const echoed = 'StringToSign|StringToSignBytes|CanonicalRequest|CanonicalRequestBytes|SignatureProvided|SecurityToken'
const secrets: readonly [RegExp, string][] = [
  [new RegExp(`(<(${echoed})\\b[^<>]*>)[^]*?(</\\2\\s*>|$)`, 'gi'), '$1[redacted]$3'],
  [new RegExp(`("(?:${echoed})"\\s*:\\s*")(?:[^"\\\\]|\\\\[^])*`, 'gi'), '$1[redacted]'],
  [/(security-token\s*(?:[:=]|%3[AD])\s*)[^\s&<"]+/gi, '$1[redacted]'],
  [/(\bsignature\s*(?:=|%3D)\s*)[^\s&<",]+/gi, '$1[redacted]'],
  [/(\bOSS [\w.-]+:)[\w+/=]{20,}/g, '$1[redacted]'],
]

function withoutSecrets(text: string): string {
  return secrets.reduce((left, [pattern, replacement]) => left.replace(pattern, replacement), text)
}

/** The answer to HEAD has the same document in a header. */
function withoutSecretsInHeaders(headers: Record<string, string>): Record<string, string> {
  const encoded = headers['x-oss-err']
  if (encoded === undefined) return headers
  const text = Buffer.from(encoded, 'base64').toString('utf8')
  const safe = withoutSecrets(text)
  return safe === text ? headers : { ...headers, 'x-oss-err': Buffer.from(safe, 'utf8').toString('base64') }
}

/**
 * The service's clock when it made an error: `ServerTime` of the document, which only the service writes, else the `Date`
 * header, which a proxy on the way may have replaced. For correcting one's own clock.
 */
export function serverTimeOf(error: ServiceError): Date | undefined {
  return dateOf(error.details.ServerTime) ?? dateOf(error.headers.date)
}

function bodyOf({ body, headers }: ErrorAnswer): { text: string; source: 'body' | 'header' } {
  const text = typeof body === 'string' ? body : new TextDecoder().decode(body)
  const encoded = headers['x-oss-err']
  if (text !== '' || encoded === undefined) return { text, source: 'body' }
  return { text: Buffer.from(encoded, 'base64').toString('utf8'), source: 'header' }
}

function isJson(headers: Record<string, string>): boolean {
  return /^application\/json\b/i.test(headers['content-type'] ?? '')
}

function readXml(text: string): Findings {
  if (text.trim() === '') return nothing('the answer has no body')
  let document: { name: string; root: XmlElement }
  try {
    document = parseXml(text)
  } catch {
    return readDamagedXml(text)
  }
  const { name, root } = document
  if (name !== 'Error') return nothing(`the answer's root element is <${name}>, expected <Error>`)
  const details: Record<string, string> = {}
  for (const child of root.names()) {
    const element = root.child(child)
    if (element === undefined || element.names().length > 0) continue
    const value = element.text
    if (value !== '') details[child] = value
  }
  return { code: details.Code ?? '', message: details.Message ?? '', details }
}

/** A document with both its ends was damaged in the middle; one that breaks off may have lost its better half. */
function readDamagedXml(text: string): Findings {
  const why = nothing('the answer is not a readable XML document')
  if (!text.includes('<Error>') || !text.includes('</Error>')) return why
  const code = /<Code>([^<]*)<\/Code>/.exec(text)?.[1]
  const message = /<Message>([^<]*)<\/Message>/.exec(text)?.[1]
  return { code: code ?? why.code, message: message ?? why.message, details: {} }
}

function readJson(text: string, headers: Record<string, string>): Findings {
  const type = headers['x-oss-error-type']
  const value = parseJson(text)
  if (type !== undefined) return { ...readTypedJson(text, value), code: type }
  if (value === undefined) {
    const why = nothing(text.trim() === '' ? 'the answer has no body' : 'the answer is not readable JSON')
    return {
      code: jsonMember(text, 'Code') ?? why.code,
      message: jsonMember(text, 'Message') ?? why.message,
      details: {},
    }
  }
  const error = isObject(value) ? value.Error : undefined
  if (!isObject(error)) return nothing("the answer's JSON has no object Error")
  const details: Record<string, string> = {}
  for (const [name, member] of Object.entries(error)) {
    if (member !== null && member !== '') details[name] = isObject(member) ? JSON.stringify(member) : String(member)
  }
  return { code: details.Code ?? '', message: details.Message ?? '', details }
}

/** The form in which a header gives the code and the body little more than a message. */
function readTypedJson(text: string, value: unknown): Pick<Findings, 'message' | 'details'> {
  if (value === undefined)
    return nothing(text.trim() === '' ? 'the answer has no body' : 'the answer is not readable JSON')
  const message = isObject(value) ? value.message : undefined
  return { message: typeof message === 'string' ? message : '', details: {} }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function jsonMember(text: string, name: string): string | undefined {
  const literal = new RegExp(`"${name}"\\s*:\\s*("(?:[^"\\\\]|\\\\.)*")`).exec(text)?.[1]
  const value = literal === undefined ? undefined : parseJson(literal)
  return typeof value === 'string' ? value : undefined
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function nothing(message: string): Findings {
  return { code: unreadable, message, details: {} }
}

function dateOf(text: string | undefined): Date | undefined {
  const time = text === undefined ? Number.NaN : Date.parse(text)
  return Number.isNaN(time) ? undefined : new Date(time)
}
