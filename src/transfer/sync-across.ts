import type { ClientCore } from '../client/core.js'
import { Copier } from './copier.js'
import { DeleteBatches } from './directory-delete.js'
import type { DirectorySummary } from './directory-options.js'
import { folderPrefix } from './directory-prefix.js'
import { DirectoryRun } from './directory-run.js'
import { payer, type RemoteEntry, Sync, upToDate } from './sync-base.js'
import { join, type Pair } from './sync-join.js'
import type { SyncDirection, SyncOptions } from './sync-options.js'
import { throttledCore } from './transfer-context.js'

/** A sync from bucket to bucket. */
export class SyncAcross extends Sync {
  readonly #run: DirectoryRun
  readonly #from: SyncDirection & { way: 'across' }
  readonly #prefix: string
  readonly #copier: Copier
  readonly #deletions: DeleteBatches

  constructor(core: ClientCore, options: SyncOptions, direction: SyncDirection & { way: 'across' }) {
    super(core, options)
    const { to } = direction
    this.#from = direction
    this.#prefix = folderPrefix(to.prefix)
    this.#run = new DirectoryRun(options)
    this.#copier = new Copier(throttledCore(core, this.#run.parallelism), options.copier)
    this.#deletions = new DeleteBatches(core, this.#run, { bucket: to.bucket, ...payer(to) })
  }

  complete(): Promise<DirectorySummary> {
    const { from, to } = this.#from
    return this.#run.complete(async () => {
      for await (const pair of join(this.objects(from, this.#run), this.objects(to, this.#run)))
        await this.#handle(pair)
      await this.#deletions.flush()
    })
  }

  async #handle({ source, target, sourceEmpty }: Pair<RemoteEntry, RemoteEntry>): Promise<void> {
    if (source === undefined) {
      if (target && this.mayRemove(target.key, sourceEmpty)) await this.#deletions.add(target.object)
      return
    }
    const { from, to } = this.#from
    const key = this.#prefix + source.key
    const { size = 0 } = source.object
    await this.#run.start(
      async () => {
        const same =
          target !== undefined &&
          (await this.same(this.remote(from.bucket, source, this.#run), this.remote(to.bucket, target, this.#run)))
        if (same) return upToDate({ key, size })
        if (!this.#run.dryRun) await this.#copy(source.object.key, key)
        return { status: 'transferred', key, size }
      },
      { key, size },
    )
  }

  async #copy(sourceKey: string, key: string): Promise<void> {
    const { from, to } = this.#from
    const { signal, progress } = this.#run
    await this.#copier.copy(
      { bucket: to.bucket, key, sourceBucket: from.bucket, sourceKey, ...payer(to) },
      { signal, onProgress: progress },
    )
  }
}
