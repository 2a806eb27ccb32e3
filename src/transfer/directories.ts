import { utimes } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { ClientCore } from '../client/core.js'
import { ParamInvalidError } from '../errors.js'
import type { TransferEvent } from '../observability/events.js'
import { traceTransfer } from '../observability/transfer-trace.js'
import { putObject } from '../operations/index.js'
import { send } from '../pipeline/send.js'
import {
  checkChoice,
  checkDirectoryOptions,
  type DirectoryOptions,
  type DirectorySummary,
  type FileReport,
} from './directory-options.js'
import { folderPrefix } from './directory-prefix.js'
import { DirectoryRun } from './directory-run.js'
import { TargetFolder } from './directory-target.js'
import { lookAt, requireFolder, type SymlinkPolicy, type WalkEntry, walk } from './directory-walk.js'
import { Downloader, type DownloaderOptions, type DownloadRequest } from './downloader.js'
import type { ListedObject } from './list-all.js'
import { listOrdered } from './list-ordered.js'
import { checkPath } from './options.js'
import { keyToPath, type NameRules, nativeRules } from './safe-path.js'
import { SmallDownloads } from './small-download.js'
import { isPlain, smallFile } from './small-files.js'
import { SmallUploads } from './small-upload.js'
import { throttledCore } from './transfer-context.js'
import { asFileError } from './transfer-error.js'
import { Uploader, type UploaderOptions, type UploadRequest } from './uploader.js'

/** Where {@link Client.uploadDirectory} puts files, and properties that every object gets. */
export interface UploadDirectoryRequest extends Omit<UploadRequest, 'key' | 'progressFn'> {
  /** Folder in the bucket; a `/` is added to its end. Absent: the top of the bucket. */
  prefix?: string
}

/** Options of {@link Client.uploadDirectory}. */
export interface UploadDirectoryOptions extends DirectoryOptions {
  /** How each file is uploaded. */
  uploader?: Omit<UploaderOptions, 'signal' | 'onProgress'>
  /** Whether links are passed over with a report, or treated as what they lead to. @default 'skip' */
  symlinks?: SymlinkPolicy
  /** Whether a folder with nothing in it becomes an empty object whose key ends in `/`. @default false */
  emptyFolders?: boolean
}

/** What {@link Client.downloadDirectory} fetches. */
export interface DownloadDirectoryRequest extends Pick<DownloadRequest, 'bucket' | 'requestPayer' | 'trafficLimit'> {
  /** Folder in the bucket; a `/` is added to its end. Absent: the whole bucket. */
  prefix?: string
}

/** Options of {@link Client.downloadDirectory}. */
export interface DownloadDirectoryOptions extends DirectoryOptions {
  /** How each object is downloaded; always by way of a temporary file, so that no link is written through. */
  downloader?: Omit<DownloaderOptions, 'signal' | 'onProgress' | 'useTempFile'>
  /** Also refuses keys that other systems could not hold as files, such as `a:b` or `NUL`. @default false */
  portableNames?: boolean
}

/** Uploads every file below a folder. @internal Use {@link Client.uploadDirectory}. */
export async function uploadDirectory(
  core: ClientCore,
  request: UploadDirectoryRequest,
  directory: string,
  options: UploadDirectoryOptions = {},
): Promise<DirectorySummary> {
  checkPath(directory)
  checkDirectoryOptions(options, ['uploader', 'symlinks', 'emptyFolders'])
  checkChoice('symlinks', options.symlinks, ['skip', 'follow'])
  checkChoice('emptyFolders', options.emptyFolders, [true, false])
  const root = resolve(directory)
  const upload = new FolderUpload(core, request, options)
  return upload.complete(async () => {
    await requireFolder(root)
    const { symlinks = 'skip' } = options
    const { filter, signal, dryRun } = upload.run
    // Reading a small file tells its length; asking for it before would be one more trip to another thread.
    const walked = walk(root, { symlinks, filter, signal, sorted: false, unseen: !dryRun })
    for await (const entry of walked) await upload.add(entry)
  })
}

/** Turns what a walk finds into uploads; also the sending half of a sync. */
export class FolderUpload {
  readonly run: DirectoryRun
  readonly prefix: string
  readonly #core: ClientCore
  readonly #request: Omit<UploadDirectoryRequest, 'prefix'>
  readonly #emptyFolders: boolean
  readonly #symlinks: SymlinkPolicy
  readonly #uploader: Uploader
  /** For every file of this folder alike. */
  readonly #options: UploaderOptions
  readonly #small: SmallUploads | undefined

