import { ParamInvalidError, ParamRequiredError } from '../errors.js'

/** What the service calls after it has stored an object, see {@link callback}. */
export interface CallbackOptions {
  /**
   * URL of the application's server, percent-encoded, reachable from the Internet over IPv4. Of several, at most five, the
   * service calls one after the other until one answers with success.
   */
  url: string | readonly string[]
  /** Host header of the call. @default the host of the URL */
  host?: string
  /**
   * Body of the call. The service replaces `${bucket}`, `${object}`, `${etag}`, `${size}`, `${mimeType}`, `${crc64}`,
   * `${contentMd5}`, `${imageInfo.width}`, `${imageInfo.height}`, `${imageInfo.format}`, `${vpcId}`, `${clientIp}`, `${reqId}`,
   * `${operation}` and the names in `vars`. In JSON, write placeholders without quotes: `{"size":${size}}`.
   */
  body: string
  /** How the body is written. @default 'application/x-www-form-urlencoded' */
  bodyType?: 'application/x-www-form-urlencoded' | 'application/json'
  /** Whether the call over HTTPS names the host it wants (SNI). @default false */
  sni?: boolean
  /** Own variables for the body: values by name; names begin with `x:` and are in lower case. */
  vars?: Readonly<Record<string, string>>
}

/** Parameters of a request that asks for a callback: spread them into it. */
export interface CallbackParameters {
  /** Where to call and what to send, base64 of JSON. */
  callback: string
  /** The variables, base64 of JSON; absent when there are none. */
  callbackVar?: string
}

/** Longest parameter that the service takes, in characters of base64. */
const longestParameter = 5 * 1024
const bodyTypes: readonly unknown[] = ['application/x-www-form-urlencoded', 'application/json']

/**
 * Makes the parameters that let the service call the application's server once an object is stored. They fit
 * `putObject`, `completeMultipartUpload`, uploads, `presign` of these, and `presignPost`:
 * `client.putObject({ bucket, key, body, ...callback({ url, body: 'key=${object}&size=${size}' }) })`.
 * The server has five seconds to answer with JSON. It should check that the call is genuine: see `verifyCallback`.
 *
 * @throws ParamInvalidError or ParamRequiredError naming the option
 */
export function callback(options: CallbackOptions): CallbackParameters {
  if (typeof options !== 'object' || options === null) throw new ParamInvalidError('options', 'expected an object')
  const { url, host, body, bodyType, sni, vars } = options
  if (url === undefined) throw new ParamRequiredError('url')
  if (body === undefined) throw new ParamRequiredError('body')
  if (typeof body !== 'string' || body === '') throw new ParamInvalidError('body', 'expected a text that is not empty')
  if (host !== undefined && !/^[\w.:[\]-]+$/.test(host)) throw new ParamInvalidError('host', 'expected a host name')
  if (bodyType !== undefined && !bodyTypes.includes(bodyType)) {
    throw new ParamInvalidError('bodyType', `expected ${bodyTypes.join(' or ')}`)
  }
  if (sni !== undefined && typeof sni !== 'boolean') throw new ParamInvalidError('sni', 'expected a boolean')
  const parameter = {
    callbackUrl: urls(url).join(';'),
    ...(host !== undefined && { callbackHost: host }),
    callbackBody: body,
    ...(bodyType !== undefined && { callbackBodyType: bodyType }),
    ...(sni !== undefined && { callbackSNI: sni }),
  }
  const variables = checkedVariables(vars)
  return {
    callback: encode(parameter, 'callback'),
    ...(variables && { callbackVar: encode(variables, 'vars') }),
  }
}

function urls(given: string | readonly string[]): readonly string[] {
  const list: readonly unknown[] = Array.isArray(given) ? given : [given]
  if (list.length < 1 || list.length > 5) throw new ParamInvalidError('url', 'expected one to five URLs')
  return list.map(url => {
    if (typeof url !== 'string' || !URL.canParse(url) || !/^https?:\/\/[!-~]+$/i.test(url)) {
      throw new ParamInvalidError('url', 'expected an http or https URL, percent-encoded')
    }
    if (url.includes(';')) throw new ParamInvalidError('url', 'write ; as %3B, the service splits URLs there')
    if (new URL(url).hostname.startsWith('[')) throw new ParamInvalidError('url', 'the service calls over IPv4 only')
    return url
  })
}

function checkedVariables(vars: CallbackOptions['vars']): CallbackOptions['vars'] {
  if (vars === undefined) return undefined
  if (typeof vars !== 'object' || vars === null) throw new ParamInvalidError('vars', 'expected an object of strings')
  for (const [name, value] of Object.entries(vars)) {
    if (!/^x:[a-z0-9._-]+$/.test(name)) {
      throw new ParamInvalidError(`vars.${name}`, 'expected a name that begins with x: and has no upper-case letters')
    }
    if (typeof value !== 'string') throw new ParamInvalidError(`vars.${name}`, 'expected a string')
  }
  return Object.keys(vars).length === 0 ? undefined : vars
}

function encode(value: object, field: string): string {
  const encoded = Buffer.from(JSON.stringify(value)).toString('base64')
  if (encoded.length > longestParameter) {
    throw new ParamInvalidError(field, `longer than ${longestParameter} characters once encoded`)
  }
  return encoded
}
