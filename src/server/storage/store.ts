import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Failure } from '../failure.js'
import { listFolder, readJson, writeJson } from './atomic-file.js'
import { Bucket } from './bucket.js'
import { ContentStore } from './content-store.js'
import { KeyLock } from './key-lock.js'
import type { AccountRecord, BucketRecord } from './records.js'
import { compareUtf8 } from './sorted-keys.js'

/** Folder names start with this, because a bucket may be called `con` or `aux`, which Windows reserves. */
const folderPrefix = 'b_'
const accountFile = 'account.json'

/** All buckets, in one folder. */
export class Store {
  /** The bytes of objects and parts. */
  readonly content: ContentStore
  readonly #directory: string
  readonly #buckets = new Map<string, Bucket>()
  readonly #locks = new KeyLock()
  #account: AccountRecord = { settings: {} }

  private constructor(directory: string) {
    this.#directory = directory
    this.content = new ContentStore(join(directory, 'content'))
  }

  /** Opens a folder, with everything an earlier server left in it. */
  static async open(directory: string): Promise<Store> {
    const store = new Store(directory)
    if ((await listFolder(directory)).includes(accountFile)) {
      store.#account = await readJson<AccountRecord>(join(directory, accountFile))
    }
    const folders = join(directory, 'buckets')
    for (const folder of await listFolder(folders)) {
      if (!folder.startsWith(folderPrefix)) continue
      const bucket = await Bucket.load(join(folders, folder), store.content)
      if (bucket !== undefined) store.#buckets.set(bucket.name, bucket)
    }
    await store.content.sweep()
    return store
  }

  /** What is set for the account, not for a bucket. */
  get account(): AccountRecord {
    return this.#account
  }

  /** Changes what is set for the account. */
  async updateAccount(change: (record: AccountRecord) => AccountRecord): Promise<void> {
    await this.#locks.run('', async () => {
      const changed = change(this.#account)
      await mkdir(this.#directory, { recursive: true })
      await writeJson(join(this.#directory, accountFile), changed)
      this.#account = changed
    })
  }

  /** All buckets by name. */
  buckets(): Bucket[] {
    return [...this.#buckets.values()].sort((a, b) => compareUtf8(a.name, b.name))
  }

  /** The bucket of a name. */
  find(name: string): Bucket | undefined {
    return this.#buckets.get(name)
  }

  /** The bucket of a name. @throws Failure NoSuchBucket */
  bucket(name: string): Bucket {
    const bucket = this.#buckets.get(name)
    if (bucket === undefined) throw new Failure('NoSuchBucket', { details: { BucketName: name } })
    return bucket
  }

  /** Makes a bucket, or hands an existing one to `existing`. */
  async create(record: BucketRecord, existing: (bucket: Bucket) => Promise<void>): Promise<void> {
    await this.#locks.run(record.name, async () => {
      const present = this.#buckets.get(record.name)
      if (present !== undefined) return existing(present)
      const directory = join(this.#directory, 'buckets', folderPrefix + record.name)
      this.#buckets.set(record.name, await Bucket.create(directory, this.content, record))
    })
  }

  /** Removes an empty bucket. @throws Failure NoSuchBucket, BucketNotEmpty */
  async remove(name: string): Promise<void> {
    await this.#locks.run(name, async () => {
      await this.bucket(name).remove()
      this.#buckets.delete(name)
    })
  }
}
