import { Readable } from 'node:stream'
import type { WireSink } from '../native/wire.js'

/** Takes bytes that are valid only during the call. A promise makes the sender wait. */
export type Receiver = (chunk: Uint8Array) => void | Promise<void>

/**
 * Offers memory in which the next bytes may be put, so that they need not be copied there. The receiver then gets them as a
 * view of that memory. `undefined` where there is none at the moment.
 */
export type Room = () => Uint8Array | undefined

/** What a {@link ReceivedBody} can ask of the connection. */
export interface Flow {
  pause(): void
  resume(): void
  abort(reason: Error): void
  /** Resolves once memory that was offered is not written to any more, after an abort. Absent where that is at once. */
  settled?(): Promise<void>
  /** Hands all bytes to a sink by itself. Absent where it cannot. */
  deliver?(sink: WireSink): Promise<void>
}

/** Bytes that are kept before anybody reads. */
const early = 64 * 1024
/** Bytes are gathered into pieces of this size for readers of the stream. */
const slab = 256 * 1024
/** Bytes that a reader of the stream offers room for at once, if as many are left in the slab; a slab in one read would stop each. */
const [mostRoom, leastRoom] = [64 * 1024, 32 * 1024]

/**
 * The body of a response. Read it as a stream, which copies the bytes, or hand them to a function with
 * {@link ReceivedBody.drainInto}, which does not.
 */
export class ReceivedBody extends Readable {
  readonly #flow: Flow
  #waiting: Buffer[] = []
  #waitingBytes = 0
  #mode: 'undecided' | 'stream' | 'drained' = 'undecided'
  #ended = false
  #receiver: Receiver | undefined
  #room: Room | undefined
  #settle: { resolve: () => void; reject: (error: unknown) => void } | undefined
  #slab = Buffer.alloc(0)

  constructor(flow: Flow) {
    super({ highWaterMark: slab, autoDestroy: true })
    this.#flow = flow
    this.on('error', () => {})
  }

  /** Whether somebody has begun to read. @internal */
  get begun(): boolean {
    return this.#mode !== 'undecided'
  }

  /** A chunk arrived; it is valid only during the call. @internal */
  accept(chunk: Uint8Array): void {
    if (this.destroyed) return
    if (this.#receiver) {
      this.#hand(chunk)
      return
    }
    // What was put into the slab need not be copied there.
    const copy = chunk.buffer === this.#slab.buffer ? this.#cut(chunk.length) : this.#copy(chunk)
    if (this.#mode === 'stream') {
      if (!this.push(copy)) this.#flow.pause()
      return
    }
    this.#waiting.push(copy)
    this.#waitingBytes += copy.length
    if (this.#waitingBytes >= early) this.#flow.pause()
  }

  /** Where the next chunk may be put, for a transport that can choose. @internal */
  room(): Uint8Array | undefined {
    if (this.destroyed) return undefined
    if (this.#mode !== 'stream') return this.#receiver && this.#room?.()
    if (this.#slab.length < leastRoom) this.#slab = Buffer.allocUnsafeSlow(slab)
    return this.#slab.subarray(0, mostRoom)
  }

  /** All chunks have arrived. @internal */
  finish(): void {
    this.#ended = true
    if (this.#mode === 'stream') this.push(null)
    else if (this.#mode === 'drained') this.#settle?.resolve()
  }

  /** The body broke off. @internal */
  fail(error: Error): void {
    this.#settle?.reject(error)
    this.destroy(error)
  }

  /** Hands all bytes to a function, in order; resolves at the end of the body. Not possible once the stream is read. */
  async drainInto(receiver: Receiver, room?: Room): Promise<void> {
    if (this.#mode !== 'undecided') throw new Error('the body is already being read')
    this.#mode = 'drained'
    if (this.destroyed) throw this.errored ?? new Error('the body was destroyed')
    const done = new Promise<void>((resolve, reject) => {
      this.#settle = { resolve, reject }
    })
    // Nobody may be waiting yet when the body breaks off.
    done.catch(() => {})
    try {
      // More may come while the receiver is slow with what came early.
      for (let chunk = this.#waiting.shift(); chunk; chunk = this.#waiting.shift()) await receiver(chunk)
      this.#receiver = receiver
      this.#room = room
      if (this.#ended) this.#settle?.resolve()
      else this.#flow.resume()
      await done
    } finally {
      this.destroy()
      await this.#flow.settled?.()
    }
  }

  /**
   * Lets the transport put all bytes where they belong; resolves at the end of the body. False, and nothing has happened,
   * where it cannot do that.
   */
  async deliver(sink: WireSink): Promise<boolean> {
    const possible = this.#flow.deliver && this.#mode === 'undecided' && this.#waitingBytes === 0 && !this.#ended
    if (!possible || this.destroyed) return false
    this.#mode = 'drained'
    try {
      await this.#flow.deliver?.(sink)
      return true
    } finally {
      this.destroy()
    }
  }

  #hand(chunk: Uint8Array): void {
    let outcome: void | Promise<void>
    try {
      outcome = this.#receiver?.(chunk)
    } catch (error) {
      this.#refuse(error)
      return
    }
    if (outcome === undefined) return
    this.#flow.pause()
    outcome.then(
      () => this.#flow.resume(),
      error => this.#refuse(error),
    )
  }

  #refuse(error: unknown): void {
    this.#settle?.reject(error)
    this.destroy()
  }

  /** Copies into a slab, so that small chunks do not each cost an allocation. */
  #copy(chunk: Uint8Array): Buffer {
    if (this.#slab.length < chunk.length)
      this.#slab = Buffer.allocUnsafeSlow(Math.max(chunk.length, this.#mode === 'stream' ? slab : 16 * 1024))
    const copy = this.#cut(chunk.length)
    copy.set(chunk)
    return copy
  }

  #cut(length: number): Buffer {
    const piece = this.#slab.subarray(0, length)
    this.#slab = this.#slab.subarray(length)
    return piece
  }

  override _read(): void {
    if (this.#mode === 'undecided') {
      this.#mode = 'stream'
      for (const chunk of this.#waiting) this.push(chunk)
      this.#waiting = []
      if (this.#ended) this.push(null)
    }
    if (!this.#ended) this.#flow.resume()
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#waiting = []
    if (!this.#ended) this.#flow.abort(error ?? new Error('the body was not wanted'))
    callback(error)
  }
}
