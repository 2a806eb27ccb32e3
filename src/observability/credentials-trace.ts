import { credentials, isHeard } from './channels.js'
import type { CredentialsEvent } from './events.js'

/** Follows one fetch of credentials. */
export class FetchTrace {
  readonly #event: CredentialsEvent
  readonly #began = performance.now()

  private constructor(provider: string) {
    this.#event = { provider }
    credentials.start.publish(this.#event)
  }

  /** Begins to follow a fetch, if anybody listens. */
  static begin(provider: string): FetchTrace | undefined {
    return isHeard(credentials) ? new FetchTrace(provider) : undefined
  }

  /** There are new credentials. */
  fetched(accessKeyId: string, validUntil: number): void {
    this.#event.accessKeyId = accessKeyId
    this.#settle(validUntil)
    credentials.end.publish(this.#event)
  }

  /** There are none; those in use, if any, stay valid for a while. */
  failed(error: unknown, validUntil: number | undefined): void {
    this.#event.error = error
    this.#settle(validUntil)
    credentials.error.publish(this.#event)
  }

  #settle(validUntil: number | undefined): void {
    this.#event.durationMs = performance.now() - this.#began
    if (validUntil !== undefined && Number.isFinite(validUntil)) this.#event.validUntil = new Date(validUntil)
  }
}
