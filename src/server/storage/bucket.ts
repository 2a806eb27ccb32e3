import { createHash } from 'node:crypto'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Failure } from '../failure.js'
import { listFolder, readJson, writeJson } from './atomic-file.js'
import type { ContentStore } from './content-store.js'
import { KeyLock } from './key-lock.js'
import type { BucketRecord, KeyRecord, ObjectVersion } from './records.js'
import { SortedKeys } from './sorted-keys.js'
import { UploadStore } from './upload-store.js'
import type { VersionChange } from './versions.js'

/**
 * One bucket: its settings, its keys with their versions, and its unfinished uploads. All metadata is in memory; every
 * change is on the disk before it shows there.
 */
export class Bucket {
  readonly uploads: UploadStore
  readonly #directory: string
  readonly #content: ContentStore
  readonly #locks = new KeyLock()
  readonly #keys: SortedKeys
  readonly #records: Map<string, KeyRecord>
  readonly #folders = new Set<string>()
  #record: BucketRecord
  #changes = 0
  #removed = false

  private constructor(
    directory: string,
    content: ContentStore,
    record: BucketRecord,
    records: readonly KeyRecord[],
    uploads: UploadStore,
  ) {
    this.#directory = directory
    this.#content = content
    this.#record = record
    this.#records = new Map(records.map(each => [each.key, each]))
    this.#keys = new SortedKeys(this.#records.keys())
    this.uploads = uploads
    for (const each of records) for (const version of each.versions) content.retain(version.segments)
  }

  /** Makes a bucket in a folder of its own. */
  static async create(directory: string, content: ContentStore, record: BucketRecord): Promise<Bucket> {
    await mkdir(directory, { recursive: true })
    await writeJson(join(directory, 'bucket.json'), record)
    return new Bucket(directory, content, record, [], await UploadStore.load(join(directory, 'uploads'), content))
  }

  /** Reads a bucket back; `undefined` when the folder holds none. */
  static async load(directory: string, content: ContentStore): Promise<Bucket | undefined> {
    if (!(await listFolder(directory)).includes('bucket.json')) return undefined
    const record = await readJson<BucketRecord>(join(directory, 'bucket.json'))
    const records: KeyRecord[] = []
    const folders = join(directory, 'keys')
    for (const folder of await listFolder(folders)) {
      const names = await listFolder(join(folders, folder))
      records.push(...(await Promise.all(names.map(name => readJson<KeyRecord>(join(folders, folder, name))))))
    }
    return new Bucket(directory, content, record, records, await UploadStore.load(join(directory, 'uploads'), content))
  }

  /** The settings as they are now. */
  get record(): BucketRecord {
    return this.#record
  }

  get name(): string {
    return this.#record.name
  }

  /** The keys in order. */
  get keys(): SortedKeys {
    return this.#keys
  }

  /** What is stored under a key. */
  find(key: string): KeyRecord | undefined {
    return this.#records.get(key)
  }

  /** Changes the settings. */
  async update(change: (record: BucketRecord) => BucketRecord): Promise<void> {
    await this.#locks.run('', async () => {
      const changed = change(this.#record)
      await writeJson(join(this.#directory, 'bucket.json'), changed)
      this.#record = changed
    })
  }

  /**
   * Changes what is stored under a key, one change after another. `change` sees the versions as they are then; when it
   * throws, nothing changes. Segments of versions that are dropped are released.
   */
  async change(key: string, change: (versions: readonly ObjectVersion[]) => VersionChange): Promise<void> {
    this.#changes++
    try {
      await this.#locks.run(`/${key}`, async () => {
        if (this.#removed) throw new Failure('NoSuchBucket', { details: { BucketName: this.name } })
        const { versions, dropped } = change(this.#records.get(key)?.versions ?? [])
        await this.#save(key, versions)
        for (const version of dropped) await this.#content.release(version.segments)
      })
    } finally {
      this.#changes--
    }
  }

  async #save(key: string, versions: readonly ObjectVersion[]): Promise<void> {
    const digest = createHash('sha256').update(key).digest('hex')
    const folder = join(this.#directory, 'keys', digest.slice(0, 2))
    const path = join(folder, `${digest.slice(2)}.json`)
    if (versions.length === 0) {
      await rm(path, { force: true })
      this.#records.delete(key)
      this.#keys.remove(key)
      return
    }
    if (!this.#folders.has(folder)) {
      await mkdir(folder, { recursive: true })
      this.#folders.add(folder)
    }
    const record: KeyRecord = { key, versions }
    await writeJson(path, record)
    if (!this.#records.has(key)) this.#keys.add(key)
    this.#records.set(key, record)
  }

  /** Removes the bucket's folder. @throws Failure BucketNotEmpty while there is anything in it, or about to be */
  async remove(): Promise<void> {
    if (this.#records.size > 0 || this.uploads.size > 0 || this.#changes > 0) {
      throw new Failure('BucketNotEmpty', { details: { BucketName: this.name } })
    }
    this.#removed = true
    await rm(this.#directory, { recursive: true, force: true })
  }
}
