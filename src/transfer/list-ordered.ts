import type { ClientCore } from '../client/core.js'
import { ResponseError } from '../errors.js'
import { listObjectsV2 } from '../operations/index.js'
import { send } from '../pipeline/send.js'
import type { ListAllRequest, ListedObject } from './list-all.js'
import { checkListing, compareKeys } from './list-order.js'

/**
 * Objects of a prefix in the order of their keys. The next page is fetched while the present one is worked on, never more.
 * The order is checked: whoever merges two listings would otherwise delete what is there.
 */
export async function* listOrdered(
  core: ClientCore,
  { bucket, prefix, requestPayer }: ListAllRequest,
  signal?: AbortSignal,
): AsyncGenerator<ListedObject, void, undefined> {
  const fetchPage = (continuationToken: string | undefined) => {
    const page = send(
      core,
      listObjectsV2,
      {
        bucket,
        maxKeys: 1000,
        ...(prefix && { prefix }),
        ...(requestPayer !== undefined && { requestPayer }),
        ...(continuationToken !== undefined && { continuationToken }),
      },
      signal ? { signal } : {},
    )
    // Nobody may be waiting for it when it fails, or ever ask for it.
    page.catch(() => {})
    return page
  }
  let previous: string | undefined
  let token: string | undefined
  for (let coming: ReturnType<typeof fetchPage> | undefined = fetchPage(undefined); coming !== undefined; ) {
    const page = await coming
    coming = undefined
    checkListing(page)
    if (page.isTruncated) {
      const next = page.nextContinuationToken
      if (next === undefined || next === token)
        throw new ResponseError('the listing is cut short but does not say where it goes on')
      token = next
      coming = fetchPage(next)
    }
    for (const object of (page.contents ?? []) as ListedObject[]) {
      if (previous !== undefined && compareKeys(previous, object.key) >= 0)
        throw new ResponseError('the listing is not in the order of its keys')
      previous = object.key
      yield object
    }
  }
}
