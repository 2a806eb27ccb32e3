import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { OperationData } from '../binding/operation.js'
import type { Credentials } from '../credentials/credentials.js'
import * as operations from '../operations/index.js'
import { CallbackSigner, publicKeyPath } from './callback/signer.js'
import { dispatch } from './dispatch.js'
import type { DispatchContext } from './exchange.js'
import { FaultScript } from './faults.js'
import { type LocalServerOptions, resolveSettings, type ServerSettings } from './options.js'
import { RequestLog } from './request-log.js'
import { Router } from './router.js'
import { serverOperations } from './server-operations.js'
import { Store } from './storage/store.js'

/** A running local OSS server. Made by {@link startLocalServer}. */
export class LocalServer implements AsyncDisposable {
  /** Where it listens, such as `http://127.0.0.1:41235`. */
  readonly endpoint: string
  readonly port: number
  /** Region it says it is. */
  readonly region: string
  /** The first access key it accepts. */
  readonly credentials: Credentials
  /** Folder with its data. */
  readonly directory: string
  /** What it received so far. */
  readonly requests: RequestLog
  /** Where the public key is that callbacks are signed for: `x-oss-pub-key-url` of every callback, decoded. */
  readonly callbackPublicKeyUrl: string
  /** Faults it is told to show. */
  readonly faults: FaultScript
  readonly #server: Server
  readonly #temporary: boolean
  readonly #busy: Set<Promise<void>>
  #closing: Promise<void> | undefined

  /** @internal */
  constructor(server: Server, context: DispatchContext, directory: string, busy: Set<Promise<void>>) {
    const { port, address, family } = server.address() as AddressInfo
    this.#server = server
    this.#busy = busy
    this.#temporary = context.settings.directory === undefined
    this.port = port
    this.endpoint = `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`
    this.region = context.settings.region
    this.credentials = context.settings.credentials[0] as Credentials
    this.directory = directory
    this.requests = context.log
    this.faults = context.faults
    this.callbackPublicKeyUrl = this.endpoint + publicKeyPath
    context.callbackSigner.publicKeyUrl = this.callbackPublicKeyUrl
  }

  /** Stops: connections are closed, unfinished requests end, a temporary folder is removed. May be called twice. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#server.closeAllConnections()
    await closed
    // A request that was cut off still has its temporary file to remove.
    await Promise.all(this.#busy)
    if (this.#temporary) await rm(this.directory, { recursive: true, force: true })
  }

  /** Same as {@link LocalServer.close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

/**
 * Starts a local OSS server and resolves once it listens. It keeps its data on disk, verifies signatures, answers as the
 * service does, and shows faults on demand. It never listens beyond this machine unless `host` says so.
 * @throws ParamInvalidError for an option that cannot be used; the system's error when it cannot listen
 */
export async function startLocalServer(options: LocalServerOptions = {}): Promise<LocalServer> {
  const settings = resolveSettings(options)
  const directory = settings.directory ?? (await mkdtemp(join(tmpdir(), 'ferross-server-')))
  try {
    return await listen(settings, directory)
  } catch (error) {
    if (settings.directory === undefined) await rm(directory, { recursive: true, force: true })
    throw error
  }
}

async function listen(settings: ServerSettings, directory: string): Promise<LocalServer> {
  const context: DispatchContext = {
    store: await Store.open(directory),
    settings,
    router: new Router({ ...(operations as unknown as Readonly<Record<string, OperationData>>), ...serverOperations }),
    faults: new FaultScript(settings.faults),
    log: new RequestLog(settings.onRequest),
    callbackSigner: new CallbackSigner(),
  }
  const busy = new Set<Promise<void>>()
  const track = (work: Promise<void>) => {
    busy.add(work)
    void work.finally(() => busy.delete(work))
  }
  // Headers may hold 8 KiB of metadata and long tokens; slow uploads are legal, so only idle connections are dropped.
  const server = createServer(
    { maxHeaderSize: 64 * 1024, requestTimeout: 0, keepAliveTimeout: 65_000 },
    (message, response) => track(dispatch(context, message, response, false)),
  )
  server.on('checkContinue', (message, response) => track(dispatch(context, message, response, true)))
  server.listen(settings.port, settings.host)
  await once(server, 'listening')
  return new LocalServer(server, context, directory, busy)
}
