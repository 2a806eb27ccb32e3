import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import {
  type Credentials,
  CredentialsEmptyError,
  CredentialsFetchError,
  FileError,
  ParamInvalidError,
  type ProfileCredentialsOptions,
  ProfileCredentialsProvider,
} from 'ferross'
import { withFolder } from '../helpers/with-server.js'
import { metadataService, securityTokenService, showsNothing, virtualClock } from './services.js'

const roleArn = 'acs:ram::123456789012:role/backup'
const environment = {}

const ini = `
[default]
type = access_key
access_key_id = AK.ini
access_key_secret = s3cret-ini

[session]
type = sts
access_key_id = AK.session
access_key_secret = s3cret
security_token = t0ken

[off]
enable = false
type = access_key
access_key_id = AK
access_key_secret = s3cret

[role]
type = ram_role_arn
access_key_id = AK
access_key_secret = s3cret-user
role_arn = ${roleArn}
role_session_name = from-ini

[instance]
type = ecs_ram_role

[half]
type = access_key
access_key_id = AK

[strange]
type = rsa_key_pair
private_key = s3cret
`

function cli(stsEndpoint = '') {
  const key = { access_key_id: 'AK', access_key_secret: 's3cret-user' }
  const role = { ram_role_arn: roleArn, ram_session_name: 'from-cli', expired_seconds: 0, sts_endpoint: stsEndpoint }
  const program = `console.log(JSON.stringify({ mode: 'AK', access_key_id: 'AK.ext', access_key_secret: 's3cret' }))`
  return JSON.stringify({
    current: 'main',
    meta_path: '',
    profiles: [
      { name: 'main', mode: 'AK', access_key_id: 'AK.cli', access_key_secret: 's3cret-cli', sts_token: '' },
      { name: 'session', mode: 'StsToken', ...key, sts_token: 't0ken' },
      { name: 'role', mode: 'RamRoleArn', ...key, ...role },
      { name: 'chained', mode: 'ChainableRamRoleArn', source_profile: 'session', ...role, external_id: 'e1' },
      { name: 'circle', mode: 'ChainableRamRoleArn', source_profile: 'circle', ...role },
      { name: 'orphan', mode: 'ChainableRamRoleArn', source_profile: 'nobody', ...role },
      { name: 'instance', mode: 'EcsRamRole', ram_role_name: 'backup' },
      { name: 'program', mode: 'External', process_command: `"${process.execPath}" -e "${program}"` },
      { name: 'sso', mode: 'CloudSSO', access_token: 's3cret', ...key },
      { name: 'half', mode: 'AK', access_key_id: 'AK' },
      null,
    ],
  })
}

/** Files below a home directory, by path. */
function home(t: ExecutionContext, files: Record<string, string>): string {
  const folder = withFolder(t)
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  return folder
}

const idOf = async (options: ProfileCredentialsOptions) =>
  (await new ProfileCredentialsProvider({ environment, ...options }).getCredentials()).accessKeyId

const failure = async <E extends Error>(
  t: ExecutionContext,
  options: ProfileCredentialsOptions,
  instanceOf: new (...args: never) => E,
) =>
  t.throwsAsync(async () => new ProfileCredentialsProvider({ environment, ...options }).getCredentials(), {
    instanceOf,
  })

const iniFile = '.alibabacloud/credentials'
const cliFile = '.aliyun/config.json'

test('the file is the one given, then that of the variable, then the usual ones', async t => {
  const both = home(t, { [iniFile]: ini, [cliFile]: cli(), own: ini.replaceAll('AK.ini', 'AK.own') })
  const own = join(both, 'own')
  t.is(await idOf({ homeDirectory: both }), 'AK.cli')
  t.is(await idOf({ homeDirectory: both, path: own }), 'AK.own')
  t.is(await idOf({ homeDirectory: both, environment: { ALIBABA_CLOUD_CREDENTIALS_FILE: own } }), 'AK.own')
  t.is(await idOf({ homeDirectory: both, environment: { ALIBABA_CLOUD_CLI_PROFILE_DISABLED: 'true' } }), 'AK.ini')
  t.is(await idOf({ homeDirectory: home(t, { [iniFile]: ini }) }), 'AK.ini')
  t.is(await idOf({ path: join(both, cliFile) }), 'AK.cli', 'the form is told by the content')
})

