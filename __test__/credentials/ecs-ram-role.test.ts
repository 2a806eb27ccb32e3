import test from 'ava'
import {
  type Credentials,
  CredentialsEmptyError,
  CredentialsFetchError,
  EcsRamRoleCredentialsProvider,
  ParamInvalidError,
  RequestError,
  ServiceError,
  TimeoutError,
} from 'ferross'
import { listen, metadataService, plain, showsNothing, virtualClock } from './services.js'

const hour = 3_600_000
const environment = {}

test('the role is found and its credentials are fetched with a session token', async t => {
  const { clock, at } = virtualClock()
  const service = await metadataService(t, { role: 'back up', expiration: () => at(6 * hour), v1: false })
  const provider = new EcsRamRoleCredentialsProvider({ endpoint: service.endpoint, clock, environment })
  const given = await provider.getCredentials()
  t.deepEqual(plain(given), {
    accessKeyId: 'STS.ecs1',
    accessKeySecret: 's3cret-ecs1',
    securityToken: 't0ken-ecs1',
    expiration: '2030-01-01T06:00:00.000Z',
  })
  t.deepEqual(
    service.requests.map(({ method, url }) => `${method} ${url}`),
    [
      'PUT /latest/api/token',
      'GET /latest/meta-data/ram/security-credentials/',
      'GET /latest/meta-data/ram/security-credentials/back%20up',
    ],
  )
  showsNothing(t, provider, given)
})

test('a role that is named is not looked up', async t => {
  const { clock, at } = virtualClock()
  const service = await metadataService(t, { role: 'backup', expiration: () => at(hour) })
  const byOption = { endpoint: `${service.endpoint}/`, clock, roleName: 'backup', environment }
  const byVariable = { endpoint: service.endpoint, clock, environment: { ALIBABA_CLOUD_ECS_METADATA: 'backup' } }
  for (const options of [byOption, byVariable]) {
    await new EcsRamRoleCredentialsProvider(options).getCredentials()
    t.is(service.requests.splice(0).length, 2)
  }
})

test('where the service has no tokens, or they get lost, v1 is used unless it is forbidden', async t => {
  const { clock, at } = virtualClock()
  for (const lostToken of [false, true]) {
    const service = await metadataService(t, { role: 'backup', tokens: false, lostToken, expiration: () => at(hour) })
    const options = { endpoint: service.endpoint, clock, environment }
    t.is((await new EcsRamRoleCredentialsProvider(options).getCredentials()).accessKeyId, 'STS.ecs1')
    for (const strict of [
      { ...options, disableImdsV1: true },
      { ...options, environment: { ALIBABA_CLOUD_IMDSV1_DISABLED: 'True' } },
    ]) {
      service.requests.length = 0
      const provider = new EcsRamRoleCredentialsProvider(strict)
      const error = await t.throwsAsync(async () => provider.getCredentials(), { instanceOf: CredentialsFetchError })
      t.true(error.cause instanceof (lostToken ? RequestError : Error))
      t.deepEqual([...new Set(service.requests.map(({ url }) => url))], ['/latest/api/token'])
    }
  }
})

test('credentials are replaced before they expire, by those of the role that is attached then', async t => {
  const { clock, advance, at } = virtualClock()
  const service = await metadataService(t, { role: 'backup', expiration: () => at(6 * hour) })
  const provider = new EcsRamRoleCredentialsProvider({
    endpoint: service.endpoint,
    clock,
    environment,
    random: () => 0,
  })
  await provider.getCredentials()
  advance(5 * hour)
  t.is((provider.getCredentials() as Credentials).accessKeyId, 'STS.ecs1')
  t.is(service.requests.length, 3)
  advance(hour)
  t.is((await provider.getCredentials()).accessKeyId, 'STS.ecs2')
  t.is(service.requests.length, 6)
})

test('no role, and no metadata by choice, mean: there are no credentials', async t => {
  const { clock, at } = virtualClock()
  const service = await metadataService(t, { expiration: () => at(hour) })
  const options = { endpoint: service.endpoint, clock, environment }
  for (const [given, reason] of [
    [options, 'no RAM role is attached to the instance'],
    [{ ...options, roleName: 'gone' }, 'the instance has no RAM role "gone"'],
    [
      { ...options, environment: { ALIBABA_CLOUD_ECS_METADATA_DISABLED: 'true' } },
      'switched off by ALIBABA_CLOUD_ECS_METADATA_DISABLED',
    ],
  ] as const) {
    const provider = new EcsRamRoleCredentialsProvider(given)
    const error = await t.throwsAsync(async () => provider.getCredentials(), { instanceOf: CredentialsEmptyError })
    t.is((error.cause as Error).message, reason)
  }
})

test('bad answers and unreachable services are failures worth a retry that show nothing', async t => {
  for (const [answer, reason] of [
    [{ status: 500, body: 's3cret' }, 'the metadata service answered with status 500'],
    [{ body: '{"AccessKeySecret":"s3cret"' }, "the metadata service's answer is not JSON"],
    [{ body: { Code: 'Failed', AccessKeySecret: 's3cret' } }, "the metadata service's answer does not report success"],
    [{ body: 's3cret'.repeat(100_000) }, 'the answer is larger than 262144 bytes'],
    [undefined, /^no answer: /],
  ] as const) {
    const { endpoint } = await listen(t, ({ method }) => (method === 'PUT' ? { body: 'session-t0ken' } : answer))
    const provider = new EcsRamRoleCredentialsProvider({ endpoint, environment, roleName: 'backup' })
    const error = await t.throwsAsync(async () => provider.getCredentials(), { instanceOf: CredentialsFetchError })
    const { message } = error.cause as Error
    t.true(typeof reason === 'string' ? message === reason : reason.test(message), message)
    t.true(error.retryable)
    t.false(error.cause instanceof ServiceError)
    showsNothing(t, error)
  }
})

test('a service that does not answer is given up soon', async t => {
  const { endpoint } = await listen(t, () => new Promise(() => {}))
  const provider = new EcsRamRoleCredentialsProvider({ endpoint, environment, roleName: 'backup', timeout: 10 })
  const error = await t.throwsAsync(async () => provider.getCredentials(), { instanceOf: CredentialsFetchError })
  t.true(error.cause instanceof TimeoutError)
})

test('options are checked by name', t => {
  const field = (options: object) =>
    t.throws(() => new EcsRamRoleCredentialsProvider({ environment, ...options }), { instanceOf: ParamInvalidError })
      .field
  t.is(field({ endpoint: '100.100.100.200' }), 'endpoint')
  t.is(field({ endpoint: 'http://100.100.100.200/path' }), 'endpoint')
  t.is(field({ timeout: -1 }), 'timeout')
})
