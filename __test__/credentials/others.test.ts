import * as official from '@alicloud/credentials'
import test from 'ava'
import {
  type AlibabaCloudCredentialClient,
  AlibabaCloudCredentialsProvider,
  CredentialsEmptyError,
  CredentialsFetchError,
  ParamInvalidError,
  ParamRequiredError,
  UriCredentialsProvider,
} from 'ferross'
import { goldenClient, RecordingClient } from '../helpers/golden.js'
import { listen, plain, showsNothing, virtualClock } from './services.js'

test('a URI is asked for credentials, and again when they come to their end', async t => {
  const { clock, advance, at } = virtualClock()
  const { endpoint, requests } = await listen(t, () => ({
    body: {
      Code: 'Success',
      AccessKeyId: 'STS.uri',
      AccessKeySecret: 's3cret',
      SecurityToken: 't0ken',
      Expiration: at(3_600_000).toISOString(),
    },
  }))
  const environment = { ALIBABA_CLOUD_CREDENTIALS_URI: `${endpoint}?key=s3cret#part` }
  const provider = new UriCredentialsProvider({ environment, clock })
  const given = await provider.getCredentials()
  t.deepEqual(plain(given), {
    accessKeyId: 'STS.uri',
    accessKeySecret: 's3cret',
    securityToken: 't0ken',
    expiration: '2030-01-01T01:00:00.000Z',
  })
  t.is(requests[0].url, '/?key=s3cret')
  showsNothing(t, provider, given)
  advance(3_600_000)
  t.not(await provider.getCredentials(), given)
})

test('what a URI answers instead is a failure that shows neither it nor the URI', async t => {
  for (const [answer, reason] of [
    [{ status: 404, body: 's3cret' }, 'the credentials URI answered with status 404'],
    [{ body: 's3cret' }, "the credentials URI's answer is not JSON"],
    [{ body: { Code: 'Failed' } }, "the credentials URI's answer does not report success"],
    [undefined, undefined],
  ] as const) {
    const { endpoint } = await listen(t, () => answer)
    const provider = new UriCredentialsProvider({ uri: `${endpoint}/s3cret` })
    const error = await t.throwsAsync(async () => provider.getCredentials(), { instanceOf: CredentialsFetchError })
    if (reason) t.is((error.cause as Error).message, reason)
    showsNothing(t, error)
  }
})

test('a URI is checked on construction', t => {
  const make = (uri?: string) => () => new UriCredentialsProvider({ uri, environment: {} })
  t.is(t.throws(make(), { instanceOf: ParamRequiredError }).field, 'uri')
  for (const uri of ['file:///etc/passwd', 'localhost:80', 'http://user:s3cret@host/']) {
    const error = t.throws(make(uri), { instanceOf: ParamInvalidError })
    t.is(error.field, 'uri')
    showsNothing(t, error)
  }
})

/** A client as version 2.4 of the official package has it: methods of a class over something inside. */
class ModernClient {
  asked = 0
  credential: object = { accessKeyId: 'AK', accessKeySecret: 's3cret', securityToken: 't0ken', type: 'sts' }
  async getCredential() {
    this.asked += 1
    return this.credential
  }
  getAccessKeyId = (): Promise<string> => Promise.reject(new Error('deprecated'))
  getAccessKeySecret = (): Promise<string> => Promise.reject(new Error('deprecated'))
  getSecurityToken = (): Promise<string> => Promise.reject(new Error('deprecated'))
  getBearerToken = () => ''
  getType = () => 'sts'
}

test('a client of the official package gives its credentials, asked once for all that ask at a time', async t => {
  const client = new ModernClient()
  const provider = new AlibabaCloudCredentialsProvider(client)
  const all = await Promise.all(Array.from({ length: 50 }, () => provider.getCredentials()))
  t.is(client.asked, 1)
  t.is(new Set(all).size, 1)
  t.deepEqual(plain(all[0]), { accessKeyId: 'AK', accessKeySecret: 's3cret', securityToken: 't0ken' })
  t.is(await provider.getCredentials(), all[0], 'the same credentials are the same object')
  client.credential = { accessKeyId: 'AK2', accessKeySecret: 's3cret', securityToken: '' }
  t.deepEqual(plain(await provider.getCredentials()), { accessKeyId: 'AK2', accessKeySecret: 's3cret' })
  showsNothing(t, all[0])
})

