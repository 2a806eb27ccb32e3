import { resolve } from 'node:path'
import { ParamInvalidError, ParamRequiredError } from '../errors.js'
import type { CopierOptions } from './copier.js'
import type {
  DownloadDirectoryOptions,
  DownloadDirectoryRequest,
  UploadDirectoryOptions,
  UploadDirectoryRequest,
} from './directories.js'
import { checkChoice, checkDirectoryOptions } from './directory-options.js'
import { folderPrefix } from './directory-prefix.js'
import type { SyncComparison } from './sync-compare.js'

/** What {@link Client.sync} makes alike: `to` becomes what `from` is. At least one of the two is in a bucket. */
export interface SyncRequest {
  /** The source: path of a local folder, or a folder in a bucket. */
  from: string | DownloadDirectoryRequest
  /** The target: path of a local folder, or a folder in a bucket with the properties that uploaded objects get. */
  to: string | UploadDirectoryRequest
}

/** Options of {@link Client.sync}. */
export interface SyncOptions extends UploadDirectoryOptions, DownloadDirectoryOptions {
  /**
   * When a file is left alone: `'size-and-time'` when lengths agree and the target is not older than the source, `'size'` when
   * lengths agree, `'checksum'` when the CRC-64 agrees too, for which local files are read and objects asked for it.
   * @default 'size-and-time'
   */
  compare?: SyncComparison
  /** Removes what the target has and the source has not. What the filters leave out, and links, are never removed. @default false */
  delete?: boolean
  /**
   * Permits `delete` with an empty source, which empties the target. Without it that is an error, because it mostly means that
   * a name is mistyped. @default false
   */
  allowEmptySource?: boolean
  /** How each object is copied from bucket to bucket. */
  copier?: Omit<CopierOptions, 'signal' | 'onProgress'>
}

const own = [
  'uploader',
  'downloader',
  'copier',
  'symlinks',
  'emptyFolders',
  'portableNames',
  'compare',
  'delete',
  'allowEmptySource',
]

/** @throws ParamInvalidError naming the option */
export function checkSyncOptions(options: SyncOptions): void {
  checkDirectoryOptions(options, own)
  checkChoice('symlinks', options.symlinks, ['skip', 'follow'])
  checkChoice('compare', options.compare, ['size-and-time', 'size', 'checksum'])
  for (const flag of ['emptyFolders', 'portableNames', 'delete', 'allowEmptySource'] as const)
    checkChoice(flag, options[flag], [true, false])
}

/** Which way a sync goes. */
export type SyncDirection =
  | { readonly way: 'up'; readonly from: string; readonly to: UploadDirectoryRequest }
  | { readonly way: 'down'; readonly from: DownloadDirectoryRequest; readonly to: string }
  | { readonly way: 'across'; readonly from: DownloadDirectoryRequest; readonly to: UploadDirectoryRequest }

/** @throws ParamRequiredError or ParamInvalidError naming the side */
export function directionOf({ from, to }: SyncRequest): SyncDirection {
  checkSide('from', from)
  checkSide('to', to)
  if (typeof from === 'string') {
    if (typeof to === 'string') throw new ParamInvalidError('to', 'one of from and to must be in a bucket')
    return { way: 'up', from: resolve(from), to }
  }
  if (typeof to === 'string') return { way: 'down', from, to: resolve(to) }
  const surplus = Object.keys(to).find(name => !['bucket', 'prefix', 'requestPayer'].includes(name))
  if (surplus !== undefined)
    throw new ParamInvalidError(`to.${surplus}`, 'objects copied from a bucket keep their properties')
  const [source, target] = [folderPrefix(from.prefix), folderPrefix(to.prefix)]
  if (from.bucket === to.bucket && (source.startsWith(target) || target.startsWith(source)))
    throw new ParamInvalidError('to', 'lies inside from, or from inside to')
  return { way: 'across', from, to }
}

function checkSide(name: string, side: unknown): void {
  if (side === undefined || side === null) throw new ParamRequiredError(name)
  const path = typeof side === 'string' && side !== '' && !side.includes('\0')
  const place = typeof side === 'object' && typeof (side as { bucket?: unknown }).bucket === 'string'
  if (!path && !place) throw new ParamInvalidError(name, 'expected a path, or an object with a bucket')
}
