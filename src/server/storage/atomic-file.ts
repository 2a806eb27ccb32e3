import { randomBytes } from 'node:crypto'
import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

const temporarySuffix = '.tmp'

/**
 * Replaces a JSON file as a whole: readers and a crash see the old content or the new one. It is not flushed to the disk,
 * so it survives the end of the process but perhaps not a power cut.
 */
export async function writeJson(path: string, value: unknown): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}${temporarySuffix}`
  try {
    await writeFile(temporary, JSON.stringify(value), { flag: 'wx' })
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}

/** Reads a JSON file. */
export async function readJson<T>(path: string): Promise<T> {
  return JSON.parse(await readFile(path, 'utf8')) as T
}

/** Names of the entries of a folder, none when there is no such folder. What an interrupted write left is removed. */
export async function listFolder(path: string): Promise<string[]> {
  let names: string[]
  try {
    names = await readdir(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
  const leftovers = names.filter(name => name.endsWith(temporarySuffix))
  await Promise.all(leftovers.map(name => rm(join(path, name), { force: true })))
  return names.filter(name => !name.endsWith(temporarySuffix))
}
