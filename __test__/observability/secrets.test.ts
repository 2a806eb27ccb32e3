import { generateKeyPairSync } from 'node:crypto'
import { subscribe } from 'node:diagnostics_channel'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { format, inspect } from 'node:util'
import test, { type ExecutionContext } from 'ava'
import {
  Client,
  type ClientOptions,
  EncryptionClient,
  FixedDelayBackoff,
  type HttpClient,
  type HttpRequest,
  type Logger,
  type LogRecord,
  MasterRsaCipher,
  ProcessCredentialsProvider,
  RamRoleArnCredentialsProvider,
  StandardRetryer,
  StaticCredentialsProvider,
  UndiciHttpClient,
  UriCredentialsProvider,
} from 'ferross'
import { startLocalServer } from 'ferross/server'
import { listen } from '../credentials/services.js'
import { withFolder } from '../helpers/with-server.js'

const accessKeyId = 'LTAI-visible-id'
const accessKeySecret = 'SECRET-0b31aa59'
const securityToken = 'TOKEN-c51d7e02'
const stsSecret = 'SECRET-sts-77aa'
const proxyPassword = 'PASSWORD-9f3c'
const bucket = 'examplebucket'
const credentials = { accessKeyId, accessKeySecret, securityToken }

/** What every text that is signed has in it. */
const signed = ['OSS4-HMAC-SHA256', 'UNSIGNED-PAYLOAD', 'aliyun_v4_request', 'string to sign', 'GET\\n', 'POST&%2F']

/** Carries requests and keeps the signatures they had. */
class Witness implements HttpClient {
  readonly signatures = new Set<string>()
  readonly #inner = new UndiciHttpClient()

  send(request: HttpRequest) {
    this.keep(request.headers.authorization)
    this.keep(request.url)
    return this.#inner.send(request)
  }

  keep(text = ''): void {
    const found = text.match(/(?<=[sS]ignature=|^OSS [^:]+:)[^&,\s]+/g) ?? []
    for (const signature of found)
      for (const form of [signature, decodeURIComponent(signature)]) this.signatures.add(form)
  }

  close(): Promise<void> {
    return this.#inner.close()
  }
}

/** Everything that can be read: what was logged, what was published, and every error. */
class Surface implements Logger {
  readonly texts: string[] = []
  readonly events: object[] = []
  failures = 0
  readonly debug = (record: LogRecord) => this.#see(record)
  readonly info = (record: LogRecord) => this.#see(record)
  readonly warn = (record: LogRecord) => this.#see(record)
  readonly error = (record: LogRecord) => this.#see(record)

  #see(record: LogRecord): void {
    this.texts.push(JSON.stringify(record), format(record))
  }

  /** Runs something that fails, and keeps all that can be printed of its error. */
  async fails(work: Promise<unknown>): Promise<void> {
    const error: unknown = await work.then(
      () => assertFailed(),
      reason => reason,
    )
    this.failures++
    this.texts.push(...viewsOf(error))
  }
}

function assertFailed(): never {
  throw new Error('this was to fail')
}

function viewsOf(value: unknown): string[] {
  const deep = { depth: 12, showHidden: true, maxStringLength: null, maxArrayLength: null } as const
  const views = [inspect(value), inspect(value, deep), inspect(value, { ...deep, customInspect: false }), String(value)]
  try {
    views.push(JSON.stringify(value) ?? '')
  } catch {
    // What cannot be written as JSON cannot leak that way.
  }
  return views
}

function listenToEverything(surface: Surface): void {
  for (const kind of ['request', 'attempt', 'transfer', 'credentials']) {
    for (const phase of ['start', 'end', 'error']) {
      subscribe(`ferross:${kind}:${phase}`, event => void surface.events.push(event as object))
    }
  }
}

