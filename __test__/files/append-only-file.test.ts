import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import test, { type ExecutionContext } from 'ava'
import {
  AppendConflictError,
  type AppendFileOptions,
  type ClientOptions,
  crc64,
  FileBody,
  FileClosedError,
  FileError,
  InconsistentError,
  NotAppendableError,
  ParamInvalidError,
  RequestError,
  ServiceError,
} from 'ferross'
import { withFolder, withServer } from '../helpers/with-server.js'
import { never, Recorder } from './recorder.js'

const bucket = 'examplebucket'
const key = 'logs/a b+c.log'

async function prepare(t: ExecutionContext, options: AppendFileOptions = {}, clientOptions: ClientOptions = {}) {
  const recorder = new Recorder(t)
  const { server, client } = await withServer(t, { httpClient: recorder, ...clientOptions })
  await client.putBucket({ bucket })
  const file = await client.appendFile(bucket, key, options)
  recorder.sent.length = 0
  server.requests.clear()
  const content = async () => (await client.getObject({ bucket, key })).body!.text()
  return { server, client, recorder, file, content }
}

test('writes add to each other, and the first one creates the object', async t => {
  const { server, file, content } = await prepare(t)
  t.is(file.tell(), 0)
  t.is(await file.write('one '), 4)
  t.is(await file.write(Buffer.from('two ')), 4)
  t.is(await file.write('drei ü'), 7)
  t.is(file.tell(), 15)
  t.is(await content(), 'one two drei ü')
  const stat = await file.stat()
  t.is(stat.contentLength, 15)
  t.is(stat.objectType, 'Appendable')
  t.is(stat.hashCrc64, crc64('one two drei ü').toString())
  t.is(server.requests.count('AppendObject'), 3)
})

test('a file goes on where the object ends', async t => {
  const { client, file, content } = await prepare(t)
  await file.write('one ')
  await file.close()
  await using again = await client.appendFile(bucket, key)
  t.is(again.tell(), 4)
  await again.write('two')
  t.is(await content(), 'one two')
})

test('writing nothing sends nothing, unless it creates the object', async t => {
  const { server, client, file, content } = await prepare(t)
  t.is(await file.write(''), 0)
  t.is(await content(), '')
  t.is(await file.write(new Uint8Array()), 0)
  t.is(server.requests.count('AppendObject'), 1)
  const again = await client.appendFile(bucket, key)
  t.is(again.tell(), 0)
  await again.write('now')
  t.is(await content(), 'now')
})

test('what cannot be appended to is refused when it is opened', async t => {
  const { client, file } = await prepare(t)
  await client.putObject({ bucket, key: 'normal', body: 'x' })
  const normal = await t.throwsAsync(client.appendFile(bucket, 'normal'), { instanceOf: NotAppendableError })
  t.is(normal?.code, 'NotAppendable')
  await file.write('x')
  await client.sealAppendObject({ bucket, key, position: 1 })
  await t.throwsAsync(client.appendFile(bucket, key), { instanceOf: NotAppendableError, message: /sealed/ })
  const missing = await t.throwsAsync(client.appendFile('no-such-bucket', key), { instanceOf: ServiceError })
  t.is(missing?.code, 'NoSuchBucket')
})

test('what becomes impossible to append to is the error of the service', async t => {
  const { client, file } = await prepare(t)
  await file.write('x')
  await client.putObject({ bucket, key, body: 'replaced' })
  const error = await t.throwsAsync(file.write('y'), { instanceOf: ServiceError })
  t.is(error?.code, 'ObjectNotAppendable')
  t.is(error?.operation, 'AppendObject')
})

