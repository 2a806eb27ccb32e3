import { checkBucketName } from '../addressing.js'
import { bucketWormOf } from '../bucket-worm.js'
import { Failure, invalidArgument } from '../failure.js'
import type { Call, Handlers } from '../handler.js'
import { owner } from '../objects.js'
import { checkAclAllowed, refusesPublic } from '../public-access.js'
import { accessMonitor, logging, objectWorm, transferAcceleration } from '../settings/known.js'
import type { BucketRecord } from '../storage/records.js'
import { bucketEncryption, readBucketAcl } from '../template.js'
import { hasReplication } from './bucket-replication.js'

/** Where a bucket is said to be: the names of the real service. */
export function bucketEndpoints(region: string) {
  return {
    region,
    location: `oss-${region}`,
    extranetEndpoint: `oss-${region}.aliyuncs.com`,
    intranetEndpoint: `oss-${region}-internal.aliyuncs.com`,
  }
}

/** The resource group of buckets that were put in none. */
const defaultResourceGroup = 'rg-acfmxdefault00'

function newRecord(call: Call, storageClass: string, redundancy: string): BucketRecord {
  const { headers } = call.incoming
  return {
    name: call.address.bucket as string,
    created: Math.floor(call.now / 1000) * 1000,
    acl: readBucketAcl(headers['x-oss-acl']) ?? 'private',
    storageClass,
    redundancy,
    resourceGroup: headers['x-oss-resource-group-id'] || defaultResourceGroup,
    settings: {},
  }
}

/** Retention and versioning exclude each other in one direction or the other. @throws Failure InvalidBucketState */
function checkVersioningAllowed(call: Call, wanted: 'Enabled' | 'Suspended'): void {
  const needed = wanted === 'Suspended' && objectWorm.of(call.bucket) !== undefined
  if (!needed && bucketWormOf(call.bucket, call.now) === undefined) return
  throw new Failure('InvalidBucketState', { message: 'The retention settings of the bucket do not allow that.' })
}

function oneOf(name: string, value: string | undefined, known: readonly string[]): string {
  if (value === undefined) return known[0] as string
  if (!known.includes(value)) throw invalidArgument(name, value, `The ${name} you specified is not valid.`)
  return value
}

const storageClasses = ['Standard', 'IA', 'Archive', 'ColdArchive', 'DeepColdArchive'] as const

