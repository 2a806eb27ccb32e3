import { randomUUID } from 'node:crypto'
import type * as operations from '../../operations/index.js'
import { Failure, invalidArgument } from '../failure.js'
import type { Call } from '../handler.js'
import { accessMonitor } from './known.js'

// What the service refuses of each setting. Every function gives what is to be kept, mostly what came.

/** Checks one value against the known ones. A missing value is refused too. @throws Failure MalformedXML */
export function checkOneOf(value: string | undefined, known: readonly string[]): void {
  if (value === undefined || !known.includes(value)) throw new Failure('MalformedXML')
}

/** `Enabled` or `Disabled`. */
export function checkStatus<T extends { readonly status?: string }>(value: T): T {
  checkOneOf(value.status, ['Enabled', 'Disabled'])
  return value
}

/** A setting that is on or off. */
export function checkEnabled<T extends { readonly enabled?: boolean }>(value: T): T {
  if (value.enabled === undefined) throw new Failure('MalformedXML')
  return value
}

/** 1 to 10 rules with origins that have at most one wildcard, and methods. */
export function checkCors(value: operations.CorsConfiguration): operations.CorsConfiguration {
  const rules = value.corsRules ?? []
  if (rules.length === 0) throw new Failure('MalformedXML')
  if (rules.length > 20) throw invalidArgument('CORSRule', String(rules.length), 'The number of CORS rules exceeds 20.')
  for (const { allowedOrigins = [], allowedMethods = [], allowedHeaders = [], exposeHeaders = [] } of rules) {
    if (allowedOrigins.length === 0 || allowedMethods.length === 0) throw new Failure('MalformedXML')
    for (const method of allowedMethods) {
      if (!['GET', 'PUT', 'POST', 'DELETE', 'HEAD'].includes(method)) {
        throw invalidArgument('AllowedMethod', method, `Found unsupported HTTP method ${method} in CORS config.`)
      }
    }
    for (const pattern of [...allowedOrigins, ...allowedHeaders]) {
      if (pattern.split('*').length > 2) {
        throw invalidArgument('AllowedOrigin', pattern, 'At most one * is allowed in an origin or header.')
      }
    }
    const wild = exposeHeaders.find(name => name.includes('*'))
    if (wild !== undefined) throw invalidArgument('ExposeHeader', wild, 'An exposed header must not contain *.')
  }
  return value
}

/** A known algorithm, with a key only for KMS. */
export function checkEncryption(value: operations.ServerSideEncryptionRule): operations.ServerSideEncryptionRule {
  const rule = value.applyServerSideEncryptionByDefault
  if (rule?.sseAlgorithm === undefined) throw new Failure('MalformedXML')
  if (!['AES256', 'KMS', 'SM4'].includes(rule.sseAlgorithm)) {
    throw new Failure('InvalidEncryptionAlgorithmError', { details: { Algorithm: rule.sseAlgorithm } })
  }
  if (rule.kmsMasterKeyId !== undefined && rule.sseAlgorithm !== 'KMS') {
    throw invalidArgument('KMSMasterKeyID', rule.kmsMasterKeyId, 'KMSMasterKeyID is only for KMS.', '0005-00000402')
  }
  return value
}

