import { Failure } from './failure.js'

/** One statement of an access policy, as far as anything here asks for it. */
interface Statement {
  readonly Effect: 'Allow' | 'Deny'
  readonly Principal: readonly string[]
  readonly Condition: boolean
}

/** An access policy that was read. */
export type Policy = readonly Statement[]

function invalid(message: string): Failure {
  return new Failure('InvalidPolicyDocument', { message })
}

/** Reads the JSON of an access policy. @throws Failure InvalidPolicyDocument */
export function checkPolicy(source: string): Policy {
  let document: unknown
  try {
    document = JSON.parse(source)
  } catch {
    throw invalid('The policy is not in valid JSON.')
  }
  if (typeof document !== 'object' || document === null) throw invalid('The policy is not a JSON object.')
  const { Version: version, Statement: statements } = document as Record<string, unknown>
  if (version !== '1') throw invalid('The policy version must be 1.')
  if (!Array.isArray(statements) || statements.length === 0) throw invalid('The policy has no Statement.')
  return statements.map(readStatement)
}

function readStatement(statement: unknown): Statement {
  if (typeof statement !== 'object' || statement === null) throw invalid('A Statement is not a JSON object.')
  const fields = statement as Record<string, unknown>
  const effect = fields.Effect
  if (effect !== 'Allow' && effect !== 'Deny') throw invalid('Effect must be Allow or Deny.')
  if ((fields.Action ?? fields.NotAction) === undefined) throw invalid('A Statement has no Action.')
  if (!isList(fields.Action ?? fields.NotAction)) throw invalid('Action is not valid.')
  if (!isList(fields.Resource)) throw invalid('Resource is not valid.')
  const principal = fields.Principal
  if (principal !== undefined && !isList(principal)) throw invalid('Principal is not valid.')
  return {
    Effect: effect,
    Principal: principal === undefined ? [] : ([principal].flat() as string[]),
    Condition: fields.Condition !== undefined,
  }
}

function isList(value: unknown): boolean {
  const list = [value].flat()
  return list.length > 0 && list.every(each => typeof each === 'string' && each !== '')
}

/** Whether a policy lets anyone in without a condition. */
export function isPublic(policy: Policy): boolean {
  return policy.some(each => each.Effect === 'Allow' && !each.Condition && each.Principal.includes('*'))
}