test('properties of the object are sent when it is created, and only then', async t => {
  const createParameter: AppendFileOptions['createParameter'] = {
    acl: 'public-read',
    storageClass: 'IA',
    metadata: { origin: 'test' },
    tagging: 'a=1',
    contentType: 'text/x-log',
    serverSideEncryption: 'AES256',
    headers: { 'content-language': 'de' },
  }
  const { server, client, file, recorder } = await prepare(t, { createParameter, requestPayer: 'requester' })
  server.faults.add({ operation: 'AppendObject', dropConnection: true })
  await file.write('one')
  await file.write('two')
  const head = await client.headObject({ bucket, key })
  t.is(head.storageClass, 'IA')
  t.deepEqual(head.metadata, { origin: 'test' })
  t.is(head.taggingCount, 1)
  t.is(head.contentType, 'text/x-log')
  t.is(head.serverSideEncryption, 'AES256')
  t.is(head.headers['content-language'], 'de')
  t.is((await client.getObjectAcl({ bucket, key })).acl, 'public-read')
  const appends = recorder.sent.filter(({ method }) => method === 'POST')
  t.deepEqual(
    appends.map(({ headers }) => headers['x-oss-storage-class']),
    ['IA', 'IA', undefined],
  )
  t.true(appends.every(({ headers }) => headers['x-oss-request-payer'] === 'requester'))
  t.false('x-oss-meta-origin' in appends[2].headers)
})

const lost = [
  ['is lost', { afterEffect: true, dropConnection: true }],
  ['is a 500', { afterEffect: true, status: 500, code: 'InternalError' }],
  ['is a 503', { afterEffect: true, status: 503, code: 'ServiceUnavailable' }],
] as const

for (const [name, effect] of lost) {
  test(`bytes whose answer ${name} are not stored twice`, async t => {
    const { server, file, content } = await prepare(t)
    server.faults.add({ operation: 'AppendObject', ...effect })
    server.faults.add({ operation: 'AppendObject', nth: 2, ...effect })
    await file.write('one ')
    await file.write('two ')
    await file.write('three')
    t.is(await content(), 'one two three')
    t.is(file.tell(), 13)
    t.is(server.requests.count('AppendObject'), 3, 'each was sent once')
    t.is(server.requests.count('HeadObject'), 2)
  })
}

test('bytes that did not arrive are sent again', async t => {
  const { server, file, content } = await prepare(t)
  const body = randomBytes(100_000).toString('hex')
  server.faults.add({ operation: 'AppendObject', dropConnection: true })
  server.faults.add({ operation: 'AppendObject', nth: 2, status: 503, code: 'ServiceUnavailable' })
  server.faults.add({ operation: 'AppendObject', nth: 4, cutRequestAfterBytes: 1000 })
  await file.write(body)
  await file.write(body)
  t.is(await content(), body + body)
})

test('the answer of the last attempt may be lost as well', async t => {
  const { server, file, content } = await prepare(t)
  server.faults.add({ operation: 'AppendObject', dropConnection: true, count: 2 })
  server.faults.add({ operation: 'AppendObject', nth: 3, afterEffect: true, dropConnection: true })
  await file.write('one')
  t.is(await content(), 'one')
  server.faults.add({ operation: 'AppendObject', dropConnection: true, count: 3 })
  const error = await t.throwsAsync(file.write(' two'), { instanceOf: RequestError })
  t.is(error?.attempts, 3)
  t.is(error?.operation, 'AppendObject')
  t.is(file.tell(), 3)
  await file.write(' two')
  t.is(await content(), 'one two')
})

test('bytes of unknown fate are recognised when they are written again', async t => {
  const { server, file, content } = await prepare(t)
  await file.write('one ')
  server.faults.add({ operation: 'AppendObject', afterEffect: true, dropConnection: true })
  const silence = server.faults.add({ operation: 'HeadObject', dropConnection: true, count: 99 })
  const error = await t.throwsAsync(file.write('two '), { instanceOf: RequestError })
  t.is(error?.operation, 'AppendObject')
  t.is(file.tell(), 4)
  silence.remove()
  await file.write('two ')
  t.is(file.tell(), 8)
  await file.write('three')
  t.is(await content(), 'one two three')
})

test('other bytes after bytes of unknown fate are refused if those arrived', async t => {
  const { server, file, content } = await prepare(t)
  server.faults.add({ operation: 'AppendObject', afterEffect: true, dropConnection: true })
  server.faults.add({ operation: 'HeadObject', dropConnection: true, count: 99 })
  await t.throwsAsync(file.write('one'), { instanceOf: RequestError })
  server.faults.clear()
  await t.throwsAsync(file.write('two'), { instanceOf: AppendConflictError })
  t.is(await content(), 'one')
})

test('a position that is refused without a reason is asked for again', async t => {
  const { server, file, content } = await prepare(t)
  await file.write('one ')
  server.faults.add({ operation: 'AppendObject', status: 409, code: 'PositionNotEqualToLength' })
  await file.write('two')
  t.is(await content(), 'one two')
})

