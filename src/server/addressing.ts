import { Failure } from './failure.js'

/** What a request is about. */
export interface Address {
  readonly bucket: string | undefined
  readonly key: string | undefined
}

/** `[BUCKET.]oss-REGION[-internal].aliyuncs.com`, and the dual-stack form `[BUCKET.]REGION.oss.aliyuncs.com`. */
const ossHost = /^(?:([^.]+)\.)?(?:oss-[a-z0-9-]+|[a-z0-9-]+\.oss)\.aliyuncs\.com$/

/**
 * Finds bucket and key. A Host of the service's own form says what the bucket is, whatever address the connection came to,
 * and so do `BUCKET.localhost` and a Host whose first label is an existing bucket. Otherwise the bucket leads the path.
 * @param path as it was sent, without the query
 */
export function addressOf(host: string, path: string, bucketExists: (name: string) => boolean): Address {
  const bucket = bucketOfHost(host.replace(/:\d+$/, '').toLowerCase(), bucketExists)
  if (bucket !== undefined) return { bucket, key: keyOf(path.slice(1)) }
  const end = path.indexOf('/', 1)
  const first = decode(end < 0 ? path.slice(1) : path.slice(1, end))
  if (first === '') return { bucket: undefined, key: undefined }
  return { bucket: first, key: end < 0 ? undefined : keyOf(path.slice(end + 1)) }
}

/** The bucket a host name stands for; `undefined` when the path has to say it. */
function bucketOfHost(name: string, bucketExists: (name: string) => boolean): string | undefined {
  const official = ossHost.exec(name)
  if (official !== null) return official[1]
  if (name === '' || name.startsWith('[') || /^[\d.]+$/.test(name)) return undefined
  const [first, ...rest] = name.split('.') as [string, ...string[]]
  if (rest.length === 0) return undefined
  return rest.join('.') === 'localhost' || bucketExists(first) ? first : undefined
}

function keyOf(encoded: string): string | undefined {
  if (encoded === '') return undefined
  const key = decode(encoded)
  checkKey(key)
  return key
}

/** Checks a key. @throws Failure InvalidObjectName */
export function checkKey(key: string): void {
  if (key.startsWith('/') || key.startsWith('\\'))
    throw new Failure('InvalidObjectName', { details: { ObjectName: key } })
  if (Buffer.byteLength(key) > 1023) {
    throw new Failure('InvalidObjectName', { message: 'The Length of Object name must be less than 1024.' })
  }
}

/** Decodes once; nothing is normalised, since keys are opaque. */
function decode(encoded: string): string {
  try {
    return decodeURIComponent(encoded)
  } catch {
    throw new Failure('InvalidURI')
  }
}

/** Checks a bucket's name. @throws Failure InvalidBucketName */
export function checkBucketName(name: string): void {
  if (!/^[a-z0-9](?:[a-z0-9-]{1,61})[a-z0-9]$/.test(name)) {
    throw new Failure('InvalidBucketName', { details: { BucketName: name } })
  }
}
