import { ParamInvalidError } from '../errors.js'
import type { ProgressListener } from '../pipeline/context.js'
import type { KeyFilterOptions } from './key-filter.js'

/** What happened to one file or object. */
export type FileStatus = 'transferred' | 'skipped' | 'failed' | 'deleted'

/** What became of one file or object in an operation on many. */
export interface FileReport {
  /**
   * `transferred`: arrived, checked. `skipped`: left alone on purpose, see `reason`. `failed`: see `error`. `deleted`: removed;
   * for an unfinished upload, aborted. In a dry run what would have happened.
   */
  status: FileStatus
  /** Full key of the object. */
  key: string
  /** The local file, where there is one. */
  path?: string
  /** Version that was deleted, where versions are. */
  versionId?: string
  /** Id of the unfinished upload that was aborted. */
  uploadId?: string
  /** Length in bytes, where it is known. */
  size?: number
  /** Why it was skipped. */
  reason?: string
  /** Why it failed: one of the package's error classes. Keys that have no safe place in a folder are `ParamInvalidError`. */
  error?: unknown
}

/** Counts of an operation on many files. */
export interface DirectorySummary {
  /** Files or objects that arrived. */
  transferred: number
  /** Those left alone on purpose. */
  skipped: number
  /** Those that could not be handled. Look at it: under `'continue'` nothing else tells. */
  failed: number
  /** Those removed. */
  deleted: number
  /** Length of everything that arrived. */
  bytes: number
  /** Whether all this was only found out and not done. */
  dryRun: boolean
}

/** Options that all operations on many files or objects share. */
export interface DirectoryOptions extends KeyFilterOptions {
  /** Files, or requests that delete, at the same time; fewer while the service says that it gets too many. @default 8 */
  parallelFiles?: number
  /**
   * After a file that fails: `'stop'` ends the others and rejects with that error, so that nobody takes half for the whole;
   * `'continue'` goes on, and the summary counts failures. Failures of the listing itself always reject. @default 'stop'
   */
  onFailure?: 'stop' | 'continue'
  /** Finds out and reports what would be done, and changes nothing. @default false */
  dryRun?: boolean
  /** Called for every file or object, in the order in which they end. A promise is waited for before the next file begins. */
  onFile?: (report: FileReport) => void | Promise<void>
  /** Called as bytes of any file arrive, with the sum so far. The total is not known. */
  onProgress?: ProgressListener
  /** Ends everything; rejects with its reason. Files that arrived before stay. */
  signal?: AbortSignal
}

const common = ['parallelFiles', 'onFailure', 'dryRun', 'onFile', 'onProgress', 'signal', 'include', 'exclude']

/** Checks what users pass. @throws ParamInvalidError naming the option */
export function checkDirectoryOptions(options: DirectoryOptions, own: readonly string[]): void {
  if (typeof options !== 'object' || options === null) throw new ParamInvalidError('options', 'expected an object')
  for (const name of Object.keys(options)) {
    if (!common.includes(name) && !own.includes(name))
      throw new ParamInvalidError(name, 'there is no option of this name')
  }
  const { parallelFiles, onFailure, onFile, dryRun } = options
  if (parallelFiles !== undefined && !(Number.isSafeInteger(parallelFiles) && parallelFiles >= 1))
    throw new ParamInvalidError('parallelFiles', 'expected an integer of at least 1')
  checkChoice('onFailure', onFailure, ['stop', 'continue'])
  checkChoice('dryRun', dryRun, [true, false])
  if (onFile !== undefined && typeof onFile !== 'function') throw new ParamInvalidError('onFile', 'expected a function')
}

/** Checks an option that has few values. */
export function checkChoice(name: string, value: unknown, choices: readonly unknown[]): void {
  if (value !== undefined && !choices.includes(value))
    throw new ParamInvalidError(name, `expected ${choices.map(choice => JSON.stringify(choice)).join(' or ')}`)
}
