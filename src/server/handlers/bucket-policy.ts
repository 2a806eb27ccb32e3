import { Failure } from '../failure.js'
import type { Handlers } from '../handler.js'
import { checkPolicy, isPublic } from '../policy-document.js'
import { refusesPublic } from '../public-access.js'
import { receiveDocument } from '../receive.js'
import { updateSetting } from '../settings/setting.js'
import type { Bucket } from '../storage/bucket.js'

function policyOf(bucket: Bucket): string | undefined {
  return bucket.record.settings.policy as string | undefined
}

/** Policies of buckets. They are kept and given back as they came; nothing is decided by them. */
export const bucketPolicyHandlers: Handlers = {
  putBucketPolicy: async call => {
    const source = await receiveDocument(call)
    const policy = checkPolicy(source)
    if (isPublic(policy) && refusesPublic(call.store, call.bucket)) {
      throw new Failure('AccessDenied', { message: 'Put public bucket policy is not allowed.' })
    }
    await updateSetting(call.bucket, 'policy', () => source)
    return {}
  },

  getBucketPolicy: call => {
    const body = policyOf(call.bucket)
    if (body === undefined) throw new Failure('NoSuchBucketPolicy', { details: { BucketName: call.bucket.name } })
    return { text: { body, contentType: 'application/json' } }
  },

  deleteBucketPolicy: async call => {
    await updateSetting(call.bucket, 'policy', () => undefined)
    return { status: 204 }
  },

  getBucketPolicyStatus: call => {
    const source = policyOf(call.bucket)
    return { result: { policyStatus: { isPublic: source !== undefined && isPublic(checkPolicy(source)) } } }
  },
}
