import { randomBytes } from 'node:crypto'
import test, { type ExecutionContext } from 'ava'
import {
  type ClientOptions,
  type CopierOptions,
  crc64,
  type HttpClient,
  type HttpRequest,
  InconsistentError,
  NopRetryer,
  ParamInvalidError,
  ParamRequiredError,
  ServiceError,
  SourceChangedError,
  TimeoutError,
  UndiciHttpClient,
} from 'ferross'
import { withServer } from '../helpers/with-server.js'

const partSize = 100 * 1024
const source = { bucket: 'source-bucket', key: 'dir/a b+c 中.bin' }
const target = { bucket: 'target-bucket', key: 'copy.bin' }
const request = { ...target, sourceBucket: source.bucket, sourceKey: source.key }
const inside = { bucket: source.bucket, key: 'copy.bin', sourceKey: source.key }
/** Everything above this is copied in parts unless the copy may be shallow. */
const small: CopierOptions = { partSize, parallelNum: 4, multipartCopyThreshold: partSize }

async function prepare(t: ExecutionContext, size: number, clientOptions: ClientOptions = {}) {
  const { server, client } = await withServer(t, clientOptions)
  await client.putBucket({ bucket: source.bucket })
  await client.putBucket({ bucket: target.bucket })
  const content = randomBytes(size)
  await client.putObject({
    ...source,
    body: content,
    contentType: 'application/x-source',
    cacheControl: 'no-cache',
    contentDisposition: 'attachment',
    contentEncoding: 'identity',
    expires: 'Thu, 01 Jan 2032 00:00:00 GMT',
    headers: { 'content-language': 'de' },
    metadata: { origin: 'source', name: '中文 é' },
    tagging: 'a=1&b%20c=x%2By',
    storageClass: 'IA',
  })
  const contentOf = async (object: { bucket: string; key: string }) => (await client.getObject(object)).body!.bytes()
  return { server, client, content, contentOf, copier: client.copier(small) }
}

/** A transport that gives no answer to CopyObject in time. */
class StuckCopies implements HttpClient {
  readonly #inner = new UndiciHttpClient()
  copies = 0

  send(sent: HttpRequest) {
    if (sent.headers['x-oss-copy-source'] === undefined || sent.url.includes('partNumber'))
      return this.#inner.send(sent)
    this.copies++
    return Promise.reject(new TimeoutError('readwrite', sent.timeouts.readwrite))
  }

  close() {
    return this.#inner.close()
  }
}

const ways: [name: string, options: CopierOptions, requests: [copies: number, parts: number]][] = [
  ['in one request', { multipartCopyThreshold: 10 * partSize }, [1, 0]],
  ['in parts', {}, [0, 4]],
]

