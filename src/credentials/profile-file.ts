import { parseJson } from './document.js'
import { parseIni } from './ini.js'

/** What a profile says about a role. */
export interface ProfileRole {
  readonly roleArn: string
  readonly roleSessionName?: string | undefined
  readonly durationSeconds?: number | undefined
  readonly policy?: string | undefined
  readonly externalId?: string | undefined
  readonly stsEndpoint?: string | undefined
  readonly stsRegion?: string | undefined
  readonly stsVpc?: boolean | undefined
}

/** A profile, whatever the form of the file it is from. */
export type Profile =
  | { type: 'static'; accessKeyId: string; accessKeySecret: string; securityToken?: string | undefined }
  | { type: 'ecs'; roleName?: string | undefined }
  | { type: 'role'; source: Profile; role: ProfileRole }
  | { type: 'oidc'; oidcProviderArn: string; oidcTokenFile: string; role: ProfileRole }
  | { type: 'process'; command: string }

/**
 * Finds a profile in the text of a profile file: the JSON of the aliyun CLI, else INI. Without a name it is the CLI's
 * current profile, in INI `default`. `undefined` when there is none of the name; its values never get into an error.
 *
 * @throws Error when the profile lacks something or is of a kind that is not known
 */
export function findProfile(text: string, name: string | undefined): Profile | undefined {
  return text.trimStart().startsWith('{') ? fromJson(text, name) : fromIni(text, name ?? 'default')
}

type Read = (field: string) => string | undefined

function fromIni(text: string, name: string): Profile | undefined {
  const section = parseIni(text).get(name)
  const read: Read = field => section?.get(field) || undefined
  if (section === undefined || section.size === 0 || read('enable')?.toLowerCase() === 'false') return undefined
  const need = needIn(read, name)
  const type = need('type')
  switch (type) {
    case 'access_key':
      return keyOf(need)
    case 'sts':
      return { ...keyOf(need), securityToken: need('security_token') }
    case 'ecs_ram_role':
      return { type: 'ecs', roleName: read('role_name') }
    case 'ram_role_arn':
      return {
        type: 'role',
        source: { ...keyOf(need), securityToken: read('security_token') },
        role: iniRole(read, need),
      }
    case 'oidc_role_arn':
      return {
        type: 'oidc',
        oidcProviderArn: need('oidc_provider_arn'),
        oidcTokenFile: need('oidc_token_file_path'),
        role: iniRole(read, need),
      }
    default:
      throw unknownKind(name, type)
  }
}

function iniRole(read: Read, need: (field: string) => string): ProfileRole {
  return { roleArn: need('role_arn'), roleSessionName: read('role_session_name'), policy: read('policy') }
}

function fromJson(text: string, wanted: string | undefined): Profile | undefined {
  const document = parseJson(text, 'the profile file')
  const { current, profiles } = (document ?? {}) as { current?: unknown; profiles?: unknown }
  const name = wanted ?? (typeof current === 'string' && current !== '' ? current : 'default')
  return Array.isArray(profiles) ? jsonProfile(profiles, name, []) : undefined
}

function jsonProfile(profiles: readonly unknown[], name: string, path: readonly string[]): Profile | undefined {
  const isObject = (each: unknown): each is object => typeof each === 'object' && each !== null
  const entry = profiles.filter(isObject).find(each => Reflect.get(each, 'name') === name)
  if (entry === undefined) return undefined
  if (path.includes(name)) throw new Error(`profile ${JSON.stringify(name)} is its own source`)
  const read: Read = field => {
    const value: unknown = Object.hasOwn(entry, field) ? Reflect.get(entry, field) : undefined
    return ['string', 'number', 'boolean'].includes(typeof value) ? String(value) || undefined : undefined
  }
  const need = needIn(read, name)
  const mode = need('mode')
  switch (mode) {
    case 'AK':
      return keyOf(need)
    case 'StsToken':
      return { ...keyOf(need), securityToken: need('sts_token') }
    case 'EcsRamRole':
      return { type: 'ecs', roleName: read('ram_role_name') }
    case 'RamRoleArn':
      return { type: 'role', source: { ...keyOf(need), securityToken: read('sts_token') }, role: jsonRole(read, need) }
    case 'ChainableRamRoleArn': {
      const source = jsonProfile(profiles, need('source_profile'), [...path, name])
      if (source === undefined) throw new Error(`the source of profile ${JSON.stringify(name)} does not exist`)
      return { type: 'role', source, role: jsonRole(read, need) }
    }
    case 'OIDC':
      return {
        type: 'oidc',
        oidcProviderArn: need('oidc_provider_arn'),
        oidcTokenFile: need('oidc_token_file'),
        role: jsonRole(read, need),
      }
    case 'External':
      return { type: 'process', command: need('process_command') }
    default:
      throw unknownKind(name, mode)
  }
}

function jsonRole(read: Read, need: (field: string) => string): ProfileRole {
  const seconds = Number(read('expired_seconds') ?? read('duration_seconds') ?? 0)
  return {
    roleArn: need('ram_role_arn'),
    roleSessionName: read('ram_session_name'),
    // The CLI writes 0 where nothing was chosen.
    durationSeconds: seconds > 0 ? seconds : undefined,
    policy: read('policy'),
    externalId: read('external_id'),
    stsEndpoint: read('sts_endpoint'),
    stsRegion: read('sts_region'),
    stsVpc: read('enable_vpc') === undefined ? undefined : read('enable_vpc') === 'true',
  }
}

function keyOf(need: (field: string) => string): Profile & { type: 'static' } {
  return { type: 'static', accessKeyId: need('access_key_id'), accessKeySecret: need('access_key_secret') }
}

function needIn(read: Read, name: string): (field: string) => string {
  return field => {
    const value = read(field)
    if (value === undefined) throw new Error(`profile ${JSON.stringify(name)} has no ${field}`)
    return value
  }
}

function unknownKind(name: string, kind: string): Error {
  // Where a line break is missing a secret may stand in its place: only what looks like a kind is shown.
  const shown = /^[A-Za-z_]{1,24}$/.test(kind) ? `: ${JSON.stringify(kind)}` : ''
  return new Error(`profile ${JSON.stringify(name)} is of a kind that is not known${shown}`)
}
