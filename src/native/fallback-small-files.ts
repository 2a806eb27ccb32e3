import { constants } from 'node:fs'
import { lstat, open, realpath, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { SourceChangedError } from '../errors.js'
import { checkName, checkSmallFile } from './checks.js'
import type { OpenFolder, SmallFileOptions, SmallFileOutcome } from './engine.js'
import { systemError, withPath } from './system-error.js'

// Windows has neither flag.
const { O_NONBLOCK = 0, O_NOFOLLOW = 0, O_RDONLY } = constants

/** Reads a whole file through node:fs. */
export async function readFallbackFile(path: string, buffer: Uint8Array, follow: boolean): Promise<number | undefined> {
  const handle = await open(path, O_RDONLY | O_NONBLOCK | (follow ? 0 : O_NOFOLLOW))
  try {
    const before = await handle.stat()
    if (before.isDirectory()) throw systemError('EISDIR', 'open', path)
    if (!before.isFile() || before.size > buffer.length) return undefined
    let length = 0
    while (length < before.size) {
      const { bytesRead } = await handle.read(buffer, length, before.size - length, length)
      if (bytesRead === 0) break
      length += bytesRead
    }
    const after = await handle.stat()
    if (length < before.size || after.size !== before.size || after.mtimeMs !== before.mtimeMs)
      throw new SourceChangedError(`${path} changed while it was read`)
    return length
  } catch (error) {
    throw withPath(error, path)
  } finally {
    await handle.close()
  }
}

/** Opens a folder by its path. */
export async function openFallbackFolder(path: string): Promise<OpenFolder> {
  const folder = await lstat(path)
  const actual = await realpath(path)
  if (!folder.isDirectory()) throw systemError('ENOTDIR', 'open', path)
  return new FallbackFolder(path, actual)
}

/**
 * A folder by its path: Node.js opens nothing by its name in an open folder. So the path is resolved before every file; who
 * replaces a folder in the moment after that is not noticed.
 */
class FallbackFolder implements OpenFolder {
  readonly #path: string
  /** Where the path led when the folder was opened. */
  readonly #actual: string

  constructor(path: string, actual: string) {
    this.#path = path
    this.#actual = actual
  }

  async open(names: readonly string[]): Promise<OpenFolder> {
    for (const name of names) checkName('names', name)
    const path = join(this.#path, ...names)
    if ((await realpath(path)) !== join(this.#actual, ...names)) throw systemError('ENOTDIR', 'open', path)
    return openFallbackFolder(path)
  }

  async writeFile(name: string, bytes: Uint8Array, options: SmallFileOptions): Promise<SmallFileOutcome> {
    checkSmallFile(name, bytes, options)
    options.signal?.throwIfAborted()
    if ((await realpath(this.#path).catch(() => undefined)) !== this.#actual) return 'moved'
    const path = join(this.#path, name)
    const existing = await lstat(path).catch(error => {
      if (error.code !== 'ENOENT') throw error
    })
    if (existing?.isDirectory()) throw systemError('EISDIR', 'open', path)
    if (existing && !existing.isSymbolicLink() && !options.replace) return 'exists'
    await this.#write(join(this.#path, options.temporary), path, bytes, options)
    return 'written'
  }

  async #write(temporary: string, path: string, bytes: Uint8Array, options: SmallFileOptions): Promise<void> {
    const { fsync = true, modifiedMs, signal } = options
    const handle = await open(temporary, 'wx')
    try {
      try {
        await handle.writeFile(bytes)
        if (modifiedMs !== undefined) await handle.utimes(modifiedMs / 1000, modifiedMs / 1000)
        if (fsync) await handle.sync()
      } finally {
        await handle.close()
      }
      signal?.throwIfAborted()
      await rename(temporary, path)
    } catch (error) {
      await rm(temporary, { force: true })
      throw withPath(error, path)
    }
  }

  close(): void {}
}
