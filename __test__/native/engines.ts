import { createCipheriv, createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { createAddonEngine } from '#src/native/addon.js'
import type { NativeEngine } from '#src/native/engine.js'
import { fallbackEngine } from '#src/native/fallback.js'
import { loadAddon } from '#src/native/load.js'

const result = loadAddon()

/** The engine over the addon, where it was built. */
export const addonEngine = 'addon' in result ? createAddonEngine(result.addon) : undefined
if ('reason' in result) console.log(`The addon is not tested: ${result.reason}`)

/** All engines that can be tested here. */
export const engines: NativeEngine[] = addonEngine ? [addonEngine, fallbackEngine] : [fallbackEngine]

/** A folder of the test's own, removed after it. */
export async function temporaryFolder(t: ExecutionContext<unknown>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ferross-native-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** Bytes that look random and are the same in every run. */
export function noise(length: number, seed = 1): Buffer {
  const key = createHash('sha256').update(`seed ${seed}`).digest()
  return createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(length))
}

/** Key stream settings for tests that do not care which. */
export const cipher = { key: noise(32, 2), iv: Buffer.alloc(16, 0xff), offset: 0 }
