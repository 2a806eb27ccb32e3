import { Readable } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import {
  type Credentials,
  type CredentialsProvider,
  FunctionCredentialsProvider,
  RefreshingCredentialsProvider,
  ServiceError,
  StaticCredentialsProvider,
} from 'ferross'
import { refusesCredentials } from '#src/credentials/refusal.js'
import { goldenClient, RecordingClient } from '../helpers/golden.js'
import { clientOf, withFolder, withServer } from '../helpers/with-server.js'
import { showsNothing, virtualClock } from './services.js'

const bucket = 'examplebucket'
const old = { accessKeyId: 'STS.old', accessKeySecret: 's3cret-old', securityToken: 't0ken-old' }
const fresh = { accessKeyId: 'STS.new', accessKeySecret: 's3cret-new', securityToken: 't0ken-new' }

/** A server on which the old credentials expire when the clock says so, and a provider that has new ones then. */
async function rotation(t: ExecutionContext, options = {}) {
  const { clock, advance, at } = virtualClock(Date.now())
  const log: string[] = []
  const expiration = at(60_000)
  const credentials = [{ ...old, expiration }, fresh]
  const onRequest = ({ operation, status }: { operation: string; status: number }) =>
    void log.push(`${operation} ${status}`)
  const { server, client: admin } = await withServer(
    t,
    {
      credentialsProvider: new StaticCredentialsProvider(fresh.accessKeyId, fresh.accessKeySecret, fresh.securityToken),
    },
    { clock, credentials, onRequest },
  )
  await admin.putBucket({ bucket })
  log.length = 0
  let fetches = 0
  // The provider does not know when its credentials end: only the service's refusal tells.
  const credentialsProvider = new RefreshingCredentialsProvider(() => {
    fetches += 1
    return clock() >= expiration.getTime() ? fresh : old
  })
  const client = clientOf(server, { credentialsProvider, ...options })
  t.teardown(() => client.close())
  return { client, admin, expire: () => advance(61_000), log, fetches: () => fetches }
}

test('a request whose credentials have expired is sent again with others, without a pause', async t => {
  const retryer = {
    maxAttempts: 3,
    isRetryable: () => false,
    delay: () => t.fail('no policy is asked about this') as never,
  }
  const { client, expire, log, fetches } = await rotation(t, { retryer })
  await client.putObject({ bucket, key: 'k', body: 'one' })
  expire()
  await client.putObject({ bucket, key: 'k', body: 'two' })
  t.deepEqual(log, ['PutObject 200', 'PutObject 403', 'PutObject 200'])
  t.is(fetches(), 2)
})

test('a hundred requests that are refused together cost one fetch', async t => {
  const { client, expire, fetches } = await rotation(t)
  await client.putObject({ bucket, key: 'k', body: 'one' })
  expire()
  const keys = Array.from({ length: 100 }, (_, index) => `k${index}`)
  await Promise.all(keys.map(key => client.putObject({ bucket, key, body: key })))
  t.is(fetches(), 2)
})

test('downloads, whose attempts are made further out, renew as well', async t => {
  const { client, expire, log } = await rotation(t)
  const folder = withFolder(t)
  await client.putObject({ bucket, key: 'k', body: Buffer.alloc(300_000, 'x') })
  expire()
  log.length = 0
  await client.getObjectToFile({ bucket, key: 'k' }, `${folder}/a`)
  t.deepEqual(log, ['GetObject 403', 'GetObject 200'])
})

test('a file whose credentials expire between its parts arrives', async t => {
  const { client, admin, expire, fetches } = await rotation(t)
  const sent = Buffer.alloc(500_000, 'parts')
  async function* parts() {
    yield sent.subarray(0, 200_000)
    await turn()
    expire()
    yield sent.subarray(200_000)
  }
  const uploader = client.uploader({ partSize: 102_400, parallelNum: 2 })
  await uploader.uploadFrom({ bucket, key: 'large' }, Readable.from(parts(), { objectMode: false, highWaterMark: 1 }))
  const { body } = await admin.getObject({ bucket, key: 'large' })
  t.true(sent.equals(await body!.bytes()))
  t.is(fetches(), 2)
})

test('a body that cannot be sent twice is not, but the next request has new credentials', async t => {
  const { client, expire, log } = await rotation(t)
  await client.putObject({ bucket, key: 'k', body: 'one' })
  expire()
  log.length = 0
  const once = Readable.from([Buffer.from('once')])
  const refused = client.putObject({ bucket, key: 'k', body: once })
  const error = await t.throwsAsync(refused, { instanceOf: ServiceError })
  t.is(error.code, 'SecurityTokenExpired')
  showsNothing(t, error)
  await client.putObject({ bucket, key: 'k', body: 'two' })
  t.deepEqual(log, ['PutObject 403', 'PutObject 200'])
})