test('the profile is the one given, then that of the variable; one the CLI lacks may be in the other file', async t => {
  const homeDirectory = home(t, {
    [iniFile]: `${ini}\n[only]\ntype=access_key\naccess_key_id=AK.only\naccess_key_secret=s`,
    [cliFile]: cli(),
  })
  const named = { ALIBABA_CLOUD_PROFILE: 'session' }
  t.is(await idOf({ homeDirectory, environment: named }), 'AK')
  t.is(await idOf({ homeDirectory, environment: named, profile: 'main' }), 'AK.cli')
  t.is(await idOf({ homeDirectory, profile: 'only' }), 'AK.only')
})

test('every kind of profile gives its credentials', async t => {
  const { clock, at } = virtualClock()
  const user = { accessKeyId: 'AK', accessKeySecret: 's3cret-user' }
  const plainSts = await securityTokenService(t, { keys: [user], now: clock })
  const chained = await securityTokenService(t, { keys: [{ ...user, securityToken: 't0ken' }], now: clock })
  const metadata = await metadataService(t, { role: 'backup', expiration: () => at(3_600_000) })
  const homeDirectory = home(t, { [iniFile]: ini, [cliFile]: cli(plainSts.endpoint) })
  const chainedHome = home(t, { [cliFile]: cli(chained.endpoint) })
  const options = { homeDirectory, clock, metadataEndpoint: metadata.endpoint }
  const token = async (profile: string, more = {}) =>
    (await new ProfileCredentialsProvider({ environment, ...options, profile, ...more }).getCredentials()).securityToken
  t.is(await token('session'), 't0ken')
  t.is(await token('role'), 't0ken-role1')
  t.is(plainSts.asked[0].get('RoleSessionName'), 'from-cli')
  t.is(plainSts.asked[0].get('DurationSeconds'), '3600')
  t.is(await token('chained', { homeDirectory: chainedHome }), 't0ken-role1')
  t.is(chained.asked[0].get('ExternalId'), 'e1')
  t.is(await token('instance'), 't0ken-ecs1')
  const path = join(homeDirectory, iniFile)
  t.is(await token('session', { path }), 't0ken')
  t.is(await token('instance', { path }), 't0ken-ecs2')
  t.is(await idOf({ ...options, profile: 'program' }), 'AK.ext')
})

test('no file, no profile, or one that is switched off mean: there are no credentials', async t => {
  const empty = withFolder(t)
  const error = await failure(t, { homeDirectory: empty }, CredentialsEmptyError)
  t.is(
    error.cause instanceof Error && error.cause.message,
    `there is no file ${join(empty, cliFile)}, there is no file ${join(empty, iniFile)}`,
  )
  const homeDirectory = home(t, { [iniFile]: ini, [cliFile]: cli(), other: '{"profiles": 5}' })
  for (const options of [
    { homeDirectory, profile: 'nobody' },
    { homeDirectory, profile: 'off' },
    { homeDirectory, profile: '__proto__' },
    { path: join(homeDirectory, 'other') },
    { path: join(homeDirectory, 'missing') },
  ]) {
    showsNothing(t, await failure(t, options, CredentialsEmptyError))
  }
})

