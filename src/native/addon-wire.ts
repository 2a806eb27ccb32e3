import type { Addon, AddonEngine, AddonError, AddonTlsConfig, AddonWire } from './addon-types.js'
import { nameOfErrno, systemError } from './system-error.js'
import { type Wire, WireError, type WireProgress, type WireTls } from './wire.js'

/** A wire of the addon. */
export class NativeWire implements Wire {
  /** For the readers and writers of files. @internal */
  readonly inner: AddonWire

  constructor(inner: AddonWire) {
    this.inner = inner
  }

  handshake(timeout: number): Promise<void> {
    return ofWire(this.inner.handshake(timeout))
  }

  exchange(bytes: Uint8Array, timeout: number): Promise<Buffer> {
    return ofWire(this.inner.exchange(bytes, timeout))
  }

  send(bytes: Uint8Array, timeout: number): Promise<WireProgress> {
    return ofWire(this.inner.send(bytes, timeout))
  }

  receive(buffer: Uint8Array, timeout: number): Promise<number> {
    return ofWire(this.inner.receive(buffer, timeout))
  }

  quiet(): boolean {
    return this.inner.quiet()
  }

  close(): void {
    this.inner.close()
  }
}

/** Settings of TLS are read once, however many wires there are. */
const configs = new WeakMap<WireTls, AddonTlsConfig>()

/** Makes a wire of a connected socket, which nobody else may read or write any more. */
export function openAddonWire(addon: Addon, engine: AddonEngine, fd: number, tls?: WireTls, name?: string): Wire {
  if (tls === undefined) return new NativeWire(engine.openWire(fd))
  let config = configs.get(tls)
  if (config === undefined) {
    config = new addon.TlsConfig([...tls.roots], tls.certificate, tls.key, tls.tls13Only)
    configs.set(tls, config)
  }
  return new NativeWire(engine.openWire(fd, config, name))
}

/** Gives errors of a wire their shape; others, such as those of a file, pass. */
export async function ofWire<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    throw wireError(error as AddonError)
  }
}

const ofSocket = new Set(['recv', 'send', 'poll', 'dup'])
const ownCodes = new Set(['TimedOut', 'Closed', 'HeadTooLong', 'Tls'])

function wireError(error: AddonError): Error {
  const { code, syscall, errno, message } = error
  if (syscall === undefined) return ownCodes.has(code) ? new WireError(code, message) : error
  if (!ofSocket.has(syscall)) return error
  const name = nameOfErrno(errno ?? 0) ?? code
  return new WireError(name, systemError(name, syscall, undefined, message).message)
}
