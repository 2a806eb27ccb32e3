import { randomUUID } from 'node:crypto'
import { getBucketReplication, type ReplicationRule } from '../../operations/index.js'
import { Failure, invalidArgument } from '../failure.js'
import type { Call, Handlers } from '../handler.js'
import { checkOneOf } from '../settings/checks.js'
import { given, setting } from '../settings/setting.js'
import type { Bucket } from '../storage/bucket.js'

const replication = setting('replication', getBucketReplication)

function rulesOf(bucket: Bucket): readonly ReplicationRule[] {
  return replication.of(bucket)?.rules ?? []
}

/** Whether a bucket has replication rules. */
export function hasReplication(bucket: Bucket): boolean {
  return rulesOf(bucket).length > 0
}

/** @throws Failure NoSuchReplicationConfiguration */
function presentRules(call: Call): readonly ReplicationRule[] {
  const rules = rulesOf(call.bucket)
  if (rules.length > 0) return rules
  throw new Failure('NoSuchReplicationConfiguration', { details: { BucketName: call.bucket.name } })
}

/** @throws Failure NoSuchReplicationConfiguration, NoSuchReplicationRule */
function find(call: Call, id: string | undefined): ReplicationRule {
  const rule = presentRules(call).find(each => each.id === id)
  if (rule === undefined) throw new Failure('NoSuchReplicationRule', { details: { RuleID: id ?? '' } })
  return rule
}

function checkRule(call: Call, rule: ReplicationRule): void {
  const { bucket, location } = rule.destination ?? {}
  if (bucket === undefined || location === undefined) throw new Failure('MalformedXML')
  if (bucket === call.bucket.name) {
    throw invalidArgument('Destination', bucket, 'The source and destination bucket must not be the same.')
  }
  const prefixes = rule.prefixSet?.prefixs ?? []
  const overlap = prefixes.find((prefix, at) => prefixes.some((other, o) => o !== at && other.startsWith(prefix)))
  if (overlap !== undefined || prefixes.length > 10) {
    throw invalidArgument('Prefix', overlap ?? '', 'The prefixes of a rule must not overlap, and be 10 at most.')
  }
}

const regions = ['oss-cn-beijing', 'oss-cn-hangzhou', 'oss-cn-qingdao', 'oss-cn-shanghai', 'oss-cn-shenzhen']

/** Replication rules. They are kept, and say they are at work; nothing is replicated. */
export const bucketReplicationHandlers: Handlers = {
  putBucketReplication: async (call, request) => {
    const added = given(request.replicationConfiguration).rules ?? []
    const [rule] = added
    if (rule === undefined || added.length > 1) throw new Failure('MalformedXML')
    checkRule(call, rule)
    const id = rule.id ?? randomUUID()
    const present = rulesOf(call.bucket)
    if (present.some(each => each.id === id)) throw invalidArgument('ID', id, 'The rule id exists.')
    const complete: ReplicationRule = {
      action: 'ALL',
      historicalObjectReplication: 'enabled',
      ...rule,
      id,
      status: 'doing',
    }
    await replication.set(call.bucket, { rules: [...present, complete] })
    return { result: { replicationRuleId: id } }
  },

  getBucketReplication: call => ({ result: { replicationConfiguration: { rules: [...presentRules(call)] } } }),

  deleteBucketReplication: async (call, request) => {
    const [id] = given(request.replicationRules).ids ?? []
    find(call, id)
    const rules = rulesOf(call.bucket).filter(rule => rule.id !== id)
    await replication.set(call.bucket, rules.length === 0 ? undefined : { rules })
    return {}
  },

  putBucketRtc: async (call, request) => {
    const { id, rtc } = given(request.rtcConfiguration)
    checkOneOf(rtc?.status, ['enabled', 'disabled'])
    const changed = find(call, id)
    const rules = rulesOf(call.bucket).map(rule => (rule === changed ? { ...rule, ...(rtc && { rtc }) } : rule))
    await replication.set(call.bucket, { rules })
    return {}
  },

  getBucketReplicationLocation: call => {
    const locations = regions.filter(region => region !== `oss-${call.settings.region}`)
    return {
      result: {
        replicationLocation: {
          locations,
          locationTransferTypeConstraint: {
            locationTransferTypes: locations.map(location => ({ location, transferTypes: { types: ['oss_acc'] } })),
          },
          locationrtcConstraint: { locations },
        },
      },
    }
  },

  getBucketReplicationProgress: (call, request) => {
    const rule = find(call, request.ruleId)
    const newObject = new Date(call.now).toISOString()
    const { id, action, destination, prefixSet, historicalObjectReplication } = rule
    const described = { id, action, destination, prefixSet, historicalObjectReplication }
    const known = Object.entries(described).filter(([, value]) => value !== undefined)
    const progress = { historicalObject: '1.00', newObject }
    return {
      result: { replicationProgress: { rules: [{ ...Object.fromEntries(known), status: 'doing', progress }] } },
    }
  },
}
