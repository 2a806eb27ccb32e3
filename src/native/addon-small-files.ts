import { SourceChangedError } from '../errors.js'
import { onAbort } from '../internal/on-abort.js'
import { asSystemError } from './addon-files.js'
import type { Addon, AddonCancellation, AddonEngine, AddonError, AddonFolder } from './addon-types.js'
import { checkName, checkSmallFile } from './checks.js'
import type { OpenFolder, SmallFileOptions, SmallFileOutcome } from './engine.js'

/** Reads a whole file on a native thread. */
export async function readAddonFile(
  engine: AddonEngine,
  path: string,
  buffer: Uint8Array,
  follow: boolean,
): Promise<number | undefined> {
  try {
    const length = await engine.readSmallFile(path, buffer, follow)
    return length < 0 ? undefined : length
  } catch (error) {
    if ((error as AddonError).code === 'Changed') throw new SourceChangedError(`${path} changed while it was read`)
    throw asSystemError(error, path)
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

class NativeFolder implements OpenFolder {
  readonly #addon: Addon
  readonly #folder: AddonFolder
  readonly #path: string

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
    const cancellation = signal && cancellationOf(this.#addon, signal)
    try {
      return await this.#folder.write(name, temporary, bytes, fsync, modifiedMs, replace, cancellation)
    } catch (error) {
      signal?.throwIfAborted()
      throw asSystemError(error, `${this.#path}/${name}`)
    }
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
