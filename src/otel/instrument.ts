import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type * as OpenTelemetry from '@opentelemetry/api'
import { ParamInvalidError } from '../errors.js'
import { optionalPeer } from '../internal/optional-peer.js'
import { version } from '../internal/version.js'
import { requests, transfers } from '../observability/channels.js'
import type { AttemptEvent, DiagnosticsEvents, RequestEvent, TransferEvent } from '../observability/events.js'
import { codeOf } from '../observability/facts.js'
import { endAttributes, retryAttributes, startAttributes, transferAttributes } from './attributes.js'
import { ContextStore } from './context-store.js'

/** Options of {@link instrument}. */
export interface InstrumentOptions {
  /** Makes the spans. @default the one that is registered globally, also if that happens later */
  readonly tracerProvider?: OpenTelemetry.TracerProvider | undefined
}

/** Spans that are being made. */
export interface Instrumentation extends Disposable {
  /** Makes no more spans. Spans that are open at this moment are never ended. */
  disable(): void
}

/**
 * Makes OpenTelemetry spans of what all clients in this process do: one for each call (`OSS.PutObject`, kind client), with an
 * event `retry` for each attempt that is repeated, and one for each transfer (`OSS upload`), whose calls are its children.
 * Spans made inside, such as those of an HTTP instrumentation, are children of the call. Call it once, at the start.
 *
 * @throws OssError `MissingPeer` when `@opentelemetry/api` is not installed
 */
export function instrument(options: InstrumentOptions = {}): Instrumentation {
  const { tracerProvider } = options
  if (tracerProvider !== undefined && typeof tracerProvider?.getTracer !== 'function') {
    throw new ParamInvalidError('tracerProvider', 'expected an object with a getTracer method')
  }
  const api = optionalPeer<typeof OpenTelemetry>('@opentelemetry/api', 'ferross/otel')
  return new Spans(api, (tracerProvider ?? api.trace).getTracer('ferross', version))
}

/** Turns events into spans while it is enabled. */
class Spans implements Instrumentation {
  readonly #api: typeof OpenTelemetry
  readonly #tracer: OpenTelemetry.Tracer
  readonly #open = new WeakMap<object, OpenTelemetry.Span>()
  readonly #store: ContextStore
  readonly #handlers: [keyof DiagnosticsEvents, (event: unknown) => void][]

  constructor(api: typeof OpenTelemetry, tracer: OpenTelemetry.Tracer) {
    this.#api = api
    this.#tracer = tracer
    this.#store = new ContextStore(api)
    this.#handlers = [
      ['ferross:request:end', event => this.#requestEnded(event as RequestEvent)],
      ['ferross:request:error', event => this.#requestEnded(event as RequestEvent)],
      ['ferross:attempt:error', event => this.#attemptFailed(event as AttemptEvent)],
      ['ferross:transfer:end', event => this.#transferEnded(event as TransferEvent)],
      ['ferross:transfer:error', event => this.#transferEnded(event as TransferEvent)],
    ]
    requests.start.bindStore(this.#store, event => this.#requestStarted(event as RequestEvent))
    transfers.start.bindStore(this.#store, event => this.#transferStarted(event as TransferEvent))
    for (const [name, handler] of this.#handlers) subscribe(name, handler)
  }

  disable(): void {
    requests.start.unbindStore(this.#store)
    transfers.start.unbindStore(this.#store)
    for (const [name, handler] of this.#handlers) unsubscribe(name, handler)
  }

  [Symbol.dispose](): void {
    this.disable()
  }

  #requestStarted(event: RequestEvent): OpenTelemetry.Context {
    const { SpanKind } = this.#api
    return this.#start(event, `OSS.${event.operation}`, { kind: SpanKind.CLIENT, attributes: startAttributes(event) })
  }

  #transferStarted(event: TransferEvent): OpenTelemetry.Context {
    const { SpanKind } = this.#api
    return this.#start(event, `OSS ${event.kind}`, { kind: SpanKind.INTERNAL, attributes: startAttributes(event) })
  }

  #start(event: object, name: string, options: OpenTelemetry.SpanOptions): OpenTelemetry.Context {
    const parent = this.#store.current()
    const span = this.#tracer.startSpan(name, options, parent)
    this.#open.set(event, span)
    return this.#api.trace.setSpan(parent, span)
  }

  #attemptFailed(event: AttemptEvent): void {
    const span = this.#open.get(event.request)
    if (event.retryInMs !== undefined) span?.addEvent('retry', retryAttributes(event))
  }

  #requestEnded(event: RequestEvent): void {
    this.#end(event, endAttributes(event))
  }

  #transferEnded(event: TransferEvent): void {
    this.#end(event, transferAttributes(event))
  }

  #end(event: RequestEvent | TransferEvent, attributes: OpenTelemetry.Attributes): void {
    const span = this.#open.get(event)
    if (span === undefined) return
    span.setAttributes(attributes)
    // What the caller ended is no error.
    if (event.outcome === 'failed') {
      const { error } = event
      if (error instanceof Error) span.recordException(error)
      span.setAttribute('error.type', codeOf(error))
      span.setStatus({ code: this.#api.SpanStatusCode.ERROR, message: codeOf(error) })
    }
    span.end()
  }
}
