import type { PipelineContext } from '../pipeline/context.js'
import { MemoryBudget } from '../transfer/memory-budget.js'
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
  const { endpoint } = options
  return {
    ...options,
    options,
    region: endpoint.region,
    product: endpoint.product,
    memory: new MemoryBudget(options.memoryLimit),
    clockOffset: 0,
    target: (bucket, key) => ({ scheme: endpoint.scheme, ...targetOf(endpoint, bucket, key) }),
  }
}
