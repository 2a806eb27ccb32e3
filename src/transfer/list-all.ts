import type { ClientCore } from '../client/core.js'
import { ParamInvalidError, ResponseError } from '../errors.js'
import {
  type ListObjectsV2Result,
  listObjectsV2,
  type ObjectProperties,
  type RequestPayer,
} from '../operations/index.js'
import type { OperationOptions } from '../pipeline/context.js'
import { send } from '../pipeline/send.js'
import { decodeCursor, encodeCursor } from './list-cursor.js'
import { checkListing, compareKeys } from './list-order.js'
import { type KeyRange, splitPoint } from './list-split.js'

/** What {@link Client.listAllObjects} lists. */
export interface ListAllRequest {
  /** Name of the bucket. */
  bucket: string
  /** Only keys that begin with this. @default '' */
  prefix?: string
  /** Confirms that the caller pays, for buckets that want it. */
  requestPayer?: RequestPayer
}

/** Options of {@link Client.listAllObjects}. */
export interface ListAllOptions extends Pick<OperationOptions, 'signal' | 'readwriteTimeout' | 'retryMaxAttempts'> {
  /** Pages fetched at the same time. @default 8 */
  parallel?: number
  /** Entries per page, 1 to 1000. @default 1000 */
  limit?: number
  /** Goes on where {@link ObjectLister.cursor} was taken; bucket and prefix must be the same. */
  cursor?: string
}

/** An object in a listing; it always has a key. */
export type ListedObject = ObjectProperties & { key: string }

/** A part of the key space that is being listed by one fetcher. */
interface OpenRange {
  /** Last key handed out to the caller: what a cursor remembers. */
  handedOut: string
  /** Last key received. */
  position: string
  token: string | undefined
  until: string | undefined
}

interface ReadyPage {
  readonly range: OpenRange
  readonly objects: readonly ListedObject[]
  /** Whether the range ends with this page. */
  readonly last: boolean
}

/**
 * All objects of a prefix, listed by several fetchers at once. Each works on a range of keys and gives half of it away
 * whenever a fetcher has nothing to do, so that one page after another is fetched only in ranges that are nearly done.
 * Objects come without order, each exactly once. At most a few pages wait for the loop at any time.
 */
export class ObjectLister implements AsyncIterable<ListedObject> {
  readonly #core: ClientCore
  readonly #request: ListAllRequest
  readonly #options: ListAllOptions
  readonly #parallel: number
  readonly #ranges: Set<OpenRange>
  readonly #ready: ReadyPage[] = []
  readonly #stop = new AbortController()
  readonly #signal: AbortSignal
  readonly #running = new Set<Promise<void>>()
  #failure: { error: unknown } | undefined
  #wakeConsumer = () => {}
  #wakeFetchers: (() => void)[] = []
  #started = false

  /** @internal Use {@link Client.listAllObjects}. */
  constructor(core: ClientCore, request: ListAllRequest, options: ListAllOptions = {}) {
    const { parallel = 8, limit = 1000, cursor } = options
    if (!Number.isSafeInteger(parallel) || parallel < 1)
      throw new ParamInvalidError('parallel', 'expected an integer of at least 1')
    if (!Number.isSafeInteger(limit) || limit < 1 || limit > 1000)
      throw new ParamInvalidError('limit', 'expected an integer of 1 to 1000')
    this.#core = core
    this.#request = request
    this.#options = { ...options, limit }
    this.#parallel = parallel
    this.#signal = options.signal ? AbortSignal.any([options.signal, this.#stop.signal]) : this.#stop.signal
    const ranges = cursor === undefined ? [{ after: '', until: undefined }] : decodeCursor(cursor)
    this.#ranges = new Set(ranges.map(open))
  }

