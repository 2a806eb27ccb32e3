import type { Bucket } from './storage/bucket.js'

/** A bucket's retention policy. */
export interface BucketWorm {
  readonly id: string
  /** How long every object is protected after its last change. */
  readonly days: number
  /** Whether it holds for good; otherwise it is void a day after it was made. */
  readonly locked: boolean
  /** In milliseconds since 1970. */
  readonly created: number
}

/** Name under which the bucket keeps it. */
export const bucketWormSetting = 'worm'

const dayMs = 24 * 60 * 60 * 1000

/** The retention policy that is in force, locked or not; `undefined` when there is none. */
export function bucketWormOf(bucket: Bucket, now: number): BucketWorm | undefined {
  const worm = bucket.record.settings[bucketWormSetting] as BucketWorm | undefined
  if (worm === undefined) return undefined
  return worm.locked || now < worm.created + dayMs ? worm : undefined
}
