import { once } from 'node:events'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import test from 'ava'
import { startLocalServer } from 'ferross/server'
import { contentFiles, Tester, texts, withFolder, withServer } from './helpers.js'

test('everything survives a restart', async t => {
  const directory = await withFolder(t)
  const first = await startLocalServer({ directory })
  let tester = new Tester(first)
  await tester.send({ method: 'PUT', bucket: 'bucket' })
  const put = await tester.put('bucket', 'a/../\u0001 中', 'content', { 'x-oss-meta-a': 'wert é' })
  const body = '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>'
  await tester.send({ method: 'PUT', bucket: 'bucket', query: { versioning: '' }, body })
  const old = await tester.put('bucket', 'v', 'one')
  await tester.put('bucket', 'v', 'two')
  const uploadId = await tester.initiate('bucket', 'm')
  const etag = await tester.part('bucket', 'm', uploadId, 1, Buffer.alloc(200_000, 'p'))
  await first.close()

  const second = await startLocalServer({ directory })
  t.teardown(() => second.close())
  tester = new Tester(second)
  const got = await tester.get('bucket', 'a/../\u0001 中')
  t.is(got.text, 'content')
  t.is(got.headers.etag, put.headers.etag)
  t.is(got.headers['x-oss-meta-a'], 'wert é')
  t.is((await tester.get('bucket', 'v', {}, { versionId: old.headers['x-oss-version-id'] })).text, 'one')
  t.deepEqual(texts((await tester.list('bucket')).xml, 'Contents', 'Key'), ['a/../\u0001 中', 'v'])
  t.is((await tester.complete('bucket', 'm', uploadId, [[1, etag]])).status, 200)
  t.is((await tester.get('bucket', 'm')).bytes.length, 200_000)
})

test('what an interrupted process left is swept away at the next start', async t => {
  const directory = await withFolder(t)
  const first = await startLocalServer({ directory })
  const tester = new Tester(first)
  await tester.send({ method: 'PUT', bucket: 'bucket' })
  await tester.put('bucket', 'a', 'x')
  await first.close()
  await mkdir(join(directory, 'content', 'zz'))
  await writeFile(join(directory, 'content', 'zz', 'leftover'), 'half an upload')
  await writeFile(join(directory, 'buckets', 'b_bucket', 'bucket.json.123.tmp'), '{')
  const second = await startLocalServer({ directory })
  t.teardown(() => second.close())
  t.is(await contentFiles(second), 1)
  t.deepEqual((await readdir(join(directory, 'buckets', 'b_bucket'))).sort(), ['bucket.json', 'keys'])
  t.is((await new Tester(second).get('bucket', 'a')).text, 'x')
})

test('of puts to one key at the same time one remains, whole', async t => {
  const tester = await withServer(t)
  const bodies = ['a', 'b', 'c', 'd', 'e', 'f'].map(letter => Buffer.alloc(500_000, letter))
  await Promise.all(bodies.map(body => tester.put('bucket', 'k', body)))
  const { bytes } = await tester.get('bucket', 'k')
  t.true(bodies.some(body => body.equals(bytes)))
  t.is(await contentFiles(tester.server), 1)
})

test('a download that has begun ends well although the object is overwritten', async t => {
  const tester = await withServer(t)
  const first = Buffer.alloc(8_000_000, 'a')
  await tester.put('bucket', 'k', first)
  const answers = await Promise.all([
    tester.get('bucket', 'k'),
    tester.get('bucket', 'k'),
    tester.put('bucket', 'k', 'second'),
    tester.get('bucket', 'k'),
  ])
  for (const index of [0, 1, 3]) {
    const { bytes } = answers[index]
    t.true(bytes.equals(first) || bytes.toString() === 'second')
  }
  t.is((await tester.get('bucket', 'k')).text, 'second')
  t.is(await contentFiles(tester.server), 1)
})

test('a connection that ends inside a body leaves nothing', async t => {
  const tester = await withServer(t)
  const context = tester.context({ method: 'PUT', bucket: 'bucket', key: 'k' })
  const { SignerV4 } = await import('#src/signing/v4.js')
  new SignerV4().sign(context)
  const lines = Object.entries(context.headers).map(([name, value]) => `${name}: ${value}\r\n`)
  const socket = connect(tester.server.port, '127.0.0.1')
  const ended = new Promise<void>(resolve => {
    const before = tester.server.requests.count()
    const poll = () => (tester.server.requests.count() > before ? resolve() : setImmediate(poll))
    poll()
  })
  socket.write(`PUT /bucket/k HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000000\r\n${lines.join('')}\r\n`)
  socket.write(Buffer.alloc(2_000_000))
  await once(socket, 'drain')
  socket.destroy()
  await ended
  t.is((await tester.get('bucket', 'k')).code, 'NoSuchKey')
  t.is(await contentFiles(tester.server), 0)
})

test('a body without a length is refused', async t => {
  const tester = await withServer(t)
  const context = tester.context({ method: 'PUT', bucket: 'bucket', key: 'k' })
  const { SignerV4 } = await import('#src/signing/v4.js')
  new SignerV4().sign(context)
  const lines = Object.entries(context.headers).map(([name, value]) => `${name}: ${value}\r\n`)
  const socket = connect(tester.server.port, '127.0.0.1')
  socket.write(`PUT /bucket/k HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${lines.join('')}\r\n`)
  let answer = ''
  for await (const chunk of socket) answer += chunk
  t.regex(answer, /^HTTP\/1.1 411 /)
  t.regex(answer, /<Code>MissingContentLength<\/Code>.*<EC>0017-00000101<\/EC>/)
})

test('a temporary folder goes with the server, requests are counted and logged without secrets', async t => {
  const seen: string[] = []
  const server = await startLocalServer({ onRequest: request => void seen.push(request.operation) })
  const tester = new Tester(server)
  await tester.send({ method: 'PUT', bucket: 'bucket' })
  await tester.sendPresigned({ method: 'GET', bucket: 'bucket', key: 'a' })
  t.deepEqual(seen, ['PutBucket', 'GetObject'])
  const [, last] = [...server.requests]
  t.like(last, { operation: 'GetObject', bucket: 'bucket', key: 'a', status: 404, code: 'NoSuchKey', fault: false })
  t.false(last.target.includes('x-oss-signature='))
  t.is(server.requests.count('getObject'), 1)
  await server.close()
  await server.close()
  await t.throwsAsync(readdir(server.directory), { code: 'ENOENT' })
})

test('bad options are named', async t => {
  await t.throwsAsync(startLocalServer({ port: 70_000 }), { message: /port/ })
  await t.throwsAsync(startLocalServer({ region: 'Not A Region' }), { message: /region/ })
  await t.throwsAsync(startLocalServer({ credentials: { accessKeyId: '', accessKeySecret: '' } }), {
    message: /credentials/,
  })
  await t.throwsAsync(startLocalServer({ minimumPartSize: 0 }), { message: /minimumPartSize/ })
  await t.throwsAsync(startLocalServer({ callbackTimeout: 0 }), { message: /callbackTimeout/ })
})
