import { SourceChangedError } from '../errors.js'
import { onAbort } from '../internal/on-abort.js'
import { asSystemError } from './addon-files.js'
import type { Addon, AddonCancellation, AddonEngine, AddonError, AddonFolder, AddonNewFile } from './addon-types.js'
import { Batches, type Pace } from './batches.js'
import { checkName, checkSmallFile } from './checks.js'
import type { OpenFolder, SmallFileOptions, SmallFileOutcome } from './engine.js'

/** A file that is to be read. */
interface Wanted {
  readonly path: string
  readonly buffer: Uint8Array
}

/** Reads whole files on native threads. */
export class AddonSmallFiles {
  readonly #followed: Batches<Wanted>
  readonly #plain: Batches<Wanted>

  constructor(engine: AddonEngine) {
    const reading = (follow: boolean) => (files: Wanted[]) =>
      engine.readSmallFiles(
        files.map(({ path }) => path),
        files.map(({ buffer }) => buffer),
        follow,
      )
    const pace = { milliseconds: 0 }
    this.#followed = new Batches(pace, reading(true))
    this.#plain = new Batches(pace, reading(false))
  }

  async read(path: string, buffer: Uint8Array, follow: boolean): Promise<number | undefined> {
    try {
      const length = await (follow ? this.#followed : this.#plain).add({ path, buffer })
      return length < 0 ? undefined : length
    } catch (error) {
      if ((error as AddonError).code === 'Changed') throw new SourceChangedError(`${path} changed while it was read`)
      throw asSystemError(error, path)
    }
  }
}

/** Wraps a folder that is being opened. */
export async function openAddonFolder(addon: Addon, opening: Promise<AddonFolder>, path: string): Promise<OpenFolder> {
  try {
    return new NativeFolder(addon, await opening, path)
  } catch (error) {
    throw asSystemError(error, path)
  }
}

interface Written {
  readonly file: AddonNewFile
  readonly bytes: Uint8Array
}

/** Of all folders: they lie on one disk mostly. */
const writing: Pace = { milliseconds: 0 }
/** What the addon's numbers say. */
const outcomes: readonly SmallFileOutcome[] = ['written', 'exists', 'moved']

class NativeFolder implements OpenFolder {
  readonly #addon: Addon
  readonly #folder: AddonFolder
  readonly #path: string
  /** By their signal, since a job is stopped as a whole. */
  readonly #batches = new Map<AbortSignal | undefined, Batches<Written>>()

  constructor(addon: Addon, folder: AddonFolder, path: string) {
    this.#addon = addon
    this.#folder = folder
    this.#path = path
  }

  async open(names: readonly string[]): Promise<OpenFolder> {
    for (const name of names) checkName('names', name)
    return openAddonFolder(this.#addon, this.#folder.open(names), [this.#path, ...names].join('/'))
  }

  async writeFile(name: string, bytes: Uint8Array, options: SmallFileOptions): Promise<SmallFileOutcome> {
    checkSmallFile(name, bytes, options)
    const { temporary, fsync = true, modifiedMs, replace = false, signal } = options
    signal?.throwIfAborted()
    try {
      const file = { name, temporary, synchronised: fsync, modifiedMs, replace }
      return outcomes[await this.#batchesOf(signal).add({ file, bytes })] as SmallFileOutcome
    } catch (error) {
      signal?.throwIfAborted()
      throw asSystemError(error, `${this.#path}/${name}`)
    }
  }

  #batchesOf(signal: AbortSignal | undefined): Batches<Written> {
    let batches = this.#batches.get(signal)
    if (batches === undefined) {
      const cancellation = signal && cancellationOf(this.#addon, signal)
      batches = new Batches(writing, files =>
        this.#folder.write(
          files.map(({ file }) => file),
          files.map(({ bytes }) => bytes),
          cancellation,
        ),
      )
      this.#batches.set(signal, batches)
    }
    return batches
  }

  close(): void {
    this.#folder.close()
  }
}

/** One flag for each signal: thousands of files are written under the same one. */
const cancellations = new WeakMap<AbortSignal, AddonCancellation>()

function cancellationOf(addon: Addon, signal: AbortSignal): AddonCancellation {
  let cancellation = cancellations.get(signal)
  if (cancellation === undefined) {
    const made = new addon.Cancellation()
    onAbort(signal, () => made.cancel())
    cancellations.set(signal, made)
    cancellation = made
  }
  return cancellation
}
