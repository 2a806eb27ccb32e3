import { stat } from 'node:fs/promises'
import { basename, join, sep } from 'node:path'
import type { Client } from '../client/client.js'
import { keyToPath } from '../transfer/safe-path.js'
import { type CommandLine, readCommandLine } from './command-line.js'
import { withClient } from './connect.js'
import { formatLocation, type OssLocation, ossLocation } from './location.js'
import { oneLine, printJson, printLine } from './print.js'
import { ProgressLine } from './progress.js'
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
  recursive: { type: 'boolean', short: 'r' },
  'content-type': { type: 'string' },
} as const

const usage = `usage: ferross cp [options] FILE oss://bucket/key | oss://bucket/key FILE | oss://bucket/key oss://bucket/key

Copies a file to or from a bucket, or an object to another place. A target that ends in / or is a folder gets the name of
the source. With -r copies all files below a folder; between buckets those that are not there yet.

  -r, --recursive          copy folders
      --content-type T     MIME type of the object (default: by the extension)${moveUsage}`

type Line = CommandLine<typeof options>

/** Copies files and objects. */
export async function cp(args: string[]): Promise<number> {
  const line = readCommandLine(args, usage, options, [2, 2])
  if (line === undefined) return 0
  const [from, to] = line.operands as readonly [string, string]
  const source = ossLocation(from, line.wrong)
  const target = ossLocation(to, line.wrong)
  if (source === undefined && target === undefined) throw line.wrong('one of the operands must be oss://bucket/…')
  return withClient(line, (client, signal) =>
    line.values.recursive
      ? copyFolder(client, line, source ?? from, target ?? to, signal)
      : copyOne(client, line, source ?? from, target ?? to, signal),
  )
}

type Side = OssLocation | string

async function copyFolder(client: Client, line: Line, from: Side, to: Side, signal: AbortSignal): Promise<number> {
  const many = manyFiles(line, signal)
  const shared = { ...many.options, onProgress: many.line.bytes }
  const parts = partOptions(line)
  const checked = { ...parts, ...checkpointOptions(line) }
  if (typeof from === 'string' && typeof to === 'object') {
    const request = { bucket: to.bucket, prefix: to.key, ...uploadProperties(line) }
    const upload = { ...shared, ...folderOptions(line), uploader: checked }
    return many.finish(await client.uploadDirectory(request, from, upload))
  }
  if (typeof from === 'object' && typeof to === 'string') {
    const request = { bucket: from.bucket, prefix: from.key }
    return many.finish(await client.downloadDirectory(request, to, { ...shared, downloader: checked }))
  }
  const [source, target] = [from as OssLocation, to as OssLocation]
  const request = {
    from: { bucket: source.bucket, prefix: source.key },
    to: { bucket: target.bucket, prefix: target.key },
  }
  return many.finish(await client.sync(request, { ...shared, copier: parts }))
}

async function copyOne(client: Client, line: Line, from: Side, to: Side, signal: AbortSignal): Promise<number> {
  const progress = new ProgressLine()
  const checkpoints = checkpointOptions(line)
  const transfer = { ...partOptions(line), signal, onProgress: progress.bytes }
  const source = typeof from === 'object' ? from : undefined
  if (source?.key === '') throw line.wrong('the source is a bucket: give a key, or -r')
  const target = await placeFor(to, () => lastName(from, to, line))
  if (!line.values['dry-run']) {
    if (typeof target === 'object' && source === undefined) {
      const type = line.values['content-type']
      const request = { ...target, ...uploadProperties(line), ...(type !== undefined && { contentType: type }) }
      await client.uploader().uploadFile(request, from as string, { ...transfer, ...checkpoints })
    } else if (typeof target === 'string') {
      await client.downloader().downloadFile(source as OssLocation, target, { ...transfer, ...checkpoints })
    } else {
      const { bucket, key } = source as OssLocation
      await client.copier().copy({ ...target, sourceBucket: bucket, sourceKey: key }, transfer)
    }
  }
  progress.clear()
  const [shownFrom, shownTo] = [from, target].map(side => (typeof side === 'string' ? side : formatLocation(side)))
  if (line.json)
    await printJson({ status: 'transferred', from: shownFrom, to: shownTo, dryRun: line.values['dry-run'] ?? false })
  else if (!line.values.quiet) await printLine(oneLine(`${shownFrom} -> ${shownTo}`))
  return 0
}

/** Last name of the source. That of a key is data from elsewhere: it becomes a file name only when it is a plain one. */
function lastName(from: Side, to: Side, line: Line): string {
  if (typeof from === 'string') return basename(from)
  const name = from.key.slice(from.key.lastIndexOf('/', from.key.length - 2) + 1)
  if (typeof to === 'object') return name
  const place = keyToPath(name)
  if ('refused' in place) throw line.wrong(`the key ${place.refused}: give a file name`)
  if (place.directory) throw line.wrong('the key stands for a folder: use -r')
  return name
}

async function placeFor(to: Side, name: () => string): Promise<Side> {
  if (typeof to === 'object') return to.key === '' || to.key.endsWith('/') ? { ...to, key: to.key + name() } : to
  const folder = to.endsWith('/') || to.endsWith(sep) || (await stat(to).catch(() => undefined))?.isDirectory() === true
  return folder ? join(to, name()) : to
}
