import { CredentialsEmptyError, CredentialsFetchError, OssError, ParamInvalidError } from '../errors.js'
import { isAnonymous } from './anonymous.js'
import type { Credentials, CredentialsProvider } from './credentials.js'

/**
 * The first of several providers that has credentials. One that has none ({@link CredentialsEmptyError}) is passed over;
 * one that should have them but fails ends the search with {@link CredentialsFetchError}, so that a passing failure never
 * makes a program continue under another identity. For the same reason the provider found is kept from then on.
 */
export class CredentialsProviderChain implements CredentialsProvider {
  readonly #providers: readonly CredentialsProvider[]
  #chosen: CredentialsProvider | undefined

  /** @throws ParamInvalidError `providers` unless it is a list of at least one provider */
  constructor(providers: readonly CredentialsProvider[]) {
    const usable = Array.isArray(providers) && providers.length > 0
    if (!usable || providers.some(each => typeof each?.getCredentials !== 'function')) {
      throw new ParamInvalidError('providers', 'expected a list of at least one object with a getCredentials method')
    }
    this.#providers = [...providers]
  }

  /** @throws CredentialsEmptyError or CredentialsFetchError whose cause lists what each provider said */
  getCredentials(signal?: AbortSignal): Credentials | Promise<Credentials> {
    return this.#chosen ? this.#chosen.getCredentials(signal) : this.#search(signal)
  }

  invalidate(credentials: Credentials): void {
    this.#chosen?.invalidate?.(credentials)
  }

  async #search(signal: AbortSignal | undefined): Promise<Credentials> {
    const errors: unknown[] = []
    const reasons: string[] = []
    for (const provider of this.#providers) {
      try {
        const given = await provider.getCredentials(signal)
        if (!isAnonymous(given) && (!given?.accessKeyId || !given.accessKeySecret)) throw new CredentialsEmptyError()
        this.#chosen ??= provider
        return given
      } catch (error) {
        if (signal?.aborted) throw signal.reason
        errors.push(error)
        reasons.push(`${provider.constructor.name}: ${reasonOf(error)}`)
        if (!(error instanceof CredentialsEmptyError)) {
          const retryable = error instanceof OssError ? error.retryable : true
          throw new CredentialsFetchError(new AggregateError(errors, reasons.join('; ')), { retryable })
        }
      }
    }
    throw new CredentialsEmptyError({ cause: new AggregateError(errors, reasons.join('; ')) })
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'failed'
  return error.cause instanceof Error ? error.cause.message : error.message
}
