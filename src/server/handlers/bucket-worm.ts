import { randomBytes } from 'node:crypto'
import { type BucketWorm, bucketWormOf, bucketWormSetting } from '../bucket-worm.js'
import { Failure, invalidArgument } from '../failure.js'
import type { Call, Handlers } from '../handler.js'
import { objectWorm } from '../settings/known.js'
import { given, updateSetting } from '../settings/setting.js'

const dayMs = 24 * 60 * 60 * 1000

function checkDays(days: number | undefined): number {
  if (days === undefined) throw new Failure('MalformedXML')
  if (days < 1 || days > 25_550) {
    throw invalidArgument('RetentionPeriodInDays', String(days), 'The retention period must be 1 to 25550 days.')
  }
  return days
}

/** @throws Failure NoSuchWORMConfiguration */
function present(call: Call, wormId?: string): BucketWorm {
  const worm = bucketWormOf(call.bucket, call.now)
  if (worm === undefined || (wormId !== undefined && wormId !== worm.id)) {
    throw new Failure('NoSuchWORMConfiguration', { details: { BucketName: call.bucket.name } })
  }
  return worm
}

async function keep(call: Call, worm: BucketWorm | undefined): Promise<void> {
  await updateSetting(call.bucket, bucketWormSetting, () => worm)
}

/** Retention of everything in a bucket. A draft that is not locked within a day is void. */
export const bucketWormHandlers: Handlers = {
  initiateBucketWorm: async (call, request) => {
    const days = checkDays(given(request.initiateWormConfiguration).retentionPeriodInDays)
    if (bucketWormOf(call.bucket, call.now)?.locked) throw new Failure('WORMConfigurationLocked')
    if (call.bucket.record.versioning !== undefined || objectWorm.of(call.bucket) !== undefined) {
      throw new Failure('InvalidBucketState', { message: 'A bucket with versioning cannot have a retention policy.' })
    }
    const id = randomBytes(16).toString('hex').toUpperCase()
    await keep(call, { id, days, locked: false, created: call.now })
    return { result: { wormId: id } }
  },

  abortBucketWorm: async call => {
    if (present(call).locked) throw new Failure('WORMConfigurationLocked')
    await keep(call, undefined)
    return { status: 204 }
  },

  completeBucketWorm: async (call, request) => {
    const worm = present(call, request.wormId)
    if (worm.locked) throw new Failure('WORMConfigurationLocked')
    await keep(call, { ...worm, locked: true })
    return {}
  },

  extendBucketWorm: async (call, request) => {
    const worm = present(call, request.wormId)
    const days = checkDays(given(request.extendWormConfiguration).retentionPeriodInDays)
    if (!worm.locked || days <= worm.days) {
      throw invalidArgument(
        'RetentionPeriodInDays',
        String(days),
        'Only a locked retention policy can be extended, and only to a longer period.',
      )
    }
    await keep(call, { ...worm, days })
    return {}
  },

  getBucketWorm: call => {
    const worm = present(call)
    return {
      result: {
        wormConfiguration: {
          wormId: worm.id,
          state: worm.locked ? 'Locked' : 'InProgress',
          retentionPeriodInDays: worm.days,
          creationDate: new Date(worm.created).toISOString(),
          ...(worm.locked ? {} : { expirationDate: new Date(worm.created + dayMs).toISOString() }),
        },
      },
    }
  },
}