/** Known versions of TLS; some when it is switched on. */
export function checkHttps(value: operations.HttpsConfiguration): operations.HttpsConfiguration {
  const versions = value.tls?.tlsVersions ?? []
  if (value.tls?.enable === undefined) throw new Failure('MalformedXML')
  const unknown = versions.find(version => !['TLSv1.0', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'].includes(version))
  if (unknown !== undefined) throw invalidArgument('TLSVersion', unknown, 'The TLS version is not valid.')
  if (value.tls.enable && versions.length === 0) throw new Failure('MalformedXML')
  return value
}

/** Logs go to a bucket that exists. Nothing inside means: switched off. */
export function checkLogging(value: operations.BucketLoggingStatus, call: Call): operations.BucketLoggingStatus {
  const target = value.loggingEnabled
  if (target === undefined) return value
  if (target.targetBucket === undefined) throw new Failure('MalformedXML')
  if (call.store.find(target.targetBucket) === undefined) {
    throw new Failure('InvalidTargetBucketForLogging', { details: { TargetBucket: target.targetBucket } })
  }
  const prefix = target.targetPrefix ?? ''
  if (prefix !== '' && !/^[A-Za-z][\w/-]{0,31}$/.test(prefix)) {
    throw new Failure('InvalidTargetPrefixForLogging', { details: { TargetPrefix: prefix } })
  }
  return value
}

/** Retention can't be switched off, needs versioning, and has days or years. */
export function checkObjectWorm(
  value: operations.ObjectWormConfiguration,
  call: Call,
): operations.ObjectWormConfiguration {
  checkOneOf(value.objectWormEnabled, ['Enabled'])
  const { record } = call.bucket
  if (record.versioning !== 'Enabled' || record.settings.worm !== undefined) {
    throw new Failure('InvalidBucketState', {
      message: 'Object worm needs a bucket with versioning and without a retention policy of its own.',
    })
  }
  const retention = value.rule?.defaultRetention
  if (retention === undefined) return value
  checkOneOf(retention.mode, ['GOVERNANCE', 'COMPLIANCE'])
  const { days, years } = retention
  if ((days === undefined) === (years === undefined)) throw new Failure('MalformedXML')
  if (days !== undefined && (days < 1 || days > 36_500)) {
    throw invalidArgument('Days', String(days), 'Days must be between 1 and 36500.')
  }
  if (years !== undefined && (years < 1 || years > 100)) {
    throw invalidArgument('Years', String(years), 'Years must be between 1 and 100.')
  }
  return value
}

/** At most 100 rules that forbid. Ids that are missing are made up. */
export function checkOverwrite(value: operations.OverwriteConfiguration): operations.OverwriteConfiguration {
  const rules = value.rules ?? []
  if (rules.length === 0) throw new Failure('MalformedXML')
  if (rules.length > 100) throw invalidArgument('Rule', String(rules.length), 'At most 100 rules are allowed.')
  for (const { action, prefix = '', suffix = '' } of rules) {
    checkOneOf(action, ['forbid'])
    if (prefix.length > 1023 || suffix.length > 1023) throw new Failure('MalformedXML')
  }
  return { ...value, rules: withIds(rules) }
}

/** The rules with an id each. @throws Failure InvalidArgument for an id that is there twice */
export function withIds<T extends { readonly id?: string }>(rules: readonly T[]): T[] {
  const named = rules.map(rule => ({ ...rule, id: rule.id ?? randomUUID() }))
  const twice = named.find(({ id }, at) => named.findIndex(other => other.id === id) !== at)
  if (twice !== undefined)
    throw invalidArgument('ID', twice.id, 'Rule ID must be unique. Found same ID for more than one rule.')
  return named
}

/** Both are required, the list if only empty. */
export function checkReferer(value: operations.RefererConfiguration): operations.RefererConfiguration {
  if (value.allowEmptyReferer === undefined || value.refererList === undefined) throw new Failure('MalformedXML')
  if (value.truncatePath === true && value.allowTruncateQueryString === false) {
    throw invalidArgument('TruncatePath', 'true', 'TruncatePath needs AllowTruncateQueryString.')
  }
  return value
}

/** A limit of at least nothing; -1 stands for none. */
export function checkQuota(value: operations.QuotaConfiguration): operations.QuotaConfiguration {
  if (value.storageQuota === undefined) throw new Failure('MalformedXML')
  if (value.storageQuota < -1) {
    throw invalidArgument('StorageQuota', String(value.storageQuota), 'The storage quota is not valid.')
  }
  return value
}

/** At most 20 tags with different keys. */
export function checkBucketTags(value: operations.Tagging): operations.Tagging {
  const tags = value.tagSet?.tags ?? []
  if (tags.length > 20) throw new Failure('InvalidTag', { message: 'Bucket tags cannot be greater than 20.' })
  if (new Set(tags.map(({ key }) => key)).size !== tags.length) {
    throw new Failure('InvalidTag', { message: 'Cannot provide multiple Tags with the same key.' })
  }
  for (const { key = '', value: text = '' } of tags) {
    const reserved = /^(?:https?:\/\/|aliyun|acs:)/i.test(key)
    if (key === '' || reserved || Buffer.byteLength(key) > 64 || Buffer.byteLength(text) > 128) {
      throw new Failure('InvalidTag', { details: { TagKey: key, TagValue: text } })
    }
  }
  return value
}

/** An index page without slash, an error page, or routing rules that are numbered and redirect. */
export function checkWebsite(value: operations.WebsiteConfiguration): operations.WebsiteConfiguration {
  const { indexDocument, errorDocument, routingRules } = value
  if (indexDocument === undefined && errorDocument === undefined && routingRules === undefined) {
    throw new Failure('MalformedXML')
  }
  const suffix = indexDocument?.suffix
  if (indexDocument !== undefined && (suffix === undefined || suffix.includes('/'))) {
    throw invalidArgument('Suffix', suffix ?? '', 'The index document suffix is not well formed.')
  }
  if (errorDocument !== undefined && errorDocument.key === undefined) throw new Failure('MalformedXML')
  for (const rule of routingRules?.routingRules ?? []) {
    if (rule.redirect === undefined) throw new Failure('MalformedXML')
    if ((rule.ruleNumber ?? 0) < 1)
      throw invalidArgument('RuleNumber', String(rule.ruleNumber), 'RuleNumber must be positive.')
  }
  return value
}

/** Names of headers and parameters: no more than 5 of each. */
export function checkLogFields(
  value: operations.UserDefinedLogFieldsConfiguration,
): operations.UserDefinedLogFieldsConfiguration {
  const headers = value.headerSet?.headers ?? []
  const parameters = value.paramSet?.parameters ?? []
  if (headers.length > 5 || parameters.length > 5) {
    throw invalidArgument('UserDefinedLogFields', '', 'At most 5 headers and 5 parameters are allowed.')
  }
  return value
}

/** Access tracking can't end while rules go by it; rules can't go by it before it has begun. */
export function tracksAccess(call: Call): boolean {
  return accessMonitor.of(call.bucket)?.status === 'Enabled'
}
