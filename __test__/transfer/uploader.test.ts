import { randomBytes } from 'node:crypto'
import { appendFileSync, chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import {
  crc64,
  FileError,
  InconsistentError,
  ParamInvalidError,
  ParamRequiredError,
  ServiceError,
  SourceChangedError,
} from 'ferross'
import { clientOf, withFolder, withServer } from '../helpers/with-server.js'

const partSize = 100 * 1024
const target = { bucket: 'examplebucket', key: 'dir/a b+c.bin' }

async function prepare(t: Parameters<typeof withServer>[0], size: number) {
  const { server, client } = await withServer(t)
  await client.putBucket({ bucket: target.bucket })
  const content = randomBytes(size)
  const path = join(withFolder(t), 'source.bin')
  writeFileSync(path, content)
  return { server, client, content, path, uploader: client.uploader({ partSize, parallelNum: 4 }) }
}

for (const size of [0, 1, partSize - 1, partSize, partSize + 1, 7 * partSize, 7 * partSize + 12_345]) {
  test(`a file of ${size} bytes arrives as it is`, async t => {
    const { server, client, content, path, uploader } = await prepare(t, size)
    const result = await uploader.uploadFile(target, path)
    t.is(result.hashCrc64, crc64(content).toString())
    const { body } = await client.getObject(target)
    t.true((await body!.bytes()).equals(content))
    t.is(server.requests.count('UploadPart'), size <= partSize ? 0 : Math.ceil(size / partSize))
    t.is(result.uploadId === undefined, size <= partSize)
  })
}

test('the properties of the object reach it, in one request or in parts', async t => {
  const { client, path, uploader } = await prepare(t, 3 * partSize)
  const properties = {
    metadata: { origin: 'test', 'utf-8': '中文 é' },
    contentType: 'application/x-test',
    storageClass: 'IA',
    tagging: 'a=1',
  }
  for (const key of ['parts', 'one']) {
    await uploader.uploadFile({ ...target, key, ...properties }, path, key === 'one' ? { partSize: 10 * partSize } : {})
    const head = await client.headObject({ ...target, key })
    t.deepEqual(head.metadata, properties.metadata, key)
    t.is(head.contentType, properties.contentType, key)
    t.is(head.storageClass, properties.storageClass, key)
    t.is(head.taggingCount, 1, key)
  }
})

test('progress grows to the size of the file and never counts a byte twice', async t => {
  const { server, path, uploader } = await prepare(t, 5 * partSize + 1)
  server.faults.add({ operation: 'UploadPart', status: 500, code: 'InternalError', count: 2 })
  let sum = 0
  let before = 0
  await uploader.uploadFile(target, path, {
    onProgress: (increment, transferred, total) => {
      sum += increment
      t.true(transferred > before)
      t.is(total, 5 * partSize + 1)
      before = transferred
    },
  })
  t.is(sum, 5 * partSize + 1)
  t.is(before, sum)
})

test('a part that fails is sent again, whatever the reason', async t => {
  const { server, client, content, path, uploader } = await prepare(t, 6 * partSize)
  server.faults.add({ operation: 'UploadPart', partNumber: 1, status: 503, code: 'ServiceUnavailable' })
  server.faults.add({ operation: 'UploadPart', partNumber: 2, dropConnection: true })
  server.faults.add({ operation: 'UploadPart', partNumber: 3, cutRequestAfterBytes: 1000 })
  server.faults.add({ operation: 'UploadPart', partNumber: 4, wrongCrc: true })
  server.faults.add({ operation: 'UploadPart', partNumber: 5, corruptRequestByte: 77 })
  await uploader.uploadFile(target, path)
  const { body } = await client.getObject(target)
  t.true((await body!.bytes()).equals(content))
})

test('parts and ranges that meet a kept connection which was closed meanwhile go over another, at no cost', async t => {
  const { server, path, content } = await prepare(t, 4 * partSize)
  // A single retry that is paid for would take 10.
  const client = clientOf(server, { retryQuota: 1 })
  t.teardown(() => client.close())
  const options = { partSize, parallelNum: 1 }
  const dropped = { dropConnection: true } as const
  server.faults.add({ operation: 'UploadPart', partNumber: 2, ...dropped })
  server.faults.add({ operation: 'UploadPart', partNumber: 4, ...dropped })
  await client.uploader(options).uploadFile(target, path)
  server.faults.add({ operation: 'GetObject', nth: 2, ...dropped })
  server.faults.add({ operation: 'GetObject', nth: 4, ...dropped })
  await client.downloader(options).downloadFile(target, `${path}.copy`)
  t.true(readFileSync(`${path}.copy`).equals(content))
})

test('a failed upload leaves no parts behind, unless they are wanted', async t => {
  const { server, client, path, uploader } = await prepare(t, 4 * partSize)
  const rule = { operation: 'UploadPart', partNumber: 3, status: 403, code: 'AccessDenied', count: 2 }
  server.faults.add(rule)
  const error = await t.throwsAsync(uploader.uploadFile(target, path), { instanceOf: ServiceError })
  t.is(error?.code, 'AccessDenied')
  t.is(error?.operation, 'UploadPart')
  t.is((await client.listMultipartUploads({ bucket: target.bucket })).uploads, undefined)
  await t.throwsAsync(uploader.uploadFile(target, path, { leavePartsOnError: true }), { instanceOf: ServiceError })
  t.is((await client.listMultipartUploads({ bucket: target.bucket })).uploads?.length, 1)
  t.false(await client.isObjectExist(target))
})

test('an abort stops the upload, removes its parts and rejects with the reason', async t => {
  const { client, path, uploader } = await prepare(t, 8 * partSize)
  const stop = new AbortController()
  const reason = new Error('enough')
  const uploading = uploader.uploadFile(target, path, { signal: stop.signal, onProgress: () => stop.abort(reason) })
  t.is(await t.throwsAsync(uploading), reason)
  t.is((await client.listMultipartUploads({ bucket: target.bucket })).uploads, undefined)
  t.false(await client.isObjectExist(target))
})

test('the lost answer of CompleteMultipartUpload is not a failure', async t => {
  const { server, client, content, path, uploader } = await prepare(t, 3 * partSize)
  server.faults.add({ operation: 'CompleteMultipartUpload', afterEffect: true, dropConnection: true })
  const result = await uploader.uploadFile(target, path)
  t.is(result.hashCrc64, crc64(content).toString())
  t.is((await client.headObject(target)).contentLength, content.length)
})

test('a whole object with the wrong CRC-64 is an error that has both values', async t => {
  const { server, content, path, uploader } = await prepare(t, 3 * partSize)
  server.faults.add({ operation: 'CompleteMultipartUpload', wrongCrc: true, count: 3 })
  const error = await t.throwsAsync(uploader.uploadFile(target, path), { instanceOf: InconsistentError })
  t.is(error?.clientCrc, crc64(content).toString())
  t.not(error?.serverCrc, error?.clientCrc)
})

test('a file that changes while it is uploaded does not become an object', async t => {
  const { client, path, uploader } = await prepare(t, 6 * partSize)
  let changed = false
  const onProgress = () => {
    if (!changed) appendFileSync(path, 'more')
    changed = true
  }
  await t.throwsAsync(uploader.uploadFile(target, path, { onProgress, parallelNum: 1 }), {
    instanceOf: SourceChangedError,
  })
  t.false(await client.isObjectExist(target))
  t.is((await client.listMultipartUploads({ bucket: target.bucket })).uploads, undefined)
})

test('files that cannot be read are named, with the reason of the system', async t => {
  const { server, path, uploader } = await prepare(t, 10)
  const folder = join(path, '..', 'folder')
  mkdirSync(folder)
  const before = server.requests.count()
  for (const [bad, code] of [
    [`${path}.missing`, 'ENOENT'],
    [folder, 'EISDIR'],
  ] as const) {
    const error = await t.throwsAsync(uploader.uploadFile(target, bad), { instanceOf: FileError })
    t.is(error?.systemCode, code)
    t.is(error?.path, bad)
  }
  if (process.getuid?.() !== 0) {
    chmodSync(path, 0)
    const error = await t.throwsAsync(uploader.uploadFile(target, path), { instanceOf: FileError })
    t.is(error?.systemCode, 'EACCES')
  }
  t.is(server.requests.count(), before, 'nothing was sent')
})

test('wrong input is refused before anything is sent, and named', async t => {
  const { server, client, path, uploader } = await prepare(t, 10)
  const before = server.requests.count()
  const wrong: [Record<string, unknown>, string][] = [
    [{ partSize: 1 }, 'partSize'],
    [{ partSize: '6MiB' }, 'partSize'],
    [{ partSize: 6 * 1024 ** 3 }, 'partSize'],
    [{ parallelNum: 0 }, 'parallelNum'],
    [{ leavePartsOnError: 'yes' }, 'leavePartsOnError'],
    [{ paralelNum: 3 }, 'paralelNum'],
  ]
  for (const [options, field] of wrong) {
    const error = t.throws(() => client.uploader(options), { instanceOf: ParamInvalidError })
    t.is(error?.field, field)
    const late = await t.throwsAsync(uploader.uploadFile(target, path, options), { instanceOf: ParamInvalidError })
    t.is(late?.field, field)
  }
  for (const missing of ['bucket', 'key']) {
    const error = await t.throwsAsync(uploader.uploadFile({ ...target, [missing]: undefined } as never, path), {
      instanceOf: ParamRequiredError,
    })
    t.is(error?.field, missing)
  }
  const noPath = await t.throwsAsync(uploader.uploadFile(target, 7 as never), { instanceOf: ParamInvalidError })
  t.is(noPath?.field, 'path')
  t.is(server.requests.count(), before)
})
