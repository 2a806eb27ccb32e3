import { readCommandLine, readDuration } from './command-line.js'
import { withClient } from './connect.js'
import { requireLocation } from './location.js'
import { oneLine, printJson, printLine } from './print.js'
import { manyFiles, manyOptions, manyUsage } from './transfer-options.js'

const flag = { type: 'boolean' } as const

const options = {
  ...manyOptions,
  recursive: { ...flag, short: 'r' },
  'all-versions': flag,
  'version-id': { type: 'string' },
  multipart: { ...flag, short: 'm' },
  'older-than': { type: 'string' },
  force: { ...flag, short: 'f' },
} as const

const usage = `usage: ferross rm [options] oss://bucket/key | -r oss://bucket/prefix | -m oss://bucket[/prefix]

Deletes an object; with -r all objects whose keys begin with the prefix; with -m aborts unfinished uploads.

  -r, --recursive          delete everything with the prefix
  -f, --force              let -r take the whole bucket
      --all-versions       with -r: delete all versions for good
      --version-id ID      delete this version of the object
  -m, --multipart          abort unfinished uploads instead of deleting objects
      --older-than AGE     with -m: only those older than this, such as 12h or 7d (default 1d)${manyUsage}`

/** Deletes objects or unfinished uploads. */
export async function rm(args: string[]): Promise<number> {
  const line = readCommandLine(args, usage, options, [1, 1])
  if (line === undefined) return 0
  const { values, wrong } = line
  const many = values.recursive || values.multipart
  const { bucket, key } = requireLocation(line.operands[0] as string, many ? 'any' : 'object', wrong)
  if (values.recursive && key === '' && !values.force)
    throw wrong('this would delete the whole bucket: confirm with -f')
  return withClient(line, async (client, signal) => {
    if (many) {
      const { options: shared, finish } = manyFiles(line, signal)
      if (values.multipart) {
        const olderThan = readDuration('older-than', values['older-than'] ?? '1d', wrong)
        const request = { bucket, ...(key !== '' && { prefix: key }) }
        return finish(await client.sweepMultipartUploads(request, { ...shared, olderThan }))
      }
      const extent = { versions: values['all-versions'] ?? false, wholeBucket: values.force ?? false }
      return finish(await client.deletePrefix({ bucket, prefix: key }, { ...shared, ...extent }))
    }
    const versionId = values['version-id']
    if (!values['dry-run'])
      await client.deleteObject({ bucket, key, ...(versionId !== undefined && { versionId }) }, { signal })
    if (line.json) await printJson({ status: 'deleted', key, ...(versionId !== undefined && { versionId }) })
    else if (!values.quiet) await printLine(`deleted ${oneLine(key)}`)
    return 0
  })
}
