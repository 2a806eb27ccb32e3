import { pipeline } from 'node:stream/promises'
import { readCommandLine } from './command-line.js'
import { withClient } from './connect.js'
import { requireLocation } from './location.js'

const usage = `usage: ferross cat [options] oss://bucket/key

Writes the content of an object to the output.

      --range A-B          only these bytes, counted from 0; A- for all from A, -N for the last N
      --version-id ID      this version of the object`

/** Writes an object to the output. */
export async function cat(args: string[]): Promise<number> {
  const options = { range: { type: 'string' }, 'version-id': { type: 'string' } } as const
  const line = readCommandLine(protectRange(args), usage, options, [1, 1])
  if (line === undefined) return 0
  const { bucket, key } = requireLocation(line.operands[0] as string, 'object', line.wrong)
  const { range, 'version-id': versionId } = line.values
  if (range !== undefined && !/^(\d+-\d*|-\d+)$/.test(range)) throw line.wrong('--range: expected A-B, A- or -N')
  return withClient(line, async (client, signal) => {
    const request = {
      bucket,
      key,
      ...(range !== undefined && { rangeHeader: `bytes=${range}`, rangeBehavior: 'standard' }),
      ...(versionId !== undefined && { versionId }),
    }
    const { body } = await client.getObject(request, { signal })
    if (body === undefined) return 0
    try {
      await pipeline(body, process.stdout, { end: false })
    } catch (error) {
      // Whoever reads has enough, as `head` has.
      if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw error
    }
    return 0
  })
}

/** `--range -5` would read as an option. */
function protectRange(args: string[]): string[] {
  const at = args.indexOf('--range')
  const value = args[at + 1]
  return at < 0 || value === undefined ? args : [...args.slice(0, at), `--range=${value}`, ...args.slice(at + 2)]
}
