import { createHmac, randomUUID } from 'node:crypto'
import { CredentialsFetchError, ParamInvalidError, ServiceError } from '../errors.js'
import type { Credentials } from './credentials.js'
import { parseJson, readCredentials } from './document.js'
import { type Environment, readFlag, readVariable } from './options.js'
import { type TextResponse, Transport, type TransportOptions } from './transport.js'

/** Which STS is asked. */
export interface StsOptions extends TransportOptions {
  /** Host of STS, or its URL. @default the region's endpoint, without a region `sts.aliyuncs.com` */
  readonly stsEndpoint?: string | undefined
  /** Region whose STS is asked. @default `ALIBABA_CLOUD_STS_REGION` */
  readonly stsRegion?: string | undefined
  /** Uses the region's endpoint inside a VPC. @default whether `ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED` is `true` */
  readonly stsVpc?: boolean | undefined
  /** Until a connection must stand, and until an answer must come, in milliseconds. @default 10000 */
  readonly timeout?: number | undefined
  /** Where the variables are looked up. @default process.env */
  readonly environment?: Environment | undefined
  /** The time, in milliseconds since 1970. @default Date.now */
  readonly clock?: (() => number) | undefined
}

/** Parameters of a request; absent ones are left out. */
export type StsParameters = Readonly<Record<string, string | undefined>>

/** Asks STS for temporary credentials. Requests are signed with signature 1.0 of RPC services (HMAC-SHA1). */
export class StsClient {
  readonly #url: string
  readonly #transport: Transport
  readonly #clock: () => number
  /** Time of STS minus time here, once STS has said that the clock here is wrong. */
  #clockOffset = 0

  /** @throws ParamInvalidError naming the option that is not usable */
  constructor(options: StsOptions) {
    this.#url = urlOf(options)
    this.#transport = new Transport(options, 10_000)
    this.#clock = options.clock ?? (() => Date.now())
  }

  /**
   * Calls an action that answers with credentials; without a `signer` the request is not signed.
   * @throws CredentialsFetchError whose cause is a {@link ServiceError} where STS refused
   */
  async assume(
    action: string,
    parameters: StsParameters,
    signer: Credentials | undefined,
    signal: AbortSignal | undefined,
  ): Promise<Credentials> {
    let answer = await this.#call(action, parameters, signer, signal)
    if (this.#correctClock(answer)) answer = await this.#call(action, parameters, signer, signal)
    if (answer.statusCode !== 200) throw this.#refusal(answer, [...secretsOf(signer), parameters.OIDCToken])
    const document = parseJson(answer.text, 'the answer of STS')
    const given: unknown =
      typeof document === 'object' && document !== null ? Reflect.get(document, 'Credentials') : null
    return readCredentials(given, 'the answer of STS')
  }

  #call(
    action: string,
    parameters: StsParameters,
    signer: Credentials | undefined,
    signal: AbortSignal | undefined,
  ): Promise<TextResponse> {
    const common = {
      Action: action,
      Format: 'JSON',
      Version: '2015-04-01',
      Timestamp: new Date(this.#clock() + this.#clockOffset).toISOString().replace(/\.\d+Z$/, 'Z'),
      SignatureNonce: randomUUID(),
      ...(signer && {
        AccessKeyId: signer.accessKeyId,
        SecurityToken: signer.securityToken,
        SignatureMethod: 'HMAC-SHA1',
        SignatureVersion: '1.0',
      }),
    }
    const query = {
      ...common,
      Signature: signer && sign('POST', { ...common, ...parameters }, signer.accessKeySecret),
    }
    return this.#transport.ask(
      {
        method: 'POST',
        url: `${this.#url}?${encodePairs(query)}`,
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        // In the body, because proxies keep logs of URLs, and an OIDC token is as good as a password.
        body: encodePairs(parameters),
      },
      signal,
    )
  }

  #correctClock({ statusCode, headers, text }: TextResponse): boolean {
    if (statusCode === 200 || !/"InvalidTimeStamp\b/.test(text)) return false
    const theirs = Date.parse(headers.date ?? '')
    if (Number.isNaN(theirs)) return false
    this.#clockOffset = theirs - this.#clock()
    return true
  }

  #refusal(answer: TextResponse, secrets: (string | undefined)[]): CredentialsFetchError {
    const { statusCode, headers, text } = answer
    const details = detailsOf(text)
    const code = details.Code ?? 'BadErrorResponse'
    const cause = new ServiceError({
      statusCode,
      code,
      message: safeMessage(code, details.Message ?? `STS answered with status ${statusCode}`, secrets),
      requestId: details.RequestId ?? '',
      ec: '',
      requestTarget: `POST ${this.#url}`,
      headers,
      snapshot: '',
      details: {},
    })
    const passing = statusCode >= 500 || statusCode === 429 || code.startsWith('Throttling')
    return new CredentialsFetchError(cause, { retryable: passing })
  }
}

/** Signature 1.0 of RPC services: all parameters but the signature itself, sorted by name. */
function sign(method: string, parameters: StsParameters, secret: string): string {
  const text = `${method}&${encode('/')}&${encode(encodePairs(parameters))}`
  return createHmac('sha1', `${secret}&`).update(text, 'utf8').digest('base64')
}

function encodePairs(parameters: StsParameters): string {
  return Object.entries(parameters)
    .filter((pair): pair is [string, string] => pair[1] !== undefined)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .join('&')
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, found => `%${found.charCodeAt(0).toString(16).toUpperCase()}`)
}

function urlOf({ stsEndpoint, stsRegion, stsVpc, environment = process.env }: StsOptions): string {
  const region = stsRegion || readVariable(environment, 'ALIBABA_CLOUD_STS_REGION')
  if (region !== undefined && !/^[a-z0-9-]+$/.test(region)) {
    throw new ParamInvalidError('stsRegion', 'expected a region such as cn-hangzhou')
  }
  const vpc = stsVpc ?? readFlag(environment, 'ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED')
  const host = region === undefined ? 'sts.aliyuncs.com' : `${vpc ? 'sts-vpc' : 'sts'}.${region}.aliyuncs.com`
  const endpoint = stsEndpoint || host
  if (!/^(https?:\/\/)?[^\s/?#@]+\/?$/.test(endpoint)) {
    throw new ParamInvalidError('stsEndpoint', 'expected a host such as sts.aliyuncs.com, or its URL')
  }
  return `${endpoint.includes('://') ? '' : 'https://'}${endpoint.replace(/\/$/, '')}/`
}

function detailsOf(text: string): Partial<Record<'Code' | 'Message' | 'RequestId', string>> {
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch {
    return {}
  }
  const details: Record<string, string> = {}
  for (const name of ['Code', 'Message', 'RequestId']) {
    const value: unknown = typeof document === 'object' && document !== null ? Reflect.get(document, name) : undefined
    if (typeof value === 'string') details[name] = value
  }
  return details
}

function secretsOf(signer: Credentials | undefined): (string | undefined)[] {
  return signer === undefined ? [] : [signer.accessKeySecret, signer.securityToken]
}

/** A signature that does not match is answered with the whole text that was signed, token and all. */
function safeMessage(code: string, message: string, secrets: (string | undefined)[]): string {
  const told = secrets.some(secret => {
    if (!secret) return false
    return [secret, encode(secret), encode(encode(secret))].some(form => message.includes(form))
  })
  const hidden = told || code.includes('Signature') || /string to sign/i.test(message)
  return hidden ? `${code} (the message is withheld: it repeats what was signed)` : message
}
