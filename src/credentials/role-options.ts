import { randomBytes } from 'node:crypto'
import { ParamInvalidError } from '../errors.js'
import { readVariable, requireText } from './options.js'
import type { RefreshOptions } from './refreshing.js'
import type { StsOptions, StsParameters } from './sts.js'

/** What is common to the ways of assuming a role. */
export interface AssumeRoleOptions extends RefreshOptions, StsOptions {
  /** Role to assume, such as `acs:ram::123456789012:role/backup`. */
  readonly roleArn?: string | undefined
  /**
   * Name of the session in the audit log: 2 to 64 letters, digits and `. @ - _`.
   * @default `ALIBABA_CLOUD_ROLE_SESSION_NAME`, else `ferross-` and a random number
   */
  readonly roleSessionName?: string | undefined
  /** How long the credentials work: at least 900, at most what the role permits. @default 3600 */
  readonly durationSeconds?: number | undefined
  /** Policy, as JSON text, that restricts the session further. */
  readonly policy?: string | undefined
  /** The time, in milliseconds since 1970. @default Date.now */
  readonly clock?: (() => number) | undefined
}

/** The parameters that these options stand for. @throws ParamRequiredError or ParamInvalidError naming the option */
export function roleParameters(options: AssumeRoleOptions): StsParameters {
  const { roleArn, durationSeconds = 3600, policy, environment = process.env } = options
  const roleSessionName =
    options.roleSessionName ||
    readVariable(environment, 'ALIBABA_CLOUD_ROLE_SESSION_NAME') ||
    `ferross-${randomBytes(6).toString('hex')}`
  if (!/^[\w.@-]{2,64}$/.test(roleSessionName)) {
    throw new ParamInvalidError('roleSessionName', 'expected 2 to 64 letters, digits and . @ - _')
  }
  if (!Number.isSafeInteger(durationSeconds) || durationSeconds < 900) {
    throw new ParamInvalidError('durationSeconds', 'expected whole seconds, at least 900')
  }
  return {
    RoleArn: requireText('roleArn', roleArn),
    RoleSessionName: roleSessionName,
    DurationSeconds: String(durationSeconds),
    Policy: policy || undefined,
  }
}
