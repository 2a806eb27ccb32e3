import { readFile } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import type { Client } from '../client/client.js'
import * as operations from '../operations/index.js'
import { FileBody } from '../pipeline/body.js'
import { readCommandLine } from './command-line.js'
import { withClient } from './connect.js'
import { printJson, printLine } from './print.js'
import type { UsageError } from './usage-error.js'

const usage = `usage: ferross call [options] OPERATION

Calls any operation of the REST API by the name of the client's method, such as getBucketLifecycle or get-bucket-lifecycle,
and prints the result as JSON. The content of an object goes to the output as it is.

      --json JSON          the request; @FILE reads it from a file, - from the input. {"$date": "2031-01-01T00:00:00Z"}
                           stands for a date
      --body FILE          file to send as the body
      --list               print the names of all operations`

const options = { json: { type: 'string' }, body: { type: 'string' }, list: { type: 'boolean' } } as const

/** Calls an operation by its name. */
export async function call(args: string[]): Promise<number> {
  const line = readCommandLine(args, usage, options, [0, 1])
  if (line === undefined) return 0
  if (line.values.list) {
    for (const name of Object.keys(operations).sort()) await printLine(name)
    return 0
  }
  const [given] = line.operands
  if (given === undefined) throw line.wrong('an operand is missing')
  const name = operationName(given)
  if (name === undefined) throw line.wrong(`there is no operation ${JSON.stringify(given)}: see --list`)
  const request = await readRequest(line.values.json, line.wrong)
  if (line.values.body !== undefined) request.body = new FileBody(line.values.body)
  return withClient(line, async (client, signal) => {
    const method = client[name as keyof Client] as unknown as Method
    const { body, ...result } = await method.call(client, request, { signal })
    if (body instanceof Readable) {
      await pipeline(body, process.stdout, { end: false })
      return 0
    }
    await printJson(body === undefined ? result : { ...result, body })
    return 0
  })
}

type Method = (request: object, options: { signal: AbortSignal }) => Promise<Record<string, unknown>>

/** `GetBucketAcl`, `getBucketAcl` and `get-bucket-acl` are the same; so are spellings that differ in case. */
function operationName(given: string): string | undefined {
  const wanted = given.replaceAll('-', '').toLowerCase()
  return Object.keys(operations).find(name => name.toLowerCase() === wanted)
}

async function readRequest(
  given: string | undefined,
  wrong: (message: string) => UsageError,
): Promise<Record<string, unknown>> {
  if (given === undefined) return {}
  const source =
    given === '-' ? await text(process.stdin) : given.startsWith('@') ? await readFile(given.slice(1), 'utf8') : given
  let request: unknown
  try {
    request = JSON.parse(source, reviveDate)
  } catch {
    throw wrong('--json: cannot be read as JSON')
  }
  if (typeof request !== 'object' || request === null || Array.isArray(request))
    throw wrong('--json: expected an object')
  return request as Record<string, unknown>
}

/** JSON has no dates. */
function reviveDate(_key: string, value: unknown): unknown {
  const date = typeof value === 'object' && value !== null && '$date' in value ? value.$date : undefined
  return typeof date === 'string' ? new Date(date) : value
}
