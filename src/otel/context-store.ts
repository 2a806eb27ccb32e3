import { AsyncLocalStorage } from 'node:async_hooks'
import type * as OpenTelemetry from '@opentelemetry/api'

/**
 * What a channel keeps per call, so that spans know their parent. It also makes the context the active one of OpenTelemetry,
 * for spans that others make meanwhile; where no context manager is registered, ferross's own spans still find their parents.
 */
export class ContextStore extends AsyncLocalStorage<OpenTelemetry.Context> {
  readonly #api: typeof OpenTelemetry

  constructor(api: typeof OpenTelemetry) {
    super()
    this.#api = api
  }

  /** The context in which something begins now. */
  current(): OpenTelemetry.Context {
    const active = this.#api.context.active()
    // OpenTelemetry's own knows of spans that were begun in between.
    return this.#api.trace.getSpan(active) ? active : (this.getStore() ?? active)
  }

  override run<R, A extends unknown[]>(context: OpenTelemetry.Context, callback: (...args: A) => R, ...args: A): R {
    return super.run(context, () => this.#api.context.with(context, callback as never, undefined, ...args)) as R
  }
}
