import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { join, resolve } from 'node:path'
import { getEngine } from '#src/native/index.js'
import type { Random } from '../helpers/random.js'
import { type SimulatedDisk, SimulatedReader, SimulatedWriter } from './disk.js'
import type { Scheduler } from './scheduler.js'

/** What stands in for files below the simulated root. */
export interface FileWorld {
  readonly disk: SimulatedDisk
  readonly scheduler: Scheduler
  readonly random: Random
}

const root = resolve('/ferross-simulation')

/** A path on the simulated disk. */
export const simulated = (name: string) => join(root, name)

type Call = (path: string, ...rest: never[]) => Promise<unknown>

/**
 * Lets the transfer engine read and write the simulated disk: the functions of `node:fs/promises` that it uses, and the byte
 * engine's readers and writers. Paths outside of the simulated root are served as ever. Gives the way back.
 */
export function intercept(current: () => FileWorld): () => void {
  const engine = getEngine()
  const { openPartReader, openPartWriter } = engine
  const originals: Record<string, Call> = {}
  const replacements = fileFunctions(current)
  for (const [name, replacement] of Object.entries(replacements)) {
    const original = fs.promises[name as keyof typeof replacements] as unknown as Call
    originals[name] = original
    Object.assign(fs.promises, {
      [name]: (path: string, ...rest: never[]) =>
        (String(path).startsWith(root) ? replacement : original)(path, ...rest),
    })
  }
  syncBuiltinESMExports()
  Object.assign(engine, {
    openPartReader: (path: string) => {
      const { disk, scheduler } = current()
      return scheduler.later(() => new SimulatedReader(disk, scheduler, path))
    },
    openPartWriter: (path: string, { size, existing = false }: { size: number; existing?: boolean }) => {
      const { disk, scheduler, random } = current()
      return scheduler.later(() => new SimulatedWriter(disk, scheduler, random, path, size, existing))
    },
  })
  return () => {
    Object.assign(fs.promises, originals)
    syncBuiltinESMExports()
    Object.assign(engine, { openPartReader, openPartWriter })
  }
}

function fileFunctions(current: () => FileWorld) {
  /** Something that is done or not done, even by a process that dies meanwhile. */
  const atomic = (effect: (disk: SimulatedDisk) => void) => {
    const { disk, scheduler, random } = current()
    return scheduler.later(
      () => effect(disk),
      () => random.chance(0.5) && effect(disk),
    )
  }
  return {
    mkdir: async () => {},
    open: (path: string, flags: string | number) => {
      const { disk, scheduler } = current()
      return scheduler.later(() => {
        if (flags === 'wx' && disk.exists(path)) throw Object.assign(new Error(`EEXIST: ${path}`), { code: 'EEXIST' })
        // Numbers stand for reading.
        return handleOf(current(), typeof flags === 'number' ? disk.find(path) : disk.create(path))
      })
    },
    rename: (from: string, to: never) => atomic(disk => disk.rename(from, to)),
    rm: (path: string) => atomic(disk => disk.remove(path)),
    stat: (path: string) => {
      const { disk, scheduler } = current()
      return scheduler.later(() => {
        const isFolder = path === root || path === simulated('checkpoints')
        return isFolder ? folderStat : statOf(disk.find(path, 'stat'))
      })
    },
  }
}

type File = ReturnType<SimulatedDisk['create']>

const uid = process.getuid?.() ?? 0
const folderStat = { ino: 0, uid, size: 0, mtimeMs: 0, isFile: () => false, isDirectory: () => true }

function statOf({ ino, data, mtimeMs }: File) {
  return { ...folderStat, ino, size: data.length, mtimeMs, isFile: () => true, isDirectory: () => false }
}

/** As much of a FileHandle as journals need. */
function handleOf({ disk, scheduler, random }: FileWorld, file: File) {
  const append = (text: string) => {
    const put = (length: number) => disk.write(file, Buffer.concat([file.data, Buffer.from(text.slice(0, length))]))
    return scheduler.later(
      () => void put(text.length),
      () => put(random.between(0, text.length + 1)),
    )
  }
  return {
    writeFile: append,
    appendFile: append,
    stat: () => scheduler.later(() => statOf(file)),
    readFile: () => scheduler.later(() => Buffer.from(file.data)),
    sync: () => scheduler.later(() => disk.sync(file)),
    close: async () => {},
  }
}
