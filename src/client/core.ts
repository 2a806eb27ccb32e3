import { ClientClosedError } from '../errors.js'
import type { HttpClient } from '../http/http-client.js'
import type { PipelineContext } from '../pipeline/context.js'
import { RetryQuota } from '../retry/retry-quota.js'
import { MemoryBudget } from '../transfer/memory-budget.js'
import { RateLimiter } from '../transfer/rate-limit.js'
import { RateLimitedHttpClient } from '../transfer/rate-limit-http.js'
import { targetOf } from './endpoint.js'
import type { ResolvedOptions } from './options.js'

/** What a client is made of: its options, and what it learns while it runs. */
export interface ClientCore extends PipelineContext {
  readonly options: ResolvedOptions
  /** Bound on the part buffers of all transfers of this client. */
  readonly memory: MemoryBudget
}

/** Sets up the pipeline for resolved options. */
export function createCore(options: ResolvedOptions): ClientCore {
  const { endpoint, bandwidthLimit, httpClient } = options
  return {
    ...options,
    ...(bandwidthLimit !== undefined && {
      httpClient: new RateLimitedHttpClient(httpClient, new RateLimiter(bandwidthLimit)),
    }),
    options,
    region: endpoint.region,
    product: endpoint.product,
    retryQuota: new RetryQuota(options.retryQuota),
    memory: new MemoryBudget(options.memoryLimit),
    clockOffset: 0,
    target(bucket, key) {
      const { host, path } = targetOf(endpoint, bucket, key)
      return { scheme: endpoint.scheme, host, path }
    },
  }
}

/** Refuses every call of a client from now on, and closes its transport, unless that is the caller's own. */
export async function closeCore(core: ClientCore): Promise<void> {
  const { httpClient, ownsHttpClient } = core.options
  Object.assign(core, { httpClient: closedTransport })
  if (ownsHttpClient) await httpClient.close?.()
}

const closedTransport: HttpClient = {
  send: () => Promise.reject(new ClientClosedError()),
}

const cores = new WeakMap<object, ClientCore>()

/** Remembers what a client is made of, for the parts of the package that wrap clients. */
export function rememberCore(client: object, core: ClientCore): void {
  cores.set(client, core)
}

/** What a client is made of; `undefined` for anything else. */
export function coreOf(client: unknown): ClientCore | undefined {
  return typeof client === 'object' && client !== null ? cores.get(client) : undefined
}
