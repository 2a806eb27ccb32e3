import { CredentialsEmptyError, CredentialsFetchError, ParamInvalidError, TimeoutError } from '../errors.js'
import type { Credentials } from './credentials.js'
import { parseCredentials } from './document.js'
import { type Environment, readFlag, readVariable } from './options.js'
import { RefreshingCredentialsProvider, type RefreshOptions } from './refreshing.js'
import { type TextResponse, Transport, type TransportOptions } from './transport.js'

/** Options of {@link EcsRamRoleCredentialsProvider}. */
export interface EcsRamRoleCredentialsOptions extends RefreshOptions, TransportOptions {
  /** Role of the instance. @default `ALIBABA_CLOUD_ECS_METADATA`, else the metadata service is asked */
  readonly roleName?: string | undefined
  /**
   * Never falls back to metadata requests without a token, which a program tricked into fetching a URL could make as well.
   * @default whether `ALIBABA_CLOUD_IMDSV1_DISABLED` is `true`
   */
  readonly disableImdsV1?: boolean | undefined
  /** URL of the metadata service. @default 'http://100.100.100.200' */
  readonly endpoint?: string | undefined
  /** Until a connection must stand, and until an answer must come: the service is next door. @default 1000 */
  readonly timeout?: number | undefined
  /** Where the variables are looked up. @default process.env */
  readonly environment?: Environment | undefined
}

const rolesPath = '/latest/meta-data/ram/security-credentials/'
const tokenLifeSeconds = 21_600

/**
 * Credentials of the RAM role that is attached to the ECS instance this program runs on, from the instance's metadata
 * service. Asks with a session token (IMDSv2) and, where the service has no tokens and it is not forbidden, without (v1).
 * Always connects directly, whatever proxy the client uses. `ALIBABA_CLOUD_ECS_METADATA_DISABLED=true` turns it off.
 */
export class EcsRamRoleCredentialsProvider extends RefreshingCredentialsProvider {
  /** @throws ParamInvalidError naming the option that is not usable */
  constructor(options: EcsRamRoleCredentialsOptions = {}) {
    const { environment = process.env } = options
    const disabled = readFlag(environment, 'ALIBABA_CLOUD_ECS_METADATA_DISABLED')
    const service = new MetadataService(options, environment)
    super(signal => {
      if (disabled) throw nothing('switched off by ALIBABA_CLOUD_ECS_METADATA_DISABLED')
      return service.fetch(signal)
    }, options)
  }
}

class MetadataService {
  readonly #transport: Transport
  readonly #endpoint: string
  readonly #roleName: string | undefined
  readonly #tokenRequired: boolean

  constructor(options: EcsRamRoleCredentialsOptions, environment: Environment) {
    const { endpoint = 'http://100.100.100.200', disableImdsV1, roleName } = options
    if (!/^https?:\/\/[^/?#]+\/?$/.test(endpoint)) {
      throw new ParamInvalidError('endpoint', 'expected a URL such as http://100.100.100.200')
    }
    this.#endpoint = endpoint.replace(/\/$/, '')
    this.#roleName = roleName || readVariable(environment, 'ALIBABA_CLOUD_ECS_METADATA')
    this.#tokenRequired = disableImdsV1 ?? readFlag(environment, 'ALIBABA_CLOUD_IMDSV1_DISABLED')
    this.#transport = new Transport(options, 1_000, true)
  }

  /** The role is looked up each time: another one may have been attached to the running instance. */
  async fetch(signal: AbortSignal | undefined): Promise<Credentials> {
    const token = await this.#token(signal)
    const headers: Record<string, string> = token === undefined ? {} : { 'x-aliyun-ecs-metadata-token': token }
    const roleName = this.#roleName ?? (await this.#discover(headers, signal))
    const answer = await this.#get(rolesPath + encodeURIComponent(roleName), headers, signal)
    if (answer.statusCode === 404) throw nothing(`the instance has no RAM role ${JSON.stringify(roleName)}`)
    return parseCredentials(expectSuccess(answer).text, "the metadata service's answer")
  }

  async #token(signal: AbortSignal | undefined): Promise<string | undefined> {
    const headers = { 'x-aliyun-ecs-metadata-token-ttl-seconds': String(tokenLifeSeconds), 'content-length': '0' }
    let reason: unknown
    try {
      const url = `${this.#endpoint}/latest/api/token`
      const { statusCode, text } = await this.#transport.ask({ method: 'PUT', url, headers }, signal)
      // It becomes a header: anything but plain characters is no token.
      if (statusCode === 200 && /^[\x21-\x7e]+$/.test(text.trim())) return text.trim()
      reason = new Error(`the metadata service gave no token: status ${statusCode}`)
    } catch (error) {
      // An answer may be lost on its way through a container's network, where v1 works; a connection works or not.
      if (signal?.aborted || (error instanceof TimeoutError && error.phase === 'connect')) throw error
      reason = error
    }
    if (this.#tokenRequired) throw new CredentialsFetchError(reason)
    return undefined
  }

  async #discover(headers: Record<string, string>, signal: AbortSignal | undefined): Promise<string> {
    const answer = await this.#get(rolesPath, headers, signal)
    if (answer.statusCode === 404) throw nothing('no RAM role is attached to the instance')
    const roleName = expectSuccess(answer).text.trim().split(/\s*\n/)[0]
    if (!roleName) throw nothing('no RAM role is attached to the instance')
    return roleName
  }

  #get(path: string, headers: Record<string, string>, signal: AbortSignal | undefined): Promise<TextResponse> {
    return this.#transport.ask({ method: 'GET', url: this.#endpoint + path, headers }, signal)
  }
}

function expectSuccess(answer: TextResponse): TextResponse {
  if (answer.statusCode === 200) return answer
  throw new Error(`the metadata service answered with status ${answer.statusCode}`)
}

function nothing(why: string): CredentialsEmptyError {
  return new CredentialsEmptyError({ cause: new Error(why) })
}
