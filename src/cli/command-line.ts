import { type ParseArgsConfig, parseArgs } from 'node:util'
import { UsageError } from './usage-error.js'

type Options = NonNullable<ParseArgsConfig['options']>

/** Values of a command's own options and of those all commands share. */
export type Values<O extends Options> = ReturnType<
  typeof parseArgs<{ options: O & typeof shared; allowPositionals: true }>
>['values']

const string = { type: 'string' } as const
const flag = { type: 'boolean' } as const

const shared = {
  endpoint: { ...string, short: 'e' },
  region: string,
  'sign-version': string,
  anonymous: flag,
  'path-style': flag,
  'retry-times': string,
  'output-format': string,
  help: { ...flag, short: 'h' },
} as const

const sharedUsage = `
  -e, --endpoint HOST      host or URL of the service (default: OSS_ENDPOINT, or made from the region)
      --region R           region such as cn-hangzhou (default: OSS_REGION)
      --sign-version V     v4 (default) or v1
      --anonymous          send unsigned requests
      --path-style         put the bucket into the path
      --retry-times N      how often a request is sent at most (default 3)
      --output-format F    text (default) or json: one JSON value a line
  -h, --help               show this

Credentials come from OSS_ACCESS_KEY_ID, OSS_ACCESS_KEY_SECRET and OSS_SESSION_TOKEN.`

/** What a command is called with, after checks that all commands share. */
export interface CommandLine<O extends Options> {
  readonly values: Values<O>
  readonly operands: readonly string[]
  readonly json: boolean
  /** An error about how the command is called. */
  readonly wrong: (message: string) => UsageError
}

/**
 * Reads a command line. Prints the usage and gives `undefined` when that was asked for.
 * @param operands how many operands there may be, from and to
 */
export function readCommandLine<const O extends Options>(
  args: string[],
  usage: string,
  own: O,
  [fewest, most]: readonly [number, number],
): CommandLine<O> | undefined {
  const wrong = (message: string) => new UsageError(`${message}\n\n${firstLine(usage)}\nSee --help for the options.`)
  let parsed: { values: Values<O>; positionals: string[] }
  try {
    parsed = parseArgs({ args, options: { ...shared, ...own }, allowPositionals: true }) as never
  } catch (error) {
    throw wrong((error as Error).message)
  }
  const { values, positionals } = parsed
  const common = values as Values<Record<never, never>>
  if (common.help) {
    console.log(`${usage}${sharedUsage}`)
    return undefined
  }
  const format = common['output-format'] ?? 'text'
  if (format !== 'text' && format !== 'json') throw wrong('--output-format: expected text or json')
  if (positionals.length < fewest || positionals.length > most)
    throw wrong(positionals.length < fewest ? 'an operand is missing' : 'there are too many operands')
  return { values, operands: positionals, json: format === 'json', wrong }
}

function firstLine(usage: string): string {
  return usage.slice(0, usage.indexOf('\n'))
}

/** Reads a whole number of at least 1; absent stays absent. */
export function readCount(name: string, value: string | undefined, wrong: (message: string) => UsageError) {
  if (value === undefined) return undefined
  const count = Number(value)
  if (!/^\d+$/.test(value) || !Number.isSafeInteger(count) || count < 1)
    throw wrong(`--${name}: expected a whole number of at least 1`)
  return count
}

const sizes: Readonly<Record<string, number>> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 }

/** Reads bytes such as `5242880`, `5m`, `5MiB`. */
export function readSize(name: string, value: string | undefined, wrong: (message: string) => UsageError) {
  if (value === undefined) return undefined
  const found = /^(\d+)([kmg]?)(?:i?b)?$/i.exec(value)
  if (!found) throw wrong(`--${name}: expected bytes, such as 5242880, 512k or 8m`)
  return Number(found[1]) * (sizes[(found[2] as string).toLowerCase()] as number)
}

const spans: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** Reads a duration such as `90s`, `30m`, `12h`, `7d`, in milliseconds. */
export function readDuration(name: string, value: string, wrong: (message: string) => UsageError): number {
  const found = /^(\d+)([smhd])$/.exec(value)
  if (!found) throw wrong(`--${name}: expected a duration such as 90s, 30m, 12h or 7d`)
  return Number(found[1]) * (spans[found[2] as string] as number)
}