for (const [name, options, [copies, parts]] of ways) {
  test(`a copy made ${name} has the source's bytes, metadata and tags`, async t => {
    const { server, client, content, contentOf, copier } = await prepare(t, 3 * partSize + 7)
    const result = await copier.copy(request, options)
    t.true((await contentOf(target)).equals(content))
    t.is(result.hashCrc64, crc64(content).toString())
    t.is(result.uploadId === undefined, parts === 0)
    t.is(server.requests.count('CopyObject'), copies)
    t.is(server.requests.count('UploadPartCopy'), parts)
    const head = await client.headObject(target)
    t.is(head.etag, result.etag)
    t.is(head.contentType, 'application/x-source')
    t.is(head.cacheControl, 'no-cache')
    t.is(head.contentDisposition, 'attachment')
    t.is(head.contentEncoding, 'identity')
    t.is(head.expires, 'Thu, 01 Jan 2032 00:00:00 GMT')
    t.is(head.headers['content-language'], 'de')
    t.deepEqual(head.metadata, { origin: 'source', name: '中文 é' })
    t.is(head.storageClass, 'Standard', 'the class is not copied')
    const { tagSet } = await client.getObjectTagging(target)
    t.deepEqual(tagSet?.tags, [
      { key: 'a', value: '1' },
      { key: 'b c', value: 'x+y' },
    ])
  })

  test(`under COPY, a copy made ${name} ignores the metadata and tags of the request`, async t => {
    const { client, copier } = await prepare(t, 3 * partSize)
    const ignored = {
      contentType: 'text/plain',
      metadata: { origin: 'request' },
      tagging: 'z=9',
      headers: { 'X-Oss-Meta-Extra': 'no', 'Content-Language': 'fr' },
    }
    await copier.copy({ ...request, ...ignored, metadataDirective: 'copy', taggingDirective: 'COPY' }, options)
    const head = await client.headObject(target)
    t.is(head.contentType, 'application/x-source')
    t.is(head.headers['content-language'], 'de')
    t.deepEqual(head.metadata, { origin: 'source', name: '中文 é' })
    t.is(head.taggingCount, 2)
  })

  test(`under REPLACE, a copy made ${name} has the metadata and tags of the request`, async t => {
    const { client, copier } = await prepare(t, 3 * partSize)
    const own = { contentType: 'text/plain', metadata: { origin: 'request' }, tagging: 'z=9' }
    await copier.copy({ ...request, ...own, metadataDirective: 'REPLACE', taggingDirective: 'Replace' }, options)
    const head = await client.headObject(target)
    t.is(head.contentType, 'text/plain')
    t.is(head.cacheControl, undefined)
    t.deepEqual(head.metadata, { origin: 'request' })
    t.deepEqual((await client.getObjectTagging(target)).tagSet?.tags, [{ key: 'z', value: '9' }])
    await copier.copy({ ...request, metadataDirective: 'REPLACE', taggingDirective: 'Replace' }, options)
    const bare = await client.headObject(target)
    t.is(bare.contentType, 'application/octet-stream')
    t.is(bare.metadata, undefined)
    t.is(bare.taggingCount, undefined)
  })

  test(`a copy made ${name} gets the storage class, encryption and ACL of the request`, async t => {
    const { client, copier } = await prepare(t, 3 * partSize)
    await copier.copy({ ...request, storageClass: 'IA', serverSideEncryption: 'AES256', acl: 'public-read' }, options)
    const head = await client.headObject(target)
    t.is(head.storageClass, 'IA')
    t.is(head.serverSideEncryption, 'AES256')
    t.is((await client.getObjectAcl(target)).acl, 'public-read')
  })

  test(`an old version is copied ${name}`, async t => {
    const { client, copier, content, contentOf } = await prepare(t, 3 * partSize)
    await client.putBucketVersioning({ bucket: source.bucket, versioningConfiguration: { status: 'Enabled' } })
    await client.putObject({ ...source, body: 'newer' })
    const { version = [] } = await client.listObjectVersions({ bucket: source.bucket })
    const old = version.find(each => !each.isLatest)?.versionId as string
    await copier.copy({ ...request, sourceVersionId: old }, options)
    t.true((await contentOf(target)).equals(content))
    t.is((await client.headObject(target)).taggingCount, 2, 'the tags are those of the version')
    const missing = await t.throwsAsync(copier.copy({ ...request, sourceVersionId: 'none' }, options), {
      instanceOf: ServiceError,
    })
    t.is(missing?.code, 'NoSuchVersion')
  })

  test(`a source that is replaced while it is copied ${name} is an error`, async t => {
    const { server, client, copier } = await prepare(t, 4 * partSize)
    const operation = parts === 0 ? 'CopyObject' : 'UploadPartCopy'
    server.faults.add({ operation, nth: parts === 0 ? 1 : 2, status: 412, code: 'PreconditionFailed', count: 9 })
    const error = await t.throwsAsync(copier.copy(request, options), { instanceOf: SourceChangedError })
    t.is(error?.operation, operation)
    t.false(await client.isObjectExist(target))
    t.is((await client.listMultipartUploads({ bucket: target.bucket })).uploads, undefined)
  })

  test(`a copy made ${name} whose CRC-64 is not the source's is an error that has both`, async t => {
    const { server, content, copier } = await prepare(t, 3 * partSize)
    const operation = parts === 0 ? 'CopyObject' : 'CompleteMultipartUpload'
    server.faults.add({ operation, wrongCrc: true })
    const error = await t.throwsAsync(copier.copy(request, options), { instanceOf: InconsistentError })
    t.is(error?.clientCrc, crc64(content).toString())
    t.not(error?.serverCrc, error?.clientCrc)
    t.is(error?.operation, operation)
  })

  test(`progress of a copy made ${name} ends at the size of the source`, async t => {
    const { server, copier } = await prepare(t, 3 * partSize + 1)
    server.faults.add({ operation: 'UploadPartCopy', status: 503, code: 'ServiceUnavailable', count: 2 })
    server.faults.add({ operation: 'CopyObject', status: 500, code: 'InternalError' })
    let sum = 0
    let last = 0
    const seen: number[] = []
    await copier.copy(
      { ...request, progressFn: (_increment, transferred) => seen.push(transferred) },
      {
        ...options,
        onProgress: (increment, transferred, total) => {
          sum += increment
          t.true(transferred > last)
          t.is(total, 3 * partSize + 1)
          last = transferred
        },
      },
    )
    t.is(sum, 3 * partSize + 1)
    t.is(last, sum)
    t.is(seen.at(-1), sum)
  })
}

