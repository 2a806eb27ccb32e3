import type { ClientCore } from '../client/core.js'
import { FolderUpload } from './directories.js'
import { DeleteBatches } from './directory-delete.js'
import type { DirectorySummary } from './directory-options.js'
import { requireFolder, type WalkEntry, walk } from './directory-walk.js'
import { payer, type RemoteEntry, Sync, upToDate } from './sync-base.js'
import { join, type Pair } from './sync-join.js'
import type { SyncDirection, SyncOptions } from './sync-options.js'

/** A sync from a local folder to a bucket. */
export class SyncUp extends Sync {
  readonly #from: string
  readonly #bucket: string
  readonly #prefix: string
  readonly #upload: FolderUpload
  readonly #deletions: DeleteBatches
  #marked = ''

  constructor(core: ClientCore, options: SyncOptions, { from, to }: SyncDirection & { way: 'up' }) {
    super(core, options)
    this.#from = from
    this.#bucket = to.bucket
    this.#upload = new FolderUpload(core, to, options)
    this.#prefix = this.#upload.prefix
    this.#deletions = new DeleteBatches(core, this.#upload.run, { bucket: to.bucket, ...payer(to) })
  }

  complete(): Promise<DirectorySummary> {
    const { run } = this.#upload
    return this.#upload.complete(async () => {
      await requireFolder(this.#from)
      const { symlinks = 'skip' } = this.options
      const files = walk(this.#from, { symlinks, filter: run.filter, signal: run.signal, sorted: true })
      const there = this.objects({ bucket: this.#bucket, prefix: this.#prefix }, run)
      for await (const pair of join(files, there)) await this.#handle(pair)
      await this.#deletions.flush()
    })
  }

  async #handle({ source, target, sourceEmpty }: Pair<WalkEntry, RemoteEntry>): Promise<void> {
    if (source === undefined) {
      if (target && this.mayRemove(target.key, sourceEmpty)) await this.#deletions.add(target.object)
      return
    }
    if (source.kind === 'other' || source.kind === 'unreadable') this.hide(source.key)
    if (source.kind === 'folder' && target) this.#marked = source.key
    if (source.kind === 'leave' && source.key === this.#marked) return
    if (source.kind !== 'file' || target === undefined) return this.#upload.add(source)
    const { run } = this.#upload
    const { key } = target.object
    const { path, size } = source
    await run.start(
      async () => {
        const same = await this.same(this.local(source, run), this.remote(this.#bucket, target, run))
        return same ? upToDate({ key, path, size }) : this.#upload.upload(source)
      },
      { key, path, size },
    )
  }
}
