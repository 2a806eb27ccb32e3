import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { ExecutionContext } from 'ava'
import { type LocalServer, type LocalServerOptions, startLocalServer } from 'ferross/server'
import { clientOf, withFolder } from '../helpers/with-server.js'

const program = fileURLToPath(import.meta.resolve('#src/cli/main.js'))

/** What a run of the program gave. */
export interface Outcome {
  code: number | null
  out: string
  /** Lines of the output. */
  lines: string[]
  error: string
}

/** Runs the real program. */
export function run(args: string[], env: Record<string, string> = {}, input = ''): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const { PATH = '', FERROSS_NATIVE } = process.env
    const inherited = { PATH, ...(FERROSS_NATIVE !== undefined && { FERROSS_NATIVE }) }
    const child = spawn(process.execPath, [program, ...args], { env: { ...inherited, ...env } })
    const out: Buffer[] = []
    const error: Buffer[] = []
    child.stdout.on('data', chunk => out.push(chunk))
    child.stderr.on('data', chunk => error.push(chunk))
    child.on('error', reject)
    child.on('close', code => {
      const text = Buffer.concat(out).toString()
      const lines = text.split('\n').filter(line => line !== '')
      resolve({ code, out: text, lines, error: Buffer.concat(error).toString() })
    })
    child.stdin.end(input)
  })
}

/** The environment in which the program finds a server. */
export function environmentOf(server: LocalServer): Record<string, string> {
  return {
    OSS_ENDPOINT: server.endpoint,
    OSS_REGION: server.region,
    OSS_ACCESS_KEY_ID: server.credentials.accessKeyId,
    OSS_ACCESS_KEY_SECRET: server.credentials.accessKeySecret,
  }
}

/** A server with a bucket, a client of it, a folder, and the program in their environment. */
export async function withProgram(t: ExecutionContext, options: LocalServerOptions = {}) {
  const server = await startLocalServer(options)
  const client = clientOf(server)
  t.teardown(async () => {
    await client.close()
    await server.close()
  })
  await client.putBucket({ bucket: 'examplebucket' })
  const environment = environmentOf(server)
  return {
    server,
    client,
    folder: withFolder(t),
    ferross: (...args: string[]) => run(args, environment),
    environment,
  }
}