test('a copy never mixes two sources', async t => {
  const { client, copier } = await prepare(t, 8 * partSize)
  let replaced: Promise<unknown> | undefined
  const onProgress = () => {
    replaced ??= client.putObject({ ...source, body: randomBytes(8 * partSize) })
  }
  await t.throwsAsync(copier.copy(request, { parallelNum: 1, onProgress }), { instanceOf: SourceChangedError })
  await replaced
  t.false(await client.isObjectExist(target))
  t.is((await client.listMultipartUploads({ bucket: target.bucket })).uploads, undefined)
})

test('the source is pinned by its entity tag in every request', async t => {
  const sent: HttpRequest[] = []
  const inner = new UndiciHttpClient()
  const httpClient: HttpClient = {
    send: each => {
      sent.push(each)
      return inner.send(each)
    },
  }
  t.teardown(() => inner.close())
  const { client, copier } = await prepare(t, 3 * partSize, { httpClient })
  const { etag } = await client.headObject(source)
  sent.length = 0
  await copier.copy({ ...request, ifUnmodifiedSince: new Date(Date.now() + 3_600_000).toUTCString() })
  await copier.copy(inside)
  const copies = sent.filter(({ headers }) => headers['x-oss-copy-source'] !== undefined)
  t.is(copies.length, 4)
  for (const { headers } of copies) {
    t.is(headers['x-oss-copy-source-if-match'], etag!)
    t.false('x-oss-copy-source-if-unmodified-since' in headers, 'it was settled when the source was looked at')
  }
})

test('inside one bucket a large object is copied by reference, unless that is not wanted or not possible', async t => {
  const { server, client, content, contentOf, copier } = await prepare(t, 3 * partSize)
  const shallow = await copier.copy(inside)
  t.is(shallow.uploadId, undefined)
  t.is(server.requests.count('CopyObject'), 1)
  t.true((await contentOf(inside)).equals(content))
  t.truthy((await copier.copy(inside, { disableShallowCopy: true })).uploadId)
  t.truthy((await copier.copy({ ...inside, storageClass: 'Standard' })).uploadId)
  t.truthy((await copier.copy({ ...inside, serverSideEncryption: 'AES256' })).uploadId)
  t.truthy((await copier.copy({ ...inside, key: 'again', sourceKey: 'copy.bin' })).uploadId, 'the source is encrypted')
  t.is(server.requests.count('CopyObject'), 1)
  t.true((await contentOf({ ...inside, key: 'again' })).equals(content))
  t.is((await client.listMultipartUploads({ bucket: source.bucket })).uploads, undefined)
})

