import { readCommandLine, readDuration } from './command-line.js'
import { withClient } from './connect.js'
import { requireLocation } from './location.js'
import { printJson, printLine } from './print.js'

const usage = `usage: ferross presign [options] oss://bucket/key

Prints a URL that works without credentials until it expires. Whoever has it may use it.

      --method M           GET (default), HEAD or PUT
      --expires AGE        how long it works, such as 15m or 7d (default 15m, at most 7d)
      --version-id ID      this version of the object, for GET and HEAD`

const names = { GET: 'getObject', HEAD: 'headObject', PUT: 'putObject' } as const

/** Prints a signed URL. */
export async function presign(args: string[]): Promise<number> {
  const string = { type: 'string' } as const
  const line = readCommandLine(args, usage, { method: string, expires: string, 'version-id': string }, [1, 1])
  if (line === undefined) return 0
  const { bucket, key } = requireLocation(line.operands[0] as string, 'object', line.wrong)
  const method = (line.values.method ?? 'GET').toUpperCase()
  if (!Object.hasOwn(names, method)) throw line.wrong('--method: expected GET, HEAD or PUT')
  const expires = readDuration('expires', line.values.expires ?? '15m', line.wrong) / 1000
  const versionId = line.values['version-id']
  return withClient(line, async client => {
    const request = { bucket, key, ...(versionId !== undefined && { versionId }) }
    const signed = await client.presign(names[method as keyof typeof names], request, { expires })
    await (line.json ? printJson(signed) : printLine(signed.url))
    return 0
  })
}