test('another writer is noticed, and nothing is added to its bytes', async t => {
  const { server, client, file, content } = await prepare(t)
  await file.write('mine ')
  await client.appendObject({ bucket, key, position: 5, body: 'yours ' })
  const error = await t.throwsAsync(file.write('more '), { instanceOf: AppendConflictError })
  t.is(error?.code, 'AppendConflict')
  t.is(error?.expectedLength, 5)
  t.is(error?.actualLength, 11)
  const before = server.requests.count()
  t.is(await t.throwsAsync(file.write('again')), error, 'from then on the file refuses everything')
  t.is(server.requests.count(), before)
  t.is(await content(), 'mine yours ')
  const anew = await client.appendFile(bucket, key)
  await anew.write('more')
  t.is(await content(), 'mine yours more')
})

test('another writer of as many bytes is noticed by the CRC-64', async t => {
  const { client, file, content } = await prepare(t)
  await file.write('mine ')
  await client.appendObject({ bucket, key, position: 5, body: 'yours' })
  await t.throwsAsync(file.write('other'), { instanceOf: AppendConflictError })
  t.is(await content(), 'mine yours')
})

test('an object that was removed or made by another meanwhile is a conflict', async t => {
  const { client, file } = await prepare(t)
  const second = await client.appendFile(bucket, key)
  await file.write('mine')
  await t.throwsAsync(second.write('yours'), { instanceOf: AppendConflictError })
  await client.deleteObject({ bucket, key })
  const error = await t.throwsAsync(file.write('more'), { instanceOf: AppendConflictError })
  t.is(error?.actualLength, undefined)
  t.false(await client.isObjectExist({ bucket, key }))
})

test('an object that was replaced by one of the same length is noticed afterwards', async t => {
  const { client, file } = await prepare(t)
  await file.write('mine')
  await client.deleteObject({ bucket, key })
  await client.appendObject({ bucket, key, position: 0, body: 'Mine' })
  const error = await t.throwsAsync(file.write('more'), { instanceOf: InconsistentError })
  t.is(error?.clientCrc, crc64('minemore').toString())
})

test('bytes damaged on the way are an error, after which nothing more is appended', async t => {
  for (const effect of [{ corruptRequestByte: 2 }, { wrongCrc: true }]) {
    const { server, file } = await prepare(t)
    await file.write('one')
    server.faults.add({ operation: 'AppendObject', ...effect })
    const error = await t.throwsAsync(file.write('two'), { instanceOf: InconsistentError })
    t.is(error?.clientCrc, crc64('onetwo').toString())
    t.is(await t.throwsAsync(file.write('three')), error)
    t.is(server.requests.count('AppendObject'), 2)
  }
})

test('the comparison can be switched off', async t => {
  const { server, file, content } = await prepare(t, {}, { disableUploadCrc64Check: true })
  server.faults.add({ operation: 'AppendObject', wrongCrc: true })
  await file.write('one')
  await file.write('two')
  t.is(await content(), 'onetwo')
})

test('a service that knows no CRC-64 can be appended to, but doubt stays doubt', async t => {
  const { client, file, recorder, content } = await prepare(t)
  await file.write('one')
  const plain = new Recorder(t)
  recorder.intercept = async request => {
    const response = await plain.send(request)
    delete response.headers['x-oss-hash-crc64ecma']
    return response
  }
  const unchecked = await client.appendFile(bucket, key)
  await unchecked.write('two')
  t.is(await content(), 'onetwo')
  recorder.intercept = async request => {
    const response = await plain.send(request)
    delete response.headers['x-oss-hash-crc64ecma']
    if (request.method === 'POST') throw new RequestError('lost')
    return response
  }
  await t.throwsAsync(unchecked.write('three'), { instanceOf: AppendConflictError })
})

test('a refusal is not asked about', async t => {
  const { server, file } = await prepare(t)
  server.faults.add({ operation: 'AppendObject', status: 403, code: 'AccessDenied' })
  const error = await t.throwsAsync(file.write('one'), { instanceOf: ServiceError })
  t.is(error?.code, 'AccessDenied')
  t.is(server.requests.count('HeadObject'), 0)
  t.is(server.requests.count('AppendObject'), 1)
  await file.write('one')
  t.is(file.tell(), 3)
})