const refusal = (code: string) => ({ status: 403, body: `<Error><Code>${code}</Code><Message>no</Message></Error>` })

/** How often a request is sent that is refused with these codes, under a provider. */
async function attempts(provider: CredentialsProvider, codes: string[], options = {}) {
  const transport = new RecordingClient(...codes.map(refusal), { status: 200 })
  const client = goldenClient(transport, { credentialsProvider: provider, ...options })
  const outcome = await client.getBucketAcl({ bucket }).then(
    () => 'done',
    error => error.code,
  )
  const keys = transport.requests.map(({ headers }) => /Credential=([^/]*)/.exec(headers.authorization ?? '')?.[1])
  return { outcome, keys }
}

/** Gives another key with every call. */
function restless() {
  let count = 0
  return new FunctionCredentialsProvider(() => ({ accessKeyId: `AK${++count}`, accessKeySecret: 's3cret' }))
}

test('only codes about credentials renew them, once, and never beyond the attempts allowed', async t => {
  for (const code of ['SecurityTokenExpired', 'InvalidSecurityToken', 'InvalidAccessKeyId']) {
    t.is((await attempts(restless(), [code])).keys.length, 2)
    t.is((await attempts(restless(), [code, code])).keys.length, 2, 'once')
    t.is((await attempts(restless(), [code], { retryMaxAttempts: 1 })).keys.length, 1)
  }
  for (const code of ['AccessDenied', 'SignatureDoesNotMatch', 'InvalidAccessKeyIdOfAnother']) {
    t.is((await attempts(restless(), [code])).outcome, code)
  }
  t.false(refusesCredentials(new Error('SecurityTokenExpired')))
})

test('a provider that has no others saves the second refusal', async t => {
  const provider = new StaticCredentialsProvider('AK', 's3cret', 't0ken')
  t.deepEqual(await attempts(provider, ['SecurityTokenExpired']), { outcome: 'SecurityTokenExpired', keys: ['AK'] })
})

test('a provider that fails to renew leaves the error of the service', async t => {
  let asked = 0
  const provider = new FunctionCredentialsProvider(() => {
    if (asked++ > 0) throw new Error('down')
    return old
  })
  t.deepEqual((await attempts(provider, ['InvalidSecurityToken'])).outcome, 'InvalidSecurityToken')
})

test('an abort while credentials are renewed rejects with its reason', async t => {
  const stop = new AbortController()
  const provider: CredentialsProvider = {
    getCredentials: signal => {
      if (!refused) return old
      stop.abort(new Error('enough'))
      return Promise.reject(signal?.reason) as Promise<Credentials>
    },
    invalidate: () => {
      refused = true
    },
  }
  let refused = false
  const transport = new RecordingClient(refusal('SecurityTokenExpired'))
  const client = goldenClient(transport, { credentialsProvider: provider })
  await t.throwsAsync(client.getBucketAcl({ bucket }, { signal: stop.signal }), { message: 'enough' })
  t.is(transport.requests.length, 1)
})

// Serial, since requests of other tests in between would hide a mistake.
test.serial('requests under way at the same time are not mistaken for each other', async t => {
  const told: string[] = []
  const waiting: (() => void)[] = []
  const given = [old, fresh, { accessKeyId: 'AK.third', accessKeySecret: 's3cret' }]
  const provider: CredentialsProvider = {
    getCredentials: () => given[asked++],
    invalidate: ({ accessKeyId }) => void told.push(accessKeyId),
  }
  let asked = 0
  const transport = {
    send: async () => {
      await new Promise<void>(resolve => waiting.push(resolve))
      return { statusCode: 403, headers: {}, body: Readable.from([Buffer.from(refusal('InvalidAccessKeyId').body)]) }
    },
  }
  const client = goldenClient(transport, { credentialsProvider: provider, retryMaxAttempts: 1 })
  const calls = [client.getBucketAcl({ bucket }), client.getBucketAcl({ bucket })].map(call => t.throwsAsync(call))
  while (waiting.length < 2) await turn()
  await client.presign('getObject', { bucket, key: 'k' })
  waiting[1]()
  await calls[1]
  waiting[0]()
  await calls[0]
  t.deepEqual(told, [fresh.accessKeyId, old.accessKeyId])
})
