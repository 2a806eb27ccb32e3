import { randomBytes } from 'node:crypto'
import { Failure, invalidArgument } from '../failure.js'
import type { Call, Handlers } from '../handler.js'
import { owner } from '../objects.js'
import { checkPolicy } from '../policy-document.js'
import { receiveDocument } from '../receive.js'
import { checkOneOf } from '../settings/checks.js'
import { given, updateSetting } from '../settings/setting.js'
import type { Bucket } from '../storage/bucket.js'
import { pageSize } from './service.js'

/** An access point as its bucket keeps it. */
interface AccessPointRecord {
  readonly networkOrigin: string
  readonly vpcId?: string
  readonly alias: string
  readonly created: number
  readonly policy?: string
  readonly blocked?: boolean
}

type AccessPoints = Readonly<Record<string, AccessPointRecord>>

const settingName = 'accessPoint'

function pointsOf(bucket: Bucket): AccessPoints {
  return (bucket.record.settings[settingName] ?? {}) as AccessPoints
}

/** @throws Failure NoSuchAccessPoint */
function find(call: Call, name: string | undefined): AccessPointRecord {
  const points = pointsOf(call.bucket)
  if (name === undefined) throw new Failure('MissingArgument', { details: { ArgumentName: 'x-oss-access-point-name' } })
  const point = Object.hasOwn(points, name) ? points[name] : undefined
  if (point === undefined) throw new Failure('NoSuchAccessPoint', { details: { AccessPointName: name } })
  return point
}

async function keep(call: Call, name: string, point: AccessPointRecord | undefined): Promise<void> {
  await updateSetting(call.bucket, settingName, before => {
    const { [name]: _replaced, ...others } = (before ?? {}) as AccessPoints
    return point === undefined ? others : { ...others, [name]: point }
  })
}

function arn(call: Call, name: string): string {
  return `acs:oss:${call.settings.region}:${owner.id}:accesspoint/${name}`
}

function describe(bucket: Bucket, accessPointName: string, point: AccessPointRecord) {
  return {
    accessPointName,
    bucket: bucket.name,
    networkOrigin: point.networkOrigin,
    alias: point.alias,
    status: 'enable',
    ...(point.vpcId === undefined ? {} : { vpcConfiguration: { vpcId: point.vpcId } }),
  }
}

/** Access points: kept and described. Requests do not go through them. */
export const accessPointHandlers: Handlers = {
  createAccessPoint: async (call, request) => {
    const wanted = given(request.createAccessPointConfiguration)
    const name = wanted.accessPointName ?? ''
    if (!/^[a-z0-9][a-z0-9-]{1,17}[a-z0-9]$/.test(name) || name.endsWith('-ossalias')) {
      throw invalidArgument('AccessPointName', name, 'The access point name is not valid.')
    }
    const networkOrigin = given(wanted.networkOrigin)
    checkOneOf(networkOrigin, ['internet', 'vpc'])
    const vpcId = wanted.vpcConfiguration?.vpcId
    if (networkOrigin === 'vpc' && vpcId === undefined) throw new Failure('MalformedXML')
    if (call.store.buckets().some(bucket => Object.hasOwn(pointsOf(bucket), name))) {
      throw new Failure('AccessPointAlreadyExists', { details: { AccessPointName: name } })
    }
    const alias = `${name}-${randomBytes(10).toString('hex')}-ossalias`
    const point = { networkOrigin, alias, created: call.now, ...(vpcId === undefined ? {} : { vpcId }) }
    await keep(call, name, point)
    return { result: { accessPointArn: arn(call, name), alias } }
  },

  getAccessPoint: (call, { accessPointName }) => {
    const point = find(call, accessPointName)
    const host = `oss-${call.settings.region}`
    const start = `${accessPointName}-${owner.id}.${host}`
    return {
      result: {
        ...describe(call.bucket, accessPointName, point),
        accountId: owner.id,
        accessPointArn: arn(call, accessPointName),
        creationDate: String(Math.floor(point.created / 1000)),
        endpoints: {
          publicEndpoint: `${start}.oss-accesspoint.aliyuncs.com`,
          internalEndpoint: `${start}-internal.oss-accesspoint.aliyuncs.com`,
        },
        publicAccessBlockConfiguration: { blockPublicAccess: point.blocked ?? false },
      },
    }
  },

  listAccessPoints: (call, request) => {
    const maxKeys = pageSize('max-keys', request.maxKeys, 100)
    const buckets = request.bucket === undefined ? call.store.buckets() : [call.bucket]
    const after = request.continuationToken ?? ''
    const all = buckets
      .flatMap(bucket => Object.entries(pointsOf(bucket)).map(([name, point]) => describe(bucket, name, point)))
      .filter(({ accessPointName }) => accessPointName > after)
      .sort((a, b) => (a.accessPointName < b.accessPointName ? -1 : 1))
    const accessPoints = all.slice(0, maxKeys)
    const isTruncated = all.length > maxKeys
    return {
      result: {
        accessPoints,
        maxKeys,
        isTruncated,
        nextContinuationToken: isTruncated ? accessPoints.at(-1)?.accessPointName : undefined,
        accountId: owner.id,
      },
    }
  },

  deleteAccessPoint: async (call, { accessPointName }) => {
    find(call, accessPointName)
    await keep(call, accessPointName, undefined)
    return { status: 204 }
  },

  putAccessPointPolicy: async (call, { accessPointName }) => {
    const point = find(call, accessPointName)
    const policy = await receiveDocument(call)
    checkPolicy(policy)
    await keep(call, accessPointName as string, { ...point, policy })
    return {}
  },

  getAccessPointPolicy: (call, { accessPointName }) => {
    const { policy } = find(call, accessPointName)
    if (policy === undefined) {
      throw new Failure('NoSuchAccessPointPolicy', { details: { AccessPointName: accessPointName } })
    }
    return { text: { body: policy, contentType: 'application/json' } }
  },

  deleteAccessPointPolicy: async (call, { accessPointName }) => {
    const { policy: _policy, ...point } = find(call, accessPointName)
    await keep(call, accessPointName, point)
    return { status: 204 }
  },

  putAccessPointPublicAccessBlock: async (call, request) => {
    const point = find(call, request.accessPointName)
    const blocked = given(request.publicAccessBlockConfiguration).blockPublicAccess === true
    await keep(call, request.accessPointName, { ...point, blocked })
    return {}
  },

  getAccessPointPublicAccessBlock: (call, { accessPointName }) => {
    const { blocked = false } = find(call, accessPointName)
    return { result: { publicAccessBlockConfiguration: { blockPublicAccess: blocked } } }
  },

  deleteAccessPointPublicAccessBlock: async (call, { accessPointName }) => {
    const { blocked: _blocked, ...point } = find(call, accessPointName)
    await keep(call, accessPointName as string, point)
    return { status: 204 }
  },
}