test('with a buffer, bytes are collected until it is full, flushed or closed', async t => {
  const { server, file, content } = await prepare(t, { bufferSize: 10 })
  await file.write('1234')
  await file.write('5678')
  t.is(file.tell(), 8)
  t.is(server.requests.count(), 0)
  await file.write('abcd')
  t.is(await content(), '12345678')
  await file.write('a long one that does not fit')
  t.is(await content(), '12345678abcda long one that does not fit')
  await file.write('x')
  await file.flush()
  await file.flush()
  t.is(file.tell(), 41)
  await file.write('y')
  t.is((await file.stat()).contentLength, 41)
  await file.close()
  t.true((await content()).endsWith('xy'))
  t.is(server.requests.count('AppendObject'), 5)
})

test('a flush that fails keeps the bytes, and takes none that come after', async t => {
  const { server, file, content } = await prepare(t, { bufferSize: 10 })
  await file.write('1234')
  server.faults.add({ operation: 'AppendObject', status: 403, code: 'AccessDenied', count: 3 })
  await t.throwsAsync(file.flush(), { instanceOf: ServiceError })
  await t.throwsAsync(file.write('5'), { instanceOf: ServiceError })
  await t.throwsAsync(file.close(), { instanceOf: ServiceError })
  t.is(file.tell(), 4)
  await file.write('5')
  t.is(await content(), '1234')
  await file.close()
  t.is(await content(), '12345')
})

test('a flush of unknown fate is settled by the next one', async t => {
  const { server, file, content } = await prepare(t, { bufferSize: 10 })
  await file.write('1234')
  server.faults.add({ operation: 'AppendObject', afterEffect: true, dropConnection: true })
  server.faults.add({ operation: 'HeadObject', dropConnection: true, count: 99 })
  await t.throwsAsync(file.flush(), { instanceOf: RequestError })
  server.faults.clear()
  await file.write('5678')
  await file.close()
  t.is(await content(), '12345678')
})

test('streams and other bodies are appended in large pieces', async t => {
  const { server, client, file } = await prepare(t)
  const bytes = randomBytes(9 * 1024 * 1024)
  const path = join(withFolder(t), 'file')
  writeFileSync(path, 'from a file')
  const chunks = () =>
    Readable.from(Array.from({ length: 90 }, (_, at) => bytes.subarray(at * 104_857, (at + 1) * 104_857)))
  t.is(await file.writeFrom(chunks()), 90 * 104_857)
  t.is(server.requests.count('AppendObject'), 3)
  t.is(await file.writeFrom(Readable.toWeb(Readable.from([Buffer.from('web')])) as ReadableStream<Uint8Array>), 3)
  t.is(await file.writeFrom('text'), 4)
  t.is(await file.writeFrom(new Blob(['blob'])), 4)
  t.is(await file.writeFrom(new FileBody(path)), 11)
  t.is(await file.writeFrom(['iter', 'able']), 8)
  t.is(await file.writeFrom(Readable.from([])), 0)
  const { body } = await client.getObject({ bucket, key })
  const expected = Buffer.concat([bytes.subarray(0, 90 * 104_857), Buffer.from('webtextblobfrom a fileiterable')])
  t.true((await body!.bytes()).equals(expected))
  t.is(file.tell(), expected.length)
})

test('a stream that gives nothing creates an empty object', async t => {
  const { file, content } = await prepare(t)
  t.is(await file.writeFrom(Readable.from([])), 0)
  t.is(await content(), '')
})

test('the end of a stream stays in the buffer if there is one', async t => {
  const { server, file, content } = await prepare(t, { bufferSize: 100 })
  await file.write('a')
  await file.writeFrom(Readable.from([Buffer.from('b'), Buffer.from('c')]))
  t.is(server.requests.count('AppendObject'), 0)
  await file.close()
  t.is(await content(), 'abc')
})

