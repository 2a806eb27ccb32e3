import { randomBytes } from 'node:crypto'
import { Failure, invalidArgument } from '../failure.js'
import type { Call, Handlers } from '../handler.js'
import { updateSetting } from '../settings/setting.js'
import type { Bucket } from '../storage/bucket.js'
import { pageSize } from './service.js'

interface Task {
  readonly taskId: string
  /** In milliseconds since 1970. */
  readonly created: number
}

const settingName = 'redundancyTransition'

function tasksOf(bucket: Bucket): readonly Task[] {
  return (bucket.record.settings[settingName] ?? []) as readonly Task[]
}

/** Nothing is ever moved here, so a task stays in the queue until it is withdrawn. */
function describe(bucket: Bucket, { taskId, created }: Task) {
  return { bucket: bucket.name, taskId, status: 'Queueing', createTime: new Date(created).toISOString() }
}

/** @throws Failure BucketDataRedundancyTransitionTaskNotExist */
function find(call: Call, taskId: string): Task {
  const task = tasksOf(call.bucket).find(each => each.taskId === taskId)
  if (task !== undefined) return task
  throw new Failure('BucketDataRedundancyTransitionTaskNotExist', { details: { TaskId: taskId } })
}

/** Changes of where the copies of data lie. */
export const bucketRedundancyHandlers: Handlers = {
  createBucketDataRedundancyTransition: async (call, request) => {
    const target = request.targetRedundancyType
    if (target !== 'ZRS' || call.bucket.record.redundancy === 'ZRS') {
      throw invalidArgument('x-oss-target-redundancy-type', target, 'The target redundancy type is not valid.')
    }
    const waiting = tasksOf(call.bucket)[0]
    if (waiting !== undefined) throw new Failure('BucketDataRedundancyTransitionTaskAlreadyExist')
    const task = { taskId: randomBytes(16).toString('hex'), created: call.now }
    await updateSetting(call.bucket, settingName, () => [task])
    return { result: { bucketDataRedundancyTransition: { taskId: task.taskId } } }
  },

  getBucketDataRedundancyTransition: (call, request) => {
    const task = find(call, request.redundancyTransitionTaskid)
    return { result: { bucketDataRedundancyTransition: describe(call.bucket, task) } }
  },

  listBucketDataRedundancyTransition: call => {
    const tasks = tasksOf(call.bucket).map(task => describe(call.bucket, task))
    const list = { bucketDataRedundancyTransition: tasks, isTruncated: false }
    return { result: { listBucketDataRedundancyTransition: list } }
  },

  listUserDataRedundancyTransition: (call, request) => {
    const maxKeys = pageSize('max-keys', request.maxKeys, 100)
    const rest = call.store
      .buckets()
      .flatMap(bucket => tasksOf(bucket).map(task => describe(bucket, task)))
      .filter(({ bucket }) => bucket > (request.continuationToken ?? ''))
    const page = rest.slice(0, maxKeys)
    const isTruncated = rest.length > maxKeys
    const last = page.at(-1)?.bucket
    const next = isTruncated && last !== undefined ? { nextContinuationToken: last } : {}
    const list = { bucketDataRedundancyTransition: page, isTruncated, ...next }
    return { result: { listBucketDataRedundancyTransition: list } }
  },

  deleteBucketDataRedundancyTransition: async (call, request) => {
    const gone = find(call, request.redundancyTransitionTaskid)
    await updateSetting(call.bucket, settingName, () => {
      const kept = tasksOf(call.bucket).filter(task => task !== gone)
      return kept.length === 0 ? undefined : kept
    })
    return { status: 204 }
  },
}
