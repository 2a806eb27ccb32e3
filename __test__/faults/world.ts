import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readlinkSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Client, ClientOptions } from 'ferross'
import { type LocalServer, type LocalServerOptions, startLocalServer } from 'ferross/server'
import { coreOf } from '#src/client/core.js'
import { Random } from '../helpers/random.js'
import { clientOf } from '../helpers/with-server.js'
import { FaultProxy } from './fault-proxy.js'

export const bucket = 'examplebucket'
/** The object that is read, and where objects are written. */
export const sourceKey = 'source'
export const targetKey = 'target'
export const partSize = 100 * 1024
/** Few connections, so that one that is lost is missed. */
export const maxConnections = 3

/** Timers as they are when no test has replaced them. */
const { setTimeout, clearTimeout, setImmediate } = globalThis
/** How long anything may take before it counts as hung. Nothing comes near it unless it hangs. */
const patience = 60_000

/** Everything one run of a scenario has to itself. */
export class World {
  readonly random: Random
  readonly server: LocalServer
  readonly proxy: FaultProxy
  /** Goes through the proxy. */
  client: Client
  /** Goes to the server itself. */
  readonly direct: Client
  readonly folder: string
  /** Bytes of the object that is read, and of the file that is sent. */
  readonly content: Buffer
  /** Every client that was made, to be closed and looked at. */
  readonly #clients: Client[]
  readonly #handles: ReadonlyMap<string, number>
  readonly #cleanup: (() => unknown)[] = []

  private constructor(server: LocalServer, proxy: FaultProxy, random: Random, handles: ReadonlyMap<string, number>) {
    this.#handles = handles
    this.random = random
    this.server = server
    this.proxy = proxy
    this.folder = realpathSync(mkdtempSync(join(tmpdir(), 'ferross-faults-')))
    this.content = random.bytes(partSize * 3 + random.between(1, partSize))
    this.client = clientOf(server, { endpoint: proxy.endpoint, maxConnections })
    this.direct = clientOf(server)
    this.#clients = [this.client, this.direct]
  }

  static async make(seed: number, serverOptions: LocalServerOptions = {}): Promise<World> {
    const handles = countHandles()
    const server = await startLocalServer(serverOptions)
    const world = new World(server, await FaultProxy.start(server.endpoint), new Random(seed), handles)
    await world.direct.putBucket({ bucket })
    await world.direct.putObject({ bucket, key: sourceKey, body: world.content })
    return world
  }

  /** Replaces the client by one with further options. */
  configure(options: ClientOptions): void {
    this.client = clientOf(this.server, { endpoint: this.proxy.endpoint, maxConnections, ...options })
    this.#clients.push(this.client)
  }

  /** Something to be done at the very end. */
  after(work: () => unknown): void {
    this.#cleanup.unshift(work)
  }

  /** Checks that nothing was leaked: memory, files, parts, connections. */
  async checkNothingLeft(files: readonly string[]): Promise<void> {
    assert.equal(coreOf(this.client)?.memory.used, 0, 'part buffers are given back')
    assert.deepEqual(readdirSync(this.folder).sort(), [...files].sort(), 'no temporary file is left')
    assert.deepEqual(openFilesBelow(this.folder), [], 'no file is left open')
  }

  /** Checks that no bytes are left at the service that nobody sees but on the bill. */
  async checkNoParts(): Promise<void> {
    const { uploads = [] } = await this.direct.listMultipartUploads({ bucket })
    for (const { key = '', uploadId = '' } of uploads) {
      const { parts = [] } = await this.direct.listParts({ bucket, key, uploadId })
      assert.equal(parts.length, 0, `${parts.length} parts are left at the service`)
    }
  }

  /** Checks that the client goes on working once the fault is over: no connection of the pool is lost. */
  async checkClientWorks(): Promise<void> {
    await this.proxy.heal()
    const calls = Array.from({ length: 2 * maxConnections }, () => this.client.headObject({ bucket, key: sourceKey }))
    await within('the client after the fault', Promise.all(calls))
    // The proxy may hear a moment later than the client that a connection was closed, and another took its place.
    const allowed = async () => {
      while (this.proxy.connections > maxConnections) await new Promise(resolve => setImmediate(resolve))
    }
    await within('no more connections than allowed', allowed())
  }

  /** Closes everything, and checks that this is what it does. */
  async close(): Promise<void> {
    for (const client of this.#clients) await within('closing a client', client.close())
    await within('the last connection', this.proxy.idle())
    await this.proxy.close()
    await this.server.close()
    for (const work of this.#cleanup) await work()
    rmSync(this.folder, { recursive: true, force: true })
    await within('handles of the process', handlesBackTo(this.#handles))
  }
}

/** The outcome of a promise that must settle. */
export async function within<T>(what: string, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const hung = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: hangs, nothing after ${patience} ms`)), patience)
  })
  try {
    return await Promise.race([promise, hung])
  } finally {
    clearTimeout(timer)
  }
}

// Both are opened when they are first used, by whoever that is.
for (const stream of [process.stdout, process.stderr]) stream.listenerCount('error')

/** What keeps a process alive, by kind, but for what comes and goes by itself. */
function countHandles(): Map<string, number> {
  const counts = new Map<string, number>()
  for (const kind of process.getActiveResourcesInfo()) {
    if (/^(?:TCP|TLS|Pipe|FILEHANDLE|FSReq|Timeout|GetAddrInfo)/.test(kind)) {
      counts.set(kind, (counts.get(kind) ?? 0) + 1)
    }
  }
  return counts
}

async function handlesBackTo(before: ReadonlyMap<string, number>): Promise<void> {
  // The guard around this has a timer of its own.
  const allowed = (kind: string) => (before.get(kind) ?? 0) + (kind === 'Timeout' ? 1 : 0)
  for (let turn = 0; ; turn++) {
    const left = [...countHandles()].filter(([kind, count]) => count > allowed(kind))
    if (left.length === 0) return
    if (turn === 20_000) throw new Error(`handles are left: ${JSON.stringify(left)}`)
    await new Promise(resolve => setImmediate(resolve))
  }
}

/** Files below a folder that this process has open, where the system tells. */
export function openFilesBelow(folder: string): string[] {
  const open: string[] = []
  try {
    for (const number of readdirSync('/proc/self/fd')) {
      try {
        const path = readlinkSync(`/proc/self/fd/${number}`)
        if (path.startsWith(folder)) open.push(path)
      } catch {
        // It was closed meanwhile.
      }
    }
  } catch {
    // There is no such folder on this system.
  }
  return open
}
