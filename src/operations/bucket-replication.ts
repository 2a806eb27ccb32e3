import { type Open, oneOf, text } from '../binding/codec.js'
import { document, element, elements, header, query, required } from '../binding/field.js'
import { type OperationResult, operation } from '../binding/operation.js'
import { shape } from '../binding/shape.js'
import { type BucketRequest, bucketRequest, type Toggle, toggle } from './shared.js'

/** Input of {@link putBucketRtc}. */
export interface PutBucketRtcRequest extends BucketRequest {
  /** Rule and its new setting. The service refuses a request without it. */
  rtcConfiguration?: RtcConfiguration
}

/** Result of {@link putBucketRtc}. */
export interface PutBucketRtcResult extends OperationResult {}

/** Whether something about replication is switched on, in lower case. */
export type ReplicationSwitch = Open<'enabled' | 'disabled'>

const replicationSwitch = oneOf('enabled', 'disabled')

/** State of replication time control. */
export interface ReplicationTimeControl {
  /** Whether it is on. Answers may also say `enabling`. @default 'disabled' */
  status?: ReplicationSwitch
}

const replicationTimeControlShape = shape<ReplicationTimeControl>({ status: element('Status', replicationSwitch) })

/** Setting of replication time control for one rule. */
export interface RtcConfiguration {
  /** Whether time control is on. */
  rtc?: ReplicationTimeControl
  /** Id of the rule. */
  id?: string
}

const rtcConfigurationShape = shape<RtcConfiguration>({
  rtc: element('RTC', replicationTimeControlShape),
  id: element('ID', text),
})

/**
 * Switches replication time control for a rule on or off: a promise about how soon changes arrive, at an extra charge.
 * Fails with `NoSuchReplicationConfiguration` (404) when the bucket has no rules, `InvalidArgument` (400) for regions
 * where it is not offered, `AccessDenied` (403).
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/putbucketrtc
 */
export const putBucketRtc = operation<PutBucketRtcRequest, PutBucketRtcResult>({
  name: 'PutBucketRtc',
  method: 'PUT',
  query: { rtc: '' },
  headers: { 'content-type': 'application/xml' },
  subResource: ['rtc'],
  contentMd5: true,
  request: { ...bucketRequest, rtcConfiguration: document('ReplicationRule', rtcConfigurationShape) },
  response: {},
})

/** Input of {@link putBucketReplication}. */
export interface PutBucketReplicationRequest extends BucketRequest {
  /** The new rule. The service refuses a request without it. */
  replicationConfiguration?: ReplicationConfiguration
}

/** Result of {@link putBucketReplication}. */
export interface PutBucketReplicationResult extends OperationResult {
  /** Id of the new rule. */
  replicationRuleId?: string
}

/** Condition on objects encrypted with KMS. */
export interface SseKmsEncryptedObjects {
  /** Whether they are replicated. @default 'Disabled' */
  status?: Toggle
}

const sseKmsEncryptedObjectsShape = shape<SseKmsEncryptedObjects>({ status: element('Status', toggle) })

/** Further conditions on source objects. */
export interface ReplicationSourceSelectionCriteria {
  /** Whether objects encrypted with KMS are replicated. */
  sseKmsEncryptedObjects?: SseKmsEncryptedObjects
}

const replicationSourceSelectionCriteriaShape = shape<ReplicationSourceSelectionCriteria>({
  sseKmsEncryptedObjects: element('SseKmsEncryptedObjects', sseKmsEncryptedObjectsShape),
})

/** Line that the data travels: the ordinary one, or the accelerated one between regions (`oss_acc`). */
export type ReplicationTransferType = Open<'internal' | 'oss_acc'>

const replicationTransferType = oneOf('internal', 'oss_acc')

/** Where a rule replicates to. */
export interface ReplicationDestination {
  /** Name of the destination bucket. */
  bucket?: string
  /** Region of the destination bucket with its prefix: `oss-cn-beijing`. */
  location?: string
  /** Line that the data travels. @default 'internal' */
  transferType?: ReplicationTransferType
}

const replicationDestinationShape = shape<ReplicationDestination>({
  bucket: element('Bucket', text),
  location: element('Location', text),
  transferType: element('TransferType', replicationTransferType),
})

