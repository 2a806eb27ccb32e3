import { Failure } from '../failure.js'
import type { Handlers } from '../handler.js'
import { owner } from '../objects.js'
import { bucketTags } from '../settings/known.js'
import { given } from '../settings/setting.js'

/** What is a little different from the settings of the table. */
export const bucketMiscHandlers: Handlers = {
  deleteBucketTags: async call => {
    // `?tagging=a,b` removes these, `?tagging` all of them.
    const keys = (call.incoming.query.tagging ?? '').split(',').filter(key => key !== '')
    const tags = bucketTags.of(call.bucket)?.tagSet?.tags ?? []
    const kept = keys.length === 0 ? [] : tags.filter(({ key }) => !keys.includes(key ?? ''))
    await bucketTags.set(call.bucket, kept.length === 0 ? undefined : { tagSet: { tags: kept } })
    return { status: 204 }
  },

  putBucketResourceGroup: async (call, request) => {
    const resourceGroup = given(request.bucketResourceGroupConfiguration?.resourceGroupId)
    if (!/^rg-[0-9a-z]+$/.test(resourceGroup)) {
      throw new Failure('AccessDenied', { message: 'You have no right to use this resource group.' })
    }
    await call.bucket.update(record => ({ ...record, resourceGroup }))
    return {}
  },

  getBucketResourceGroup: call => ({
    result: { bucketResourceGroupConfiguration: { resourceGroupId: call.bucket.record.resourceGroup } },
  }),

  listCloudBoxes: (_call, { prefix, marker, maxKeys = 100 }) => {
    // There is none here, which is what most accounts see.
    return { result: { prefix, marker, maxKeys, isTruncated: false, owner } }
  },
}
