import { type LookupAddress, lookup as systemLookup } from 'node:dns'
import type { LookupFunction } from 'node:net'

/** Resolves a host name, like `dns.lookup` of Node.js with `all: true`. */
export type Lookup = (
  hostname: string,
  options: { readonly all: true; readonly family?: number; readonly hints?: number },
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void

/** Settings of a {@link DnsCache}. */
export interface DnsCacheOptions {
  /** Resolves names. @default `dns.lookup` of Node.js */
  readonly lookup?: Lookup | undefined
  /** Milliseconds for which addresses are used without asking again; 0 asks for every connection. @default 30000 */
  readonly ttl?: number | undefined
  /** Milliseconds since whenever. @default performance.now */
  readonly clock?: () => number
}

interface Entry {
  readonly addresses: readonly LookupAddress[]
  readonly until: number
  turn: number
}

/** Host names remembered: virtual-host style has one for each bucket. */
const maxEntries = 500
/** Milliseconds for which an address that failed is tried last. */
const failureMemory = 60_000

/**
 * Addresses of host names, shared by all connections of a client.
 *
 * `getaddrinfo` keeps nothing and takes one of the four threads that Node.js has for files too, so a burst of connections
 * asks once. Connections start with one address after the other, so that load is spread over what the name stands for. An
 * address that fails is tried last for a minute, and the next connection asks anew. When the look-up itself fails, what was
 * known before is used.
 */
export class DnsCache {
  readonly #resolve: Lookup
  readonly #ttl: number
  readonly #clock: () => number
  readonly #entries = new Map<string, Entry>()
  readonly #pending = new Map<string, Promise<Entry>>()
  /** When which address of a host failed. */
  readonly #failures = new Map<string, Map<string, number>>()

  constructor(options: DnsCacheOptions = {}) {
    this.#resolve = options.lookup ?? (systemLookup as Lookup)
    this.#ttl = options.ttl ?? 30_000
    this.#clock = options.clock ?? (() => performance.now())
  }

  /** For `net.connect` and `tls.connect`. */
  readonly lookup: LookupFunction = (hostname, options, callback) => {
    this.#find(hostname, options).then(
      entry => {
        const addresses = this.#inTurn(hostname, entry, Number(options.family ?? 0))
        const [only] = addresses
        if (options.all) callback(null, addresses)
        else if (only) callback(null, only.address, only.family)
        else callback(notFound(hostname), '')
      },
      error => callback(error, ''),
    )
  }

  /** A connection to one of the addresses failed; without address, to all of them. */
  failed(hostname: string, address?: string): void {
    const entry = this.#entries.get(hostname)
    if (entry === undefined) return
    this.#entries.set(hostname, { ...entry, until: Number.NEGATIVE_INFINITY })
    const failures = this.#failures.get(hostname) ?? new Map<string, number>()
    for (const known of entry.addresses) {
      if (address === undefined || address === known.address) failures.set(known.address, this.#clock())
    }
    this.#failures.set(hostname, failures)
  }

  /** A connection to this address stands. */
  succeeded(hostname: string, address: string | undefined): void {
    if (address !== undefined) this.#failures.get(hostname)?.delete(address)
  }

  async #find(hostname: string, options: { hints?: number | undefined }): Promise<Entry> {
    const known = this.#entries.get(hostname)
    if (known && this.#clock() < known.until) return known
    let pending = this.#pending.get(hostname)
    if (pending === undefined) {
      pending = this.#ask(hostname, options.hints ?? 0).finally(() => this.#pending.delete(hostname))
      this.#pending.set(hostname, pending)
    }
    return pending.catch(error => {
      if (known) return known
      throw error
    })
  }

  #ask(hostname: string, hints: number): Promise<Entry> {
    return new Promise((resolve, reject) => {
      this.#resolve(hostname, { all: true, family: 0, hints }, (error, addresses) => {
        if (error) reject(error)
        else if (addresses.length === 0) reject(notFound(hostname))
        else resolve(this.#remember(hostname, addresses))
      })
    })
  }

  #remember(hostname: string, addresses: readonly LookupAddress[]): Entry {
    const entry = {
      addresses,
      until: this.#clock() + this.#ttl,
      // Many processes that start together must not all begin with the same address.
      turn: Math.floor(Math.random() * addresses.length),
    }
    this.#entries.delete(hostname)
    this.#entries.set(hostname, entry)
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= maxEntries) break
      this.#entries.delete(oldest)
      this.#failures.delete(oldest)
    }
    return entry
  }

  /** The addresses with the next one first. Families keep the order that the resolver gave them. */
  #inTurn(hostname: string, entry: Entry, family: number): LookupAddress[] {
    const turn = entry.turn++
    const failures = this.#failures.get(hostname)
    const recent = this.#clock() - failureMemory
    const last = ({ address }: LookupAddress) => Number((failures?.get(address) ?? Number.NEGATIVE_INFINITY) > recent)
    const families = [...new Set(entry.addresses.map(each => each.family))]
    return families
      .filter(each => family === 0 || family === each)
      .flatMap(each =>
        rotated(
          entry.addresses.filter(address => address.family === each),
          turn,
        ),
      )
      .sort((a, b) => last(a) - last(b))
  }
}

function rotated<T>(list: readonly T[], by: number): T[] {
  const start = by % list.length
  return [...list.slice(start), ...list.slice(0, start)]
}

function notFound(hostname: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`there is no address for ${hostname}`), { code: 'ENOTFOUND', hostname })
}
