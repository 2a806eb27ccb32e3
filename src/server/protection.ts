import type { ObjectWormConfigurationRuleDefaultRetention } from '../operations/index.js'
import { bucketWormOf } from './bucket-worm.js'
import { Failure, invalidArgument } from './failure.js'
import type { Call } from './handler.js'
import { objectWorm, overwriteConfig } from './settings/known.js'
import type { ObjectVersion, Retention } from './storage/records.js'
import type { VersionChange } from './storage/versions.js'

const dayMs = 24 * 60 * 60 * 1000

/** Whether a version must stay as it is: by the bucket's retention policy, its own retention, or a legal hold. */
function isProtected(call: Call, version: ObjectVersion): boolean {
  if (version.deleteMarker) return false
  const worm = bucketWormOf(call.bucket, call.now)
  if (worm !== undefined && call.now < version.modified + worm.days * dayMs) return true
  if (version.legalHold === 'ON') return true
  if (version.retention === undefined || call.now >= version.retention.until) return false
  const bypassed = call.incoming.headers['x-oss-bypass-governance-retention']?.toLowerCase() === 'true'
  return !(bypassed && version.retention.mode === 'GOVERNANCE')
}

/** Checks that a version may be changed. @throws Failure FileImmutable */
export function checkMutable(call: Call, version: ObjectVersion | undefined): void {
  if (version !== undefined && isProtected(call, version)) throw new Failure('FileImmutable')
}

/** Checks that everything a change does away with may go. @throws Failure FileImmutable */
export function guarded(call: Call, change: VersionChange): VersionChange {
  for (const version of change.dropped) checkMutable(call, version)
  return change
}

/** Whether the bucket's rules forbid to overwrite a key. They rest where versioning was ever switched on. */
export function rulesForbidOverwrite(call: Call): boolean {
  if (call.bucket.record.versioning !== undefined) return false
  const rules = overwriteConfig.of(call.bucket)?.rules ?? []
  // Everyone who signs here is the owner, so a rule for others only never fits.
  return rules.some(
    ({ prefix = '', suffix = '', principals }) =>
      (principals?.principals ?? []).length === 0 && call.key.startsWith(prefix) && call.key.endsWith(suffix),
  )
}

/** How an object is protected from the start. */
export interface Protection {
  readonly retention?: Retention
  readonly legalHold?: 'ON' | 'OFF'
}

/** Reads the headers that protect a new object, or takes over what the bucket does by default. @throws Failure InvalidArgument */
export function readProtection(call: Call): Protection {
  const { headers } = call.incoming
  const mode = headers['x-oss-object-worm-mode']
  const until = headers['x-oss-object-worm-retain-until-date']
  const hold = headers['x-oss-object-worm-legal-hold']
  const worm = objectWorm.of(call.bucket)
  if ((mode ?? until ?? hold) !== undefined) checkObjectWormEnabled(call)
  const retention =
    (mode ?? until) === undefined
      ? defaultRetention(worm?.rule?.defaultRetention, call.now)
      : readRetention(call, mode, until)
  return {
    ...(retention === undefined ? {} : { retention }),
    ...(hold === undefined ? {} : { legalHold: readLegalHold(hold) }),
  }
}

/** Checks that single objects can be protected here. @throws Failure InvalidArgument */
export function checkObjectWormEnabled(call: Call): void {
  if (objectWorm.of(call.bucket) !== undefined) return
  throw new Failure('InvalidArgument', { message: 'Object worm is not enabled for this bucket.' })
}

/** Checks a retention. @throws Failure InvalidArgument */
export function readRetention(call: Call, mode: string | undefined, date: string | undefined): Retention {
  if (mode !== 'GOVERNANCE' && mode !== 'COMPLIANCE') {
    throw invalidArgument('Mode', mode ?? '', 'The retention mode must be GOVERNANCE or COMPLIANCE.')
  }
  const until = Date.parse(date ?? '')
  if (Number.isNaN(until)) throw invalidArgument('RetainUntilDate', date ?? '', 'The date is not valid.')
  if (until <= call.now) {
    throw invalidArgument('RetainUntilDate', date ?? '', 'The retain until date must be in the future.')
  }
  return { mode, until }
}

/** Checks the state of a legal hold. @throws Failure InvalidArgument */
export function readLegalHold(status: string | undefined): 'ON' | 'OFF' {
  if (status === 'ON' || status === 'OFF') return status
  throw invalidArgument('Status', status ?? '', 'The legal hold status must be ON or OFF.')
}

function defaultRetention(
  rule: ObjectWormConfigurationRuleDefaultRetention | undefined,
  now: number,
): Retention | undefined {
  if (rule === undefined) return undefined
  const until = new Date(now)
  if (rule.years === undefined) until.setUTCDate(until.getUTCDate() + (rule.days ?? 0))
  else until.setUTCFullYear(until.getUTCFullYear() + rule.years)
  return { mode: rule.mode === 'COMPLIANCE' ? 'COMPLIANCE' : 'GOVERNANCE', until: until.getTime() }
}

/** The headers that tell how an object is protected. */
export function protectionHeaders({ retention, legalHold }: Protection): Record<string, string> {
  const headers: Record<string, string> = {}
  if (retention !== undefined) {
    headers['x-oss-object-worm-mode'] = retention.mode
    headers['x-oss-object-worm-retain-until-date'] = new Date(retention.until).toISOString()
  }
  if (legalHold !== undefined) headers['x-oss-object-worm-legal-hold'] = legalHold
  return headers
}