test('a shallow copy that takes too long is made in parts instead, at once', async t => {
  const httpClient = new StuckCopies()
  t.teardown(() => httpClient.close())
  const { content, contentOf, copier } = await prepare(t, 3 * partSize, { httpClient })
  let sum = 0
  const result = await copier.copy(inside, { onProgress: increment => (sum += increment) })
  t.truthy(result.uploadId)
  t.is(httpClient.copies, 1, 'it is not tried again')
  t.is(sum, content.length)
  t.true((await contentOf(inside)).equals(content))
  await t.throwsAsync(copier.copy(inside, { multipartCopyThreshold: 9 * partSize }), { instanceOf: TimeoutError })
  t.is(httpClient.copies, 4, 'below the threshold it is')
})

test('a shallow copy that is refused for its size is made in parts, and other failures are failures', async t => {
  const { server, content, contentOf, copier } = await prepare(t, 3 * partSize)
  server.faults.add({ operation: 'CopyObject', status: 400, code: 'EntityTooLarge' })
  t.truthy((await copier.copy(inside)).uploadId)
  t.true((await contentOf(inside)).equals(content))
  server.faults.add({ operation: 'CopyObject', status: 403, code: 'AccessDenied' })
  const error = await t.throwsAsync(copier.copy(inside), { instanceOf: ServiceError })
  t.is(error?.code, 'AccessDenied')
  t.is(error?.operation, 'CopyObject')
})

for (const size of [0, 1, partSize, partSize + 1, 7 * partSize, 7 * partSize + 12_345]) {
  test(`a source of ${size} bytes is copied as it is`, async t => {
    const { server, content, contentOf, copier } = await prepare(t, size)
    const result = await copier.copy(request, { multipartCopyThreshold: 0 })
    t.true((await contentOf(target)).equals(content))
    t.is(server.requests.count('UploadPartCopy'), Math.ceil(size / partSize))
    t.is(result.uploadId === undefined, size === 0)
    t.is(result.hashCrc64, crc64(content).toString())
  })
}

test('parts that fail are copied again, and the lost answer of the completion is no failure', async t => {
  const { server, content, contentOf, copier } = await prepare(t, 5 * partSize)
  server.faults.add({ operation: 'UploadPartCopy', partNumber: 1, status: 503, code: 'ServiceUnavailable' })
  server.faults.add({ operation: 'UploadPartCopy', partNumber: 2, dropConnection: true })
  server.faults.add({ operation: 'UploadPartCopy', partNumber: 3, dropConnection: true, afterEffect: true })
  server.faults.add({ operation: 'CompleteMultipartUpload', dropConnection: true, afterEffect: true })
  const result = await copier.copy(request)
  t.is(result.hashCrc64, crc64(content).toString())
  t.truthy(result.uploadId)
  t.true((await contentOf(target)).equals(content))
})

test('a completion that finds no upload, and no copy, is a failure', async t => {
  const { server, copier } = await prepare(t, 3 * partSize)
  server.faults.add({ operation: 'CompleteMultipartUpload', dropConnection: true })
  server.faults.add({ operation: 'CompleteMultipartUpload', nth: 2, status: 404, code: 'NoSuchUpload' })
  const error = await t.throwsAsync(copier.copy(request), { instanceOf: ServiceError })
  t.is(error?.code, 'NoSuchUpload')
})

test('a failed copy leaves no parts behind, unless they are wanted', async t => {
  const { server, client, copier } = await prepare(t, 4 * partSize)
  server.faults.add({ operation: 'UploadPartCopy', partNumber: 3, status: 403, code: 'AccessDenied', count: 2 })
  const error = await t.throwsAsync(copier.copy(request), { instanceOf: ServiceError })
  t.is(error?.code, 'AccessDenied')
  t.is(error?.operation, 'UploadPartCopy')
  t.is((await client.listMultipartUploads({ bucket: target.bucket })).uploads, undefined)
  await t.throwsAsync(copier.copy(request, { leavePartsOnError: true }), { instanceOf: ServiceError })
  t.is((await client.listMultipartUploads({ bucket: target.bucket })).uploads?.length, 1)
  t.false(await client.isObjectExist(target))
})

