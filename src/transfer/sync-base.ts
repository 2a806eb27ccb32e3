import type { ClientCore } from '../client/core.js'
import { ParamInvalidError } from '../errors.js'
import type { RequestPayer } from '../operations/index.js'
import type { DirectorySummary, FileReport } from './directory-options.js'
import { folderPrefix } from './directory-prefix.js'
import type { DirectoryRun } from './directory-run.js'
import type { WalkEntry } from './directory-walk.js'
import type { ListedObject } from './list-all.js'
import { compareKeys } from './list-order.js'
import { listOrdered } from './list-ordered.js'
import { type Comparable, fileChecksum, objectChecksum, sameContent } from './sync-compare.js'
import type { SyncOptions } from './sync-options.js'

/** An object by its key relative to the folder that is synchronised. */
export interface RemoteEntry {
  readonly key: string
  readonly kind: 'object'
  readonly object: ListedObject
}

/** What a sync needs whichever way it goes. */
export abstract class Sync {
  readonly core: ClientCore
  readonly options: SyncOptions
  /** Beginnings of names that the source could not show: nothing there is removed. */
  #hidden: string[] = []

  constructor(core: ClientCore, options: SyncOptions) {
    this.core = core
    this.options = options
  }

  /** Does it. */
  abstract complete(): Promise<DirectorySummary>

  /** Whether the target has what the source has. */
  protected same(source: Comparable, target: Comparable): Promise<boolean> {
    return sameContent(this.options.compare ?? 'size-and-time', source, target)
  }

  /** Keeps what lies at a name, and below it, from being removed. */
  protected hide(key: string): void {
    this.#hidden.push(key)
  }

  /** Whether something that only the target has is to be removed. @throws ParamInvalidError when that would be everything */
  protected mayRemove(key: string, sourceEmpty: boolean): boolean {
    if (!this.options.delete) return false
    if (sourceEmpty && !this.options.allowEmptySource)
      throw new ParamInvalidError(
        'from',
        'is empty, and delete would empty the target: confirm it with allowEmptySource',
      )
    // Keys come in order: a name counts until the last key that could lie below it has passed.
    this.#hidden = this.#hidden.filter(
      name => name === '' || compareKeys(key, below(name)) <= 0 || key.startsWith(below(name)),
    )
    return !this.#hidden.some(name => key === name || name === '' || key.startsWith(below(name)))
  }

  protected remote(
    bucket: string,
    { object: { key, size = 0, lastModified } }: RemoteEntry,
    run: DirectoryRun,
  ): Comparable {
    return {
      size,
      time: lastModified?.getTime(),
      checksum: () => objectChecksum(this.core, { bucket, key }, run.signal),
    }
  }

  protected local({ path, size, mtimeMs }: WalkEntry & { kind: 'file' }, run: DirectoryRun): Comparable {
    // File systems cut times differently; what counts is the millisecond.
    return { size, time: Math.round(mtimeMs), checksum: () => fileChecksum(this.core, path, run.signal) }
  }

  /** The objects of a folder in order, those that take part. */
  protected async *objects(
    place: { bucket: string; prefix?: string },
    run: DirectoryRun,
  ): AsyncGenerator<RemoteEntry, void, undefined> {
    const prefix = folderPrefix(place.prefix)
    for await (const object of listOrdered(this.core, { ...place, prefix }, run.signal)) {
      const key = object.key.slice(prefix.length)
      if (key !== '' && run.filter.takes(key)) yield { key, kind: 'object', object }
    }
  }
}

function below(name: string): string {
  return name.endsWith('/') ? name : `${name}/`
}

/** Report about something that was left alone because it is right already. */
export function upToDate(about: Omit<FileReport, 'status' | 'reason'>): FileReport {
  return { ...about, status: 'skipped', reason: 'is up to date' }
}

/** The consent to pay, if it was given. */
export function payer({ requestPayer }: { requestPayer?: RequestPayer }) {
  return requestPayer !== undefined && { requestPayer }
}
