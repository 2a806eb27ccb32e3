import { SourceChangedError } from '../errors.js'
import { onAbort } from '../internal/on-abort.js'
import type {
  Addon,
  AddonCancellation,
  AddonEngine,
  AddonError,
  AddonPartReader,
  AddonPartWriter,
} from './addon-types.js'
import { NativeWire, ofWire } from './addon-wire.js'
import { partBuffers } from './buffer-pool.js'
import { checkBufferLength, checkChunks, checkCipher, checkInteger, checkPartOptions } from './checks.js'
import type {
  FileStat,
  PartRead,
  PartReader,
  PartReadOptions,
  PartReceiveOptions,
  PartSendOptions,
  PartWriteOptions,
  PartWriter,
  PartWritten,
} from './engine.js'
import { InFlight } from './in-flight.js'
import { nameOfErrno, systemError } from './system-error.js'
import { type ReceivedSums, type SentSums, type Wire, WireError, type WireProgress } from './wire.js'

/** Opens a file for reading on native threads. */
export async function openAddonReader(addon: Addon, engine: AddonEngine, path: string): Promise<PartReader> {
  return new NativePartReader(addon, await explained(engine.openReader(path), path), path)
}

/** Opens a file for writing on native threads and gives it its size. */
export async function openAddonWriter(
  addon: Addon,
  engine: AddonEngine,
  path: string,
  size: number,
  existing: boolean,
): Promise<PartWriter> {
  return new NativePartWriter(addon, await explained(engine.openWriter(path, size, existing), path), path, size)
}

class NativePartReader implements PartReader {
  readonly opened: FileStat
  readonly #addon: Addon
  readonly #file: AddonPartReader
  readonly #path: string
  readonly #inFlight: InFlight
  #closing: Promise<void> | undefined

  constructor(addon: Addon, file: AddonPartReader, path: string) {
    this.opened = file.opened
    this.#addon = addon
    this.#file = file
    this.#path = path
    this.#inFlight = new InFlight(path)
  }

  async read(offset: number, length: number, options: PartReadOptions = {}): Promise<PartRead> {
    checkInteger('offset', offset)
    checkBufferLength('length', length)
    checkPartOptions(options)
    const { crc64 = true, cipher, signal } = options
    return this.#inFlight.run('read', async () => {
      const buffer = partBuffers.acquire(length)
      try {
        const part = await cancellable(this.#addon, signal, cancellation =>
          explained(this.#file.read(buffer, offset, crc64, cipher, cancellation), this.#path),
        )
        return { buffer: buffer.subarray(0, part.length), crc64Plain: part.plain, crc64Sent: part.sent }
      } catch (error) {
        partBuffers.release(buffer)
        throw error
      }
    })
  }

  async send(wire: Wire, offset: number, length: number, options: PartSendOptions): Promise<WireProgress & SentSums> {
    checkInteger('offset', offset)
    checkInteger('length', length)
    const { cipher, timeout } = options
    if (cipher) checkCipher('cipher.', cipher)
    return this.#inFlight.run('read', () =>
      explained(ofWire(innerOf(wire).sendFile(this.#file, offset, length, cipher, timeout)), this.#path),
    )
  }

  release(buffer: Buffer): void {
    partBuffers.release(buffer)
  }

  async stat(): Promise<FileStat> {
    return this.#inFlight.run('fstat', () => explained(this.#file.stat(), this.#path))
  }

  close(): Promise<void> {
    this.#closing ??= this.#inFlight.close().then(() => this.#file.close())
    return this.#closing
  }
}

class NativePartWriter implements PartWriter {
  readonly #addon: Addon
  readonly #file: AddonPartWriter
  readonly #path: string
  readonly #size: number
  readonly #inFlight: InFlight
  #closing: Promise<void> | undefined

  constructor(addon: Addon, file: AddonPartWriter, path: string, size: number) {
    this.#addon = addon
    this.#file = file
    this.#path = path
    this.#size = size
    this.#inFlight = new InFlight(path)
  }

  async write(offset: number, chunks: readonly Uint8Array[], options: PartWriteOptions = {}): Promise<PartWritten> {
    checkInteger('offset', offset)
    checkChunks(chunks, offset, this.#size)
    checkPartOptions(options)
    const { crc64 = true, cipher, signal } = options
    return this.#inFlight.run('write', async () => {
      const part = await cancellable(this.#addon, signal, cancellation =>
        explained(this.#file.write(chunks, offset, crc64, cipher, cancellation), this.#path),
      )
      return { crc64Received: part.received, crc64Plain: part.plain }
    })
  }

  async receive(
    wire: Wire,
    offset: number,
    length: number,
    options: PartReceiveOptions,
  ): Promise<{ readonly count: number } & ReceivedSums> {
    checkInteger('offset', offset)
    checkInteger('length', length)
    const { cipher, timeout } = options
    if (cipher) checkCipher('cipher.', cipher)
    return this.#inFlight.run('write', () =>
      explained(ofWire(innerOf(wire).receiveFile(this.#file, offset, length, cipher, timeout)), this.#path),
    )
  }

  async finish(): Promise<void> {
    if (this.#closing) throw systemError('EBADF', 'fsync', this.#path)
    const work = this.#inFlight.close().then(() => explained(this.#file.finish(), this.#path))
    // A later discard has nothing to add to what finish reports.
    this.#closing = work.catch(() => undefined)
    await work
  }

  discard(): Promise<void> {
    this.#closing ??= this.#inFlight.close().then(() => this.#file.discard())
    return this.#closing
  }
}

function innerOf(wire: Wire) {
  if (wire instanceof NativeWire) return wire.inner
  throw new TypeError('expected a wire of this engine')
}

/** Runs work that a signal may stop. When the signal fired, its reason is what counts, whatever became of the work. */
export async function cancellable<T>(
  addon: Addon,
  signal: AbortSignal | undefined,
  start: (cancellation: AddonCancellation | undefined) => Promise<T>,
): Promise<T> {
  if (signal === undefined) return start(undefined)
  signal.throwIfAborted()
  const cancellation = new addon.Cancellation()
  const unwatch = onAbort(signal, () => cancellation.cancel())
  try {
    const result = await start(cancellation)
    signal.throwIfAborted()
    return result
  } catch (error) {
    signal.throwIfAborted()
    throw error
  } finally {
    unwatch()
  }
}

/** Turns the addon's errors of the system into such as Node raises. */
async function explained<T>(work: Promise<T>, path: string): Promise<T> {
  try {
    return await work
  } catch (error) {
    throw asSystemError(error, path)
  }
}

/** The error that Node would raise, for one of the system; others as they are. */
export function asSystemError(error: unknown, path: string): unknown {
  const { code, syscall, errno, message } = error as AddonError
  if (code === 'FileTooShort') return new SourceChangedError(`${path} became shorter while it was read`)
  // What a wire reports is complete.
  return syscall === undefined || error instanceof WireError
    ? error
    : systemError(nameOfErrno(errno ?? 0) ?? code, syscall, path, message)
}