test('an error of the source is the error of the write, and what came before it counts', async t => {
  const { file, content } = await prepare(t)
  const reason = new Error('source broke')
  async function* broken() {
    yield Buffer.alloc(5 * 1024 * 1024, 'x')
    yield Buffer.from('lost')
    throw reason
  }
  t.is(await t.throwsAsync(file.writeFrom(broken())), reason)
  t.is(file.tell(), 5 * 1024 * 1024)
  await t.throwsAsync(file.writeFrom(new FileBody('/no/such/file')), { instanceOf: FileError })
  await file.write('!')
  t.is((await content()).length, 5 * 1024 * 1024 + 1)
})

test('a source is closed when the write fails', async t => {
  const { server, file } = await prepare(t)
  server.faults.add({ operation: 'AppendObject', status: 403, code: 'AccessDenied' })
  const source = new PassThrough()
  source.write(Buffer.alloc(5 * 1024 * 1024))
  await t.throwsAsync(file.writeFrom(source), { instanceOf: ServiceError })
  t.true(source.destroyed)
})

test('an abort ends a write, also one that waits for its source', async t => {
  const { server, file, recorder, content } = await prepare(t)
  const reason = new Error('enough')
  const silent = new PassThrough()
  const first = new AbortController()
  const waiting = file.writeFrom(silent, { signal: first.signal })
  setImmediate(() => first.abort(reason))
  t.is(await t.throwsAsync(waiting), reason)
  t.true(silent.destroyed)
  recorder.intercept = never
  const second = new AbortController()
  const writing = file.write('one', { signal: second.signal })
  setImmediate(() => second.abort(reason))
  t.is(await t.throwsAsync(writing), reason)
  recorder.intercept = () => undefined
  t.is(await t.throwsAsync(file.write('one', { signal: second.signal })), reason)
  t.is(server.requests.count(), 0)
  await file.write('one')
  t.is(await content(), 'one')
})

test('the signal of the file ends all its writes', async t => {
  const stop = new AbortController()
  const { client, file } = await prepare(t, { signal: stop.signal, bufferSize: 10 })
  await file.write('x')
  const reason = new Error('enough')
  stop.abort(reason)
  t.is(await t.throwsAsync(file.write('y')), reason)
  t.is(await t.throwsAsync(file.flush({ signal: new AbortController().signal })), reason)
  t.is(await t.throwsAsync(file.close()), reason, 'bytes that were promised would be lost')
  t.is(await t.throwsAsync(client.appendFile(bucket, key, { signal: stop.signal })), reason)
})

test('writes that overlap are carried out in order', async t => {
  const { file, content } = await prepare(t)
  await Promise.all(['a', 'b', 'c', 'd'].map(text => file.write(text)))
  t.is(await content(), 'abcd')
})

test('a closed file says so', async t => {
  const { file } = await prepare(t)
  const closing = file.close()
  const calls = [() => file.write('x'), () => file.writeFrom('x'), () => file.flush(), () => file.stat()]
  for (const call of calls) {
    const error = await t.throwsAsync<FileClosedError>(call() as Promise<unknown>, { instanceOf: FileClosedError })
    t.is(error?.code, 'FileClosed')
  }
  await closing
  await file.close()
})

test('wrong input is refused before anything is sent, and named', async t => {
  const { client, file, recorder } = await prepare(t)
  const wrong: [Record<string, unknown>, string][] = [
    [{ bufferSize: -1 }, 'bufferSize'],
    [{ bufferSize: '1MiB' }, 'bufferSize'],
    [{ trafficLimit: 100 }, 'trafficLimit'],
    [{ signal: 'stop' }, 'signal'],
    [{ createParameter: 'x' }, 'createParameter'],
    [{ createParameter: { position: 5 } }, 'createParameter.position'],
    [{ createParameter: { body: 'x' } }, 'createParameter.body'],
    [{ metadata: {} }, 'metadata'],
  ]
  for (const [options, field] of wrong) {
    const error = await t.throwsAsync(client.appendFile(bucket, key, options), { instanceOf: ParamInvalidError })
    t.is(error?.field, field)
  }
  t.is((await t.throwsAsync(file.write(5 as never), { instanceOf: ParamInvalidError }))?.field, 'data')
  t.is((await t.throwsAsync(file.writeFrom(5 as never), { instanceOf: ParamInvalidError }))?.field, 'source')
  t.is((await t.throwsAsync(file.flush({ now: 1 } as never), { instanceOf: ParamInvalidError }))?.field, 'now')
  t.is(recorder.sent.length, 0)
})
