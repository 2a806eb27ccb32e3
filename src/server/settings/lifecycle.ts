import type { LifecycleConfiguration, LifecycleRule } from '../../operations/index.js'
import { Failure, invalidArgument } from '../failure.js'
import type { Call } from '../handler.js'
import { checkOneOf, tracksAccess, withIds } from './checks.js'

/** From hot to cold: objects only move on. */
const coldness = ['Standard', 'IA', 'Archive', 'ColdArchive', 'DeepColdArchive']

/** Checks rules by which objects age. Rules are kept, not carried out. */
export function checkLifecycle(value: LifecycleConfiguration, call: Call): LifecycleConfiguration {
  const rules = value.rules ?? []
  if (rules.length === 0 || rules.length > 1000) throw new Failure('MalformedXML')
  for (const rule of rules) checkRule(rule, call)
  if (call.incoming.headers['x-oss-allow-same-action-overlap'] !== 'true') checkOverlap(rules)
  return { ...value, rules: withIds(rules) }
}

function checkRule(rule: LifecycleRule, call: Call): void {
  checkOneOf(rule.status, ['Enabled', 'Disabled'])
  const { expiration, transitions = [], noncurrentVersionTransitions = [], abortMultipartUpload: abort } = rule
  const { noncurrentVersionExpiration: old } = rule
  const actions = [expiration, abort, old, ...transitions, ...noncurrentVersionTransitions].filter(Boolean)
  if (actions.length === 0) throw new Failure('MalformedXML')
  if (expiration !== undefined) {
    checkWhen([expiration.days, expiration.createdBeforeDate, expiration.expiredObjectDeleteMarker])
    checkDays(expiration.days)
  }
  if (abort !== undefined) {
    checkWhen([abort.days, abort.createdBeforeDate])
    checkDays(abort.days)
    if (rule.tags !== undefined) {
      throw invalidArgument('Tag', '', 'A rule that aborts multipart uploads must not have tags.')
    }
  }
  if (old !== undefined && old.noncurrentDays === undefined) throw new Failure('MalformedXML')
  checkDays(old?.noncurrentDays)
  for (const transition of transitions) {
    checkWhen([transition.days, transition.createdBeforeDate])
    checkMove(transition.storageClass, transition.isAccessTime, call)
  }
  for (const transition of noncurrentVersionTransitions) {
    if (transition.noncurrentDays === undefined) throw new Failure('MalformedXML')
    checkMove(transition.storageClass, transition.isAccessTime, call)
  }
  checkOrder(transitions, expiration?.days)
}

/** An action has one condition, no more. */
function checkWhen(conditions: readonly unknown[]): void {
  if (conditions.filter(each => each !== undefined).length !== 1) throw new Failure('MalformedXML')
}

function checkDays(days: number | undefined): void {
  if (days !== undefined && days < 1) throw invalidArgument('Days', String(days), 'Days must be a positive integer.')
}

function checkMove(storageClass: string | undefined, byAccess: boolean | undefined, call: Call): void {
  checkOneOf(storageClass, coldness)
  if (storageClass === 'Standard') {
    throw invalidArgument('StorageClass', storageClass, 'Objects cannot be moved to Standard.')
  }
  if (byAccess === true && !tracksAccess(call)) {
    throw new Failure('MalformedXML', { message: 'Access tracking must be enabled for rules by access time.' })
  }
}

/** A colder class comes later than a warmer one, and removal last. */
function checkOrder(
  transitions: readonly { readonly storageClass?: string; readonly days?: number }[],
  removal: number | undefined,
): void {
  const timed = transitions
    .filter(each => each.days !== undefined)
    .sort((a, b) => coldness.indexOf(a.storageClass ?? '') - coldness.indexOf(b.storageClass ?? ''))
    .map(each => each.days as number)
  if (removal !== undefined) timed.push(removal)
  if (timed.some((days, at) => at > 0 && days <= (timed[at - 1] as number))) {
    throw invalidArgument('Days', timed.join(), 'Days of colder storage classes and of expiration must be greater.')
  }
}

/** Two rules must not do the same to the same objects, as far as prefixes alone tell. */
function checkOverlap(rules: readonly LifecycleRule[]): void {
  const plain = rules.filter(rule => rule.tags === undefined && rule.filter === undefined && rule.status === 'Enabled')
  for (const [at, rule] of plain.entries()) {
    for (const other of plain.slice(at + 1)) {
      const [a, b] = [rule.prefix ?? '', other.prefix ?? '']
      if (!a.startsWith(b) && !b.startsWith(a)) continue
      const both = rule.expiration !== undefined && other.expiration !== undefined
      if (both) throw invalidArgument('Prefix', b, `Overlap for same action type Expiration: ${a}, ${b}`)
    }
  }
}
