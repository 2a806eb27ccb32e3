import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import {
  CredentialsEmptyError,
  CredentialsFetchError,
  FileError,
  OidcRoleCredentialsProvider,
  type ParamInvalidError,
  ParamRequiredError,
  type RamRoleArnCredentialsOptions,
  RamRoleArnCredentialsProvider,
  RequestError,
  ServiceError,
  StaticCredentialsProvider,
} from 'ferross'
import { StsClient } from '#src/credentials/sts.js'
import { withFolder } from '../helpers/with-server.js'
import { plain, rpcSignature, securityTokenService, showsNothing, virtualClock } from './services.js'

const roleArn = 'acs:ram::123456789012:role/backup'
const environment = {}
const user = { accessKeyId: 'AK', accessKeySecret: 's3cret-user' }
const asUser = new StaticCredentialsProvider(user.accessKeyId, user.accessKeySecret)

async function failure(t: ExecutionContext, provider: { getCredentials(): unknown }) {
  return t.throwsAsync(async () => provider.getCredentials(), { instanceOf: CredentialsFetchError })
}

test('the check of these tests makes the signature of the published example', t => {
  const parameters = new Map(
    Object.entries({
      Timestamp: '2016-02-23T12:46:24Z',
      Format: 'XML',
      AccessKeyId: 'testid',
      Action: 'DescribeRegions',
      SignatureMethod: 'HMAC-SHA1',
      SignatureNonce: '3ee8c1b8-83d3-44af-a94f-4e0ad82fd6cf',
      Version: '2014-05-26',
      SignatureVersion: '1.0',
    }),
  )
  t.is(rpcSignature('GET', parameters, 'testsecret'), 'OLeaidS1JvxuMvnyHOwuJ+uX5qY=')
})

test('a role is assumed with a signed request that carries every option', async t => {
  const { clock } = virtualClock()
  const sts = await securityTokenService(t, { keys: [user], now: clock })
  const provider = new RamRoleArnCredentialsProvider({
    credentialsProvider: asUser,
    roleArn,
    roleSessionName: 'nightly@host-1',
    durationSeconds: 900,
    policy: '{"Statement": [{"Resource": "acs:oss:*:*:a/*"}], "é!\'()*": "~ +"}',
    externalId: 'customer 42',
    stsEndpoint: sts.endpoint,
    clock,
    environment,
  })
  const given = await provider.getCredentials()
  t.deepEqual(plain(given), {
    accessKeyId: 'STS.role1',
    accessKeySecret: 's3cret-role1',
    securityToken: 't0ken-role1',
    expiration: '2030-01-01T01:00:00.000Z',
  })
  const { Action, RoleArn, RoleSessionName, DurationSeconds, Policy, ExternalId } = Object.fromEntries(sts.asked[0])
  t.deepEqual(
    { Action, RoleArn, RoleSessionName, DurationSeconds, ExternalId },
    {
      Action: 'AssumeRole',
      RoleArn: roleArn,
      RoleSessionName: 'nightly@host-1',
      DurationSeconds: '900',
      ExternalId: 'customer 42',
    },
  )
  t.is(JSON.parse(Policy)["é!'()*"], '~ +')
  showsNothing(t, provider, given)
})

test('any parameters are signed as STS reads them', async t => {
  const { clock } = virtualClock()
  const sts = await securityTokenService(t, { keys: [user], now: clock })
  const client = new StsClient({ stsEndpoint: sts.endpoint, clock, environment })
  const text = fc.string({ unit: 'grapheme', minLength: 1 })
  const property = fc.asyncProperty(text, text, async (Policy, ExternalId) => {
    const parameters = { RoleArn: roleArn, RoleSessionName: 's1', Policy, ExternalId }
    await client.assume('AssumeRole', parameters, user, undefined)
    t.is(sts.asked.at(-1)?.get('Policy'), Policy)
  })
  await fc.assert(property, { numRuns: 200 })
})

test('temporary credentials can assume a role, and are renewed when STS refuses them', async t => {
  const { clock } = virtualClock()
  const fresh = { accessKeyId: 'STS.b', accessKeySecret: 's3cret-b', securityToken: 't0ken-b' }
  const sts = await securityTokenService(t, { keys: [fresh], now: clock })
  const refused: string[] = []
  let current = { accessKeyId: 'STS.a', accessKeySecret: 's3cret-a', securityToken: 't0ken-a' }
  const provider = new RamRoleArnCredentialsProvider({
    credentialsProvider: {
      getCredentials: () => current,
      invalidate: ({ accessKeyId }) => {
        refused.push(accessKeyId)
        current = fresh
      },
    },
    roleArn,
    stsEndpoint: sts.endpoint,
    clock,
    environment,
  })
  t.is((await provider.getCredentials()).accessKeyId, 'STS.role2')
  t.deepEqual(refused, ['STS.a'])
  t.is(sts.asked.length, 2)
})

