import { lstat, mkdir, realpath } from 'node:fs/promises'
import { isAbsolute, join, relative, sep } from 'node:path'
import { ParamInvalidError } from '../errors.js'
import type { SmallFileOptions } from '../native/engine.js'
import { OpenFolders } from './open-folders.js'
import { foldedName } from './safe-path.js'
import { temporaryNames } from './small-files.js'
import { asFileError } from './transfer-error.js'

/** How many folders are remembered as existing before the memory is cleared. */
const remembered = 4096

/** How a small file is written. */
export type SmallFileSettings = Pick<SmallFileOptions, 'fsync' | 'modifiedMs' | 'signal'>

/** The path with its symbolic links resolved and its names as the disk spells them. */
export type ResolvePath = (path: string) => Promise<string>
const resolvePath: ResolvePath = path => realpath(path)

/**
 * A folder that files are written to by names from elsewhere. Before a file is written its folder is made, name by name, and
 * resolved: it must still lie below the root, so a symbolic link that leads out is never followed. What differs from an
 * existing name only in case is refused where the system takes the two for the same.
 */
export class TargetFolder {
  readonly #root: string
  readonly #resolve: ResolvePath
  readonly #made = new Map<string, Promise<void>>()
  readonly #busy = new Map<string, Promise<unknown>>()
  readonly #open: OpenFolders
  readonly #temporary = temporaryNames()

  private constructor(root: string, resolve: ResolvePath) {
    this.#root = root
    this.#resolve = resolve
    this.#open = new OpenFolders(segments => this.#resolved(segments), root)
  }

  /** Makes the folder where it does not exist. @param resolve only tests replace it */
  static async open(path: string, resolve: ResolvePath = resolvePath): Promise<TargetFolder> {
    try {
      await mkdir(path, { recursive: true })
      return new TargetFolder(await resolve(path), resolve)
    } catch (error) {
      throw asFileError('write', path, error)
    }
  }

  /** Makes a folder and those above it. @throws ParamInvalidError when it would lie outside the root */
  async makeFolder(segments: readonly string[]): Promise<string> {
    const path = join(this.#root, ...segments)
    try {
      await this.#make(segments)
      await this.#checkInside(segments)
    } catch (error) {
      throw asFileError('write', path, error)
    }
    return path
  }

  /**
   * Gives the path of a file to `write`, once its folder exists and the name is free for it. Names that some systems take for
   * the same wait for each other, so that the second finds the first.
   */
  async writeFile<T>(segments: readonly string[], write: (path: string) => Promise<T>): Promise<T> {
    return this.#inTurn(segments.join('/'), async () => write(await this.#prepare(segments)))
  }

  /**
   * Writes a small file as a whole. Its folder is held open, and what is written to it cannot get anywhere else; a folder that is
   * no more where it was is looked for anew, with all the checks.
   */
  async writeSmallFile(segments: readonly string[], bytes: Uint8Array, settings: SmallFileSettings): Promise<void> {
    const key = segments.join('/')
    await this.#inTurn(key, async () => {
      try {
        await this.#writeSmall(key, segments, bytes, settings)
      } catch (error) {
        throw asFileError('write', join(this.#root, ...segments), error)
      }
    })
  }

  async #writeSmall(
    key: string,
    segments: readonly string[],
    bytes: Uint8Array,
    { fsync, modifiedMs, signal }: SmallFileSettings,
  ): Promise<void> {
    const name = segments.at(-1) as string
    const folder = key.slice(0, -name.length - 1)
    const temporary = this.#temporary(name)
    const write = (replace: boolean) =>
      this.#open.use(folder, segments, open =>
        open.writeFile(name, bytes, { temporary, fsync, modifiedMs, replace, signal }),
      )
    for (let tries = 0; tries < 3; tries++) {
      let outcome = await write(false)
      if (outcome === 'exists') {
        await this.#prepare(segments)
        outcome = await write(true)
      }
      if (outcome === 'written') return
    }
    throw Object.assign(new Error('ENOENT: the folder is moved again and again'), { code: 'ENOENT' })
  }

  /** Lets go of the folders. Nothing may be under way. */
  close(): void {
    this.#open.close()
  }

  /** Does something about a name once nothing else is done about it, or about what some systems take for the same. */
  async #inTurn<T>(key: string, work: () => Promise<T>): Promise<T> {
    const folded = foldedName(key)
    while (this.#busy.has(folded)) await this.#busy.get(folded)
    const working = work()
    this.#busy.set(
      folded,
      working.catch(() => {}),
    )
    try {
      return await working
    } finally {
      this.#busy.delete(folded)
    }
  }

  async #prepare(segments: readonly string[]): Promise<string> {
    const folder = await this.makeFolder(segments.slice(0, -1))
    const path = join(folder, segments.at(-1) as string)
    const existing = await lstat(path).catch(() => undefined)
    // A link is replaced, not followed, so where it leads does not matter.
    if (existing === undefined || existing.isSymbolicLink()) return path
    if (existing.isDirectory()) {
      const message = `EISDIR: illegal operation on a directory, open '${path}'`
      throw asFileError('write', path, Object.assign(new Error(message), { code: 'EISDIR', path }))
    }
    const actual =
      relative(this.#root, await this.#resolve(path))
        .split(sep)
        .at(-1) ?? ''
    this.#refuseOtherCase(segments.at(-1) as string, actual)
    return path
  }

  async #make(segments: readonly string[]): Promise<void> {
    if (segments.length === 0) return
    const name = segments.join('/')
    let making = this.#made.get(name)
    if (making === undefined) {
      making = this.#makeOne(segments)
      if (this.#made.size >= remembered) this.#made.clear()
      this.#made.set(name, making)
      making.catch(() => this.#made.delete(name))
    }
    await making
  }

  async #makeOne(segments: readonly string[]): Promise<void> {
    await this.#make(segments.slice(0, -1))
    try {
      await mkdir(join(this.#root, ...segments))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      // Looked at before anything is made below it: it may be a link.
      await this.#checkInside(segments)
    }
  }

  /** Makes a folder and gives the names that lead to it over no link. */
  async #resolved(segments: readonly string[]): Promise<readonly string[]> {
    await this.#make(segments)
    return this.#checkInside(segments)
  }

  async #checkInside(segments: readonly string[]): Promise<readonly string[]> {
    const inside = relative(this.#root, await this.#resolve(join(this.#root, ...segments)))
    const actual = inside === '' ? [] : inside.split(sep)
    if (actual[0] === '..' || isAbsolute(inside))
      throw new ParamInvalidError('key', 'its folder is a symbolic link that leads outside the target')
    if (actual.length === segments.length)
      for (const [index, name] of segments.entries()) this.#refuseOtherCase(name, actual[index] as string)
    return actual
  }

  #refuseOtherCase(wanted: string, actual: string): void {
    if (wanted !== actual && foldedName(wanted) === foldedName(actual))
      throw new ParamInvalidError(
        'key',
        `this system takes ${JSON.stringify(wanted)} and ${JSON.stringify(actual)} for one name`,
      )
  }
}
