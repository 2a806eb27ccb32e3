import type { ClientCore } from '../client/core.js'
import type { TransferEvent } from '../observability/events.js'
import type { TransferOptions } from './options.js'
import { RateLimiter } from './rate-limit.js'
import { RateLimitedHttpClient } from './rate-limit-http.js'
import { watchBodies } from './throughput-bodies.js'
import { watchThroughput } from './throughput-http.js'
import { AdaptiveParallelism, ThrottleAwareRetryer } from './transfer-throttle.js'

/** One transfer's view of the client: its requests are retried, paced and counted for this transfer. */
export interface TransferContext {
  /** To be given to `send`. */
  readonly core: ClientCore
  readonly parallelism: AdaptiveParallelism
}

/** Makes a transfer's view of the client. Parts that were moved are counted in the event, if there is one. */
export function transferContext(client: ClientCore, options: TransferOptions, event?: TransferEvent): TransferContext {
  const parallelism = new AdaptiveParallelism(options.parallelNum as number, event)
  const { bandwidthLimit, minThroughput, minThroughputWindow } = options
  const limited =
    bandwidthLimit === undefined
      ? client.httpClient
      : new RateLimitedHttpClient(client.httpClient, new RateLimiter(bandwidthLimit))
  const core = viewOf(client, {
    bulk: true,
    retryer: new ThrottleAwareRetryer(client.retryer, parallelism),
    // Outermost, so that it hears of bytes that wait for a limit.
    httpClient: watchThroughput(limited, {
      minThroughput: minThroughput ?? client.options.minThroughput,
      minThroughputWindow: minThroughputWindow ?? client.options.minThroughputWindow,
    }),
  })
  return { core, parallelism }
}

/** A client whose requests tell how many things may be done at a time: for operations on many files. */
export function throttledCore(client: ClientCore, parallelism: AdaptiveParallelism): ClientCore {
  return viewOf(client, { retryer: new ThrottleAwareRetryer(client.retryer, parallelism) })
}

/**
 * The view of the client that all small files of a folder share: one made for each of them would cost as much as its request.
 * What the service says about too many requests is for the folder's view to hear, which this one is made of. Requests go as
 * single ones do: a native thread for each would cost more than so few bytes.
 */
export function smallFilesCore(client: ClientCore, options: TransferOptions): ClientCore {
  const { minThroughput, minThroughputWindow } = options
  return viewOf(client, {
    httpClient: watchBodies(client, {
      minThroughput: minThroughput ?? client.options.minThroughput,
      minThroughputWindow: minThroughputWindow ?? client.options.minThroughputWindow,
    }),
  })
}

/** A client whose connections are given up when they drip: for what is read outside of transfers. */
export function watchedCore(client: ClientCore): ClientCore {
  return viewOf(client, { httpClient: watchThroughput(client.httpClient, client.options) })
}

function viewOf(client: ClientCore, own: Partial<ClientCore>): ClientCore {
  const core: ClientCore = Object.create(client, Object.getOwnPropertyDescriptors(own))
  // What one transfer learns about the service's clock is true for the whole client.
  Object.defineProperty(core, 'clockOffset', {
    get: () => client.clockOffset,
    set: (offset: number) => {
      client.clockOffset = offset
    },
  })
  return core
}
