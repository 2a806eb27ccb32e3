import type { UsageError } from './usage-error.js'

/** A place in a bucket, written `oss://bucket/key`. */
export interface OssLocation {
  readonly bucket: string
  /** Key or prefix, taken as it is written; empty for the bucket itself. */
  readonly key: string
}

/** Reads an operand: a place in a bucket, or `undefined` for a local path. */
export function ossLocation(operand: string, wrong: (message: string) => UsageError): OssLocation | undefined {
  if (!/^oss:\/\//i.test(operand)) return undefined
  const rest = operand.slice('oss://'.length)
  const slash = rest.indexOf('/')
  const bucket = slash < 0 ? rest : rest.slice(0, slash)
  if (bucket === '') throw wrong(`${operand}: expected oss://bucket or oss://bucket/key`)
  return { bucket, key: slash < 0 ? '' : rest.slice(slash + 1) }
}

/** Reads an operand that must be in a bucket. @param what what the command wants */
export function requireLocation(
  operand: string,
  what: 'bucket' | 'object' | 'any',
  wrong: (message: string) => UsageError,
): OssLocation {
  const place = ossLocation(operand, wrong)
  const form =
    what === 'bucket' ? 'oss://bucket' : what === 'object' ? 'oss://bucket/key' : 'oss://bucket/key or oss://bucket'
  if (place === undefined || (what === 'object' && place.key === '') || (what === 'bucket' && place.key !== ''))
    throw wrong(`${operand}: expected ${form}`)
  return place
}

/** How a place is written. */
export function formatLocation({ bucket, key }: OssLocation): string {
  return `oss://${bucket}/${key}`
}