/** Stage of a replication rule: being prepared, at work, or being removed. */
export type ReplicationStatus = Open<'starting' | 'doing' | 'closing'>

const replicationStatus = oneOf('starting', 'doing', 'closing')

/** Encryption of the copies. */
export interface ReplicationEncryptionConfiguration {
  /** Id of the KMS key in the destination's region that encrypts the copies. */
  replicaKmsKeyId?: string
}

const replicationEncryptionConfigurationShape = shape<ReplicationEncryptionConfiguration>({
  replicaKmsKeyId: element('ReplicaKmsKeyID', text),
})

/** Beginnings of keys that a rule is about. */
export interface ReplicationPrefixSet {
  /** The beginnings: at most 10, each up to 1023 characters, none the beginning of another. */
  prefixs?: string[]
}

const replicationPrefixSetShape = shape<ReplicationPrefixSet>({ prefixs: elements('Prefix', text) })

/**
 * What a rule replicates: every change (`ALL`), or only creation and overwriting, so that deletions stay at the source
 * (`PUT`).
 */
export type ReplicationAction = Open<'ALL' | 'PUT'>

const replicationAction = oneOf('ALL', 'PUT')

/** Rule about what is replicated where. */
export interface ReplicationRule {
  /** Further conditions on source objects: whether those encrypted with KMS are replicated. */
  sourceSelectionCriteria?: ReplicationSourceSelectionCriteria
  /** Whether replication time control is on. Without it, off. */
  rtc?: ReplicationTimeControl
  /** Where the objects go. */
  destination?: ReplicationDestination
  /** Whether objects that existed before the rule are replicated too. @default 'enabled' */
  historicalObjectReplication?: ReplicationSwitch
  /** RAM role that OSS acts as. Required for objects encrypted with KMS. */
  syncRole?: string
  /** Stage of the rule. Only in answers. */
  status?: ReplicationStatus
  /** Encryption of the copies. Required when objects encrypted with KMS are replicated. */
  encryptionConfiguration?: ReplicationEncryptionConfiguration
  /** Id of the rule. A request may leave it out; the service then makes one. */
  id?: string
  /** Beginnings of keys that the rule is about. Without it, all objects. */
  prefixSet?: ReplicationPrefixSet
  /** Changes that are replicated. @default 'ALL' */
  action?: ReplicationAction
}

const replicationRuleShape = shape<ReplicationRule>({
  sourceSelectionCriteria: element('SourceSelectionCriteria', replicationSourceSelectionCriteriaShape),
  rtc: element('RTC', replicationTimeControlShape),
  destination: element('Destination', replicationDestinationShape),
  historicalObjectReplication: element('HistoricalObjectReplication', replicationSwitch),
  syncRole: element('SyncRole', text),
  status: element('Status', replicationStatus),
  encryptionConfiguration: element('EncryptionConfiguration', replicationEncryptionConfigurationShape),
  id: element('ID', text),
  prefixSet: element('PrefixSet', replicationPrefixSetShape),
  action: element('Action', replicationAction),
})

/** Replication rules of a bucket. */
export interface ReplicationConfiguration {
  /** Rules. A request that adds takes one. */
  rules?: ReplicationRule[]
}

const replicationConfigurationShape = shape<ReplicationConfiguration>({ rules: elements('Rule', replicationRuleShape) })

/**
 * Adds a rule that replicates a bucket's objects to another bucket, in the same region or another one, within minutes
 * to hours. The rules that exist stay; a rule cannot be changed, only removed and added anew. Fails with `NoSuchBucket`
 * (404), `InvalidArgument` (400) for a destination that is the source, is in another region than stated or is unknown,
 * and for prefixes that overlap, `AccessDenied` (403).
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/putbucketreplication
 */
export const putBucketReplication = operation<PutBucketReplicationRequest, PutBucketReplicationResult>({
  name: 'PutBucketReplication',
  method: 'POST',
  query: { comp: 'add', replication: '' },
  headers: { 'content-type': 'application/xml' },
  subResource: ['replication', 'comp'],
  contentMd5: true,
  request: {
    ...bucketRequest,
    replicationConfiguration: document('ReplicationConfiguration', replicationConfigurationShape),
  },
  response: { replicationRuleId: header('x-oss-replication-rule-id', text) },
})

