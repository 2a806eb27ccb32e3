import { ParamInvalidError, ResponseError } from '../errors.js'
import type { OperationOptions } from '../pipeline/context.js'

/** Options of a paginator. */
export interface PaginatorOptions extends OperationOptions {
  /** Entries per page; the service's own default when absent. */
  limit?: number
}

/** How a listing goes on from one page to the next. */
export interface PageRule<Page, Item> {
  /** Request field that takes `limit`. */
  readonly limitField: string
  /** Entries of a page. */
  readonly items: (page: Page) => readonly Item[]
  /** Request fields of the next page; `undefined` after the last one. */
  readonly next: (page: Page) => Record<string, unknown> | undefined
}

/**
 * Walks through a listing. Iterate over it for pages, over {@link Paginator.items} for entries. Pages are fetched when they
 * are asked for, one at a time; leaving the loop stops.
 */
export class Paginator<Req extends object, Page, Item> implements AsyncIterable<Page> {
  readonly #fetch: (request: Req, options: OperationOptions) => Promise<Page>
  readonly #rule: PageRule<Page, Item>
  readonly #request: Req
  readonly #options: OperationOptions

  /** @internal */
  constructor(
    fetch: (request: Req, options: OperationOptions) => Promise<Page>,
    rule: PageRule<Page, Item>,
    request: Req,
    { limit, ...options }: PaginatorOptions = {},
  ) {
    if (limit !== undefined && (!Number.isSafeInteger(limit) || limit < 1)) {
      throw new ParamInvalidError('limit', 'expected an integer of at least 1')
    }
    this.#fetch = fetch
    this.#rule = rule
    this.#request = limit === undefined ? request : { ...request, [rule.limitField]: limit }
    this.#options = options
  }

  /** Pages as the operation returns them. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Page, void, undefined> {
    let request = this.#request
    let position = ''
    for (;;) {
      const page = await this.#fetch(request, this.#options)
      yield page
      const next = this.#rule.next(page)
      if (next === undefined) return
      const reached = JSON.stringify(next)
      // A listing that says "there is more" and points at the same place would never end.
      if (reached === position || reached === '{}')
        throw new ResponseError('the listing is cut short but does not say where it goes on')
      position = reached
      request = { ...request, ...next }
    }
  }

  /** Entries of all pages. */
  async *items(): AsyncGenerator<Item, void, undefined> {
    for await (const page of this) yield* this.#rule.items(page)
  }
}

/** A rule for listings with `isTruncated`: each request field is taken from a field of the page before. */
export function truncatedRule<Page extends { isTruncated?: boolean }, Item>(
  limitField: string,
  items: (page: Page) => readonly Item[],
  markers: (page: Page) => Record<string, string | undefined>,
): PageRule<Page, Item> {
  const next = (page: Page) =>
    page.isTruncated
      ? Object.fromEntries(Object.entries(markers(page)).filter(([, value]) => value !== undefined))
      : undefined
  return { limitField, items, next }
}
