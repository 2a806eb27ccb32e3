import { Failure } from './failure.js'
import type { Call } from './handler.js'
import { publicAccessBlock } from './settings/known.js'
import type { Bucket } from './storage/bucket.js'
import type { Store } from './storage/store.js'

/** Name under which the account keeps its block. */
export const accountBlockSetting = 'publicAccessBlock'

/** Whether bucket or account refuse access by the public. Access control lists that give it have no effect then. */
export function refusesPublic(store: Store, bucket: Bucket | undefined): boolean {
  if (store.account.settings[accountBlockSetting] === true) return true
  return bucket !== undefined && publicAccessBlock.of(bucket)?.blockPublicAccess === true
}

/** Refuses an access control list that gives access to the public where that is blocked. @throws Failure AccessDenied */
export function checkAclAllowed(call: Call, kind: 'bucket' | 'object', acl: string | undefined): void {
  if (acl === undefined || !acl.startsWith('public-')) return
  const bucket = call.address.bucket === undefined ? undefined : call.store.find(call.address.bucket)
  if (!refusesPublic(call.store, bucket)) return
  throw new Failure('AccessDenied', { message: `Put public ${kind} acl is not allowed` })
}