  /**
   * Where a later listing can go on: a text that stands for all keys not handed out yet. Take it between two objects of the
   * loop; the object in hand counts as handed out. Its length grows with `parallel`, not with the listing.
   */
  get cursor(): string {
    return encodeCursor([...this.#ranges].map(({ handedOut, until }) => ({ after: handedOut, until })))
  }

  /** The objects. May be asked for once; leaving the loop stops the fetchers. */
  async *[Symbol.asyncIterator](): AsyncGenerator<ListedObject, void, undefined> {
    if (this.#started) throw new ParamInvalidError('listing', 'can be iterated once: make another one')
    this.#started = true
    // More ranges than fetchers can come from a cursor that was taken with a higher `parallel`: they wait for a place.
    const waiting = [...this.#ranges]
    try {
      for (;;) {
        this.#options.signal?.throwIfAborted()
        if (this.#failure) throw this.#failure.error
        while (waiting.length > 0 && this.#running.size < this.#parallel) this.#launch(waiting.shift() as OpenRange)
        const page = this.#ready.shift()
        if (page === undefined) {
          if (this.#running.size === 0) return
          await new Promise<void>(resolve => {
            this.#wakeConsumer = resolve
          })
          continue
        }
        for (const wake of this.#wakeFetchers.splice(0)) wake()
        for (const object of page.objects) {
          page.range.handedOut = object.key
          yield object
        }
        if (page.last) this.#ranges.delete(page.range)
      }
    } finally {
      this.#stop.abort()
      for (const wake of this.#wakeFetchers.splice(0)) wake()
      await Promise.all(this.#running)
    }
  }

  #launch(range: OpenRange): void {
    const task: Promise<void> = this.#list(range)
      .catch(error => {
        this.#failure ??= { error }
        this.#stop.abort(error)
      })
      .finally(() => {
        this.#running.delete(task)
        this.#wakeConsumer()
      })
    this.#running.add(task)
  }

  async #list(range: OpenRange): Promise<void> {
    for (;;) {
      const page = await this.#fetch(range)
      checkListing(page)
      const objects = (page.contents ?? []) as ListedObject[]
      // The listing does not know where the range ends.
      const { until } = range
      const beyond = until === undefined ? -1 : objects.findIndex(({ key }) => compareKeys(key, until) > 0)
      const mine = beyond < 0 ? objects : objects.slice(0, beyond)
      const last = beyond >= 0 || !page.isTruncated || mine.at(-1)?.key === until
      const newest = mine.at(-1)
      if (newest !== undefined) range.position = newest.key
      if (!last) {
        range.token = page.nextContinuationToken
        if (newest !== undefined) this.#share(range, (mine[0] as ListedObject).key)
        else if (range.token === undefined)
          throw new ResponseError('the listing is cut short but does not say where it goes on')
      }
      await this.#handOver({ range, objects: mine, last })
      if (last) return
    }
  }

  /** Gives the further half of a range to a new fetcher when there is room for one. */
  #share(range: OpenRange, firstOfPage: string): void {
    if (this.#running.size >= this.#parallel) return
    const point = splitPoint(this.#request.prefix ?? '', { after: range.position, until: range.until }, firstOfPage)
    if (point === undefined) return
    const given = open({ after: point, until: range.until })
    range.until = point
    this.#ranges.add(given)
    this.#launch(given)
  }

  /** Passes a page to the loop, and waits while enough pages lie there. */
  async #handOver(page: ReadyPage): Promise<void> {
    this.#ready.push(page)
    this.#wakeConsumer()
    while (this.#ready.length > this.#parallel && !this.#signal.aborted) {
      await new Promise<void>(resolve => this.#wakeFetchers.push(resolve))
    }
    this.#signal.throwIfAborted()
  }

  #fetch(range: OpenRange): Promise<ListObjectsV2Result> {
    const { bucket, prefix, requestPayer } = this.#request
    const { limit, readwriteTimeout, retryMaxAttempts } = this.#options
    const place =
      range.token !== undefined
        ? { continuationToken: range.token }
        : range.position !== '' && { startAfter: range.position }
    return send(
      this.#core,
      listObjectsV2,
      {
        bucket,
        maxKeys: limit as number,
        ...(prefix && { prefix }),
        ...(requestPayer !== undefined && { requestPayer }),
        ...place,
      },
      {
        signal: this.#signal,
        ...(readwriteTimeout !== undefined && { readwriteTimeout }),
        ...(retryMaxAttempts !== undefined && { retryMaxAttempts }),
      },
    )
  }
}

function open({ after, until }: KeyRange): OpenRange {
  return { handedOut: after, position: after, token: undefined, until }
}
