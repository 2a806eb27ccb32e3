import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Failure } from '../failure.js'
import { listFolder, readJson, writeJson } from './atomic-file.js'
import type { ContentStore } from './content-store.js'
import { KeyLock } from './key-lock.js'
import type { PartRecord, UploadRecord } from './records.js'
import { compareUtf8 } from './sorted-keys.js'

/** An unfinished upload and what has arrived of it. */
export interface Upload {
  readonly record: UploadRecord
  /** Parts by number, in no order. */
  readonly parts: ReadonlyMap<number, PartRecord>
}

interface LoadedUpload extends Upload {
  readonly parts: Map<number, PartRecord>
}

/** The unfinished multipart uploads of one bucket, each in a folder with one small file a part. */
export class UploadStore {
  readonly #directory: string
  readonly #content: ContentStore
  readonly #uploads = new Map<string, LoadedUpload>()
  readonly #locks = new KeyLock()

  private constructor(directory: string, content: ContentStore) {
    this.#directory = directory
    this.#content = content
  }

  /** Reads the uploads back. */
  static async load(directory: string, content: ContentStore): Promise<UploadStore> {
    const store = new UploadStore(directory, content)
    for (const uploadId of await listFolder(directory)) {
      const folder = join(directory, uploadId)
      const names = await listFolder(folder)
      if (!names.includes('upload.json')) {
        await rm(folder, { recursive: true, force: true })
        continue
      }
      const record = await readJson<UploadRecord>(join(folder, 'upload.json'))
      const partNames = names.filter(name => name !== 'upload.json')
      const parts = await Promise.all(partNames.map(name => readJson<PartRecord>(join(folder, name))))
      for (const part of parts) content.retain(part.segments)
      store.#uploads.set(uploadId, { record, parts: new Map(parts.map(part => [part.partNumber, part])) })
    }
    return store
  }

  /** Number of unfinished uploads. */
  get size(): number {
    return this.#uploads.size
  }

  /** All uploads by key, those of one key by time and id. */
  sorted(): Upload[] {
    return [...this.#uploads.values()].sort(
      ({ record: a }, { record: b }) => compareUtf8(a.key, b.key) || compareUtf8(a.uploadId, b.uploadId),
    )
  }

  /** The upload of a key. @throws Failure NoSuchUpload */
  get(uploadId: string, key: string): Upload {
    const upload = this.#uploads.get(uploadId)
    if (upload === undefined || upload.record.key !== key)
      throw new Failure('NoSuchUpload', { details: { UploadId: uploadId } })
    return upload
  }

  /** Begins an upload. */
  async begin(record: UploadRecord): Promise<void> {
    const folder = join(this.#directory, record.uploadId)
    await mkdir(folder, { recursive: true })
    await writeJson(join(folder, 'upload.json'), record)
    this.#uploads.set(record.uploadId, { record, parts: new Map() })
  }

  /** Keeps a part, in place of an earlier one of its number. The store owns its segments from here on. */
  async putPart(uploadId: string, key: string, part: PartRecord): Promise<void> {
    await this.exclusive(uploadId, async () => {
      this.get(uploadId, key)
      const upload = this.#uploads.get(uploadId) as LoadedUpload
      const before = upload.parts.get(part.partNumber)
      if (before !== undefined && upload.record.sequential) throw new Failure('PartAlreadyExist')
      await writeJson(join(this.#directory, uploadId, `${part.partNumber}.json`), part)
      upload.parts.set(part.partNumber, part)
      if (before !== undefined) await this.#content.release(before.segments)
    })
  }

  /** Runs a task while no part of the upload is added and no one else ends it. */
  exclusive<T>(uploadId: string, task: () => Promise<T>): Promise<T> {
    return this.#locks.run(uploadId, task)
  }

  /** Forgets an upload and releases its parts. */
  async end(uploadId: string): Promise<void> {
    const upload = this.#uploads.get(uploadId)
    this.#uploads.delete(uploadId)
    await rm(join(this.#directory, uploadId), { recursive: true, force: true })
    for (const part of upload?.parts.values() ?? []) await this.#content.release(part.segments)
  }
}
