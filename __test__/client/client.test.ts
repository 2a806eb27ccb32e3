import { randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { inspect } from 'node:util'
import test from 'ava'
import {
  AnonymousCredentialsProvider,
  BucketNameInvalidError,
  Client,
  type ClientOptions,
  CredentialsEmptyError,
  FileBody,
  FileError,
  InconsistentError,
  ObjectNameInvalidError,
  type OssError,
  ParamInvalidError,
  ParamRequiredError,
  ServiceError,
  StaticCredentialsProvider,
} from 'ferross'
import { goldenClient, RecordingClient } from '../helpers/golden.js'
import { clientOf, withFolder, withServer } from '../helpers/with-server.js'

const object = { bucket: 'examplebucket', key: 'a/b.txt' }

async function prepared(t: Parameters<typeof withServer>[0]) {
  const { server, client } = await withServer(t)
  await client.putBucket({ bucket: object.bucket })
  return { server, client }
}

test('an object comes back with its content and its properties', async t => {
  const { client } = await prepared(t)
  const put = await client.putObject({
    ...object,
    body: 'Hello OSS 世界',
    metadata: { Owner: 'me', note: '中文' },
    cacheControl: 'no-cache',
  })
  t.is(put.statusCode, 200)
  t.regex(put.requestId, /^[0-9A-F]{24}$/)
  const got = await client.getObject(object)
  t.is(await got.body?.text(), 'Hello OSS 世界')
  t.deepEqual(got.metadata, { owner: 'me', note: '中文' })
  t.is(got.contentType, 'text/plain')
  t.is(got.cacheControl, 'no-cache')
  t.is(got.etag, put.etag)
})

test('every kind of body arrives', async t => {
  const { client } = await prepared(t)
  const bytes = randomBytes(300_000)
  const path = join(withFolder(t), 'file')
  writeFileSync(path, bytes)
  const bodies = {
    bytes,
    arrayBuffer: new Uint8Array(bytes).buffer,
    blob: new Blob([new Uint8Array(bytes)]),
    node: Readable.from([bytes.subarray(0, 100_000), bytes.subarray(100_000)]),
    web: Readable.toWeb(Readable.from([bytes])) as ReadableStream<Uint8Array>,
    generator: (async function* () {
      yield bytes.subarray(0, 7)
      yield bytes.subarray(7)
    })(),
    iterable: [bytes.subarray(0, 1000), bytes.subarray(1000)],
    file: new FileBody(path),
  }
  for (const [kind, body] of Object.entries(bodies)) {
    await client.putObject({ ...object, key: kind, body })
    const { body: got } = await client.getObject({ ...object, key: kind })
    t.true((await got!.bytes()).equals(bytes), kind)
  }
  await client.putObject({ ...object, key: 'range', body: new FileBody(path, { start: 10, end: 20 }) })
  t.true((await (await client.getObject({ ...object, key: 'range' })).body!.bytes()).equals(bytes.subarray(10, 20)))
})

test('an object is handed over in every form', async t => {
  const { client } = await prepared(t)
  await client.putObject({ ...object, body: '{"a":1}' })
  const get = async () => (await client.getObject(object)).body!
  t.deepEqual(await (await get()).json(), { a: 1 })
  t.is(Buffer.from(await (await get()).arrayBuffer()).toString(), '{"a":1}')
  t.is(await (await (await get()).blob()).text(), '{"a":1}')
  const path = join(withFolder(t), 'copy')
  await (await get()).pipeToFile(path)
  t.is(readFileSync(path, 'utf8'), '{"a":1}')
})

test('a file goes up and down in one request each', async t => {
  const { client } = await prepared(t)
  const folder = withFolder(t)
  const content = randomBytes(2_000_000)
  writeFileSync(join(folder, 'up.bin'), content)
  let progress = 0
  await client.putObjectFromFile(object, join(folder, 'up.bin'), { onProgress: increment => (progress += increment) })
  t.is(progress, content.length)
  const result = await client.getObjectToFile(object, join(folder, 'down.bin'))
  t.is(result.contentLength, content.length)
  t.true(readFileSync(join(folder, 'down.bin')).equals(content))
})

test('getObjectToFile asks again for a body that breaks off, and leaves nothing when it cannot be had', async t => {
  const { server, client } = await prepared(t)
  const folder = withFolder(t)
  const content = randomBytes(400_000)
  await client.putObject({ ...object, body: content })
  server.faults.add({ operation: 'GetObject', cutResponseAfterBytes: 1000 })
  server.faults.add({ operation: 'GetObject', nth: 2, corruptResponseByte: 5 })
  const path = join(folder, 'down.bin')
  await client.getObjectToFile(object, path)
  t.true(readFileSync(path).equals(content))
  server.faults.add({ operation: 'GetObject', corruptResponseByte: 5, count: 3 })
  await t.throwsAsync(client.getObjectToFile(object, path), { instanceOf: InconsistentError })
  t.true(readFileSync(path).equals(content), 'the old file is untouched')
  t.deepEqual(readdirSync(folder), ['down.bin'])
})

test('bytes damaged on the way up are noticed and sent again', async t => {
  const { server, client } = await prepared(t)
  server.faults.add({ operation: 'PutObject', corruptRequestByte: 3, count: 2 })
  await client.putObject({ ...object, body: 'precious bytes' })
  t.is(await (await client.getObject(object)).body?.text(), 'precious bytes')
  server.faults.add({ operation: 'PutObject', corruptRequestByte: 3 })
  const stream = client.putObject({ ...object, body: Readable.from([Buffer.from('once only')]) })
  const error = await t.throwsAsync(stream, { instanceOf: InconsistentError })
  t.is(error?.attempts, 1, 'a stream cannot be read twice')
  const lax = clientOf(server, { disableUploadCrc64Check: true })
  t.teardown(() => lax.close())
  server.faults.add({ operation: 'PutObject', corruptRequestByte: 3 })
  await t.notThrowsAsync(lax.putObject({ ...object, body: 'careless' }))
})

test('existence is told from the errors that say so', async t => {
  const { server, client } = await prepared(t)
  t.false(await client.isObjectExist(object))
  await client.putObject({ ...object, body: '' })
  t.true(await client.isObjectExist(object))
  t.true(await client.isBucketExist({ bucket: object.bucket }))
  t.false(await client.isBucketExist({ bucket: 'no-such-bucket' }))
  const error = await t.throwsAsync(client.isObjectExist({ bucket: 'no-such-bucket', key: 'a' }), {
    instanceOf: ServiceError,
  })
  t.is(error?.code, 'NoSuchBucket')
  const stranger = clientOf(server, { credentialsProvider: new AnonymousCredentialsProvider() })
  t.teardown(() => stranger.close())
  t.true(await stranger.isBucketExist({ bucket: object.bucket }), 'a bucket of others exists too')
})

test('each of the six paginators walks to the end, by page and by entry', async t => {
  const { client } = await prepared(t)
  const { bucket } = object
  await client.putBucketVersioning({ bucket, versioningConfiguration: { status: 'Enabled' } })
  const keys = ['a', 'b', 'c+ %d', 'z\u0001', 'é']
  for (const key of keys) await client.putObject({ bucket, key, body: key })
  for (const name of ['examplebucket-2', 'examplebucket-3']) await client.putBucket({ bucket: name })
  const uploads = await Promise.all(keys.map(key => client.initiateMultipartUpload({ bucket, key })))
  const upload = { bucket, key: 'a', uploadId: uploads[0]?.uploadId as string }
  for (const partNumber of [1, 2, 3]) await client.uploadPart({ ...upload, partNumber, body: 'x' })

  const limit = { limit: 2 }
  const collect = async <T>(entries: AsyncIterable<T>, name: (entry: T) => unknown) => {
    const found: unknown[] = []
    for await (const entry of entries) found.push(name(entry))
    return found
  }
  t.deepEqual(await collect(client.listObjectsV2Paginator({ bucket }, limit).items(), entry => entry.key), keys)
  t.deepEqual(await collect(client.listObjectsPaginator({ bucket }, limit).items(), entry => entry.key), keys)
  t.deepEqual(await collect(client.listObjectVersionsPaginator({ bucket }, limit).items(), entry => entry.key), keys)
  t.deepEqual(await collect(client.listMultipartUploadsPaginator({ bucket }, limit).items(), entry => entry.key), keys)
  t.deepEqual(await collect(client.listPartsPaginator(upload, limit).items(), entry => entry.partNumber), [1, 2, 3])
  t.deepEqual(await collect(client.listBucketsPaginator({}, limit).items(), entry => entry.name), [
    bucket,
    'examplebucket-2',
    'examplebucket-3',
  ])
  t.deepEqual(await collect(client.listObjectsV2Paginator({ bucket }, limit), page => page.contents?.length), [2, 2, 1])
  t.is(
    t.throws(() => client.listObjectsV2Paginator({ bucket }, { limit: 0 }), { instanceOf: ParamInvalidError })?.field,
    'limit',
  )
})

test('wrong options are refused when the client is made, and named', t => {
  const good: ClientOptions = { region: 'cn-hangzhou', credentialsProvider: new StaticCredentialsProvider('ak', 'sk') }
  const wrong: Record<string, unknown> = {
    region: 7,
    endpoint: {},
    credentialsProvider: 'ak',
    httpClient: { request: () => {} },
    retryMaxAttempts: 'three',
    connectTimeout: -1,
    readwriteTimeout: 1.5,
    insecureSkipVerify: 'no',
    signatureVersion: 'v3',
    usePathStyle: 1,
    additionalHeaders: 'host',
    maxConnections: 0,
    memoryLimit: 'all',
    regoin: 'cn-hangzhou',
  }
  for (const [name, value] of Object.entries(wrong)) {
    const error = t.throws(() => new Client({ ...good, [name]: value }), { instanceOf: ParamInvalidError })
    t.is(error?.field, name)
  }
  t.is(
    t.throws(() => new Client({ region: 'cn-hangzhou' }), { instanceOf: ParamRequiredError })?.field,
    'credentialsProvider',
  )
  const { region: _, ...noRegion } = good
  t.is(
    t.throws(() => new Client({ ...noRegion, endpoint: 'example.com' }), { instanceOf: ParamRequiredError })?.field,
    'region',
  )
  t.is(t.throws(() => new Client(noRegion), { instanceOf: ParamInvalidError })?.field, 'endpoint')
})

test('bad input fails before anything is sent, and names the parameter', async t => {
  const transport = new RecordingClient()
  const client = goldenClient(transport)
  const calls: [() => Promise<unknown>, abstract new (...args: never[]) => OssError, string][] = [
    [() => client.putObject({ key: 'a' } as never), ParamRequiredError, 'bucket'],
    [() => client.putObject({ bucket: 'examplebucket' } as never), ParamRequiredError, 'key'],
    [() => client.putObject({ bucket: 'Bad_Name', key: 'a' }), BucketNameInvalidError, 'bucket'],
    [() => client.putObject({ bucket: 'examplebucket', key: '' }), ObjectNameInvalidError, 'key'],
    [() => client.putObject({ bucket: 7, key: 'a' } as never), ParamInvalidError, 'bucket'],
    [() => client.putObject({ ...object, body: 7 } as never), ParamInvalidError, 'body'],
    [() => client.putObject({ ...object, contentLength: 3, body: 'four' }), ParamInvalidError, 'contentLength'],
    [() => client.putObject({ ...object, trafficLimit: '1' } as never), ParamInvalidError, 'trafficLimit'],
    [() => client.putObject({ ...object, contentType: 'a\r\nx-evil: 1' }), ParamInvalidError, 'contentType'],
    [() => client.putObject({ ...object, contentDisposition: '中文' }), ParamInvalidError, 'contentDisposition'],
    [() => client.putObject({ ...object, metadata: { a: 'b\nc' } }), ParamInvalidError, 'metadata.a'],
    [() => client.putObject({ ...object, metadata: { 'a b': 'c' } }), ParamInvalidError, 'metadata.a b'],
    [() => client.putObject({ ...object, headers: { 'x-a': 'b\0' } }), ParamInvalidError, 'headers.x-a'],
    [
      () => client.putBucketVersioning({ bucket: 'examplebucket', versioningConfiguration: 'on' } as never),
      ParamInvalidError,
      'versioningConfiguration',
    ],
    [() => client.getObject(null as never), ParamInvalidError, 'request'],
  ]
  for (const [calling, type, field] of calls) {
    const error = await t.throwsAsync(calling, { instanceOf: type })
    t.is(Reflect.get(error as object, 'field'), field)
    t.is(error?.attempts, 0)
    t.truthy(error?.operation)
  }
  t.is(transport.requests.length, 0)
})

test('files that cannot be read are named, with the reason of the system', async t => {
  const transport = new RecordingClient()
  const client = goldenClient(transport)
  const folder = withFolder(t)
  mkdirSync(join(folder, 'sub'))
  for (const [path, code] of [
    [join(folder, 'missing'), 'ENOENT'],
    [join(folder, 'sub'), 'EISDIR'],
  ] as const) {
    const error = await t.throwsAsync(client.putObjectFromFile(object, path), { instanceOf: FileError })
    t.is(error?.systemCode, code)
    t.is(error?.operation, 'PutObject')
  }
  t.is(transport.requests.length, 0)
})

test('a source that fails midway is the error the caller sees', async t => {
  const { client } = await prepared(t)
  const body = (async function* () {
    yield Buffer.alloc(100_000)
    throw new Error('the disk is on fire')
  })()
  await t.throwsAsync(client.putObject({ ...object, body }), { message: 'the disk is on fire' })
  t.false(await client.isObjectExist(object))
})

test('missing credentials are an error, and anonymous ones sign nothing', async t => {
  const transport = new RecordingClient()
  const none = goldenClient(transport, {
    credentialsProvider: { getCredentials: () => ({ accessKeyId: '', accessKeySecret: '' }) },
  })
  await t.throwsAsync(none.getObject(object), { instanceOf: CredentialsEmptyError })
  t.is(transport.requests.length, 0)
  const anonymous = goldenClient(transport, { credentialsProvider: new AnonymousCredentialsProvider() })
  await anonymous.headObject(object)
  t.false('authorization' in (transport.requests[0]?.headers ?? {}))
})

test('additional headers are signed', async t => {
  const transport = new RecordingClient()
  const client = goldenClient(transport, { additionalHeaders: ['Range', 'X-Absent'] })
  await client.headObject({ ...object, headers: { Range: 'bytes=0-1' } })
  t.regex(transport.requests[0]?.headers.authorization ?? '', /,AdditionalHeaders=range,/)
})

test('invokeOperation reaches operations this version does not know', async t => {
  const { client } = await prepared(t)
  const put = await client.invokeOperation({
    opName: 'PutThing',
    method: 'PUT',
    ...object,
    headers: { 'x-oss-meta-a': 'b' },
    body: 'thing',
  })
  t.is(put.statusCode, 200)
  const got = await client.invokeOperation({
    opName: 'GetThing',
    method: 'GET',
    ...object,
    parameters: { 'response-content-type': 'x/y' },
  })
  t.is(got.headers['content-type'], 'x/y')
  t.is(await got.body.text(), 'thing')
  const error = await t.throwsAsync(
    client.invokeOperation({ opName: 'GetThing', method: 'GET', ...object, key: 'missing' }),
    { instanceOf: ServiceError },
  )
  t.is(error?.operation, 'GetThing')
})

test('nothing that is shown of a client or an error holds a secret', async t => {
  const { server } = await prepared(t)
  const secret = 'the-secret-of-secrets'
  const token = 'the-token-of-tokens'
  const client = clientOf(server, { credentialsProvider: new StaticCredentialsProvider('the-id', secret, token) })
  t.teardown(() => client.close())
  const error = await t.throwsAsync(client.getObject(object), { instanceOf: ServiceError })
  for (const shown of [
    inspect(client, { depth: 9, showHidden: true }),
    inspect(error, { depth: 9 }),
    JSON.stringify(error),
    String(error?.stack),
  ]) {
    t.false(shown.includes(secret))
    t.false(shown.includes(token))
  }
})

test('V1 signatures are accepted, with the processing parameter signed too', async t => {
  const { server } = await prepared(t)
  const client = clientOf(server, { signatureVersion: 'v1' })
  t.teardown(() => client.close())
  await client.putObject({ ...object, body: 'v1' })
  t.is(await (await client.getObject({ ...object, responseContentType: 'a/b' })).body?.text(), 'v1')
  const { url } = await client.presign('getObject', { ...object, responseContentType: 'x/y' })
  const response = await fetch(url)
  t.is(response.headers.get('content-type'), 'x/y')
  t.is(await response.text(), 'v1')
})