test('a refusal has the code of STS, is final unless it passes by itself, and repeats no secret', async t => {
  const { clock } = virtualClock()
  const temporary = { ...user, securityToken: 't0ken-user' }
  const say = (status: number, Code: string, Message: string) => () => ({
    status,
    body: { Code, Message, RequestId: 'R' },
  })
  for (const [before, code, retryable] of [
    [say(403, 'NoPermission', 'You are not authorized to do this action.'), 'NoPermission', false],
    [say(503, 'ServiceUnavailable', 'later'), 'ServiceUnavailable', true],
    [say(400, 'Throttling.User', 'slowly'), 'Throttling.User', true],
    [say(400, 'Strange', 'you sent t0ken-user'), 'Strange', false],
    [() => ({ status: 502, body: '<html>s3cret</html>' }), 'BadErrorResponse', true],
    [undefined, 'SignatureDoesNotMatch', false],
  ] as const) {
    const keys = [{ ...temporary, accessKeySecret: before ? user.accessKeySecret : 's3cret-another' }]
    const sts = await securityTokenService(t, { keys, now: clock, before })
    const credentialsProvider = { getCredentials: () => temporary }
    const options = { credentialsProvider, roleArn, stsEndpoint: sts.endpoint, clock, environment }
    const error = await failure(t, new RamRoleArnCredentialsProvider(options))
    t.true(error.cause instanceof ServiceError)
    t.is((error.cause as ServiceError).code, code)
    t.is((error.cause as ServiceError).requestTarget, `POST ${sts.endpoint}/`)
    t.is(error.retryable, retryable, code)
    showsNothing(t, error)
  }
})

test('what is not an answer of STS is a failure that shows nothing', async t => {
  const { clock } = virtualClock()
  for (const [answer, reason] of [
    [{ body: 's3cret' }, 'the answer of STS is not JSON'],
    [{ body: '[]' }, 'the answer of STS is not a JSON object'],
    [{ body: { Credentials: 's3cret' } }, 'the answer of STS is not a JSON object'],
    [{ body: { Credentials: { AccessKeySecret: 's3cret' } } }, 'the answer of STS has no AccessKeyId'],
  ] as const) {
    const sts = await securityTokenService(t, { now: clock, before: () => answer })
    const options = { credentialsProvider: asUser, roleArn, stsEndpoint: sts.endpoint, clock, environment }
    const error = await failure(t, new RamRoleArnCredentialsProvider(options))
    t.is((error.cause as Error).message, reason)
    showsNothing(t, error)
  }
  const nobody = { credentialsProvider: asUser, roleArn, stsEndpoint: 'http://127.0.0.1:1', environment }
  t.true((await failure(t, new RamRoleArnCredentialsProvider(nobody))).cause instanceof RequestError)
})

test('a wrong clock is corrected by the Date of STS', async t => {
  const theirs = virtualClock()
  const ours = virtualClock(Date.UTC(2029, 0, 1))
  const sts = await securityTokenService(t, { keys: [user], now: theirs.clock })
  const options = { credentialsProvider: asUser, roleArn, stsEndpoint: sts.endpoint, clock: ours.clock, environment }
  t.is((await new RamRoleArnCredentialsProvider(options).getCredentials()).accessKeyId, 'STS.role2')
})

test('without asking credentials there is nothing to sign with', async t => {
  const options = { credentialsProvider: new StaticCredentialsProvider('', ''), roleArn, environment }
  const provider = new RamRoleArnCredentialsProvider(options)
  await t.throwsAsync(async () => provider.getCredentials(), { instanceOf: CredentialsEmptyError })
})

