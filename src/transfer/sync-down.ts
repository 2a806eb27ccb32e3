import { lstat, rmdir, unlink } from 'node:fs/promises'
import type { ClientCore } from '../client/core.js'
import { FolderDownload } from './directories.js'
import type { DirectorySummary, FileReport } from './directory-options.js'
import type { DirectoryRun } from './directory-run.js'
import { requireFolder, type WalkEntry, walk } from './directory-walk.js'
import { type RemoteEntry, Sync } from './sync-base.js'
import { join, type Pair } from './sync-join.js'
import type { SyncDirection, SyncOptions } from './sync-options.js'
import { asFileError } from './transfer-error.js'

/** A sync from a bucket to a local folder. */
export class SyncDown extends Sync {
  readonly #from: { bucket: string; prefix?: string }
  readonly #to: string
  readonly #download: FolderDownload
  readonly #began = Date.now()
  /** Local folders that the walk is in, the outermost first. */
  readonly #inside: { key: string; removed: boolean; wanted: boolean }[] = []

  constructor(core: ClientCore, options: SyncOptions, { from, to }: SyncDirection & { way: 'down' }) {
    super(core, options)
    this.#from = from
    this.#to = to
    this.#download = new FolderDownload(core, from, to, options)
  }

  complete(): Promise<DirectorySummary> {
    const { run } = this.#download
    return this.#download.complete(async () => {
      await this.#download.open()
      const there = this.objects(this.#from, run)
      for await (const pair of join(there, this.#files(run))) await this.#handle(pair)
    })
  }

  async *#files(run: DirectoryRun): AsyncGenerator<WalkEntry, void, undefined> {
    // In a dry run the target need not exist.
    if (run.dryRun && !(await lstat(this.#to).catch(() => undefined))) return
    await requireFolder(this.#to)
    yield* walk(this.#to, { symlinks: 'skip', filter: run.filter, signal: run.signal, sorted: true })
  }

  async #handle({ source, target, sourceEmpty }: Pair<RemoteEntry, WalkEntry>): Promise<void> {
    if (target?.kind === 'folder') this.#inside.push({ key: target.key, removed: false, wanted: false })
    if (source !== undefined) {
      for (const folder of this.#inside) folder.wanted ||= source.key.startsWith(folder.key)
      // A folder that is there needs nothing, but a folder's name with content has no place.
      if (target?.kind === 'folder' && !source.object.size) return
      return this.#fetch(source, target)
    }
    if (target?.kind === 'leave') await this.#leave(target)
    else if (target?.kind === 'unreadable') await this.#report(target, { status: 'failed', error: target.error })
    else if (target?.kind === 'file' && this.mayRemove(target.key, sourceEmpty)) await this.#remove(target)
  }

  #fetch(source: RemoteEntry, target: WalkEntry | undefined): Promise<void> {
    const { run } = this.#download
    if (target?.kind !== 'file') return this.#download.add(source.object)
    return this.#download.add(source.object, () =>
      this.same(this.remote(this.#from.bucket, source, run), this.local(target, run)),
    )
  }

  /** Removes a file, unless it was made since the sync began: it may be one that is just being downloaded. */
  async #remove(target: WalkEntry & { kind: 'file' }): Promise<void> {
    try {
      if ((await lstat(target.path)).ctimeMs >= this.#began + 1)
        return await this.#report(target, { status: 'skipped', reason: 'changed while the folders were compared' })
      if (!this.#download.run.dryRun) await unlink(target.path)
    } catch (error) {
      return this.#report(target, { status: 'failed', error: asFileError('write', target.path, error) })
    }
    const folder = this.#inside.at(-1)
    if (folder) folder.removed = true
    await this.#report(target, { status: 'deleted', size: target.size })
  }

  /** Removes a folder that became empty here, and only then. */
  async #leave(target: WalkEntry): Promise<void> {
    const folder = this.#inside.pop()
    if (!folder?.removed || folder.wanted || this.#download.run.dryRun) return
    const gone = await rmdir(target.path).then(
      () => true,
      () => false,
    )
    if (!gone) return
    const above = this.#inside.at(-1)
    if (above) above.removed = true
    await this.#report(target, { status: 'deleted' })
  }

  #report({ key, path }: WalkEntry, what: Omit<FileReport, 'key' | 'path'>): Promise<void> {
    return this.#download.run.report({ key: this.#download.prefix + key, path, ...what })
  }
}