async function everyKindOfCall(client: Client, folder: string, surface: Surface, witness: Witness): Promise<void> {
  const object = { bucket, key: 'folder/a b' }
  await client.putBucket({ bucket })
  await client.putObject({ ...object, body: 'hello', metadata: { a: 'b' } })
  await client.putObject({ bucket, key: 'streamed', body: Readable.from([Buffer.from('x')]) })
  await (await client.getObject(object)).body?.text()
  await client.headObject(object)
  await client.copyObject({ bucket, key: 'copy', sourceKey: 'folder/a b' })
  for await (const _page of client.listObjectsV2Paginator({ bucket }, { limit: 1 })) void 0
  await client.deleteMultipleObjects({ bucket, delete: { objects: [{ key: 'copy' }] } })
  await client.invokeOperation({ opName: 'GetBucketAcl', method: 'GET', bucket, parameters: { acl: '' } })
  witness.keep((await client.presign('getObject', object)).url)
  const { fields } = await client.presignPost({ bucket, key: 'k' })
  witness.keep(`signature=${fields['x-oss-signature'] ?? fields.Signature}`)
  await surface.fails(client.getObject({ bucket, key: 'missing' }))
  await surface.fails(client.headObject({ bucket, key: 'missing' }))
  await surface.fails(client.getBucketAcl({ bucket: 'NOT A BUCKET' }))
  await surface.fails(client.getBucketAcl({ bucket }, { signal: AbortSignal.abort(new Error('enough')) }))

  const path = join(folder, 'file')
  writeFileSync(path, Buffer.alloc(250 * 1024, 'f'))
  mkdirSync(join(folder, 'tree'), { recursive: true })
  writeFileSync(join(folder, 'tree', 'leaf'), 'leaf')
  await client.uploader({ partSize: 100 * 1024 }).uploadFile({ bucket, key: 'large' }, path)
  await client
    .copier({ partSize: 100 * 1024, multipartCopyThreshold: 0 })
    .copy({ bucket, key: 'l2', sourceKey: 'large' })
  await client.downloader({ partSize: 100 * 1024 }).downloadFile({ bucket, key: 'l2' }, path)
  await client.uploadDirectory({ bucket, prefix: 'tree' }, join(folder, 'tree'))
  await surface.fails(client.downloader().downloadFile({ bucket, key: 'missing' }, path))
  await surface.fails(client.uploader().uploadFile({ bucket, key: 'k' }, join(folder, 'missing')))
  const file = await client.appendFile(bucket, 'appended')
  await file.write('line')
  await file.close()

  const { publicKey, privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
  const encrypted = new EncryptionClient(client, new MasterRsaCipher({}, publicKey, privateKey))
  await encrypted.putObject({ bucket, key: 'sealed', body: 'plain' })
  await (await encrypted.getObject({ bucket, key: 'sealed' })).body?.text()
}

async function everyKindOfFault(
  server: Awaited<ReturnType<typeof startLocalServer>>,
  make: (options: ClientOptions) => Client,
  surface: Surface,
): Promise<void> {
  const client = make({ readwriteTimeout: 200 })
  const object = { bucket, key: 'folder/a b' }
  for (const fault of [
    { status: 503, code: 'SlowDown' },
    { dropConnection: true },
    { stallResponseAfterBytes: 0 },
    { cutResponseAfterBytes: 10 },
    { clockSkewMs: 3600_000 },
  ]) {
    server.faults.add({ operation: 'GetBucketAcl', count: 1, ...fault })
    await client.getBucketAcl({ bucket })
    server.faults.clear()
  }
  server.faults.add({ operation: 'GetBucketAcl', status: 500, count: 9 })
  await surface.fails(client.getBucketAcl({ bucket }))
  await surface.fails(client.getBucketAcl({ bucket }, { totalTimeout: 1, retryer: slow }))
  server.faults.clear()
  await client.close()

  const wrong = make({ credentialsProvider: new StaticCredentialsProvider(accessKeyId, 'SECRET-wrong', securityToken) })
  await surface.fails(wrong.getObject(object))
  await surface.fails(wrong.headObject(object))
  await surface.fails(wrong.putObject({ ...object, body: 'x' }))
  await surface.fails(wrong.uploader().uploadFrom({ bucket, key: 'k' }, Readable.from([Buffer.from('x')])))
  await wrong.close()

  const nobody = { endpoint: 'http://127.0.0.1:1', retryMaxAttempts: 2 }
  await surface.fails(make(nobody).getObject(object))
  const proxyHost = `http://user:${proxyPassword}@127.0.0.1:1`
  await surface.fails(make({ ...nobody, httpClient: new UndiciHttpClient({ proxyHost }) }).getObject(object))
}

const slow = new StandardRetryer({ backoff: new FixedDelayBackoff(60_000) })

async function everyKindOfCredentials(
  t: ExecutionContext,
  make: (options: ClientOptions) => Client,
  surface: Surface,
): Promise<void> {
  const refusal = {
    Code: 'SignatureDoesNotMatch',
    Message: `server string to sign is:POST&%2F&SecurityToken%3D${securityToken}`,
    RequestId: 'sts-id',
  }
  const sts = await listen(t, () => ({ status: 400, body: refusal }))
  const role = {
    credentialsProvider: new StaticCredentialsProvider(accessKeyId, stsSecret, securityToken),
    stsEndpoint: sts.endpoint,
    roleArn: 'acs:ram::1:role/r',
    roleSessionName: 'session',
  }
  const program = (text: string) => ['-e', `process.stdout.write(${JSON.stringify(text)})`]
  const answer = { AccessKeyId: accessKeyId, AccessKeySecret: accessKeySecret, SecurityToken: securityToken }
  const bad = await listen(t, () => ({ body: `{"AccessKeySecret":"${stsSecret}"` }))
  const providers = [
    new RamRoleArnCredentialsProvider(role),
    new ProcessCredentialsProvider(process.execPath, program(`{"AccessKeySecret":"${stsSecret}"`)),
    new ProcessCredentialsProvider('/nonexistent', [stsSecret]),
    new UriCredentialsProvider({ uri: `${bad.endpoint}/?key=${stsSecret}` }),
  ]
  for (const credentialsProvider of providers) {
    const client = make({ credentialsProvider, retryMaxAttempts: 1 })
    await surface.fails(client.getBucketAcl({ bucket }))
    await client.close()
  }
  const good = make({
    credentialsProvider: new ProcessCredentialsProvider(process.execPath, program(JSON.stringify(answer))),
  })
  await good.getBucketAcl({ bucket })
  await good.close()
}

for (const signatureVersion of ['v4', 'v1'] as const) {
  test.serial(
    `no log, event or error shows a secret, token, signature or what was signed, under ${signatureVersion}`,
    async t => {
      t.timeout(120_000)
      const surface = new Surface()
      listenToEverything(surface)
      const server = await startLocalServer({ credentials, minimumPartSize: 1 })
      const witness = new Witness()
      t.teardown(async () => {
        await witness.close()
        await server.close()
      })
      const make = (options: ClientOptions = {}) =>
        new Client({
          region: server.region,
          endpoint: server.endpoint,
          signatureVersion,
          credentialsProvider: new StaticCredentialsProvider(accessKeyId, accessKeySecret, securityToken),
          httpClient: witness,
          logger: surface,
          retryer: new StandardRetryer({ backoff: new FixedDelayBackoff(0) }),
          ...options,
        })
      await everyKindOfCall(make(), withFolder(t), surface, witness)
      await everyKindOfFault(server, make, surface)
      await everyKindOfCredentials(t, make, surface)

      for (const event of surface.events) surface.texts.push(...viewsOf(event))
      t.log(
        `${witness.signatures.size} signatures, ${surface.events.length} events, ${surface.failures} failures, ${surface.texts.length} texts`,
      )
      t.true(witness.signatures.size > 25, 'the test knows the signatures')
      t.true(surface.events.length > 200)
      t.true(surface.failures >= 18)
      t.true(surface.texts.some(text => text.includes('SignatureDoesNotMatch')))
      const secrets = [
        accessKeySecret,
        securityToken,
        stsSecret,
        proxyPassword,
        'SECRET-wrong',
        'PRIVATE KEY',
        ...signed,
      ]
      const all = surface.texts.join('\n')
      for (const secret of [...secrets, ...witness.signatures]) {
        const at = all.indexOf(secret)
        t.is(at, -1, `${secret} in ${all.slice(Math.max(0, at - 300), at + 100)}`)
      }
    },
  )
}
