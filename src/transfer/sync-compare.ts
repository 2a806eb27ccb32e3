import type { ClientCore } from '../client/core.js'
import { getEngine } from '../native/index.js'
import { headObject } from '../operations/index.js'
import { send } from '../pipeline/send.js'
import { asFileError } from './transfer-error.js'

/** How {@link Client.sync} decides that a file need not be transferred. */
export type SyncComparison = 'size-and-time' | 'size' | 'checksum'

/** One side of a comparison. */
export interface Comparable {
  readonly size: number
  /** When it was written, in milliseconds since 1970; unknown counts as old. */
  readonly time: number | undefined
  /** CRC-64 of the content, decimal; `undefined` when the service does not know it. */
  readonly checksum: () => Promise<string | undefined>
}

/** Whether the target has what the source has, as far as the comparison can tell. In doubt it has not. */
export async function sameContent(how: SyncComparison, source: Comparable, target: Comparable): Promise<boolean> {
  if (source.size !== target.size) return false
  if (how === 'size') return true
  if (how === 'size-and-time')
    return source.time !== undefined && target.time !== undefined && target.time >= source.time
  const [ofSource, ofTarget] = await Promise.all([source.checksum(), target.checksum()])
  return ofSource !== undefined && ofSource === ofTarget
}

/** CRC-64 the service has for an object. */
export async function objectChecksum(
  core: ClientCore,
  about: { bucket: string; key: string },
  signal: AbortSignal,
): Promise<string | undefined> {
  return (await send(core, headObject, about, { signal })).hashCrc64
}

const block = 4 * 1024 * 1024

/** CRC-64 of a file, read in blocks that count against the memory limit of the client. */
export async function fileChecksum(core: ClientCore, path: string, signal: AbortSignal): Promise<string> {
  const engine = getEngine()
  try {
    const reader = await engine.openPartReader(path)
    try {
      let checksum = 0n
      const { size } = reader.opened
      for (let offset = 0; offset < size; offset += block) {
        const length = Math.min(block, size - offset)
        await core.memory.acquire(length, signal)
        try {
          const { buffer, crc64Plain } = await reader.read(offset, length, { signal })
          checksum = engine.crc64Combine(checksum, crc64Plain, buffer.length)
          reader.release(buffer)
        } finally {
          core.memory.release(length)
        }
      }
      return checksum.toString()
    } finally {
      await reader.close()
    }
  } catch (error) {
    throw asFileError('read', path, error)
  }
}