/** Operations on a bucket as a whole. */
export const bucketHandlers: Handlers = {
  putBucket: async (call, request) => {
    checkBucketName(request.bucket)
    const wanted = request.createBucketConfiguration
    const storageClass = oneOf('StorageClass', wanted?.storageClass, storageClasses)
    const redundancy = oneOf('DataRedundancyType', wanted?.dataRedundancyType, ['LRS', 'ZRS'])
    const record = newRecord(call, storageClass, redundancy)
    checkAclAllowed(call, 'bucket', record.acl)
    await call.store.create(record, async bucket => {
      // Making one's own bucket again is fine, unless it would have to become another kind of bucket.
      if (wanted?.storageClass !== undefined && storageClass !== bucket.record.storageClass) {
        throw new Failure('BucketAlreadyExists', { details: { BucketName: record.name } })
      }
      if (call.incoming.headers['x-oss-acl'] !== undefined)
        await bucket.update(before => ({ ...before, acl: record.acl }))
    })
    return { headers: { location: `/${record.name}` } }
  },

  deleteBucket: async call => {
    await call.store.remove(call.bucket.name)
    return { status: 204 }
  },

  putBucketAcl: async (call, request) => {
    const acl = readBucketAcl(request.acl)
    if (acl === undefined) throw new Failure('MissingArgument', { details: { ArgumentName: 'x-oss-acl' } })
    checkAclAllowed(call, 'bucket', acl)
    await call.bucket.update(record => ({ ...record, acl }))
    return {}
  },

  getBucketAcl: call => ({ result: { owner, acl: call.bucket.record.acl } }),

  getBucketLocation: call => ({ result: { location: `oss-${call.settings.region}` } }),

  putBucketVersioning: async (call, request) => {
    const status = request.versioningConfiguration?.status
    const versioning = (['Enabled', 'Suspended'] as const).find(known => known === status)
    if (versioning === undefined) throw new Failure('MalformedXML')
    checkVersioningAllowed(call, versioning)
    await call.bucket.update(record => ({ ...record, versioning }))
    return {}
  },

  getBucketVersioning: call => ({ result: { versionStatus: call.bucket.record.versioning } }),

  getBucketInfo: call => {
    const { bucket } = call
    const { record } = bucket
    const encryption = bucketEncryption(bucket)
    const log = logging.of(bucket)?.loggingEnabled
    return {
      result: {
        bucketInfo: {
          name: record.name,
          accessMonitor: accessMonitor.of(bucket)?.status ?? 'Disabled',
          creationDate: new Date(record.created),
          location: `oss-${call.settings.region}`,
          extranetEndpoint: `oss-${call.settings.region}.aliyuncs.com`,
          intranetEndpoint: `oss-${call.settings.region}-internal.aliyuncs.com`,
          acl: record.acl,
          dataRedundancyType: record.redundancy,
          owner,
          storageClass: record.storageClass,
          resourceGroupId: record.resourceGroup,
          sseRule: {
            sseAlgorithm: encryption?.algorithm ?? 'None',
            ...(encryption?.keyId === undefined ? {} : { kmsMasterKeyId: encryption.keyId }),
            ...(encryption?.dataAlgorithm === undefined ? {} : { kmsDataEncryption: encryption.dataAlgorithm }),
          },
          ...(record.versioning === undefined ? {} : { versioning: record.versioning }),
          transferAcceleration: transferAcceleration.of(bucket)?.enabled ? 'Enabled' : 'Disabled',
          crossRegionReplication: hasReplication(bucket) ? 'Enabled' : 'Disabled',
          bucketPolicy: { logBucket: log?.targetBucket ?? '', logPrefix: log?.targetPrefix ?? '' },
          comment: '',
          blockPublicAccess: refusesPublic(call.store, bucket),
        },
      },
    }
  },

  getBucketStat: call => {
    const sums = new Map<string, { size: number; count: number }>()
    const total = { size: 0, count: 0, markers: 0 }
    const { keys } = call.bucket
    for (let at = 0; at < keys.size; at++) {
      for (const version of call.bucket.find(keys.at(at) as string)?.versions ?? []) {
        if (version.deleteMarker) {
          total.markers++
          continue
        }
        const sum = sums.get(version.storageClass) ?? { size: 0, count: 0 }
        sums.set(version.storageClass, { size: sum.size + version.size, count: sum.count + 1 })
        total.size += version.size
        total.count++
      }
    }
    const sum = (storageClass: string) => sums.get(storageClass) ?? { size: 0, count: 0 }
    return {
      result: {
        storage: total.size,
        objectCount: total.count,
        multiPartUploadCount: call.bucket.uploads.size,
        liveChannelCount: 0,
        lastModifiedTime: Math.floor(call.now / 1000),
        standardStorage: sum('Standard').size,
        standardObjectCount: sum('Standard').count,
        infrequentAccessStorage: sum('IA').size,
        infrequentAccessRealStorage: sum('IA').size,
        infrequentAccessObjectCount: sum('IA').count,
        archiveStorage: sum('Archive').size,
        archiveRealStorage: sum('Archive').size,
        archiveObjectCount: sum('Archive').count,
        coldArchiveStorage: sum('ColdArchive').size,
        coldArchiveRealStorage: sum('ColdArchive').size,
        coldArchiveObjectCount: sum('ColdArchive').count,
        deepColdArchiveStorage: sum('DeepColdArchive').size,
        deepColdArchiveRealStorage: sum('DeepColdArchive').size,
        deepColdArchiveObjectCount: sum('DeepColdArchive').count,
        deleteMarkerCount: total.markers,
      },
    }
  },
}
