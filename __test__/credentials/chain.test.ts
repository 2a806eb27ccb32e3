import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import {
  AnonymousCredentialsProvider,
  type Credentials,
  CredentialsEmptyError,
  CredentialsFetchError,
  type CredentialsProvider,
  CredentialsProviderChain,
  DefaultCredentialsProvider,
  EnvironmentCredentialsProvider,
  FunctionCredentialsProvider,
  type HttpRequest,
  ParamInvalidError,
  StaticCredentialsProvider,
  UndiciHttpClient,
} from 'ferross'
import { isAnonymous } from '#src/credentials/anonymous.js'
import { withFolder } from '../helpers/with-server.js'
import { listen, metadataService, securityTokenService, showsNothing, virtualClock } from './services.js'

const nothing = () => new EnvironmentCredentialsProvider({ OSS_ACCESS_KEY_SECRET: 's3cret' })
const fixed = (id: string) => new StaticCredentialsProvider(id, 's3cret', 't0ken')

test('the first provider that has credentials gives them, from then on as well', async t => {
  let asked = 0
  const first = new FunctionCredentialsProvider(() => {
    asked += 1
    throw new CredentialsEmptyError()
  })
  const chain = new CredentialsProviderChain([first, fixed('a'), fixed('b')])
  t.is((await chain.getCredentials()).accessKeyId, 'a')
  const again = chain.getCredentials()
  t.false(again instanceof Promise)
  t.is((again as Credentials).accessKeyId, 'a')
  t.is(asked, 1)
  showsNothing(t, chain, again)
})

test('a provider that fails ends the search: nobody continues under another identity', async t => {
  let fails = true
  const moody = new FunctionCredentialsProvider(() => {
    if (fails) throw new Error('down')
    return fixed('moody').getCredentials()
  })
  const chain = new CredentialsProviderChain([nothing(), moody, fixed('b')])
  const error = await t.throwsAsync(async () => chain.getCredentials(), { instanceOf: CredentialsFetchError })
  t.true(error.retryable)
  const { errors, message } = error.cause as AggregateError
  t.is(errors.length, 2)
  t.is(
    message,
    'EnvironmentCredentialsProvider: not set in the environment: OSS_ACCESS_KEY_ID; FunctionCredentialsProvider: down',
  )
  showsNothing(t, error)
  fails = false
  t.is((await chain.getCredentials()).accessKeyId, 'moody')
  fails = true
  await t.throwsAsync(async () => chain.getCredentials(), { instanceOf: CredentialsFetchError })
})

test('where nobody has credentials the error tells what each one said', async t => {
  const empty = { getCredentials: () => ({ accessKeyId: '', accessKeySecret: '' }) }
  const chain = new CredentialsProviderChain([nothing(), empty])
  const error = await t.throwsAsync(async () => chain.getCredentials(), { instanceOf: CredentialsEmptyError })
  t.regex((error.cause as Error).message, /^EnvironmentCredentialsProvider: not set.*; Object: credentials are null/)
})

test('refusals reach the provider in use, aborts end the search, anonymous counts', async t => {
  const told: Credentials[] = []
  const listening: CredentialsProvider = {
    getCredentials: () => fixed('a').getCredentials(),
    invalidate: credentials => void told.push(credentials),
  }
  const chain = new CredentialsProviderChain([listening])
  chain.invalidate(fixed('a').getCredentials())
  t.is(told.length, 0)
  chain.invalidate(await chain.getCredentials())
  t.is(told.length, 1)
  const reason = new Error('enough')
  const waiting = new FunctionCredentialsProvider(signal => Promise.reject(signal?.reason))
  const aborted = new CredentialsProviderChain([waiting, fixed('a')])
  t.is(await t.throwsAsync(async () => aborted.getCredentials(AbortSignal.abort(reason))), reason)
  const anonymous = new CredentialsProviderChain([new AnonymousCredentialsProvider()])
  t.true(isAnonymous(await anonymous.getCredentials()))
})

test('a chain needs providers', t => {
  for (const providers of [undefined, [], [{}], [null]]) {
    const make = () => new CredentialsProviderChain(providers as never)
    t.is(t.throws(make, { instanceOf: ParamInvalidError }).field, 'providers')
  }
})

test('the default takes environment, OIDC role, profile, URI and instance role, in this order', async t => {
  const { clock, at } = virtualClock()
  const homeDirectory = withFolder(t)
  const sts = await securityTokenService(t, { oidcToken: 'oidc-t0ken', now: clock })
  const metadata = await metadataService(t, { role: 'backup', expiration: () => at(3_600_000) })
  const uri = await listen(t, () => ({ body: { AccessKeyId: 'AK.uri', AccessKeySecret: 's3cret' } }))
  const tokenFile = join(homeDirectory, 'token')
  writeFileSync(tokenFile, 'oidc-t0ken')
  mkdirSync(join(homeDirectory, '.alibabacloud'))
  const profileFile = join(homeDirectory, '.alibabacloud', 'credentials')
  const profile = '[default]\ntype = access_key\naccess_key_id = AK.profile\naccess_key_secret = s3cret'
  writeFileSync(profileFile, profile)
  const environment: Record<string, string> = {
    OSS_ACCESS_KEY_ID: 'AK.oss',
    OSS_ACCESS_KEY_SECRET: 's3cret',
    ALIBABA_CLOUD_ACCESS_KEY_ID: 'AK.cloud',
    ALIBABA_CLOUD_ACCESS_KEY_SECRET: 's3cret',
    ALIBABA_CLOUD_ROLE_ARN: 'acs:ram::1:role/r',
    ALIBABA_CLOUD_OIDC_PROVIDER_ARN: 'acs:ram::1:oidc-provider/p',
    ALIBABA_CLOUD_OIDC_TOKEN_FILE: tokenFile,
    ALIBABA_CLOUD_CREDENTIALS_URI: uri.endpoint,
  }
  // The default has no option for the endpoint of STS: the transport leads there.
  const direct = new UndiciHttpClient()
  const asked: string[] = []
  const httpClient = {
    send: (request: HttpRequest) => {
      asked.push(request.url)
      return direct.send({ ...request, url: request.url.replace('https://sts.aliyuncs.com', sts.endpoint) })
    },
  }
  const options = { environment, homeDirectory, clock, httpClient, metadataEndpoint: metadata.endpoint }
  const next = async (...without: string[]) => {
    for (const name of without) delete environment[name]
    const provider = new DefaultCredentialsProvider(options)
    const given = await provider.getCredentials()
    showsNothing(t, provider, given)
    return given.accessKeyId
  }
  t.is(await next(), 'AK.oss')
  t.is(await next('OSS_ACCESS_KEY_ID'), 'AK.cloud')
  t.is(await next('ALIBABA_CLOUD_ACCESS_KEY_SECRET'), 'STS.role1')
  t.is(await next('ALIBABA_CLOUD_ROLE_ARN'), 'AK.profile')
  writeFileSync(profileFile, '')
  t.is(await next(), 'AK.uri')
  t.is(await next('ALIBABA_CLOUD_CREDENTIALS_URI'), 'STS.ecs1')
  t.is(asked.length, 1, 'URI and metadata are asked directly')
  environment.ALIBABA_CLOUD_ECS_METADATA_DISABLED = 'true'
  const error = await t.throwsAsync(next(), { instanceOf: CredentialsEmptyError })
  showsNothing(t, error)
  await direct.close()
})