/** Input of {@link getBucketReplication}. */
export interface GetBucketReplicationRequest extends BucketRequest {}

/** Result of {@link getBucketReplication}. */
export interface GetBucketReplicationResult extends OperationResult {
  /** Present rules. */
  replicationConfiguration?: ReplicationConfiguration
}

/**
 * Shows a bucket's replication rules. Fails with `NoSuchReplicationConfiguration` (404) when there are none,
 * `NoSuchBucket` (404), `AccessDenied` (403).
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/getbucketreplication
 */
export const getBucketReplication = operation<GetBucketReplicationRequest, GetBucketReplicationResult>({
  name: 'GetBucketReplication',
  method: 'GET',
  query: { replication: '' },
  headers: { 'content-type': 'application/xml' },
  subResource: ['replication'],
  contentMd5: true,
  request: { ...bucketRequest },
  response: { replicationConfiguration: document('ReplicationConfiguration', replicationConfigurationShape) },
})

/** Input of {@link getBucketReplicationLocation}. */
export interface GetBucketReplicationLocationRequest extends BucketRequest {}

/** Result of {@link getBucketReplicationLocation}. */
export interface GetBucketReplicationLocationResult extends OperationResult {
  /** Regions that are possible. */
  replicationLocation?: ReplicationLocation
}

/** Lines to a region. */
export interface TransferTypes {
  /** The lines. */
  types?: ReplicationTransferType[]
}

const transferTypesShape = shape<TransferTypes>({ types: elements('Type', replicationTransferType) })

/** A region with the lines that lead there. */
export interface LocationTransferType {
  /** Region with its prefix. */
  location?: string
  /** Lines that may be chosen. */
  transferTypes?: TransferTypes
}

const locationTransferTypeShape = shape<LocationTransferType>({
  location: element('Location', text),
  transferTypes: element('TransferTypes', transferTypesShape),
})

/** Regions by line. */
export interface LocationTransferTypeConstraint {
  /** Regions with the lines that lead there. */
  locationTransferTypes?: LocationTransferType[]
}

const locationTransferTypeConstraintShape = shape<LocationTransferTypeConstraint>({
  locationTransferTypes: elements('LocationTransferType', locationTransferTypeShape),
})

/** Regions where replication time control is offered. */
export interface LocationRtcConstraint {
  /** Regions with their prefix. */
  locations?: string[]
}

const locationRtcConstraintShape = shape<LocationRtcConstraint>({ locations: elements('Location', text) })

/** Regions that a bucket can be replicated to. */
export interface ReplicationLocation {
  /** Regions over the ordinary line. Absent when there are none. */
  locations?: string[]
  /** Regions by line, where there is more than the ordinary one. */
  locationTransferTypeConstraint?: LocationTransferTypeConstraint
  /** Regions where replication time control is offered. */
  locationrtcConstraint?: LocationRtcConstraint
}

const replicationLocationShape = shape<ReplicationLocation>({
  locations: elements('Location', text),
  locationTransferTypeConstraint: element('LocationTransferTypeConstraint', locationTransferTypeConstraintShape),
  locationrtcConstraint: element('LocationRTCConstraint', locationRtcConstraintShape),
})

/**
 * Shows the regions that a bucket can be replicated to. Fails with `NoSuchBucket` (404), `AccessDenied` (403).
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/getbucketreplicationlocation
 */
export const getBucketReplicationLocation = operation<
  GetBucketReplicationLocationRequest,
  GetBucketReplicationLocationResult
>({
  name: 'GetBucketReplicationLocation',
  method: 'GET',
  query: { replicationLocation: '' },
  headers: { 'content-type': 'application/xml' },
  subResource: ['replicationLocation'],
  contentMd5: true,
  request: { ...bucketRequest },
  response: { replicationLocation: document('ReplicationLocation', replicationLocationShape) },
})

/** Input of {@link getBucketReplicationProgress}. */
export interface GetBucketReplicationProgressRequest extends BucketRequest {
  /** Id of the rule, from {@link getBucketReplication}. */
  ruleId: string
}

/** Result of {@link getBucketReplicationProgress}. */
export interface GetBucketReplicationProgressResult extends OperationResult {
  /** How far the rule has come. */
  replicationProgress?: ReplicationProgress
}

