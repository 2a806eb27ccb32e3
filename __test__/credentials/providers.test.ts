import { inspect } from 'node:util'
import test from 'ava'
import { AnonymousCredentialsProvider, isAnonymous } from '#src/credentials/anonymous.js'
import { EnvironmentCredentialsProvider } from '#src/credentials/environment.js'
import { FunctionCredentialsProvider } from '#src/credentials/function.js'
import { redact } from '#src/credentials/redact.js'
import { StaticCredentialsProvider } from '#src/credentials/static.js'
import { CredentialsEmptyError, CredentialsFetchError, ParamInvalidError } from '#src/errors.js'

const expiration = new Date('2030-01-01T00:00:00Z')
const secrets = { accessKeyId: 'LTAI', accessKeySecret: 'hunter2', securityToken: 'tok3n' }
const environment = { OSS_ACCESS_KEY_ID: 'LTAI', OSS_ACCESS_KEY_SECRET: 'hunter2', OSS_SESSION_TOKEN: 'tok3n' }

const fixed = new StaticCredentialsProvider(secrets.accessKeyId, secrets.accessKeySecret, secrets.securityToken)
const fromEnvironment = new EnvironmentCredentialsProvider(environment)
const fromFunction = new FunctionCredentialsProvider(async () => ({ ...secrets, expiration }))

test('every provider gives what it was made from', async t => {
  for (const provider of [fixed, fromEnvironment, fromFunction]) {
    const { accessKeyId, accessKeySecret, securityToken } = await provider.getCredentials()
    t.deepEqual({ accessKeyId, accessKeySecret, securityToken }, secrets)
  }
  t.deepEqual((await fromFunction.getCredentials()).expiration, expiration)
  t.is(new StaticCredentialsProvider('a', 'b').getCredentials().securityToken, undefined)
})

test('neither providers nor credentials show secret or token when they are logged', async t => {
  const options = [{}, { depth: null, showHidden: true }, { customInspect: false, showHidden: true, depth: null }]
  for (const provider of [fixed, fromEnvironment, fromFunction]) {
    for (const value of [provider, await provider.getCredentials(), { nested: [await provider.getCredentials()] }]) {
      const shown = [JSON.stringify(value), String(value), ...options.map(option => inspect(value, option))]
      for (const text of shown) t.notRegex(text, /hunter2|tok3n/)
    }
  }
})

test('what is shown still tells which key it is', t => {
  const credentials = redact({ ...secrets, expiration })
  t.is(
    inspect(credentials, { breakLength: 200 }),
    "Credentials { accessKeyId: 'LTAI', accessKeySecret: '***', securityToken: '***', expiration: 2030-01-01T00:00:00.000Z }",
  )
  t.is(
    JSON.stringify(redact({ accessKeyId: 'a', accessKeySecret: 'b' })),
    '{"accessKeyId":"a","accessKeySecret":"***"}',
  )
  t.is(redact(credentials), credentials)
  t.throws(() => Object.assign(credentials, { accessKeyId: 'x' }), { instanceOf: TypeError })
})

test('an argument that is not a string is reported by name', t => {
  const field = (...args: unknown[]) =>
    t.throws(() => new StaticCredentialsProvider(...(args as [string, string])), { instanceOf: ParamInvalidError })
      .field
  t.is(field(undefined, 's'), 'accessKeyId')
  t.is(field('a', undefined), 'accessKeySecret')
  t.is(field('a', 's', 5), 'securityToken')
  t.is(
    t.throws(() => new FunctionCredentialsProvider(5 as never), { instanceOf: ParamInvalidError }).field,
    'getCredentials',
  )
})

test('missing variables are named, present ones are not shown', t => {
  for (const [given, missing] of [
    [{}, 'OSS_ACCESS_KEY_ID, OSS_ACCESS_KEY_SECRET'],
    [{ OSS_ACCESS_KEY_ID: 'LTAI' }, 'OSS_ACCESS_KEY_SECRET'],
    [{ OSS_ACCESS_KEY_SECRET: 'hunter2', OSS_ACCESS_KEY_ID: ' ' }, 'OSS_ACCESS_KEY_ID'],
  ] as [Record<string, string>, string][]) {
    const error = t.throws(() => new EnvironmentCredentialsProvider(given).getCredentials(), {
      instanceOf: CredentialsEmptyError,
    })
    t.is((error.cause as Error).message, `not set in the environment: ${missing}`)
    t.notRegex(inspect(error), /hunter2|LTAI/)
  }
})

test('the environment is read again for each request', t => {
  const changing: Record<string, string> = { OSS_ACCESS_KEY_ID: 'a', OSS_ACCESS_KEY_SECRET: ' s\n' }
  const provider = new EnvironmentCredentialsProvider(changing)
  const first = provider.getCredentials()
  t.is(first.accessKeySecret, 's')
  t.is(first.securityToken, undefined)
  t.is(provider.getCredentials(), first)
  changing.OSS_SESSION_TOKEN = 'token'
  t.is(provider.getCredentials().securityToken, 'token')
})

test('the environment of the process is the default', t => {
  t.notThrows(() => new EnvironmentCredentialsProvider())
})

test('anonymous credentials are empty by intent, others are not anonymous', async t => {
  const anonymous = new AnonymousCredentialsProvider()
  t.true(isAnonymous(anonymous.getCredentials()))
  t.is(anonymous.getCredentials().accessKeySecret, '')
  t.false(isAnonymous(new StaticCredentialsProvider('', '').getCredentials()))
  t.true(isAnonymous(await new FunctionCredentialsProvider(() => anonymous.getCredentials()).getCredentials()))
})

test('a failing function is a fetch error worth retrying, with its cause', async t => {
  const cause = new Error('store is down')
  for (const fail of [
    () => {
      throw cause
    },
    () => Promise.reject(cause),
  ]) {
    const error = await t.throwsAsync(new FunctionCredentialsProvider(fail).getCredentials(), {
      instanceOf: CredentialsFetchError,
    })
    t.is(error.cause, cause)
    t.true(error.retryable)
  }
})

test('a function that gives nothing usable means there are no credentials', async t => {
  for (const given of [undefined, null, {}, { accessKeyId: 'a' }, { accessKeyId: 'a', accessKeySecret: 1 }]) {
    await t.throwsAsync(new FunctionCredentialsProvider(() => given as never).getCredentials(), {
      instanceOf: CredentialsEmptyError,
    })
  }
})

test('the function gets the signal, and an abort rejects with its reason', async t => {
  const reason = new Error('enough')
  const provider = new FunctionCredentialsProvider(async signal => {
    signal?.throwIfAborted()
    return secrets
  })
  t.is(await t.throwsAsync(provider.getCredentials(AbortSignal.abort(reason))), reason)
  const own = new CredentialsEmptyError()
  t.is(await t.throwsAsync(new FunctionCredentialsProvider(() => Promise.reject(own)).getCredentials()), own)
})
