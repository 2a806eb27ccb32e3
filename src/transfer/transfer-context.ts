import type { ClientCore } from '../client/core.js'
import type { TransferOptions } from './options.js'
import { RateLimiter } from './rate-limit.js'
import { RateLimitedHttpClient } from './rate-limit-http.js'
import { AdaptiveParallelism, ThrottleAwareRetryer } from './transfer-throttle.js'

/** One transfer's view of the client: its requests are retried, paced and counted for this transfer. */
export interface TransferContext {
  /** To be given to `send`. */
  readonly core: ClientCore
  readonly parallelism: AdaptiveParallelism
}

/** Makes a transfer's view of the client. */
export function transferContext(client: ClientCore, options: TransferOptions): TransferContext {
  const parallelism = new AdaptiveParallelism(options.parallelNum as number)
  const { bandwidthLimit } = options
  const own: Partial<ClientCore> = {
    bulk: true,
    retryer: new ThrottleAwareRetryer(client.retryer, parallelism),
    ...(bandwidthLimit !== undefined && {
      httpClient: new RateLimitedHttpClient(client.httpClient, new RateLimiter(bandwidthLimit)),
    }),
  }
  const core: ClientCore = Object.create(client, Object.getOwnPropertyDescriptors(own))
  // What one transfer learns about the service's clock is true for the whole client.
  Object.defineProperty(core, 'clockOffset', {
    get: () => client.clockOffset,
    set: (offset: number) => {
      client.clockOffset = offset
    },
  })
  return { core, parallelism }
}
