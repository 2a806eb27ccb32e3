import type { Dirent, Stats } from 'node:fs'
import { lstat, opendir, stat } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { FileError } from '../errors.js'
import type { KeyFilter } from './key-filter.js'
import { compareKeys } from './list-order.js'
import { asFileError } from './transfer-error.js'

/** What to do with symbolic links in a folder that is read: pass over them with a report, or treat them as what they lead to. */
export type SymlinkPolicy = 'skip' | 'follow'

/** One thing found below a folder, by its key relative to the folder. Keys of folders end in `/`. */
export type WalkEntry =
  | {
      readonly kind: 'file'
      readonly key: string
      readonly path: string
      readonly size: number
      readonly mtimeMs: number
    }
  /** A file by what its folder says, which was not looked at itself. */
  | { readonly kind: 'unseen'; readonly key: string; readonly path: string }
  /** Comes before what is in the folder. */
  | { readonly kind: 'folder'; readonly key: string; readonly path: string }
  /** Comes after all that was in the folder. */
  | { readonly kind: 'leave'; readonly key: string; readonly path: string; readonly empty: boolean }
  /** Neither file nor folder, or a link that is not followed. */
  | { readonly kind: 'other'; readonly key: string; readonly path: string; readonly reason: string }
  /** Could not be looked at. The key ends in `/` where all below it is unknown. */
  | { readonly kind: 'unreadable'; readonly key: string; readonly path: string; readonly error: unknown }

/** How {@link walk} goes through a folder. */
export interface WalkOptions {
  readonly symlinks: SymlinkPolicy
  readonly filter: KeyFilter
  readonly signal: AbortSignal
  /** Whether keys come in the order of their UTF-8 bytes, as a listing has them. Costs memory for names, up to a bound. */
  readonly sorted: boolean
  /** Whether files are not looked at where their folder says what they are. @default false */
  readonly unseen?: boolean
  /** Names of one folder that are held at once when sorting. @default 200000 */
  readonly window?: number
}

interface Name {
  readonly name: string
  /** Whether it is certainly a file. */
  readonly file: boolean
  /** The name, and `/` at the end for a folder: what decides the place among keys. */
  readonly place: string
}

/** Checks the root of a walk, links to it are followed. @throws FileError when there is no such folder */
export async function requireFolder(path: string): Promise<void> {
  const found = await stat(path).catch(error => {
    throw asFileError('read', path, error)
  })
  if (!found.isDirectory()) {
    const cause = Object.assign(new Error(`ENOTDIR: not a directory, '${path}'`), { code: 'ENOTDIR', path })
    throw new FileError('read', path, cause)
  }
}

/** Goes through everything below a folder. Holds one folder open per level, never all names. */
export function walk(root: string, options: WalkOptions): AsyncGenerator<WalkEntry, void, undefined> {
  return inFolder(root, '', options, [])
}

async function* inFolder(
  path: string,
  key: string,
  options: WalkOptions,
  above: readonly string[],
): AsyncGenerator<WalkEntry, void, undefined> {
  let empty = true
  try {
    const identity = await stat(path, { bigint: true })
    const place = `${identity.dev}:${identity.ino}`
    if (above.includes(place)) {
      yield { kind: 'other', key, path, reason: 'is a link to a folder it lies in' }
      return
    }
    const names = options.sorted ? sortedNames(path, options) : plainNames(path, options)
    const base = path.endsWith(sep) ? path : path + sep
    let entered = false
    for await (const { name, file, place: own } of names) {
      options.signal.throwIfAborted()
      if (!entered && key !== '') yield { kind: 'folder', key, path }
      entered = true
      empty = false
      const there = base + name
      if (!(options.unseen && file)) yield* look(there, key + own, options, [...above, place])
      else if (options.filter.takes(key + own)) yield { kind: 'unseen', key: key + own, path: there }
    }
    if (!entered && key !== '') yield { kind: 'folder', key, path }
  } catch (error) {
    options.signal.throwIfAborted()
    if (!isSystemError(error)) throw error
    yield { kind: 'unreadable', key, path, error: asFileError('read', path, error) }
    return
  }
  if (key !== '') yield { kind: 'leave', key, path, empty }
}

