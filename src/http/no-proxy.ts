import { BlockList, isIP } from 'node:net'

interface NameRule {
  readonly name: string
  readonly port: number | undefined
}

interface AddressRule {
  readonly addresses: BlockList
  readonly port: number | undefined
}

/**
 * The hosts that are reached without a proxy, written as in `NO_PROXY`: entries between commas or white space.
 *
 * - `example.com`, `.example.com` and `*.example.com` all stand for the domain and everything below it;
 * - `192.0.2.7`, `::1` or `[::1]` stands for an address, `10.0.0.0/8` or `fd00::/8` for a network: hosts that are written as
 *   addresses are compared with them, names are not resolved for it;
 * - `:443` behind a name or address (an IPv6 one in brackets) limits the entry to that port;
 * - `*` stands for all hosts.
 *
 * What is none of these matches nothing.
 */
export class NoProxy {
  readonly #all: boolean
  readonly #names: NameRule[] = []
  readonly #addresses: AddressRule[] = []

  constructor(entries: string | readonly string[]) {
    const list = [entries].flat().flatMap(text => text.split(/[\s,]+/))
    this.#all = list.includes('*')
    for (const entry of list) this.#add(entry.toLowerCase())
  }

  /** Whether the host is to be reached directly. An IPv6 address may have brackets. */
  matches(hostname: string, port: number): boolean {
    if (this.#all) return true
    const host = bare(hostname)
    const family = isIP(host)
    const hits = (rule: { readonly port: number | undefined }) => rule.port === undefined || rule.port === port
    if (family !== 0)
      return this.#addresses.some(rule => hits(rule) && rule.addresses.check(host, family === 4 ? 'ipv4' : 'ipv6'))
    const name = host.toLowerCase()
    return this.#names.some(rule => hits(rule) && (name === rule.name || name.endsWith(`.${rule.name}`)))
  }

  #add(entry: string): void {
    const [, host = entry, digits] = /^(\[[^\]]*\]|[^:]*):(\d+)$/.exec(entry) ?? []
    const port = digits === undefined ? undefined : Number(digits)
    const addresses = network(bare(host))
    if (addresses) this.#addresses.push({ addresses, port })
    else {
      const name = bare(host).replace(/^\*?\./, '')
      if (name !== '') this.#names.push({ name, port })
    }
  }
}

/** Without the brackets of an IPv6 address, or the dot that may end a name. */
function bare(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '')
}

/** The addresses of `address` or `address/bits`; `undefined` for anything else. */
function network(text: string): BlockList | undefined {
  const [, address = '', bits] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(text) ?? []
  const family = isIP(address)
  if (family === 0 || address.includes('%')) return undefined
  const type = family === 4 ? 'ipv4' : 'ipv6'
  const width = family === 4 ? 32 : 128
  if (bits !== undefined && Number(bits) > width) return undefined
  const list = new BlockList()
  list.addSubnet(address, Number(bits ?? width), type)
  return list
}
