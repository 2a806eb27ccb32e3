import { Client } from '../client/client.js'
import type { ClientOptions } from '../client/options.js'
import { AnonymousCredentialsProvider } from '../credentials/anonymous.js'
import { EnvironmentCredentialsProvider } from '../credentials/environment.js'
import { type CommandLine, readCount } from './command-line.js'

/** A client as the shared options and the environment describe it. */
export function connect({ values, wrong }: CommandLine<Record<never, never>>): Client {
  const endpoint = values.endpoint ?? process.env.OSS_ENDPOINT
  const region = values.region ?? process.env.OSS_REGION
  const signatureVersion = values['sign-version'] ?? 'v4'
  if (signatureVersion !== 'v4' && signatureVersion !== 'v1') throw wrong('--sign-version: expected v4 or v1')
  if (!region && (!endpoint || (signatureVersion === 'v4' && !values.anonymous)))
    throw wrong('the region is missing: give --region or set OSS_REGION')
  const retryMaxAttempts = readCount('retry-times', values['retry-times'], wrong)
  const options: ClientOptions = {
    signatureVersion,
    credentialsProvider: values.anonymous ? new AnonymousCredentialsProvider() : new EnvironmentCredentialsProvider(),
    ...(region && { region }),
    ...(endpoint && { endpoint }),
    ...(values['path-style'] && { usePathStyle: true }),
    ...(retryMaxAttempts !== undefined && { retryMaxAttempts }),
    userAgent: 'cli',
  }
  return new Client(options)
}

/** Runs work with a client and a signal that Ctrl-C fires, and closes the client. */
export async function withClient<T>(
  line: CommandLine<Record<never, never>>,
  work: (client: Client, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const client = connect(line)
  const stop = new AbortController()
  const interrupt = () => stop.abort(new Interrupted())
  process.once('SIGINT', interrupt)
  process.once('SIGTERM', interrupt)
  try {
    return await work(client, stop.signal)
  } finally {
    process.off('SIGINT', interrupt)
    process.off('SIGTERM', interrupt)
    await client.close()
  }
}

/** The user stopped the command. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted'
  constructor() {
    super('interrupted')
  }
}