/** How far a rule has come. */
export interface ReplicationProgressInformation {
  /** Share of the older objects that has arrived, 0 to 1, such as `0.85`. Absent when they are not replicated. */
  historicalObject?: string
  /** Time such as `2015-09-24T15:28:14.000Z`: what was written before it has arrived. */
  newObject?: string
}

const replicationProgressInformationShape = shape<ReplicationProgressInformation>({
  historicalObject: element('HistoricalObject', text),
  newObject: element('NewObject', text),
})

/** A replication rule with its progress. */
export interface ReplicationProgressRule {
  /** Whether objects that existed before the rule are replicated too. */
  historicalObjectReplication?: ReplicationSwitch
  /** How far the rule has come. Only in the stage `doing`. */
  progress?: ReplicationProgressInformation
  /** Id of the rule. */
  id?: string
  /** Beginnings of keys that the rule is about. Absent when it is about all objects. */
  prefixSet?: ReplicationPrefixSet
  /** Changes that are replicated. */
  action?: ReplicationAction
  /** Where the objects go. */
  destination?: ReplicationDestination
  /** Stage of the rule. */
  status?: ReplicationStatus
}

const replicationProgressRuleShape = shape<ReplicationProgressRule>({
  historicalObjectReplication: element('HistoricalObjectReplication', replicationSwitch),
  progress: element('Progress', replicationProgressInformationShape),
  id: element('ID', text),
  prefixSet: element('PrefixSet', replicationPrefixSetShape),
  action: element('Action', replicationAction),
  destination: element('Destination', replicationDestinationShape),
  status: element('Status', replicationStatus),
})

/** Progress of replication. */
export interface ReplicationProgress {
  /** The rule that was asked about, with its progress. */
  rules?: ReplicationProgressRule[]
}

const replicationProgressShape = shape<ReplicationProgress>({ rules: elements('Rule', replicationProgressRuleShape) })

/**
 * Tells how far a replication rule has come. Fails with `NoSuchReplicationRule` (404) for an unknown id,
 * `NoSuchReplicationConfiguration` (404) when the bucket has no rules, `NoSuchBucket` (404), `AccessDenied` (403).
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/getbucketreplicationprogress
 */
export const getBucketReplicationProgress = operation<
  GetBucketReplicationProgressRequest,
  GetBucketReplicationProgressResult
>({
  name: 'GetBucketReplicationProgress',
  method: 'GET',
  query: { replicationProgress: '' },
  headers: { 'content-type': 'application/xml' },
  subResource: ['replicationProgress'],
  contentMd5: true,
  request: { ...bucketRequest, ruleId: required(query('rule-id', text)) },
  response: { replicationProgress: document('ReplicationProgress', replicationProgressShape) },
})

/** Input of {@link deleteBucketReplication}. */
export interface DeleteBucketReplicationRequest extends BucketRequest {
  /** Rule to remove. The service refuses a request without it. */
  replicationRules?: ReplicationRules
}

/** Result of {@link deleteBucketReplication}. */
export interface DeleteBucketReplicationResult extends OperationResult {}

/** Rules to remove. */
export interface ReplicationRules {
  /** Ids of the rules. The service takes one in a request. */
  ids?: string[]
}

const replicationRulesShape = shape<ReplicationRules>({ ids: elements('ID', text) })

/**
 * Removes a replication rule; the copies stay. The rule goes through the stage `closing` first. Fails with
 * `NoSuchReplicationRule` (404) for an unknown id, `NoSuchReplicationConfiguration` (404) when the bucket has no rules,
 * `AccessDenied` (403).
 * @see https://www.alibabacloud.com/help/en/oss/developer-reference/deletebucketreplication
 */
export const deleteBucketReplication = operation<DeleteBucketReplicationRequest, DeleteBucketReplicationResult>({
  name: 'DeleteBucketReplication',
  method: 'POST',
  query: { comp: 'delete', replication: '' },
  headers: { 'content-type': 'application/xml' },
  subResource: ['replication', 'comp'],
  contentMd5: true,
  request: { ...bucketRequest, replicationRules: document('ReplicationRules', replicationRulesShape) },
  response: {},
})