/** One name: what it is now, which the folder's own listing need not know. */
async function* look(
  path: string,
  key: string,
  options: WalkOptions,
  above: readonly string[],
): AsyncGenerator<WalkEntry, void, undefined> {
  const folder = key.endsWith('/')
  if (folder ? options.filter.prunes(key) : !options.filter.takes(key)) return
  if (folder) {
    yield* inFolder(path, key, options, above)
    return
  }
  yield await lookAt(path, key, options.symlinks)
}

/** What a name that is no folder's is now. */
export async function lookAt(
  path: string,
  key: string,
  symlinks: SymlinkPolicy,
): Promise<WalkEntry & { readonly kind: 'file' | 'other' | 'unreadable' }> {
  let found: Stats
  try {
    found = await (symlinks === 'follow' ? stat(path) : lstat(path))
  } catch (error) {
    return { kind: 'unreadable', key, path, error: asFileError('read', path, error) }
  }
  if (found.isFile()) return { kind: 'file', key, path, size: found.size, mtimeMs: found.mtimeMs }
  return { kind: 'other', key, path, reason: reasonOf(found) }
}

function reasonOf(found: Stats): string {
  if (found.isSymbolicLink()) return 'is a symbolic link'
  if (found.isDirectory()) return 'became a folder'
  return 'is neither a file nor a folder'
}

/** Names as the system gives them. */
async function* plainNames(path: string, options: WalkOptions): AsyncGenerator<Name> {
  for await (const entry of await opendir(path, { bufferSize: 256 })) yield await placed(path, entry, options)
}

/**
 * Names in order, a window at a time: each pass keeps the smallest names after the last one that was given. A folder of
 * millions of files is read several times, so that its names are never all in memory.
 */
async function* sortedNames(path: string, options: WalkOptions): AsyncGenerator<Name> {
  const window = options.window ?? 200_000
  const byPlace = (a: Name, b: Name) => compareKeys(a.place, b.place)
  let last: string | undefined
  for (;;) {
    let kept: Name[] = []
    let cut = false
    for await (const entry of await opendir(path, { bufferSize: 256 })) {
      options.signal.throwIfAborted()
      const name = await placed(path, entry, options)
      if (last !== undefined && compareKeys(name.place, last) <= 0) continue
      kept.push(name)
      if (kept.length < 2 * window) continue
      kept = kept.sort(byPlace).slice(0, window)
      cut = true
    }
    kept.sort(byPlace)
    if (kept.length > window) {
      kept = kept.slice(0, window)
      cut = true
    }
    yield* kept
    if (!cut) return
    last = kept.at(-1)?.place
  }
}

/** Some file systems do not say what an entry is, and a followed link is what it leads to. */
async function placed(path: string, entry: Dirent, { symlinks }: WalkOptions): Promise<Name> {
  const { name } = entry
  let folder = entry.isDirectory()
  const unclear = entry.isSymbolicLink()
    ? symlinks === 'follow'
    : !(
        folder ||
        entry.isFile() ||
        entry.isFIFO() ||
        entry.isSocket() ||
        entry.isBlockDevice() ||
        entry.isCharacterDevice()
      )
  if (unclear) {
    const full = join(path, name)
    const found = await (symlinks === 'follow' ? stat(full) : lstat(full)).catch(() => undefined)
    folder = found?.isDirectory() ?? false
  }
  return { name, file: entry.isFile(), place: folder ? `${name}/` : name }
}

function isSystemError(error: unknown): boolean {
  return error instanceof Error && typeof (error as NodeJS.ErrnoException).code === 'string'
}

/** The path of a relative key, for reports about files that need not exist. */
export function localPath(root: string, segments: readonly string[]): string {
  return join(root, segments.join(sep))
}
