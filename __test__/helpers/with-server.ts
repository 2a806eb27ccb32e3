import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { Client, type ClientOptions, FixedDelayBackoff, StandardRetryer, StaticCredentialsProvider } from 'ferross'
import { type LocalServer, type LocalServerOptions, startLocalServer } from 'ferross/server'

/** A local server and a client of it, both closed with the test. Retries do not wait. */
export async function withServer(
  t: ExecutionContext,
  clientOptions: ClientOptions = {},
  serverOptions: LocalServerOptions = {},
): Promise<{ server: LocalServer; client: Client }> {
  const server = await startLocalServer(serverOptions)
  const client = clientOf(server, clientOptions)
  t.teardown(async () => {
    await client.close()
    await server.close()
  })
  return { server, client }
}

/** A client of a local server. */
export function clientOf(server: LocalServer, options: ClientOptions = {}): Client {
  const { accessKeyId, accessKeySecret } = server.credentials
  return new Client({
    endpoint: server.endpoint,
    region: server.region,
    credentialsProvider: new StaticCredentialsProvider(accessKeyId, accessKeySecret),
    retryer: new StandardRetryer({ backoff: new FixedDelayBackoff(0) }),
    ...options,
  })
}

/** A folder of its own, removed with the test. */
export function withFolder(t: ExecutionContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'ferross-test-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
