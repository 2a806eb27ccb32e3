import type { ClientCore } from '../client/core.js'
import { ResponseError } from '../errors.js'
import { type DeletedInfo, deleteMultipleObjects, type RequestPayer } from '../operations/index.js'
import { send } from '../pipeline/send.js'
import type { FileReport } from './directory-options.js'
import type { DirectoryRun } from './directory-run.js'
import { throttledCore } from './transfer-context.js'

/** An object, or one version of it, that is to go. */
export interface Doomed {
  readonly key: string
  readonly versionId?: string
  readonly size?: number
}

/** Where deletions go, and what every request carries. */
export interface DeleteTarget {
  readonly bucket: string
  readonly requestPayer?: RequestPayer
  readonly bypassGovernanceRetention?: boolean
}

const mostObjects = 1000
/** Bytes of keys in one request. A key may grow fivefold when it is escaped, and requests end at 2 MB. */
const mostBytes = 400_000

/** Gathers deletions and sends a thousand in one request. Call {@link DeleteBatches.flush} at the end. */
export class DeleteBatches {
  readonly #core: ClientCore
  readonly #run: DirectoryRun
  readonly #target: DeleteTarget
  #batch: Doomed[] = []
  #bytes = 0

  constructor(core: ClientCore, run: DirectoryRun, target: DeleteTarget) {
    this.#core = throttledCore(core, run.parallelism)
    this.#run = run
    this.#target = target
  }

  /** Takes one more; waits when many requests are under way. */
  async add({ key, versionId, size }: Doomed): Promise<void> {
    const bytes = Buffer.byteLength(key) + (versionId?.length ?? 0)
    if (this.#batch.length === mostObjects || this.#bytes + bytes > mostBytes) await this.flush()
    this.#batch.push({ key, ...(versionId !== undefined && { versionId }), ...(size !== undefined && { size }) })
    this.#bytes += bytes
  }

  /** Sends what has gathered. */
  async flush(): Promise<void> {
    const batch = this.#batch
    if (batch.length === 0) return
    this.#batch = []
    this.#bytes = 0
    await this.#run.startMany(
      async () => (this.#run.dryRun ? batch.map(gone) : await this.#send(batch)),
      () => batch.map(doomed => ({ ...doomed, status: 'failed' as const })),
    )
  }

  async #send(batch: readonly Doomed[]): Promise<FileReport[]> {
    const objects = batch.map(({ key, versionId }) => ({ key, ...(versionId !== undefined && { versionId }) }))
    const { deletedObjects = [] } = await send(
      this.#core,
      deleteMultipleObjects,
      { ...this.#target, objects },
      { signal: this.#run.signal },
    )
    // The service says what it deleted and leaves out what it could not delete.
    const confirmed = new Set(deletedObjects.map(identity))
    return batch.map(doomed => {
      if (confirmed.has(identity(doomed))) return gone(doomed)
      const error = new ResponseError(`the service did not delete ${JSON.stringify(doomed.key)} and does not say why`, {
        operation: 'DeleteMultipleObjects',
      })
      return { ...doomed, status: 'failed', error }
    })
  }
}

function gone(doomed: Doomed): FileReport {
  return { ...doomed, status: 'deleted' }
}

function identity({ key, versionId }: DeletedInfo | Doomed): string {
  return JSON.stringify([key, versionId ?? ''])
}