test('a profile that cannot be used is a lasting failure that names what is wrong', async t => {
  const homeDirectory = home(t, {
    [iniFile]: ini,
    [cliFile]: cli(),
    broken: '{"s3cret',
    joined: '[default]\ntype = s3cret-0123',
  })
  const path = join(homeDirectory, iniFile)
  for (const [options, reason] of [
    [{ homeDirectory, profile: 'half' }, 'profile "half" has no access_key_secret'],
    [{ homeDirectory, profile: 'circle' }, 'profile "circle" is its own source'],
    [{ homeDirectory, profile: 'orphan' }, 'the source of profile "orphan" does not exist'],
    [{ homeDirectory, profile: 'sso' }, 'profile "sso" is of a kind that is not known: "CloudSSO"'],
    [{ path, profile: 'strange' }, 'profile "strange" is of a kind that is not known: "rsa_key_pair"'],
    [{ path: join(homeDirectory, 'broken') }, 'the profile file is not JSON'],
    [{ path: join(homeDirectory, 'joined') }, 'profile "default" is of a kind that is not known'],
  ] as const) {
    const error = await failure(t, options, CredentialsFetchError)
    t.is((error.cause as Error).message, reason)
    t.false(error.retryable)
    showsNothing(t, error)
  }
  const folder = await failure(t, { path: homeDirectory }, CredentialsFetchError)
  t.true(folder.cause instanceof FileError)
})

test('a change of the file is noticed, and a file that cannot be read changes nothing', async t => {
  const { clock, advance } = virtualClock()
  const folder = withFolder(t)
  const path = join(folder, 'credentials')
  const write = (text: string) => {
    writeFileSync(`${path}.new`, text)
    renameSync(`${path}.new`, path)
  }
  write(ini)
  const provider = new ProfileCredentialsProvider({ path, clock, environment, checkInterval: 1_000 })
  const id = async () => (await provider.getCredentials()).accessKeyId
  t.is(await id(), 'AK.ini')
  write(ini.replace('AK.ini', 'AK.next'))
  t.is((provider.getCredentials() as Credentials).accessKeyId, 'AK.ini', 'between checks the file is left alone')
  advance(1_000)
  t.is(await id(), 'AK.next')
  for (const spoil of [() => write('[default]\ntype = '), () => rmSync(path)]) {
    spoil()
    advance(1_000)
    t.is(await id(), 'AK.next')
  }
  write(ini.replace('AK.ini', 'AK.third'))
  provider.invalidate(await provider.getCredentials())
  t.is(await id(), 'AK.third', 'a refusal is a reason to look')
})

test('a profile that did not change keeps its temporary credentials when the file changes', async t => {
  const { clock, advance } = virtualClock()
  const user = { accessKeyId: 'AK', accessKeySecret: 's3cret-user' }
  const sts = await securityTokenService(t, { keys: [user], now: clock })
  const folder = home(t, { [cliFile]: cli(sts.endpoint) })
  const path = join(folder, cliFile)
  const provider = new ProfileCredentialsProvider({ path, profile: 'role', clock, environment })
  const first = await provider.getCredentials()
  writeFileSync(path, cli(sts.endpoint).replace('AK.cli', 'AK.something-else'))
  advance(5_000)
  t.is(await provider.getCredentials(), first)
  t.is(sts.asked.length, 1)
  showsNothing(t, provider, first)
  writeFileSync(path, cli(sts.endpoint).replaceAll('from-cli', 'from-another'))
  advance(5_000)
  t.not(await provider.getCredentials(), first)
  t.is(sts.asked[1].get('RoleSessionName'), 'from-another')
})

test('many requests at the same time read the file once', async t => {
  const homeDirectory = home(t, { [cliFile]: cli() })
  const provider = new ProfileCredentialsProvider({ homeDirectory, environment })
  const all = await Promise.all(Array.from({ length: 100 }, () => provider.getCredentials()))
  t.is(new Set(all).size, 1)
})

test('options are checked by name', t => {
  const error = t.throws(() => new ProfileCredentialsProvider({ checkInterval: -1 }), { instanceOf: ParamInvalidError })
  t.is(error.field, 'checkInterval')
})
