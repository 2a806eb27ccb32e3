import { readCommandLine } from './command-line.js'
import { withClient } from './connect.js'
import { requireLocation } from './location.js'
import { oneLine, printJson, printLine } from './print.js'

const usage = `usage: ferross stat [options] oss://bucket | oss://bucket/key

Shows the properties of a bucket or an object.

      --version-id ID      this version of the object`

/** Shows properties. */
export async function stat(args: string[]): Promise<number> {
  const line = readCommandLine(args, usage, { 'version-id': { type: 'string' } }, [1, 1])
  if (line === undefined) return 0
  const { bucket, key } = requireLocation(line.operands[0] as string, 'any', line.wrong)
  const versionId = line.values['version-id']
  return withClient(line, async (client, signal) => {
    const found =
      key === ''
        ? (await client.getBucketInfo({ bucket }, { signal })).bucketInfo
        : await client.headObject({ bucket, key, ...(versionId !== undefined && { versionId }) }, { signal })
    const { headers: _headers, statusCode: _status, ...fields } = (found ?? {}) as Record<string, unknown>
    if (line.json) await printJson(fields)
    else for (const [name, value] of flat(fields)) await printLine(oneLine(`${name.padEnd(24)} ${value}`))
    return 0
  })
}

/** Nested fields as `outer.inner`. */
function* flat(fields: object, outer = ''): Generator<[string, string]> {
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue
    if (value instanceof Date) yield [outer + name, value.toISOString()]
    else if (typeof value === 'object' && value !== null) yield* flat(value, `${outer}${name}.`)
    else yield [outer + name, String(value)]
  }
}
