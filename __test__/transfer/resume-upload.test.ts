import { randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { CheckpointError, type ClientOptions, crc64, InconsistentError, type UploaderOptions } from 'ferross'
import { journalLine } from '#src/transfer/journal-format.js'
import { withFolder, withServer } from '../helpers/with-server.js'

const partSize = 100 * 1024
const target = { bucket: 'examplebucket', key: 'dir/resumed' }

async function prepare(t: ExecutionContext, parts = 8, options: ClientOptions = {}) {
  const { server, client } = await withServer(t, options)
  await client.putBucket({ bucket: target.bucket })
  const content = randomBytes(parts * partSize - 1000)
  const folder = withFolder(t)
  const path = join(folder, 'source.bin')
  writeFileSync(path, content)
  const uploader = client.uploader({ partSize, parallelNum: 2, enableCheckpoint: true })
  /** Runs an upload that fails at one part, for good. */
  const interrupt = async (partNumber: number, own: UploaderOptions = {}) => {
    const fault = server.faults.add({
      operation: 'UploadPart',
      partNumber,
      status: 403,
      code: 'AccessDenied',
      count: 9,
    })
    await t.throwsAsync(uploader.uploadFile(target, path, { parallelNum: 1, ...own }), { code: 'AccessDenied' })
    fault.remove()
    server.requests.clear()
  }
  const journal = () => readdirSync(folder).filter(name => name.endsWith('.ferross-journal'))
  const uploads = async () => (await client.listMultipartUploads({ bucket: target.bucket })).uploads ?? []
  const arrived = async (expected = content) => {
    const { body } = await client.getObject(target)
    t.true((await body!.bytes()).equals(expected))
    t.deepEqual(await uploads(), [])
    t.deepEqual(journal(), [])
  }
  return { server, client, content, folder, path, uploader, interrupt, journal, uploads, arrived }
}

test('an upload goes on where it failed, with holes, and cleans up', async t => {
  const { server, path, uploader, content, interrupt, journal, uploads, arrived } = await prepare(t)
  await interrupt(4, { parallelNum: 3 })
  t.is(journal().length, 1)
  t.is((await uploads()).length, 1)
  server.requests.clear()
  let [first, sum] = [0, 0]
  const result = await uploader.uploadFile(target, path, {
    onProgress: (increment, transferred, total) => {
      first ||= increment
      sum = transferred
      t.is(total, content.length)
    },
  })
  t.is(result.hashCrc64, crc64(content).toString())
  t.true(server.requests.count('UploadPart') < 8)
  t.is(server.requests.count('InitiateMultipartUpload'), 0)
  t.true(first >= 2 * partSize, 'what was there is counted at the beginning')
  t.is(sum, content.length)
  await arrived()
})

test('an abort keeps what a checkpoint needs, and the next call uses it', async t => {
  const { server, path, uploader, arrived } = await prepare(t)
  const stop = new AbortController()
  const reason = new Error('enough')
  const onProgress = (_: number, transferred: number) => transferred >= 3 * partSize && stop.abort(reason)
  t.is(await t.throwsAsync(uploader.uploadFile(target, path, { signal: stop.signal, onProgress })), reason)
  server.requests.clear()
  await uploader.uploadFile(target, path)
  t.true(server.requests.count('UploadPart') <= 5)
  await arrived()
})

test('the journal may lie in a folder of its own, which is made', async t => {
  const { path, folder, uploader, interrupt, journal, arrived } = await prepare(t)
  const checkpointDir = join(folder, 'a', 'b')
  await interrupt(3, { checkpointDir })
  t.deepEqual(journal(), [])
  t.is(readdirSync(checkpointDir).length, 1)
  await uploader.uploadFile(target, path, { checkpointDir })
  t.deepEqual(readdirSync(checkpointDir), [])
  await arrived()
})

test('a source that changed begins anew, and the old upload is ended', async t => {
  const { server, path, content, uploader, interrupt, arrived } = await prepare(t)
  await interrupt(5)
  content[7]! ^= 1
  writeFileSync(path, content)
  utimesSync(path, 1, 1)
  await uploader.uploadFile(target, path)
  t.is(server.requests.count('UploadPart'), 8)
  t.is(server.requests.count('AbortMultipartUpload'), 1)
  await arrived()
})

test('a source that changed behind the same size and time is found out part by part', async t => {
  const { server, path, content, uploader, interrupt, arrived } = await prepare(t)
  utimesSync(path, 1, 1)
  await interrupt(8)
  content[7]! ^= 1
  writeFileSync(path, content)
  utimesSync(path, 1, 1)
  await uploader.uploadFile(target, path)
  t.is(server.requests.count('InitiateMultipartUpload'), 0)
  const parts = [...server.requests].filter(({ operation }) => operation === 'UploadPart')
  t.true(parts.some(({ target: sent }) => sent.includes('partNumber=1&')))
  t.true(parts.length < 8)
  await arrived()
})

test('another part size or other properties begin anew, and the old upload is ended', async t => {
  for (const change of ['partSize', 'properties']) {
    const { server, path, uploader, interrupt, arrived } = await prepare(t)
    await interrupt(5)
    const request = change === 'properties' ? { ...target, metadata: { a: 'b' } } : target
    await uploader.uploadFile(request, path, change === 'partSize' ? { partSize: 2 * partSize } : {})
    t.is(server.requests.count('UploadPart'), change === 'partSize' ? 4 : 8)
    await arrived()
  }
})

test('an upload that the service has forgotten begins anew', async t => {
  const { client, server, path, uploader, interrupt, uploads, arrived } = await prepare(t)
  await interrupt(5)
  const [{ uploadId }] = (await uploads()) as [{ uploadId: string }]
  await client.abortMultipartUpload({ ...target, uploadId })
  await uploader.uploadFile(target, path)
  t.is(server.requests.count('UploadPart'), 8)
  await arrived()
})

test('a part that somebody replaced at the service is sent again', async t => {
  const { client, server, path, uploader, interrupt, uploads, arrived } = await prepare(t)
  await interrupt(8)
  const [{ uploadId }] = (await uploads()) as [{ uploadId: string }]
  await client.uploadPart({ ...target, uploadId, partNumber: 1, body: randomBytes(partSize) })
  await client.uploadPart({ ...target, uploadId, partNumber: 2, body: randomBytes(5) })
  server.requests.clear()
  await uploader.uploadFile(target, path)
  const sent = [...server.requests].filter(({ operation }) => operation === 'UploadPart').map(({ target }) => target)
  for (const number of [1, 2]) t.true(sent.some(url => url.includes(`partNumber=${number}&`)))
  await arrived()
})

test('a journal cut anywhere leads to the right object', async t => {
  const { folder, path, uploader, interrupt, journal, client, content } = await prepare(t, 4)
  await interrupt(4)
  const file = join(folder, journal()[0]!)
  const bytes = readFileSync(file)
  for (const cut of [0, 1, 16, 17, 40, bytes.length - 60, bytes.length - 1]) {
    await interrupt(4)
    truncateSync(file, Math.min(cut, readFileSync(file).length))
    await uploader.uploadFile(target, path)
    t.true((await (await client.getObject(target)).body!.bytes()).equals(content), `${cut}`)
    t.deepEqual(journal(), [])
  }
})

test('a journal that is damaged, foreign or a lie is not trusted', async t => {
  const { folder, path, content, client, uploader, interrupt, journal, server } = await prepare(t)
  await interrupt(5)
  const name = join(folder, journal()[0]!)
  const sound = readFileSync(name, 'utf8').split('\n')[0]!.slice(17)
  const other = (change: object) => journalLine({ ...JSON.parse(sound), ...change }).line
  for (const bytes of [
    randomBytes(1000).toString('latin1'),
    '{}',
    other({ ferross: 'download' }),
    other({ version: 99 }),
    other({ uploadId: 7 }),
    other({ target: 'upload elsewhere /b/k' }),
  ]) {
    writeFileSync(name, bytes)
    server.requests.clear()
    await uploader.uploadFile(target, path)
    t.is(server.requests.count('UploadPart'), 8)
    t.is(server.requests.count('ListParts'), 0)
  }
  await interrupt(1)
  const now = readFileSync(name, 'utf8').split('\n')[0]!.slice(17)
  const head = journalLine(JSON.parse(now))
  const lies = [
    { part: 1, etag: '"X"', crc64: '1' },
    { part: 'x' },
    { part: 2, etag: 3 },
    { part: 9e9, etag: '', crc64: '-1' },
  ]
  writeFileSync(name, head.line + lies.map(lie => journalLine(lie, head.crc64).line).join(''))
  await uploader.uploadFile(target, path)
  t.true((await (await client.getObject(target)).body!.bytes()).equals(content))
  t.deepEqual(journal(), [])
})

test('a process that ended between completion and clean-up sends nothing again', async t => {
  const { server, folder, path, uploader, interrupt, journal, arrived } = await prepare(t)
  await interrupt(8)
  const name = join(folder, journal()[0]!)
  let kept = Buffer.alloc(0)
  server.faults.add({ operation: 'CompleteMultipartUpload', delayMs: 1 })
  const onProgress = (_: number, transferred: number, total: number | undefined) => {
    // The last record is written before the last byte is reported.
    if (transferred === total) kept = readFileSync(name)
  }
  await uploader.uploadFile(target, path, { onProgress })
  writeFileSync(name, kept)
  server.requests.clear()
  let sum = 0
  await uploader.uploadFile(target, path, { onProgress: increment => (sum += increment) })
  t.is(server.requests.count('UploadPart'), 0)
  t.true(sum > 0)
  await arrived()
})

test('an earlier run whose completion takes effect late is no failure', async t => {
  const { client, server, path, content, uploader, interrupt, uploads, arrived } = await prepare(t)
  await interrupt(8)
  const [{ uploadId }] = (await uploads()) as [{ uploadId: string }]
  let late: Promise<unknown> | undefined
  // The completion of this run arrives first and waits, that of the earlier run overtakes it.
  server.faults.add({ operation: 'CompleteMultipartUpload', nth: 1, delayMs: 300 })
  const onProgress = (_: number, transferred: number, total: number | undefined) => {
    if (transferred !== total) return
    late ??= client.listParts({ ...target, uploadId }).then(({ parts = [] }) => {
      const list = parts.map(({ partNumber, etag }) => ({ partNumber, etag }))
      return client.completeMultipartUpload({ ...target, uploadId, completeMultipartUpload: { parts: list } })
    })
  }
  const result = await uploader.uploadFile(target, path, { onProgress })
  await late?.catch(() => {})
  t.is([...server.requests].filter(({ code }) => code === 'NoSuchUpload').length, 1)
  t.is(result.hashCrc64, crc64(content).toString())
  await arrived()
})

test('an upload that can never be finished is not kept', async t => {
  const { server, path, uploader, journal, uploads } = await prepare(t)
  server.faults.add({ operation: 'CompleteMultipartUpload', wrongCrc: true, count: 3 })
  await t.throwsAsync(uploader.uploadFile(target, path), { instanceOf: InconsistentError })
  t.deepEqual(journal(), [])
  server.faults.clear()
  let changed = false
  const onProgress = () => {
    if (!changed) writeFileSync(path, 'other')
    changed = true
  }
  await t.throwsAsync(uploader.uploadFile(target, path, { onProgress, parallelNum: 1 }), { code: 'SourceChanged' })
  t.deepEqual(journal(), [])
  t.deepEqual(await uploads(), [])
})

test('a journal that cannot be written is a CheckpointError before anything is sent, and leaves no upload', async t => {
  const { server, path, folder, uploader, uploads } = await prepare(t)
  writeFileSync(join(folder, 'file'), '')
  const error = await t.throwsAsync(uploader.uploadFile(target, path, { checkpointDir: join(folder, 'file') }), {
    instanceOf: CheckpointError,
  })
  t.truthy(error?.cause)
  t.is(server.requests.count('UploadPart'), 0)
  t.deepEqual(await uploads(), [])
})

test('the same upload twice at a time is refused, not mixed', async t => {
  const { path, uploader, arrived } = await prepare(t)
  const both = await Promise.allSettled([uploader.uploadFile(target, path), uploader.uploadFile(target, path)])
  const failed = both.filter(({ status }) => status === 'rejected') as PromiseRejectedResult[]
  t.is(failed.length, 1)
  t.true(failed[0]!.reason instanceof CheckpointError)
  await arrived()
})

test('a file that shrank to one part leaves nothing of the upload in parts', async t => {
  const { uploader, path, content, interrupt, arrived } = await prepare(t)
  await interrupt(4)
  const rest = content.subarray(0, partSize - 1)
  writeFileSync(path, rest)
  await uploader.uploadFile(target, path)
  await arrived(rest)
})

test('a file of one part needs no journal', async t => {
  const { server, folder, client, uploader } = await prepare(t)
  const small = join(folder, 'small')
  mkdirSync(join(folder, 'checkpoints'))
  writeFileSync(small, 'abc')
  await uploader.uploadFile(target, small, { checkpointDir: join(folder, 'checkpoints') })
  t.is(server.requests.count('PutObject'), 1)
  t.is((await client.headObject(target)).contentLength, 3)
})
