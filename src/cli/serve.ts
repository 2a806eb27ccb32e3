import { parseArgs } from 'node:util'
import { startLocalServer } from '../server/index.js'
import { UsageError } from './usage-error.js'

const usage = `usage: ferross serve [options]

  --port N                 port to listen on, 0 for any free one (default 0)
  --host H                 address to listen on (default 127.0.0.1)
  --dir DIR                where to keep data (default: a temporary folder, removed at the end)
  --region R               region of the server (default cn-hangzhou)
  --access-key-id ID       access key that requests must be signed with
  --access-key-secret S    its secret
  --help                   show this`

/** Runs the local server until the process is told to stop. */
export async function serve(args: string[]): Promise<void> {
  const options = parse(args)
  if (options.help) {
    console.log(usage)
    return
  }
  const port = options.port === undefined ? 0 : Number(options.port)
  if (!Number.isInteger(port) || port < 0 || port > 65535)
    throw new UsageError(`--port: expected 0 to 65535\n\n${usage}`)
  const id = options['access-key-id']
  const secret = options['access-key-secret']
  if ((id === undefined) !== (secret === undefined)) {
    throw new UsageError(`--access-key-id and --access-key-secret go together\n\n${usage}`)
  }
  const server = await startLocalServer({
    port,
    ...(options.host !== undefined && { host: options.host }),
    ...(options.dir !== undefined && { directory: options.dir }),
    ...(options.region !== undefined && { region: options.region }),
    ...(id !== undefined && secret !== undefined && { credentials: { accessKeyId: id, accessKeySecret: secret } }),
  })
  console.log(`listening on ${server.endpoint}`)
  if (id === undefined)
    console.log(`access key id ${server.credentials.accessKeyId}, secret ${server.credentials.accessKeySecret}`)
  await new Promise<void>(resolve => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
  })
  await server.close()
}

function parse(args: string[]) {
  const string = { type: 'string' } as const
  try {
    return parseArgs({
      args,
      options: {
        port: string,
        host: string,
        dir: string,
        region: string,
        'access-key-id': string,
        'access-key-secret': string,
        help: { type: 'boolean', short: 'h' },
      },
    }).values
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\n\n${usage}`)
  }
}
