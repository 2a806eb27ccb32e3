import type { ErrorCode } from '../error-catalog.js'
import { Failure } from '../failure.js'
import type { AnyHandler, Call } from '../handler.js'
import * as checks from './checks.js'
import * as known from './known.js'
import { checkLifecycle } from './lifecycle.js'
import { given, type Setting } from './setting.js'

/** How one setting behaves. */
interface Row<T extends object> {
  readonly setting: Setting<T>
  /** Name of the operations without their verb; those that do not exist are never asked for. */
  readonly operations: string
  /** What reading answers when nothing is set: an error, or a value. */
  readonly missing: ErrorCode | ((call: Call) => T)
  /** Refuses what the service refuses. Gives what is kept. */
  readonly check?: (value: T, call: Call) => T
}

/** Checks that the row is of one type, then forgets the type. */
function row<T extends object>(entry: Row<T>): Row<object> {
  return entry as unknown as Row<object>
}

const rows: readonly Row<object>[] = [
  row({
    setting: known.accessMonitor,
    operations: 'BucketAccessMonitor',
    missing: () => ({ status: 'Disabled' }),
    check: checks.checkStatus,
  }),
  row({
    setting: known.archiveDirectRead,
    operations: 'BucketArchiveDirectRead',
    missing: 'NoSuchArchiveDirectReadConfiguration',
    check: checks.checkEnabled,
  }),
  row({
    setting: known.cors,
    operations: 'BucketCors',
    missing: 'NoSuchCORSConfiguration',
    check: checks.checkCors,
  }),
  row({
    setting: known.encryption,
    operations: 'BucketEncryption',
    missing: 'NoSuchServerSideEncryptionRule',
    check: checks.checkEncryption,
  }),
  row({
    setting: known.httpsConfig,
    operations: 'BucketHttpsConfig',
    missing: 'NoSuchHttpsConfig',
    check: checks.checkHttps,
  }),
  row({
    setting: known.lifecycle,
    operations: 'BucketLifecycle',
    missing: 'NoSuchLifecycle',
    check: checkLifecycle,
  }),
  row({
    setting: known.logging,
    operations: 'BucketLogging',
    missing: () => ({}),
    check: checks.checkLogging,
  }),
  row({
    setting: known.logFields,
    operations: 'UserDefinedLogFieldsConfig',
    missing: 'NoSuchUserDefinedLogFieldsConfig',
    check: checks.checkLogFields,
  }),
  row({
    setting: known.objectWorm,
    operations: 'BucketObjectWormConfiguration',
    missing: 'NoSuchObjectWormConfiguration',
    check: checks.checkObjectWorm,
  }),
  row({
    setting: known.overwriteConfig,
    operations: 'BucketOverwriteConfig',
    missing: 'NoSuchBucketOverwriteConfig',
    check: checks.checkOverwrite,
  }),
  row({
    setting: known.publicAccessBlock,
    operations: 'BucketPublicAccessBlock',
    missing: () => ({ blockPublicAccess: false }),
  }),
  row({
    setting: known.referer,
    operations: 'BucketReferer',
    missing: () => ({ allowEmptyReferer: true, refererList: {} }),
    check: checks.checkReferer,
  }),
  row({
    setting: known.requestPayment,
    operations: 'BucketRequestPayment',
    missing: () => ({ payer: 'BucketOwner' }),
    check: value => {
      checks.checkOneOf(value.payer, ['BucketOwner', 'Requester'])
      return value
    },
  }),
  row({
    setting: known.storageQuota,
    operations: 'BucketStorageQuota',
    missing: () => ({ storageQuota: -1 }),
    check: checks.checkQuota,
  }),
  row({
    setting: known.bucketTags,
    operations: 'BucketTags',
    missing: () => ({ tagSet: {} }),
    check: checks.checkBucketTags,
  }),
  row({
    setting: known.transferAcceleration,
    operations: 'BucketTransferAcceleration',
    missing: 'NoSuchTransferAccelerationConfiguration',
    check: checks.checkEnabled,
  }),
  row({
    setting: known.website,
    operations: 'BucketWebsite',
    missing: 'NoSuchWebsiteConfiguration',
    check: checks.checkWebsite,
  }),
]

function handlersOf({ setting, operations, missing, check }: Row<object>): [string, AnyHandler][] {
  return [
    [
      `put${operations}`,
      async (call, request) => {
        const value = given(request[setting.field]) as object
        await setting.set(call.bucket, check === undefined ? value : check(value, call))
        return {}
      },
    ],
    [
      `get${operations}`,
      call => {
        const value = setting.of(call.bucket)
        if (value !== undefined) return { result: { [setting.field]: value } }
        if (typeof missing !== 'string') return { result: { [setting.field]: missing(call) } }
        throw new Failure(missing, { details: { BucketName: call.bucket.name } })
      },
    ],
    [
      `delete${operations}`,
      async call => {
        await setting.set(call.bucket, undefined)
        return { status: 204 }
      },
    ],
  ]
}

/** Setting, reading and removing all settings of the table. */
export const settingHandlers: Readonly<Record<string, AnyHandler>> = Object.fromEntries(rows.flatMap(handlersOf))
