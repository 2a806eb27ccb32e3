import { invalidArgument } from './failure.js'
import { compareUtf8, type SortedKeys } from './storage/sorted-keys.js'

/** What to list. */
export interface ListingRequest {
  readonly prefix: string
  readonly delimiter: string
  /** Only what comes after this key or common prefix. */
  readonly after: string
  readonly limit: number
}

/** One line of a listing: a key, or the common prefix of several. */
export interface ListingEntry {
  readonly name: string
  readonly common: boolean
}

/** A page of a listing. */
export interface Listing {
  readonly entries: readonly ListingEntry[]
  readonly isTruncated: boolean
}

/**
 * Lists keys in order. With a delimiter, keys that have it after the prefix become one common prefix, which counts as one
 * entry; a common prefix can itself be where the next page begins. `visible` leaves keys out.
 */
export function listKeys(keys: SortedKeys, request: ListingRequest, visible: (key: string) => boolean): Listing {
  const { prefix, delimiter, after, limit } = request
  const entries: ListingEntry[] = []
  let at = keys.firstFrom(prefix)
  if (after !== '' && compareUtf8(after, prefix) >= 0) {
    at =
      delimiter !== '' && after.startsWith(prefix) && after.endsWith(delimiter)
        ? afterCommon(keys, request)
        : keys.firstAfter(after)
  }
  for (;;) {
    const key = keys.at(at)
    if (key === undefined || !key.startsWith(prefix)) return { entries, isTruncated: false }
    if (!visible(key)) {
      at++
      continue
    }
    // There is one more, so the page that is full already ends before it.
    if (entries.length === limit) return { entries, isTruncated: true }
    const common = commonPrefix(key, prefix, delimiter)
    if (common === undefined) {
      entries.push({ name: key, common: false })
      at++
    } else {
      entries.push({ name: common, common: true })
      at = keys.firstBeyond(common)
    }
  }
}

/** Where to go on after a page that ended with a common prefix: past everything under it. */
function afterCommon(keys: SortedKeys, { prefix, delimiter, after }: ListingRequest): number {
  return commonPrefix(after, prefix, delimiter) === after ? keys.firstBeyond(after) : keys.firstAfter(after)
}

/** What a key is shortened to; `undefined` when it stands for itself. */
export function commonPrefix(key: string, prefix: string, delimiter: string): string | undefined {
  if (delimiter === '') return undefined
  const found = key.indexOf(delimiter, prefix.length)
  return found < 0 ? undefined : key.slice(0, found + delimiter.length)
}

/** Whether listed names are to be percent-encoded. @throws Failure InvalidArgument */
export function wantsUrlEncoding(encodingType: string | undefined): boolean {
  if (encodingType === undefined || encodingType === '') return false
  if (encodingType !== 'url')
    throw invalidArgument('encoding-type', encodingType, 'Invalid Encoding Method specified in Request.')
  return true
}
