import { invalidArgument } from '../failure.js'
import type { Handlers } from '../handler.js'
import { owner } from '../objects.js'
import { bucketEndpoints } from './bucket.js'

/** Checks a page size. @throws Failure InvalidArgument */
export function pageSize(name: string, value: number | undefined, fallback: number): number {
  const size = value ?? fallback
  if (size < 1 || size > 1000)
    throw invalidArgument(name, String(size), `Argument ${name} must be an integer between 1 and 1000.`)
  return size
}

/** Operations without a bucket. */
export const serviceHandlers: Handlers = {
  listBuckets: (call, request) => {
    const { prefix = '', marker = '', resourceGroupId } = request
    const maxKeys = pageSize('max-keys', request.maxKeys, 100)
    const found = call.store
      .buckets()
      .map(bucket => bucket.record)
      .filter(({ name, resourceGroup }) => {
        const inGroup = resourceGroupId === undefined || resourceGroupId === '' || resourceGroup === resourceGroupId
        return inGroup && name.startsWith(prefix) && name > marker
      })
    const page = found.slice(0, maxKeys)
    const isTruncated = found.length > page.length
    return {
      result: {
        prefix,
        marker,
        maxKeys,
        isTruncated,
        nextMarker: isTruncated ? page.at(-1)?.name : undefined,
        owner,
        buckets: page.map(record => ({
          name: record.name,
          creationDate: new Date(record.created),
          storageClass: record.storageClass,
          resourceGroupId: record.resourceGroup,
          ...bucketEndpoints(call.settings.region),
        })),
      },
    }
  },

  describeRegions: (call, request) => {
    const own = `oss-${call.settings.region}`
    const names = [...new Set([own, 'oss-cn-hangzhou', 'oss-cn-shanghai', 'oss-cn-beijing'])].sort()
    const wanted = request.regions ? names.filter(name => name === request.regions) : names
    if (wanted.length === 0) throw invalidArgument('regions', request.regions ?? '', 'The region does not exist.')
    return {
      result: {
        regionInfo: wanted.map(region => ({
          region,
          internetEndpoint: `${region}.aliyuncs.com`,
          internalEndpoint: `${region}-internal.aliyuncs.com`,
          accelerateEndpoint: 'oss-accelerate.aliyuncs.com',
        })),
      },
    }
  },
}