test('an abort stops the copy, removes its parts and rejects with the reason', async t => {
  const { server, client, copier } = await prepare(t, 8 * partSize)
  const stop = new AbortController()
  const reason = new Error('enough')
  const copying = copier.copy(request, { signal: stop.signal, parallelNum: 2, onProgress: () => stop.abort(reason) })
  t.is(await t.throwsAsync(copying), reason)
  t.is((await client.listMultipartUploads({ bucket: target.bucket })).uploads, undefined)
  t.false(await client.isObjectExist(target))
  const before = server.requests.count()
  t.is(await t.throwsAsync(copier.copy(request, { signal: stop.signal })), reason)
  t.is(server.requests.count(), before)
})

test('conditions that do not hold are the error of the service, and nothing is copied', async t => {
  const { server, copier } = await prepare(t, 3 * partSize)
  const unmet = await t.throwsAsync(copier.copy({ ...request, ifMatch: '"0"' }), { instanceOf: ServiceError })
  t.is(unmet?.statusCode, 412)
  const { etag } = await copier.copy({ ...request, ifNoneMatch: '"0"' })
  t.truthy(etag)
  const missing = await t.throwsAsync(copier.copy({ ...request, sourceKey: 'missing' }), { instanceOf: ServiceError })
  t.is(missing?.code, 'NoSuchKey')
  t.is(server.requests.count('CopyObject'), 0)
})

test('an existing object is kept when that is asked for', async t => {
  const { client, contentOf, copier } = await prepare(t, 3 * partSize)
  await client.putObject({ ...target, body: 'old' })
  for (const [, options] of ways) {
    const error = await t.throwsAsync(copier.copy({ ...request, forbidOverwrite: true }, options), {
      instanceOf: ServiceError,
    })
    t.is(error?.code, 'FileAlreadyExists')
  }
  t.is((await contentOf(target)).toString(), 'old')
  t.is((await client.listMultipartUploads({ bucket: target.bucket })).uploads, undefined)
})

test('requests are counted against the retry policy of the client', async t => {
  const { server, copier } = await prepare(t, 3 * partSize, { retryer: new NopRetryer(), retryMaxAttempts: 1 })
  server.faults.add({ operation: 'CopyObject', status: 503, code: 'ServiceUnavailable' })
  const error = await t.throwsAsync(copier.copy(inside), { instanceOf: ServiceError })
  t.is(error?.attempts, 1)
})

test('wrong input is refused before anything is sent, and named', async t => {
  const { server, client, copier } = await prepare(t, 10)
  const before = server.requests.count()
  const wrong: [Record<string, unknown>, string][] = [
    [{ partSize: 1 }, 'partSize'],
    [{ parallelNum: 0 }, 'parallelNum'],
    [{ multipartCopyThreshold: -1 }, 'multipartCopyThreshold'],
    [{ multipartCopyThreshold: '200MiB' }, 'multipartCopyThreshold'],
    [{ disableShallowCopy: 'yes' }, 'disableShallowCopy'],
    [{ leavePartsOnError: 1 }, 'leavePartsOnError'],
    [{ threshold: 5 }, 'threshold'],
  ]
  for (const [options, field] of wrong) {
    t.is(t.throws(() => client.copier(options), { instanceOf: ParamInvalidError })?.field, field)
    t.is((await t.throwsAsync(copier.copy(request, options), { instanceOf: ParamInvalidError }))?.field, field)
  }
  for (const missing of ['bucket', 'key', 'sourceKey']) {
    const error = await t.throwsAsync(copier.copy({ ...request, [missing]: undefined } as never), {
      instanceOf: ParamRequiredError,
    })
    t.is(error?.field, missing)
    t.is(error?.operation, 'CopyObject')
  }
  for (const field of ['metadataDirective', 'taggingDirective']) {
    const error = await t.throwsAsync(copier.copy({ ...request, [field]: 'MERGE' }), { instanceOf: ParamInvalidError })
    t.is(error?.field, field)
  }
  await t.throwsAsync(copier.copy(undefined as never), { instanceOf: ParamInvalidError })
  t.is(server.requests.count(), before)
})
