import { ParamInvalidError } from '../errors.js'
import { parseCredentials } from './document.js'
import { type Environment, readVariable, requireText } from './options.js'
import { RefreshingCredentialsProvider, type RefreshOptions } from './refreshing.js'
import { Transport, type TransportOptions } from './transport.js'

/** Options of {@link UriCredentialsProvider}. */
export interface UriCredentialsOptions extends RefreshOptions, TransportOptions {
  /** Address to ask. @default `ALIBABA_CLOUD_CREDENTIALS_URI` */
  readonly uri?: string | undefined
  /** Until a connection must stand, and until an answer must come, in milliseconds. @default 5000 */
  readonly timeout?: number | undefined
  /** Where the variable is looked up. @default process.env */
  readonly environment?: Environment | undefined
}

/**
 * Credentials from an HTTP server of one's own, such as a helper beside the program: `GET` answers with JSON
 * `{ Code: "Success", AccessKeyId, AccessKeySecret, SecurityToken?, Expiration? }`.
 */
export class UriCredentialsProvider extends RefreshingCredentialsProvider {
  /** @throws ParamRequiredError or ParamInvalidError `uri` */
  constructor(options: UriCredentialsOptions = {}) {
    const { environment = process.env } = options
    const uri = options.uri || readVariable(environment, 'ALIBABA_CLOUD_CREDENTIALS_URI')
    const url = parseUrl(requireText('uri', uri))
    const transport = new Transport(options, 5_000)
    super(async signal => {
      const { statusCode, text } = await transport.ask({ method: 'GET', url }, signal)
      // The address is left out: its query may be what protects it.
      if (statusCode !== 200) throw new Error(`the credentials URI answered with status ${statusCode}`)
      return parseCredentials(text, "the credentials URI's answer")
    }, options)
  }
}

function parseUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !['http:', 'https:'].includes(url.protocol) || url.username !== '') {
    throw new ParamInvalidError('uri', 'expected an http or https URL without user and password')
  }
  url.hash = ''
  return url.href
}
