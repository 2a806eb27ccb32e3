import type { OpenFolder, SmallFileOutcome } from '../native/engine.js'
import { getEngine } from '../native/index.js'

/** How many folders stay open, unless more are in use. */
const most = 64

interface Entry {
  readonly folder: Promise<OpenFolder>
  users: number
}

/**
 * Folders below a root that are held open, those used last. Each is looked at once: what is opened is opened from the root, name
 * by name and over no link, and what is later put in its place, such as a link that leads out, gets nothing.
 */
export class OpenFolders {
  readonly #resolve: (segments: readonly string[]) => Promise<readonly string[]>
  readonly #path: string
  readonly #entries = new Map<string, Entry>()
  #root: Promise<OpenFolder> | undefined

  /**
   * @param resolve makes a folder and gives the names that lead to it over no link; throws where it must not be entered
   * @param root path of the root, resolved
   */
  constructor(resolve: (segments: readonly string[]) => Promise<readonly string[]>, root: string) {
    this.#resolve = resolve
    this.#path = root
  }

  /**
   * Opens a folder, if need be, for the time of some work. One that turns out to have moved is not used again.
   *
   * @param name names that lead to the folder, joined by `/`
   * @param file the same names, and that of a file in the folder
   */
  async use(
    name: string,
    file: readonly string[],
    work: (folder: OpenFolder) => Promise<SmallFileOutcome>,
  ): Promise<SmallFileOutcome> {
    const entry = this.#entryOf(name, file)
    entry.users++
    try {
      const outcome = await work(await entry.folder)
      if (outcome === 'moved') this.#forget(name, entry)
      return outcome
    } finally {
      entry.users--
      // Whoever uses it last closes what was forgotten meanwhile.
      if (entry.users === 0 && this.#entries.get(name) !== entry) close(entry)
    }
  }

  #entryOf(name: string, file: readonly string[]): Entry {
    let entry = this.#entries.get(name)
    if (entry !== undefined) {
      if (this.#entries.size < most) return entry
      this.#entries.delete(name)
    } else {
      const made = { folder: this.#enter(file.slice(0, -1)), users: 0 }
      made.folder.catch(() => this.#forget(name, made))
      entry = made
    }
    // The one used last is at the end.
    this.#entries.set(name, entry)
    for (const [other, idle] of this.#entries) {
      if (this.#entries.size <= most) break
      if (idle.users > 0 || idle === entry) continue
      this.#entries.delete(other)
      close(idle)
    }
    return entry
  }

  async #enter(segments: readonly string[]): Promise<OpenFolder> {
    const actual = await this.#resolve(segments)
    this.#root ??= getEngine().openFolder(this.#path)
    return (await this.#root).open(actual)
  }

  /** The next one who wants it opens it anew, beginning with the root, which may have moved too. */
  #forget(name: string, entry: Entry): void {
    if (this.#entries.get(name) !== entry) return
    this.#entries.delete(name)
    this.#root = undefined
  }

  /** Closes all. Nothing may be under way. */
  close(): void {
    for (const entry of this.#entries.values()) close(entry)
    this.#entries.clear()
    this.#root?.then(root => root.close()).catch(() => {})
  }
}

function close({ folder }: Entry): void {
  folder.then(
    opened => opened.close(),
    () => {},
  )
}
