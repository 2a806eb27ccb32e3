import { Failure } from '../failure.js'
import { headerText, type Incoming } from '../incoming.js'

/** The callback a request asks for. */
export interface CallbackWish {
  /** Tried one after another until one answers. */
  readonly urls: readonly URL[]
  /** Host header in place of that of the URL. */
  readonly host: string | undefined
  /** Body with variables in it. */
  readonly body: string
  readonly bodyType: 'application/json' | 'application/x-www-form-urlencoded'
  /** The requester's own variables, names with `x:`. */
  readonly variables: Readonly<Record<string, string>>
}

function invalid(message: string): Failure {
  return new Failure('InvalidArgument', { message, ec: '0007-00000000', details: { ArgumentName: 'callback' } })
}

/** What headers or query ask for; `undefined` when they ask for no callback. @throws Failure InvalidArgument */
export function readCallback({ headers, query }: Incoming): CallbackWish | undefined {
  const callback = headers['x-oss-callback'] ?? query.callback
  if (callback === undefined) return undefined
  const variables = headers['x-oss-callback-var'] ?? query['callback-var']
  return parseCallback(headerText(callback), variables === undefined ? {} : readVariables(variables))
}

/** What a form asks for. Its variables are fields of their own. @throws Failure InvalidArgument */
export function readFormCallback(fields: ReadonlyMap<string, string>): CallbackWish | undefined {
  const callback = fields.get('callback') ?? fields.get('x-oss-callback')
  if (callback === undefined) return undefined
  return parseCallback(callback, Object.fromEntries([...fields].filter(([name]) => name.startsWith('x:'))))
}

function parseCallback(encoded: string, variables: Readonly<Record<string, string>>): CallbackWish {
  const wish = readJson(encoded, 'The callback configuration is not json format.')
  const { callbackUrl, callbackHost, callbackBody, callbackBodyType = 'application/x-www-form-urlencoded' } = wish
  if (callbackUrl === undefined || callbackUrl === '') throw invalid('The callbackUrl is missing.')
  if (callbackBody === undefined || callbackBody === '') throw invalid('The callbackBody is missing.')
  const bodyType = callbackBodyType.toLowerCase()
  if (bodyType !== 'application/json' && bodyType !== 'application/x-www-form-urlencoded') {
    throw invalid('The callbackBodyType is not valid.')
  }
  const urls = callbackUrl.split(';').filter(url => url.trim() !== '')
  if (urls.length === 0 || urls.length > 5) throw invalid('There must be 1 to 5 callback URLs.')
  const host = callbackHost === '' ? undefined : callbackHost
  return { urls: urls.map(readUrl), host, body: callbackBody, bodyType, variables }
}

function readUrl(source: string): URL {
  const text = source.trim()
  try {
    // A URL without scheme is called by HTTP.
    const url = new URL(/^https?:\/\//i.test(text) ? text : `http://${text}`)
    if (url.username === '' && url.password === '') return url
  } catch {
    // Falls through to the same answer.
  }
  throw invalid('The callbackUrl is not valid.')
}

function readVariables(encoded: string): Readonly<Record<string, string>> {
  const variables = readJson(headerText(encoded), 'The callback-var is not json format.')
  if (Object.keys(variables).every(name => name.startsWith('x:'))) return variables
  throw invalid('Names in callback-var must begin with x:.')
}

/** Reads base64 of a JSON object whose values are texts; other values count as the text they are written as. */
function readJson(encoded: string, message: string): Record<string, string> {
  let parsed: unknown
  try {
    if (!/^[A-Za-z0-9+/_-]*={0,2}$/.test(encoded)) throw invalid(message)
    parsed = JSON.parse(Buffer.from(encoded, 'base64').toString('utf8'))
  } catch {
    throw invalid(message)
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw invalid(message)
  const asText = (value: unknown) => (typeof value === 'object' ? JSON.stringify(value) : String(value))
  return Object.fromEntries(Object.entries(parsed).map(([name, value]) => [name, asText(value)]))
}