  constructor(core: ClientCore, { prefix, ...request }: UploadDirectoryRequest, options: UploadDirectoryOptions) {
    this.run = new DirectoryRun(options)
    this.#core = throttledCore(core, this.run.parallelism)
    this.prefix = folderPrefix(prefix)
    this.#request = request
    this.#emptyFolders = options.emptyFolders ?? false
    this.#symlinks = options.symlinks ?? 'skip'
    this.#uploader = new Uploader(this.#core, options.uploader)
    const { signal, progress: onProgress } = this.run
    this.#options = this.#uploader.merged({ signal, onProgress })
    if (isPlain(this.#options))
      this.#small = new SmallUploads(this.#core, request, this.#options, this.#symlinks === 'follow')
  }

  /** Runs the whole, see {@link DirectoryRun.complete}. */
  async complete(feed: () => Promise<void>): Promise<DirectorySummary> {
    try {
      return await this.run.complete(feed)
    } finally {
      this.#small?.close()
    }
  }

  async add(entry: WalkEntry): Promise<void> {
    const { path } = entry
    const key = this.prefix + entry.key
    if (entry.kind === 'unseen') await this.run.start(() => this.#uploadUnseen(entry), { key, path })
    else if (entry.kind === 'file') await this.run.start(() => this.upload(entry), { key, path })
    else if (entry.kind === 'leave' && entry.empty && this.#emptyFolders && this.run.filter.takes(entry.key))
      await this.run.start(() => this.mark(entry), { key, path })
    else if (entry.kind === 'other') await this.run.report({ status: 'skipped', key, path, reason: entry.reason })
    else if (entry.kind === 'unreadable') await this.run.report({ status: 'failed', key, path, error: entry.error })
  }

  async upload({ key: relative, path, size }: WalkEntry & { kind: 'file' }): Promise<FileReport> {
    const key = this.prefix + relative
    if (!this.run.dryRun)
      await this.#watched(key, async (options, event) => {
        const done = size <= smallFile && (await this.#small?.upload(path, key, options)) !== undefined
        if (!done) await this.#uploader.uploadUnwatched({ ...this.#request, key }, path, options, event)
      })
    return { status: 'transferred', key, path, size }
  }

  /** Uploads what a folder says is a file. */
  async #uploadUnseen({ key: relative, path }: WalkEntry & { kind: 'unseen' }): Promise<FileReport> {
    const key = this.prefix + relative
    return this.#watched(key, async (options, event) => {
      const length = await this.#small?.upload(path, key, options)
      if (length !== undefined) return { status: 'transferred', key, path, size: length }
      const found = await lookAt(path, relative, this.#symlinks)
      if (found.kind === 'unreadable') throw found.error
      if (found.kind === 'other') return { status: 'skipped', key, path, reason: found.reason }
      await this.#uploader.uploadUnwatched({ ...this.#request, key }, path, options, event)
      return { status: 'transferred', key, path, size: found.size }
    })
  }

  #watched<T>(key: string, work: (options: UploaderOptions, event?: TransferEvent) => Promise<T>): Promise<T> {
    const subject = { kind: 'upload', bucket: this.#request.bucket, key } as const
    return traceTransfer(this.#core.logger, subject, this.#options, work)
  }

  /** Stores the object that stands for an empty folder. */
  async mark({ key: relative, path }: WalkEntry): Promise<FileReport> {
    const key = this.prefix + relative
    if (!this.run.dryRun) {
      const request = { ...this.#request, key, body: '' }
      await send(this.#core, putObject, request, { signal: this.run.signal })
    }
    return { status: 'transferred', key, path, size: 0 }
  }
}

/** Downloads every object of a folder. @internal Use {@link Client.downloadDirectory}. */
export async function downloadDirectory(
  core: ClientCore,
  request: DownloadDirectoryRequest,
  directory: string,
  options: DownloadDirectoryOptions = {},
): Promise<DirectorySummary> {
  checkPath(directory)
  checkDirectoryOptions(options, ['downloader', 'portableNames'])
  checkChoice('portableNames', options.portableNames, [true, false])
  const download = new FolderDownload(core, request, resolve(directory), options)
  return download.complete(async () => {
    await download.open()
    const { prefix, run } = download
    for await (const object of listOrdered(core, { ...request, prefix }, run.signal)) {
      if (run.filter.takes(object.key.slice(prefix.length))) await download.add(object)
    }
  })
}

/** Turns listed objects into files; also the receiving half of a sync. */
export class FolderDownload {
  readonly run: DirectoryRun
  readonly prefix: string
  readonly #root: string
  readonly #request: Omit<DownloadDirectoryRequest, 'prefix'>
  readonly #core: ClientCore
  readonly #downloader: Downloader
  /** For every object of this folder alike. */
  readonly #options: DownloaderOptions
  readonly #small: SmallDownloads | undefined
  readonly #rules: NameRules
  #target: TargetFolder | undefined

  constructor(
    core: ClientCore,
    { prefix, ...request }: DownloadDirectoryRequest,
    root: string,
    options: DownloadDirectoryOptions,
  ) {
    this.prefix = folderPrefix(prefix)
    this.#root = root
    this.#request = request
    this.#rules = options.portableNames ? 'portable' : nativeRules
    this.run = new DirectoryRun(options)
    if (options.downloader && 'useTempFile' in options.downloader)
      throw new ParamInvalidError(
        'downloader.useTempFile',
        'files of a folder always take their place when they are complete',
      )
    this.#core = throttledCore(core, this.run.parallelism)
    this.#downloader = new Downloader(this.#core, options.downloader)
    const { signal, progress: onProgress } = this.run
    this.#options = this.#downloader.merged({ signal, onProgress })
    if (isPlain(this.#options)) this.#small = new SmallDownloads(this.#core, request, this.#options)
  }

  /** Runs the whole, see {@link DirectoryRun.complete}. */
  async complete(feed: () => Promise<void>): Promise<DirectorySummary> {
    try {
      return await this.run.complete(feed)
    } finally {
      this.#small?.close()
      this.#target?.close()
    }
  }

  /** Makes the target folder, unless nothing is to be changed. */
  async open(): Promise<void> {
    if (!this.run.dryRun) this.#target = await TargetFolder.open(this.#root)
  }

  /** Starts the download of an object. `unchanged` is asked first, with the path of the file. */
  async add(object: ListedObject, unchanged?: (path: string) => Promise<boolean>): Promise<void> {
    const { key, size = 0 } = object
    const relative = key.slice(this.prefix.length)
    // The object that stands for the folder itself has nothing to be put anywhere.
    if (relative === '') return this.run.report({ status: 'skipped', key, size, reason: 'is the folder itself' })
    const place = keyToPath(relative, this.#rules)
    if ('refused' in place) return this.#refuse(key, place.refused)
    const { segments } = place
    const path = join(this.#root, ...segments)
    if (place.directory && size > 0) return this.#refuse(key, 'ends in / but has content, which no folder can hold')
    await this.run.start(
      async () => {
        if (unchanged !== undefined && (await unchanged(path)))
          return { status: 'skipped', key, path, size, reason: 'is up to date' }
        if (this.#target === undefined) return { status: 'transferred', key, path, size }
        if (place.directory) await this.#target.makeFolder(segments)
        else await this.#download(object, segments, this.#target)
        return { status: 'transferred', key, path, size }
      },
      { key, path },
    )
  }

  #download(object: ListedObject, segments: readonly string[], target: TargetFolder): Promise<void> {
    const { key, size = 0, lastModified } = object
    const subject = { kind: 'download', bucket: this.#request.bucket, key } as const
    return traceTransfer(this.#core.logger, subject, this.#options, async (options, event) => {
      const { fsync, signal } = options
      const settings = { ...{ fsync, signal, modifiedMs: lastModified?.getTime() } }
      const store = (bytes: Buffer) => target.writeSmallFile(segments, bytes, settings)
      const small = size > 0 && size <= smallFile ? this.#small : undefined
      if (await small?.download(key, size, options, store)) return
      await target.writeFile(segments, async path => {
        await this.#downloader.downloadUnwatched({ ...this.#request, key }, path, options, event, size)
        if (lastModified !== undefined) await setTime(path, lastModified)
      })
    })
  }

  /** A key without a place is a failure: nobody should believe to have everything. */
  #refuse(key: string, reason: string): Promise<void> {
    return this.run.report({
      status: 'failed',
      key,
      error: new ParamInvalidError('key', `${JSON.stringify(key)} ${reason}`),
    })
  }
}

async function setTime(path: string, time: Date): Promise<void> {
  try {
    await utimes(path, time, time)
  } catch (error) {
    throw asFileError('write', path, error)
  }
}