test('an OIDC token is read anew for each fetch and travels in the body, unsigned', async t => {
  const folder = withFolder(t)
  const { clock, advance } = virtualClock()
  const oidcTokenFile = join(folder, 'token')
  const service = { oidcToken: 'oidc-t0ken-1', now: clock }
  const sts = await securityTokenService(t, service)
  writeFileSync(oidcTokenFile, 'oidc-t0ken-1\n')
  const variables = {
    ALIBABA_CLOUD_ROLE_ARN: roleArn,
    ALIBABA_CLOUD_OIDC_PROVIDER_ARN: 'acs:ram::123456789012:oidc-provider/k8s',
    ALIBABA_CLOUD_OIDC_TOKEN_FILE: oidcTokenFile,
    ALIBABA_CLOUD_ROLE_SESSION_NAME: 'pod-7',
  }
  const provider = new OidcRoleCredentialsProvider({ environment: variables, stsEndpoint: sts.endpoint, clock })
  const given = await provider.getCredentials()
  t.is(given.accessKeyId, 'STS.role1')
  t.is(sts.asked[0].get('OIDCProviderArn'), 'acs:ram::123456789012:oidc-provider/k8s')
  t.is(sts.asked[0].get('RoleSessionName'), 'pod-7')
  t.notRegex(sts.requests[0].url, /t0ken/)
  showsNothing(t, provider, given)
  advance(3_600_000)
  service.oidcToken = 'oidc-t0ken-2'
  showsNothing(t, await failure(t, provider))
  writeFileSync(oidcTokenFile, 'oidc-t0ken-2\n')
  t.is((await provider.getCredentials()).securityToken, 't0ken-role3')
})

test('a token that is refused, missing or empty says so without showing it', async t => {
  const folder = withFolder(t)
  const { clock } = virtualClock()
  const sts = await securityTokenService(t, { oidcToken: 'another', now: clock })
  const oidcTokenFile = join(folder, 'token')
  const options = { roleArn, oidcProviderArn: 'p', oidcTokenFile, stsEndpoint: sts.endpoint, clock, environment }
  writeFileSync(oidcTokenFile, 'oidc-t0ken/+=')
  const refused = await failure(t, new OidcRoleCredentialsProvider(options))
  t.is((refused.cause as ServiceError).code, 'AuthenticationFail.OIDCToken.Invalid')
  showsNothing(t, refused)
  writeFileSync(oidcTokenFile, ' \n')
  t.regex(((await failure(t, new OidcRoleCredentialsProvider(options))).cause as Error).message, /is empty$/)
  rmSync(oidcTokenFile)
  t.true((await failure(t, new OidcRoleCredentialsProvider(options))).cause instanceof FileError)
})

test('the endpoint follows region and network', async t => {
  const asked: string[] = []
  const httpClient = {
    send: async ({ url }: { url: string }): Promise<never> => {
      asked.push(url.replace(/\?.*/, ''))
      throw new RequestError('no answer')
    },
  }
  for (const options of [
    {},
    { stsRegion: 'cn-beijing' },
    { stsRegion: 'cn-beijing', stsVpc: true },
    { environment: { ALIBABA_CLOUD_STS_REGION: 'cn-shanghai', ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED: 'TRUE' } },
    { stsEndpoint: 'sts.example.com' },
  ]) {
    const all = { credentialsProvider: asUser, roleArn, httpClient, environment, ...options }
    await failure(t, new RamRoleArnCredentialsProvider(all))
  }
  t.deepEqual(asked, [
    'https://sts.aliyuncs.com/',
    'https://sts.cn-beijing.aliyuncs.com/',
    'https://sts-vpc.cn-beijing.aliyuncs.com/',
    'https://sts-vpc.cn-shanghai.aliyuncs.com/',
    'https://sts.example.com/',
  ])
})

test('options are checked by name', t => {
  const field = (options: object) => {
    const all = { credentialsProvider: asUser, roleArn, environment, ...options } as RamRoleArnCredentialsOptions
    return t.throws<ParamInvalidError>(() => new RamRoleArnCredentialsProvider(all)).field
  }
  t.is(field({ credentialsProvider: {} }), 'credentialsProvider')
  t.is(field({ roleArn: '' }), 'roleArn')
  t.is(field({ roleSessionName: 'a b' }), 'roleSessionName')
  t.is(field({ durationSeconds: 899 }), 'durationSeconds')
  t.is(field({ stsEndpoint: 'https://user@host' }), 'stsEndpoint')
  t.is(field({ stsRegion: 'evil.com/' }), 'stsRegion')
  t.is(field({ timeout: 0 }), 'timeout')
  const missing = (options: object) =>
    t.throws(() => new OidcRoleCredentialsProvider({ environment, ...options }), { instanceOf: ParamRequiredError })
      .field
  t.is(missing({}), 'oidcTokenFile')
  t.is(missing({ oidcTokenFile: 'f' }), 'roleArn')
  t.is(missing({ oidcTokenFile: 'f', roleArn }), 'oidcProviderArn')
})
