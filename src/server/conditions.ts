import { Failure, invalidArgument } from './failure.js'
import type { ObjectVersion } from './storage/records.js'

/** Names of the four conditional headers in a request. */
export interface ConditionNames {
  readonly match: string
  readonly noneMatch: string
  readonly modifiedSince: string
  readonly unmodifiedSince: string
}

/** Conditions on the object itself. */
export const objectConditions: ConditionNames = {
  match: 'if-match',
  noneMatch: 'if-none-match',
  modifiedSince: 'if-modified-since',
  unmodifiedSince: 'if-unmodified-since',
}

/** Conditions on the source of a copy. */
export const sourceConditions: ConditionNames = {
  match: 'x-oss-copy-source-if-match',
  noneMatch: 'x-oss-copy-source-if-none-match',
  modifiedSince: 'x-oss-copy-source-if-modified-since',
  unmodifiedSince: 'x-oss-copy-source-if-unmodified-since',
}

/** What conditions are about. */
export type Conditioned = Pick<ObjectVersion, 'etag' | 'modified'>

/**
 * Checks conditional headers. Times count in whole seconds, as HTTP dates do.
 * @throws Failure PreconditionFailed, NotModified, InvalidArgument for a date that is none
 */
export function checkConditions(
  object: Conditioned,
  headers: Readonly<Record<string, string>>,
  names: ConditionNames,
): void {
  const modified = Math.floor(object.modified / 1000)
  const match = headers[names.match]
  if (match !== undefined && !lists(match, object.etag)) throw preconditionFailed('If-Match')
  const unmodifiedSince = seconds(headers, names.unmodifiedSince)
  if (unmodifiedSince !== undefined && modified > unmodifiedSince) throw preconditionFailed('If-Unmodified-Since')
  const noneMatch = headers[names.noneMatch]
  const modifiedSince = seconds(headers, names.modifiedSince)
  const same = noneMatch !== undefined && lists(noneMatch, object.etag)
  const old = modifiedSince !== undefined && modified <= modifiedSince
  if (!same && !old) return
  throw new Failure('NotModified', {
    headers: { etag: `"${object.etag}"`, 'last-modified': new Date(object.modified).toUTCString() },
  })
}

function preconditionFailed(condition: string): Failure {
  return new Failure('PreconditionFailed', { details: { Condition: condition } })
}

function lists(value: string, etag: string): boolean {
  if (value.trim() === '*') return true
  return value
    .split(',')
    .some(each => each.trim().replace(/^W\//, '').replaceAll('"', '').toUpperCase() === etag.toUpperCase())
}

function seconds(headers: Readonly<Record<string, string>>, name: string): number | undefined {
  const value = headers[name]
  if (value === undefined) return undefined
  const time = Date.parse(value)
  if (Number.isNaN(time))
    throw invalidArgument(name, value, `The value of ${name} is not a valid date.`, '0017-00001001')
  return Math.floor(time / 1000)
}
