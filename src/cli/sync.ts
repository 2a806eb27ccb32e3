import type { SyncComparison } from '../transfer/sync-compare.js'
import { readCommandLine } from './command-line.js'
import { withClient } from './connect.js'
import { ossLocation } from './location.js'
import {
  checkpointOptions,
  folderOptions,
  manyFiles,
  moveOptions,
  moveUsage,
  partOptions,
  uploadProperties,
} from './transfer-options.js'

const options = {
  ...moveOptions,
  delete: { type: 'boolean' },
  compare: { type: 'string' },
  'allow-empty-source': { type: 'boolean' },
} as const

const usage = `usage: ferross sync [options] FOLDER oss://bucket/prefix | oss://bucket/prefix FOLDER | oss://bucket/a oss://bucket/b

Makes the second folder like the first. Transfers only what differs.

      --delete             remove what only the target has
      --compare HOW        size-and-time (default), size or checksum
      --allow-empty-source let --delete empty the target${moveUsage}`

/** Makes folders alike. */
export async function sync(args: string[]): Promise<number> {
  const line = readCommandLine(args, usage, options, [2, 2])
  if (line === undefined) return 0
  const { values, wrong } = line
  const [from, to] = line.operands.map(operand => {
    const place = ossLocation(operand, wrong)
    return place ? { bucket: place.bucket, prefix: place.key } : operand
  }) as [string | { bucket: string; prefix: string }, string | { bucket: string; prefix: string }]
  if (typeof from === 'string' && typeof to === 'string') throw wrong('one of the operands must be oss://bucket/…')
  const compare = values.compare ?? 'size-and-time'
  if (!['size-and-time', 'size', 'checksum'].includes(compare))
    throw wrong('--compare: expected size-and-time, size or checksum')
  const parts = partOptions(line)
  const checkpoints = checkpointOptions(line)
  return withClient(line, async (client, signal) => {
    const many = manyFiles(line, signal)
    const target = typeof from === 'string' && typeof to === 'object' ? { ...to, ...uploadProperties(line) } : to
    const summary = await client.sync(
      { from, to: target },
      {
        ...many.options,
        ...folderOptions(line),
        onProgress: many.line.bytes,
        compare: compare as SyncComparison,
        delete: values.delete ?? false,
        allowEmptySource: values['allow-empty-source'] ?? false,
        uploader: { ...parts, ...checkpoints },
        downloader: { ...parts, ...checkpoints },
        copier: parts,
      },
    )
    return many.finish(summary)
  })
}