test('older clients are read in pieces that belong together', async t => {
  let key = 1
  let asked = 0
  const client: AlibabaCloudCredentialClient = {
    getAccessKeyId: async () => `AK${key}`,
    getAccessKeySecret: async () => {
      // The key changes while it is read the first time.
      if (asked++ === 0) key = 2
      return `s3cret${key}`
    },
    getSecurityToken: async () => `t0ken${key}`,
  }
  const given = await new AlibabaCloudCredentialsProvider(client).getCredentials()
  t.deepEqual(plain(given), { accessKeyId: 'AK2', accessKeySecret: 's3cret2', securityToken: 't0ken2' })
  const restless = { ...client, getAccessKeyId: async () => `AK${key++}` }
  const error = await t.throwsAsync(new AlibabaCloudCredentialsProvider(restless).getCredentials())
  t.true(error instanceof CredentialsFetchError)
})

test('a client that fails, has no access key, or is none is told apart', async t => {
  const cause = new Error('no credentials found')
  const failing = new AlibabaCloudCredentialsProvider({ getCredential: () => Promise.reject(cause) })
  const error = await t.throwsAsync(failing.getCredentials(), { instanceOf: CredentialsFetchError })
  t.is(error.cause, cause)
  const bearer = new AlibabaCloudCredentialsProvider({
    getCredential: async () => ({ bearerToken: 't0ken' }) as object,
  })
  await t.throwsAsync(bearer.getCredentials(), { instanceOf: CredentialsEmptyError })
  for (const none of [undefined, null, {}, { getAccessKeyId: async () => 'AK' }]) {
    const refused = t.throws(() => new AlibabaCloudCredentialsProvider(none as never), {
      instanceOf: ParamInvalidError,
    })
    t.is(refused.field, 'credentialClient')
  }
})

test('an abort ends the wait for a client, not its work', async t => {
  let answer: (given: object) => void = () => {}
  const client = { getCredential: () => new Promise<object>(resolve => (answer = resolve)) }
  const provider = new AlibabaCloudCredentialsProvider(client)
  const stop = new AbortController()
  const aborted = provider.getCredentials(stop.signal)
  const waiting = provider.getCredentials()
  stop.abort(new Error('enough'))
  await t.throwsAsync(aborted, { message: 'enough' })
  answer({ accessKeyId: 'AK', accessKeySecret: 's3cret' })
  t.is((await waiting).accessKeyId, 'AK')
})

test('the official package itself, in types it makes without the network or with a local one, signs requests', async t => {
  const expiration = new Date(Date.now() + 3600_000).toISOString().replace(/\.\d+Z$/, 'Z')
  const body = { Code: 'Success', AccessKeyId: 'uri', AccessKeySecret: 's3cret', SecurityToken: 't0ken' }
  const { endpoint } = await listen(t, () => ({ body: { ...body, Expiration: expiration } }))
  const configs = [
    { type: 'access_key', accessKeyId: 'lasting', accessKeySecret: 's3cret' },
    { type: 'sts', accessKeyId: 'temporary', accessKeySecret: 's3cret', securityToken: 't0ken' },
    { type: 'credentials_uri', credentialsURI: endpoint },
  ]
  const signed: string[] = []
  const make = (config: object) => {
    const Credential = official.default.default
    return new AlibabaCloudCredentialsProvider(new Credential(new official.Config(config)))
  }
  for (const config of configs) {
    const transport = new RecordingClient()
    const client = goldenClient(transport, { credentialsProvider: make(config) })
    await client.putObject({ bucket: 'examplebucket', key: 'k' })
    const { headers } = transport.requests[0] as { headers: Record<string, string> }
    const id = /Credential=([^/]+)/.exec(headers.authorization ?? '')?.[1]
    signed.push(`${id} ${headers['x-oss-security-token']}`)
  }
  t.deepEqual(signed, ['lasting undefined', 'temporary t0ken', 'uri t0ken'])
  const bearer = make({ type: 'bearer', bearerToken: 't0ken' })
  await t.throwsAsync(bearer.getCredentials(), { instanceOf: CredentialsEmptyError })
})
